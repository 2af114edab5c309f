"""Citizens file and follow grievances on the city's pages: a real portal, its database, and the
grievance service behind it."""

import base64
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from palika.auth import Identity
from tests.support.attachments import photo
from tests.support.part import wait_for
from tests.support.portal import OFFICER
from tests.support.portal_grievances import (
    UNNAMED,
    WHERE,
    WORDS,
    Person,
    key_of,
    portal_with_grievances,
    text_of,
)

SUPERVISOR = Identity.of("supervisor:commissioner", "supervisor")


@pytest.fixture(scope="module")
def portal(backbone):
    """A portal with its database, and the grievance service."""
    return portal_with_grievances(backbone)


def row_of(portal, token):
    with portal.backbone.client() as city:
        number = city.grievance.track(token=token)["number"]
    return portal.row(number)


def count(portal):
    return portal.backbone.value("grievance", "SELECT count(*) FROM grievance")


def resolved(portal, token, picture=None):
    """The office takes it in hand and says that it is put right, with a photograph of the work."""
    found = row_of(portal, token)
    if found["status"] == "filed":
        with portal.backbone.client(SUPERVISOR) as city:
            city.grievance.assign(id=found["id"], officer="roads-je")
    with portal.backbone.client(OFFICER) as city:
        content = base64.b64encode(picture or photo()).decode()
        city.grievance.attach(id=found["id"], kind="photo_after", content_base64=content)
        city.grievance.resolve(id=found["id"], remark="Filled with hot mix")


@pytest.mark.parametrize(
    ("language", "query"), [("mr", "खड्डा"), ("mr", "pothole"), ("en", "खड्डा"), ("en", "potholes")]
)
def test_a_kind_is_found_by_words_of_either_language(portal, language, query):
    page = Person(portal, language).open(f"/new?q={query}").text
    found = page.partition('id="found"')[2].partition("</ul>")[0]
    assert f"/{language}/grievances/where/pothole" in found


def test_it_is_filed_in_four_steps_with_a_photograph_and_followed_by_its_token(portal):
    person = Person(portal)
    token = person.filed(photo=photo(), contact="phone", phone="98123 45611", name="Asha")
    found = row_of(portal, token)
    assert (found["category"], found["channel"], found["language"]) == ("pothole", "web", "en")
    assert found["address"] == WHERE["address"]
    assert found["description"] == WORDS["description"]
    assert [each["kind"] for each in found["attachments"]] == ["photo_before"]
    with portal.backbone.client() as city:
        told = city.grievance.contact(number=found["number"])
    assert (told["name"], told["phone"]) == ("Asha", "+919812345611")

    page = person.open(f"/follow/{token}")
    assert page.headers["Cache-Control"] == "no-store"
    assert "Promised by" in page.text
    assert WHERE["address"] not in page.text
    assert WORDS["description"] not in page.text
    assert "A photograph was added" in page.text
    small = re.search(r'src="(/en/grievances/follow/[^"]+small=1)"', page.text)[1]
    shown = person.session.get(f"{portal.url}{small}", timeout=30)
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/jpeg")
    assert shown.content.startswith(b"\xff\xd8")


def test_what_is_to_be_kept_is_told_until_the_work_begins_and_its_address_is_the_lasting_one(
    portal,
):
    person = Person(portal)
    token = person.filed()
    page = person.open(f"/follow/{token}?filed=yes").text
    assert "Keep this address" in page
    assert f'href="/en/grievances/follow/{token}"' in page
    resolved(portal, token)
    assert "Keep this address" not in person.open(f"/follow/{token}?filed=yes").text


def test_the_rooms_own_address_leads_to_where_one_is_followed(portal):
    assert Person(portal).open("/").url.endswith("/follow")


def test_what_was_typed_of_a_filed_one_is_not_kept(portal):
    token = Person(portal).filed(photo=photo())
    left = portal.backbone.query(
        "portal",
        "SELECT photo IS NULL, octet_length(typed) FROM grievance_draft WHERE number = %s",
        row_of(portal, token)["number"],
    )  # fmt: skip
    assert left == [(True, pytest.approx(100, abs=60))]


def test_sent_twice_at_once_it_is_filed_once_and_both_are_shown_its_token(portal):
    person = Person(portal)
    person.up_to_check()
    form = {"form_token": person.form_token("/check"), **UNNAMED}
    before = count(portal)
    cookies = person.session.cookies.get_dict()

    def send(_):
        other = Person(portal)
        other.session.cookies.update(cookies)
        return key_of(other.session.post(f"{other.room}/check", data=form, timeout=60))

    with ThreadPoolExecutor(2) as both:
        tokens = set(both.map(send, range(2)))
    assert len(tokens) == 1
    assert count(portal) == before + 1


def test_an_answer_that_was_lost_files_nothing_twice(portal):
    person = Person(portal)
    token = person.filed()
    number = row_of(portal, token)["number"]
    before = count(portal)
    # As if the portal had ended between the service's answer and its own note of it.
    with portal.backbone.sessions("portal").begin() as session:
        person_draft = session.connection().exec_driver_sql(
            "SELECT id FROM grievance_draft WHERE number = %s", (number,)
        )
        key = person_draft.scalar_one()
    assert row_of(portal, token)["source_id"] == str(key)
    with portal.backbone.client(Identity.of("anonymous", "anonymous")) as city:
        again = city.grievance.file(
            category="pothole", anonymous=True, language="en", source="anonymous",
            source_id=str(key), **{k: v for k, v in (WHERE | WORDS).items() if v},
        )  # fmt: skip
    assert (again["number"], again["token"]) == (number, None)
    assert count(portal) == before


def test_a_mistake_names_field_and_rule_and_nothing_that_was_typed_is_lost(portal):
    person = Person(portal)
    answer = person.submit("/where/pothole", address="  ", ward="")
    assert answer.status_code == 400
    assert "Place: say where it is" in text_of(answer)

    person.submit("/where/pothole", **WHERE)
    answer = person.submit("/words", photo=b"%PDF-1.4 no picture", **WORDS)
    assert answer.status_code == 400
    assert "Photograph: must be a photograph: JPEG" in text_of(answer)
    assert "since Monday" in text_of(answer)
    answer = person.submit("/words", photo=photo(), description=" ")
    assert "What is wrong: must not be empty" in text_of(answer)
    assert "Your photograph is kept" in answer.text
    assert person.submit("/words", **WORDS).url.endswith("/check")

    answer = person.submit("/check", contact="phone", phone="12", name="Asha")
    assert answer.status_code == 400
    assert "Mobile number: must be a 10-digit Indian mobile number" in text_of(answer)
    assert 'value="Asha"' in answer.text
    assert "One is with it" in answer.text
    assert person.submit("/check", **UNNAMED).status_code == 200


def test_a_photograph_that_is_too_large_is_told_beside_its_field(portal):
    person = Person(portal)
    person.submit("/where/pothole", **WHERE)
    large = photo() + bytes(10 * 1024 * 1024)
    answer = person.submit("/words", photo=large, **WORDS)
    assert answer.status_code == 400
    assert "Photograph: must be a photograph of at most 10 MB" in text_of(answer)
    assert "since Monday" in answer.text


def test_other_pages_still_take_small_forms_only(portal):
    person = Person(portal)
    answer = person.submit("/where/pothole", address="x" * 300_000)
    assert answer.status_code == 413


def test_a_place_outside_the_country_is_told_with_the_place(portal):
    person = Person(portal, "mr")
    person.submit("/where/pothole", address="", lat="51.5", lon="-0.1")
    person.submit("/words", **WORDS)
    answer = person.submit("/check", **UNNAMED)
    assert answer.status_code == 400
    assert "ठिकाण:" in text_of(answer)
    assert "या दरम्यानची संख्या असावी" in text_of(answer)


def test_the_questions_of_a_kind_are_asked_and_their_answers_arrive(portal):
    with portal.backbone.client() as city:
        told = [
            city.grievance.open311_service(code=each["service_code"], language="en")
            for each in city.grievance.open311_services(language="en")["services"]
            if each["metadata"]
        ]
    kind, number = next(
        (each, one) for each in told for one in each["attributes"]
        if one["datatype"] == "number" and not any(o["required"] for o in each["attributes"])
    )  # fmt: skip
    person = Person(portal)
    person.submit(f"/where/{kind['service_code']}", **WHERE)
    name = f"answer-{number['code']}"
    person.submit("/words", **WORDS, **{name: "many"})
    answer = person.submit("/check", **UNNAMED)
    assert answer.status_code == 400
    assert f"{number['description']}: must be a" in text_of(answer)
    person.submit("/words", **WORDS, **{name: "2"})
    token = key_of(person.submit("/check", **UNNAMED))
    assert row_of(portal, token)["attributes"][number["code"]] == 2


@pytest.mark.parametrize("given", ["abc", "2x", "५ आहेत"])
def test_an_answer_that_is_no_number_is_told_where_it_is_asked(portal, given):
    person = Person(portal)
    person.submit("/where/pothole", **WHERE)
    answer = person.submit("/words", **WORDS, **{"answer-how_many": given})
    assert answer.status_code == 400
    assert "must be a number" in text_of(answer)
    assert f'value="{given}"' in answer.text
    answer = person.submit("/words", **WORDS, **{"answer-how_many": "५"})
    assert answer.url.endswith("/check")


def test_who_chooses_another_kind_keeps_words_and_place(portal):
    person = Person(portal)
    person.up_to_check("pothole")
    assert WHERE["address"] in person.open("/where/garbage-dump").text
    person.submit("/where/garbage-dump", **WHERE)
    assert "since Monday" in person.open("/words").text
    answer = person.submit("/check", **UNNAMED)
    assert row_of(portal, key_of(answer))["category"] == "garbage-dump"


def test_the_address_of_a_step_leads_back_to_the_page(portal):
    person = Person(portal)
    token = person.filed()
    assert person.open(f"/follow/{token}/rate").url.endswith(f"/follow/{token}")


def test_the_work_is_seen_rated_and_opened_again(portal):
    person = Person(portal)
    token = person.filed()
    page = f"/follow/{token}"
    assert "Rate the work" not in person.open(page).text
    resolved(portal, token)
    shown = text_of(person.open(page))
    assert "Put right, says the office" in shown
    assert "Filled with hot mix" in shown
    assert "Officer's post roads-je" in shown
    assert 'alt="Photograph of the work' in person.open(page).text

    answer = person.submit(page, f"{page}/reopen", reason="Only half of it")
    assert answer.status_code == 400
    assert "Why?: choose one" in text_of(answer)
    assert "Only half of it" in answer.text
    answer = person.submit(page, f"{page}/reopen", reason="Only half of it", code="badly_done")
    assert "It is opened again." in answer.text
    found = row_of(portal, token)
    assert (found["times_reopened"], found["reopen_reason"]) == (1, "Only half of it")

    resolved(portal, token, photo("PNG"))
    answer = person.submit(page, f"{page}/rate", rating="5")
    assert answer.status_code == 400
    assert "Is it put right?: choose one" in text_of(answer)
    answer = person.submit(page, f"{page}/rate", rating="5", satisfied="yes", comment="Well done")
    assert "5 of 5" in text_of(answer)
    found = row_of(portal, token)
    assert (found["status"], found["rating"]) == ("closed", 5)
    assert found["rating_comment"] == "Well done"


def test_a_step_that_may_not_be_taken_any_more_is_told_with_how_it_stands(portal):
    person = Person(portal)
    page = f"/follow/{person.filed()}"
    answer = person.submit(page, f"{page}/reopen", reason="Not done", code="not_done")
    assert answer.status_code == 409
    assert "It has changed meanwhile" in answer.text


def test_when_the_window_is_over_it_is_not_offered_to_be_opened_again(portal):
    person = Person(portal)
    token = person.filed()
    resolved(portal, token)
    number = row_of(portal, token)["number"]
    with portal.backbone.sessions("grievance").begin() as session:
        session.connection().exec_driver_sql(
            "UPDATE grievance SET resolved_at = resolved_at - interval '60 days' WHERE number = %s",
            (number,),
        )
    shown = person.open(f"/follow/{token}").text
    assert "The days in which it may be opened again are over" in shown
    assert "/reopen" not in shown


def test_what_the_office_asks_is_answered(portal):
    person = Person(portal)
    token = person.filed(contact="phone", phone="9812345611")
    found = row_of(portal, token)
    with portal.backbone.client(SUPERVISOR) as city:
        city.grievance.assign(id=found["id"], officer="roads-je")
        city.grievance.wait(id=found["id"], question="Which side of the road?")
    page = f"/follow/{token}"
    assert "Which side of the road?" in person.open(page).text
    assert (
        "Your answer is with the office"
        in person.submit(page, f"{page}/answer", answer="Left").text
    )
    assert row_of(portal, token)["status"] == "assigned"


@pytest.mark.parametrize("token", ["AAAAAAAAAAAAAAAAAAAAAA", "x", "a b", "<script>", "é" * 90])
def test_a_token_that_there_is_not_shows_nothing(portal, token):
    answer = Person(portal).submit("/follow", token=token)
    assert answer.status_code == 404
    assert "no grievance has this token" in answer.text


def test_a_number_alone_leads_to_signing_in(portal):
    person = Person(portal)
    number = row_of(portal, person.filed())["number"]
    answer = Person(portal).submit("/follow", token=number.lower())
    assert "/account/citizen?next=" in answer.url
    assert Person(portal).open(f"/follow/{number}").status_code == 404


def test_without_a_draft_the_later_steps_lead_to_the_first(portal):
    for step in ("/words", "/check"):
        assert Person(portal).open(step).url.endswith("/new")


def test_while_the_grievance_service_is_away_what_was_typed_stays(portal):
    person = Person(portal)
    person.up_to_check(photo=photo())
    token = Person(portal).filed()
    form = {"form_token": person.form_token("/check"), "contact": "phone", "phone": "9812345612",
            "name": "Asha"}  # fmt: skip
    service = portal.grievance
    service.stop()
    try:
        answer = person.session.post(f"{person.room}/check", data=form, timeout=60)
        assert answer.status_code == 503
        assert "What you typed is still here" in answer.text
        for kept in ("Two have fallen", "Ranade Road, near the school", "One is with it"):
            assert kept in text_of(answer)
        bare = Person(portal).open(f"/follow/{token}")
        assert bare.status_code == 503
        assert "Try again in a few seconds" in bare.text
        assert "What you typed" not in bare.text
        assert 'value="Asha"' in answer.text
        answer = person.session.post(
            f"{person.room}/follow/{token}/reopen",
            data={"form_token": form["form_token"], "reason": "Half", "code": "other"},
            timeout=60,
        )
        assert answer.status_code == 503
        assert 'name="reason" value="Half"' in answer.text
    finally:
        service.start(timeout_s=90)
    wait_for(lambda: person.open("/check").status_code == 200, 60)
    assert "One is with it" in person.open("/check").text
    again = key_of(person.session.post(f"{person.room}/check", data=form, timeout=60))
    assert row_of(portal, again)["description"] == WORDS["description"]
