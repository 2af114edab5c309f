"""Whole conversations on a real database: what is said, what is asked of whom, what is kept."""

import pytest

from palika.errors import Unavailable
from services.notify.domain.whatsapp import DocumentContent, ListContent
from services.notify.domain.whatsapp_inbound import Chosen, MediaKind, SaidMedia, SaidPlace
from tests.integration.notify.chat.conftest import ASHA, BALU, SECRETS

PHOTO = SaidMedia(MediaKind.IMAGE, "m1", "image/jpeg")


def test_a_bill_comes_as_pdf_after_the_code(world):
    world.hear("नमस्कार", "मराठी", "घरपट्टी")
    assert world.state() == "link-how"
    told = world.hear("होय")
    assert "••••" in told[0]
    assert world.codes[0].phone == ASHA
    assert world.hear(world.codes[0].code)[0].endswith("२")
    world.hear("कर", "1")
    assert world.state() == "property"
    assert "₹१,२३४.५०" in world.hear("थकबाकी")[0]
    world.hear("बिल")
    bill = world.said[-2]
    assert isinstance(bill.content, DocumentContent)
    assert bill.attachment.content == b"%PDF https://city.example/P/1/PT-1"
    assert world.state() == "property-more"


@pytest.mark.parametrize("back", ["मागे", "back", Chosen("link-unknown/how", "मागे")])
def test_from_a_number_that_is_not_found_there_is_a_way_back(world, back):
    told = world.hear("hi", "1", "tax", "2", "P/99", "P/98")
    assert world.state() == "link-unknown"
    assert "P/1/02/00345" in told[0]
    assert len(world.said[-1].content.buttons) == 3
    world.hear(back)
    assert world.state() == "link-how"


@pytest.mark.parametrize("state", ["link-how", "link-this-unknown"])
def test_a_property_number_is_understood_before_it_is_asked_for(world, state):
    if state == "link-this-unknown":
        world.city.owners["P/1"] = world.city.owners["P/2"] = [BALU]
    world.hear("hi", "1", "tax", *(["1"] if state == "link-this-unknown" else []))
    assert world.state() == state
    world.hear("P/3")
    assert world.state() == "link-code"
    world.hear("menu", "tax", "takrar")
    assert world.state() == "g-how"


def test_receipts_and_notices(world):
    world.link()
    world.hear("tax", "1", "पावती")
    assert isinstance(world.said[-1].content, ListContent)
    world.hear("2")
    assert world.said[-2].attachment.content.endswith(b"RC-2")
    told = world.hear("होय", "नोटीस")
    # What was issued in an earlier owner's time is told, and not shown.
    assert "०१-०६-२०१९: मागणी नोटीस" in told[0]
    (row,) = [each for each in world.said[-1].content.rows if "NT-" in (each.text or "")]
    assert (row.title, row.text) == ("मागणी नोटीस", "०१-०६-२०२६ · NT-2")
    assert "वॉरंट" not in str(world.said[-1].content)
    world.hear("1")
    assert world.said[-2].attachment.content.endswith(b"NT-2")
    assert world.state() == "property-more"


def test_a_notice_of_an_earlier_owner_is_told_and_not_shown(world):
    world.link()
    world.city.own_notices = []
    told = world.hear("tax", "1", "नोटीस")
    assert "०१-०६-२०२६: मागणी नोटीस" in told[0]
    assert world.state() == "notices-shown"
    assert not [each for each in world.said if each.attachment]


@pytest.mark.parametrize(
    ("language", "chosen", "words"),
    [
        ("mr", "लिंक", "₹१,२३४.५० भरण्यासाठी"),
        ("en", "pay by link", "Open this link to pay ₹1,234.50"),
    ],
)
def test_a_link_to_pay_is_given_in_the_citizens_language(world, language, chosen, words):
    world.link()
    if language == "en":
        world.hear("language", "2")
    told = world.hear("tax", "1", "pay", chosen)
    assert words in told[0]
    assert "https://pay.example/l/P/1" in told[0]
    assert world.state() == "pay-link-sent"
    assert [each["id"] for each in world.city.asked("pay_link")] == [
        each["id"] for each in world.city.asked("dues")[:1]
    ]


def test_where_no_link_can_be_given_the_bill_with_its_code_is_offered(world):
    world.link()
    world.city.link_refused = True
    world.hear("tax", "1", "pay", "1")
    assert world.state() == "pay-link-refused"
    world.city.link_refused = False
    world.hear("back", "back")
    away = world.city.pay_link
    world.city.pay_link = _gone
    world.hear("menu", "tax", "1", "pay", "1")
    assert world.state() == "pay-link-refused"
    world.city.pay_link = away
    world.hear("होय")
    assert world.said[-2].attachment.content.endswith(b"PT-1")


def test_for_nothing_owed_there_is_no_link(world):
    world.link()
    world.hear("tax", "1", "pay")
    world.city.payable = 0
    world.hear("1")
    assert (world.state(), world.city.asked("pay_link")) == ("dues-nothing", [])


def _gone(identity, **arguments):
    raise Unavailable("no payment gateway is set up")


def test_a_grievance_is_filed_followed_rated(world):
    world.hear("hi", "1", "takrar", "khadda", "1", "रस्त्यावर मोठा खड्डा आहे")
    world.hear(SaidPlace(18.5, 73.8, address="कर्वे रस्ता"), PHOTO)
    assert "रस्त्यावर मोठा खड्डा" in world.said[-1].content.text
    assert "PMC-1" in world.hear("हो")[0]
    filed = world.city.asked("file")[0]
    assert (filed["category"], filed["lat"], filed["channel"]) == ("pothole", 18.5, "whatsapp")
    assert filed["citizen_phone"] == ASHA
    grievance = next(iter(world.city.filed.values()))
    assert grievance["photo"] == b"file m1"
    grievance.update(status="resolved", steps=["rate", "reopen"])
    told = world.hear("माझ्या तक्रारी", "1")
    assert "काम पूर्ण" in told[0]
    world.hear("गुण", "5")
    assert grievance["status"] == "closed"
    assert world.state() == "f-thanks"


def test_what_the_kind_asks_is_asked_and_a_wrong_answer_asked_again(world):
    world.hear("hi", "1", "takrar", "loudspeaker", "1")
    assert world.state() == "g-pick"
    assert "किती दिवस" in world.hear("रात्री")[0]
    world.hear("many", "रोज रात्री मोठा आवाज", "कर्वे रस्ता, कोथरूड", "नाही")
    assert "किती दिवस" in world.hear("होय")[0]
    world.hear("३")
    assert world.state() == "g-confirm"
    world.hear("होय")
    filed = world.city.asked("file")[-1]
    assert filed["attributes"] == {"time_of_day": ["night"], "days": "३"}
    assert world.state() == "g-filed"


def test_who_wants_no_photo_after_all_files_none(world):
    world.hear("hi", "1", "takrar", "khadda", "1", "मोठा खड्डा", "कर्वे रस्ता", PHOTO)
    world.hear("मागे", "नाही", "हो")
    assert world.state() == "g-filed"
    assert "photo" not in next(iter(world.city.filed.values()))


def test_a_place_outside_the_city_is_asked_for_again_at_once(world):
    world.hear("hi", "1", "takrar", "khadda", "1", "मोठा खड्डा", SaidPlace(0, 0, address="nowhere"))
    assert world.state() == "g-outside"
    world.hear("कर्वे रस्ता", "नाही")
    assert world.state() == "g-confirm"
    assert "कर्वे रस्ता" in world.said[-1].content.text
    world.hear("हो")
    assert world.state() == "g-filed"
    assert world.city.asked("file")[0]["address"] == "कर्वे रस्ता"


def test_a_place_that_only_the_filing_knows_to_be_outside_is_confirmed_again(world):
    def away(identity, **args):
        raise Unavailable("no answer")

    similar, world.city.similar = world.city.similar, away
    world.hear("hi", "1", "takrar", "khadda", "1", "मोठा खड्डा", SaidPlace(0, 0), "नाही")
    assert "0.00000, 0.00000" in world.said[-1].content.text
    world.city.similar = similar
    world.hear("हो")
    assert world.state() == "g-outside"
    told = world.hear("कर्वे रस्ता")
    assert world.state() == "g-confirm"
    assert "कर्वे रस्ता" in told[0]
    assert not world.city.filed


@pytest.mark.parametrize(("slip", "state"), [("manu", "menu"), ("bak", "g-place")])
def test_a_slip_of_the_thumb_is_no_address(world, slip, state):
    world.hear("hi", "1", "takrar", "khadda", "1", "मोठा खड्डा", SaidPlace(0, 0), slip)
    assert world.state() == state
    assert not world.city.filed


def test_pressing_twice_files_once_and_there_is_no_way_back_into_it(world):
    world.hear("hi", "1", "takrar", "khadda", "1", "मोठा खड्डा", "कर्वे रस्ता", "नाही")
    world.hear(Chosen("g-confirm/sure", "होय"), Chosen("g-confirm/sure", "होय"), "मागे", "होय")
    assert len(world.city.filed) == 1


def test_an_answer_that_was_lost_files_nothing_twice(world):
    world.hear("hi", "1", "takrar", "khadda", "1", "मोठा खड्डा", "कर्वे रस्ता", "नाही")
    filed = world.city.file

    def lost(identity, **args):
        filed(identity, **args)
        world.city.file = filed
        raise Unavailable("no answer")

    world.city.file = lost
    world.hear("हो")
    assert world.state() == "away"
    world.hear("मागे", "हो")
    assert world.state() == "g-filed"
    assert len(world.city.filed) == 1


def test_what_is_typed_outlives_an_outage(world):
    world.hear("hi", "1", "takrar", "khadda", "1", "मोठा खड्डा", "कर्वे रस्ता", "नाही")
    world.city.away.add("grievance")
    world.hear("हो")
    assert world.state() == "away"
    world.city.away.clear()
    world.hear("1", "हो")
    assert world.city.asked("file")[-1]["description"] == "मोठा खड्डा"


def test_the_office_asks_and_the_citizen_answers(world):
    world.hear("hi", "1", "takrar", "khadda", "1", "मोठा खड्डा", "कर्वे रस्ता", "नाही", "हो")
    grievance = next(iter(world.city.filed.values()))
    grievance.update(
        status="waiting", steps=["answer"], timeline=[{"step": "wait", "note": "कोणता चौक?"}]
    )
    assert "कोणता चौक?" in world.hear("माझ्या तक्रारी", "1")[0]
    world.hear("5")
    assert grievance["timeline"][1:] == [{"step": "answer", "note": "5"}]


@pytest.mark.parametrize(
    ("method", "steps", "typed", "state", "status"),
    [
        ("rate", ["rate"], ("गुण", "5"), "f-thanks", "closed"),
        ("rate", ["rate"], ("गुण", "1"), "f-reopened", "assigned"),
        ("reopen", ["rate", "reopen"], ("2", "1", "खड्डा तसाच आहे"), "f-reopened", "assigned"),
        ("answer", ["answer"], ("शाळेजवळ",), "f-answered", "waiting"),
    ],
)
def test_a_step_whose_answer_was_lost_is_not_taken_twice(
    world, method, steps, typed, state, status
):
    world.hear("hi", "1", "takrar", "khadda", "1", "मोठा खड्डा", "कर्वे रस्ता", "नाही", "हो")
    grievance = next(iter(world.city.filed.values()))
    before = "waiting" if method == "answer" else "resolved"
    grievance.update(status=before, steps=steps)
    grievance["timeline"].append({"step": "wait", "note": "कुठे?"})
    taken = getattr(world.city, method)

    def lost(identity, **args):
        taken(identity, **args)
        setattr(world.city, method, taken)
        raise Unavailable("no answer")

    setattr(world.city, method, lost)
    world.hear("माझ्या तक्रारी", "1", *typed)
    assert world.state() == "away"
    world.hear("मागे", typed[-1])
    assert (world.state(), grievance["status"]) == (state, status)
    assert len(grievance["timeline"]) == (2 if method == "answer" else 1)


def test_a_reopening_that_is_refused_is_told(world):
    world.hear("hi", "1", "takrar", "khadda", "1", "मोठा खड्डा", "कर्वे रस्ता", "नाही", "हो")
    grievance = next(iter(world.city.filed.values()))
    grievance.update(status="resolved", steps=["rate", "reopen"])
    world.hear("माझ्या तक्रारी", "1", "2", "1")
    grievance.update(status="closed", steps=[])
    world.hear("खड्डा तसाच आहे")
    assert world.state() == "f-too-late"


def test_stop_is_kept_by_key_at_once(world):
    world.hear("थांबा")
    assert world.consents == [(SECRETS.recipient(ASHA), False)]
    world.hear("सुरू")
    assert world.consents[-1] == (SECRETS.recipient(ASHA), True)


@pytest.mark.parametrize("phone", [ASHA, BALU])
def test_nothing_that_is_kept_can_be_read(world, phone):
    world.link(phone=phone)
    world.hear("takrar", "khadda", "1", "गुप्त मजकूर", phone=phone)
    tables = ("conversation", "conversation_message", "property_link", "link_code", "handover")
    kept = "".join(str(world.query(f"SELECT * FROM {table}")) for table in tables)
    assert phone[-10:] not in kept
    assert "गुप्त" not in kept
    assert world.codes[-1].code not in kept.replace(str(world.now.year), "")
