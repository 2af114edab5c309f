"""One citizen never sees another's data."""

from datetime import timedelta
from uuid import uuid5

from services.notify.domain.whatsapp_inbound import Chosen
from tests.integration.notify.chat.conftest import _SPACE, ASHA, BALU, SECRETS

STRANGER = "+919876543210"


def _seen(world, phone):
    return " ".join(
        str(each.content) + str(each.attachment) for each in world.said if each.address == phone
    )


def test_a_stranger_who_knows_the_number_of_a_property_needs_the_owners_code(world):
    world.hear("hi", "1", "tax", "2", "P/1", phone=STRANGER)
    assert world.codes[0].phone == ASHA
    world.hear("111111", "222222", phone=STRANGER)
    world.hear("333333", phone=STRANGER)
    assert world.state(STRANGER) == "link-over"
    world.hear("menu", "tax", phone=STRANGER)
    assert world.state(STRANGER) == "link-how"
    seen = _seen(world, STRANGER)
    assert "कर्वे" not in seen
    assert ASHA[-4:] not in seen
    assert not world.query("SELECT 1 FROM property_link")


def test_the_right_code_after_too_many_wrong_ones_is_of_no_use(world):
    world.hear("hi", "1", "tax", "2", "P/1", "111111", "222222", "333333", phone=STRANGER)
    world.hear("menu", phone=STRANGER)
    code = world.codes[0].code
    world.hear("tax", "2", "P/1", phone=STRANGER)
    assert len(world.codes) == 1, "a new one comes only after a pause"
    world.now += timedelta(minutes=1)
    world.hear("menu", "tax", "2", "P/1", code, phone=STRANGER)
    assert world.state(STRANGER) == "link-wrong"


def test_a_code_is_of_who_asked_for_it(world):
    world.hear("hi", "1", "tax", "1")
    world.hear("hi", "1", "tax", "2", "P/3", phone=STRANGER)
    world.hear(world.codes[0].code, phone=STRANGER)
    assert world.state(STRANGER) == "link-wrong"


def test_a_code_expires(world):
    world.hear("hi", "1", "tax", "1")
    world.now += timedelta(minutes=10)
    world.hear(world.codes[0].code)
    assert world.state() == "link-over"


def test_only_the_last_code_links_and_only_once(world):
    world.link()
    world.now += timedelta(minutes=1)
    world.hear("tax", "जोडा", "1", world.codes[0].code)
    assert world.state() == "link-wrong"
    world.hear(world.codes[1].code)
    assert world.state() == "linked"
    world.now += timedelta(minutes=1)
    world.hear("menu", "tax", "जोडा", "1", world.codes[1].code)
    assert world.state() == "link-wrong"
    assert world.query("SELECT count(*) FROM property_link")[0][0] == 2


def test_codes_are_limited_for_a_citizen_and_for_an_owner(world):
    for n in range(8):
        world.hear("hi", "1", "menu", "tax", "2", "P/3", phone=f"+9198765432{n:02}")
        world.now += timedelta(minutes=1)
    assert len(world.codes) == world.ports.table.rules.codes_a_day_of_property
    assert {each.phone for each in world.codes} == {BALU}
    world.hear("hi", "1", "tax", "1", world.codes[-1].code, phone=BALU)
    assert world.state(BALU) == "link-wrong", "their own telephone gets one all the same"
    world.hear(world.codes.pop().code, phone=BALU)
    assert world.state(BALU) == "linked"
    world.now += timedelta(days=1)
    for _ in range(8):
        world.hear("hi", "1", "menu", "tax", "1")
        world.now += timedelta(minutes=1)
    own = [each for each in world.codes if each.phone == ASHA]
    assert len(own) == world.ports.table.rules.codes_a_day


def test_the_same_number_needs_a_code_too_and_nothing_is_shown_before(world):
    told = world.hear("hi", "1", "tax", "1")
    assert len(world.codes) == 1
    seen = _seen(world, ASHA)
    assert "P/1" not in seen.replace("P/1/02/00345", "")
    assert "कोड" in told[0]


def test_a_link_ends_when_the_register_has_another_number(world):
    world.link()
    world.city.owners["P/1"] = [BALU]
    world.hear("tax", "1")
    assert world.state() == "link-lapsed"
    ended = world.query("SELECT number, ended_why FROM property_link WHERE ended_at IS NOT NULL")
    assert ended == [("P/1", "register_changed")]
    world.hear("menu", "tax")
    assert world.state() == "property"


def test_a_link_that_nobody_used_for_long_ends(world):
    world.link()
    world.later(days=91)
    world.hear("hi", "1", "tax")
    assert world.state() == "link-how"


def test_who_has_the_number_after_a_long_silence_is_another_citizen(world):
    world.hear("hi", "1", "takrar", "khadda", "1", "मोठा खड्डा", "कर्वे रस्ता", "नाही", "हो")
    world.later(days=91)
    told = world.hear("hi")
    assert "Choose your language" in told[0]
    world.hear("1", "माझ्या तक्रारी")
    assert world.state() == "follow-none"


def test_a_pressed_button_with_anothers_property_opens_nothing(world):
    world.link(phone=BALU)
    world.hear("hi", "1")
    others = str(uuid5(_SPACE, "P/3"))
    for state in ("property-choose", "menu", "property-open"):
        world.hear(Chosen(f"{state}/#{others}", "P/3"))
    assert world.state() in ("menu", "lost")
    assert "P/3" not in _seen(world, ASHA)


def test_anothers_grievance_is_not_there(world):
    world.hear("hi", "1", "takrar", "khadda", "1", "मोठा खड्डा", "कर्वे रस्ता", "नाही", "हो")
    world.hear("hi", "1", "माझ्या तक्रारी", phone=BALU)
    assert world.state(BALU) == "follow-none"
    subjects = {each[0].subject for each in world.city.calls if each[2] == "mine"}
    assert len(subjects) == 1
    assert all(ASHA not in each and BALU not in each for each in subjects)
    assert SECRETS.recipient(BALU) in subjects.pop()


def test_property_numbers_are_tried_so_often_an_hour_and_no_more(world):
    allowed = world.ports.table.rules.property_numbers_an_hour
    world.hear("hi", "1", "tax", "2", phone=STRANGER)
    for n in range(allowed):
        world.hear(f"P/9{n}", phone=STRANGER)
        assert world.state(STRANGER) == "link-unknown"
    asked = len(world.city.asked("look_up"))
    world.hear("P/1", phone=STRANGER)
    assert world.state(STRANGER) == "link-later"
    assert (len(world.city.asked("look_up")), world.codes) == (asked, [])
    world.hear("hi", "1", "tax", "2", "P/1", phone=BALU)
    assert len(world.codes) == 1, "another telephone has tries of its own"
    world.now += timedelta(hours=1)
    world.hear("menu", "tax", "2", "P/1", phone=STRANGER)
    assert world.state(STRANGER) == "link-code"
    world.later(days=2)
    assert world.query("SELECT 1 FROM number_try") == []


def test_a_property_without_a_number_cannot_be_linked(world):
    world.hear("hi", "1", "tax", "2", "p/4")
    assert world.state() == "link-no-number"
    world.hear("menu", "tax", "2", "P/99")
    assert world.state() == "link-unknown"
    assert not world.codes
