"""The desk with its services running: what waits, grievances and what is done with them."""

import base64
import re
from typing import Any

import pytest
from sqlalchemy import select

from palika.auth import Identity
from services.portal.keeping import city_keeping
from services.portal.models import DataRead, DataReadOf
from tests.support.attachments import photo
from tests.support.backbone import Backbone
from tests.support.portal_desk import BOSS, HELPER, JUNIOR, DeskCity, desk_city, text_of

JE = Identity.of("officer:roads-je", "officer")


@pytest.fixture(scope="module")
def city(backbone: Backbone) -> DeskCity:
    """All parts."""
    return desk_city(backbone)


def as_je(city: DeskCity) -> Any:
    return city.backbone.client(JE)


def stands(city: DeskCity, number: str) -> dict[str, Any]:
    with as_je(city) as asking:
        found: dict[str, Any] = asking.grievance.get(number=number)
    return found


def act(city: DeskCity, number: str, name: str, person: str = JUNIOR, **form: Any) -> Any:
    desk = city.officer(person)
    page = f"/grievances/{number}"
    fields = {
        each: re.search(rf'name="{each}" value="([^"]+)"', desk.page(page))[1]  # type: ignore[index]
        for each in ("version", "key")
    }
    files = form.pop("files", None)
    given = {f"{name}-{key}": value for key, value in form.items()}
    return desk.submit(page, f"{page}/{name}", files=files, **fields, **given)


def test_the_inbox_has_grievances_and_files_and_says_how_late(city: DeskCity) -> None:
    number = city.file()["number"]
    with as_je(city) as asking:
        asking.eoffice.open_file(subject="Resurfacing of Baner Road", post="roads-je")
    said = text_of(city.officer(JUNIOR).page("/"))
    assert number in said
    assert "Resurfacing of Baner Road" in said
    assert re.search(r"\d+ (hours?|days?) left", said)
    only = text_of(city.officer(JUNIOR).page("/?kind=files"))
    assert "Resurfacing" in only
    assert number not in only
    nothing = text_of(city.officer(JUNIOR).page("/?q=elephant"))
    assert "Nothing fits these filters." in nothing


def test_the_inbox_is_in_marathi_with_its_digits(city: DeskCity) -> None:
    said = city.officer(JUNIOR, "mr").page("/")
    assert "कामे" in said or "आवक" in said
    assert re.search(r"PMC-२०२६-\d*[०-९]+", said)


def test_the_counts_are_told_for_the_page_that_is_open(city: DeskCity) -> None:
    counts = city.officer(JUNIOR).open("/counts").json()
    assert int(counts["grievances"]) >= 1
    assert "files" in counts


def test_a_grievance_goes_through_its_life_on_the_page(city: DeskCity) -> None:
    number = city.file(description="A hole <b>before</b> the school")["number"]
    page = city.officer(JUNIOR).page(f"/grievances/{number}")
    assert "A hole &lt;b&gt;before" in page
    began = act(city, number, "start", note="We come tomorrow")
    assert "The work has begun." in began.text
    asked = act(city, number, "wait", question="Which school?")
    assert "the clock stands" in asked.text
    answered = act(city, number, "answer", answer="The one at the corner")
    assert "The answer is noted" in answered.text
    empty = act(city, number, "resolve", remark=" ")
    assert empty.status_code == 400
    assert 'id="resolve-remark-error"' in empty.text
    unproved = act(city, number, "resolve", remark="Filled")
    if stands(city, number)["status"] != "resolved":
        assert unproved.status_code in (400, 409)
        assert "Filled" in unproved.text
        files = {"resolve-photo": ("work.jpg", photo(), "image/jpeg")}
        done = act(city, number, "resolve", remark="Filled with hot mix", files=files)
        assert "It is resolved." in done.text, text_of(done.text)
    found = stands(city, number)
    assert found["status"] == "resolved"
    assert [each["step"] for each in found["timeline"]].count("resolve") == 1


def test_a_form_that_is_sent_twice_does_it_once(city: DeskCity) -> None:
    number = city.file()["number"]
    desk, page = city.officer(JUNIOR), f"/grievances/{number}"
    shown = desk.page(page)
    key = re.search(r'name="key" value="([^"]+)"', shown)[1]  # type: ignore[index]
    for _ in range(2):
        answer = desk.submit(page, f"{page}/comment", key=key, **{"comment-text": "Seen there"})
        assert "The note is added." in answer.text
    notes = [each for each in stands(city, number)["timeline"] if each["note"] == "Seen there"]
    assert len(notes) == 1
    version = stands(city, number)["version"]
    for _ in range(2):
        answer = desk.submit(page, f"{page}/start", key=key[:-4] + "abcd", version=version)
        assert "The work has begun." in answer.text


def test_what_somebody_else_has_done_meanwhile_is_said_and_nothing_is_lost(city: DeskCity) -> None:
    number = city.file()["number"]
    desk, page = city.officer(JUNIOR), f"/grievances/{number}"
    old = stands(city, number)["version"]
    with as_je(city) as asking:
        asking.grievance.comment(id=stands(city, number)["id"], text="Ring the contractor")
    given = {"version": old, "wait-question": "Where exactly?"}
    answer = desk.submit(page, f"{page}/wait", **given)
    assert answer.status_code == 409
    assert "This was not done" in answer.text
    assert "It has changed meanwhile." in answer.text
    assert "at version" not in answer.text
    assert "Where exactly?" in answer.text


def test_who_filed_it_is_told_when_asked_for_and_written_down(city: DeskCity) -> None:
    number = city.file(citizen_name="Asha Kulkarni", citizen_phone="9812345610")["number"]
    desk = city.officer(JUNIOR)
    assert "Asha" not in desk.page(f"/grievances/{number}")
    shown = desk.submit(f"/grievances/{number}", f"/grievances/{number}/contact").text
    assert "Asha Kulkarni" in shown
    again = desk.open(f"/grievances/{number}/contact")
    assert again.url.endswith(f"/grievances/{number}")
    assert "Asha" not in again.text
    assert "contact" in [each["step"] for each in stands(city, number)["timeline"]]
    looked = city.backbone.value(
        "portal", "SELECT count(*) FROM data_read_of WHERE whose = %s", f"grievance:{number}"
    )
    assert looked >= 2
    for whose in ("citizen:9", f"phone:{city_keeping().of_phone('+919812345610')}"):
        assert looks_at(city, whose), whose


def looks_at(city: DeskCity, whose: str) -> set[str]:
    """The pages on which somebody's data were looked at."""
    with city.backbone.sessions("portal").begin() as session:
        rows = select(DataRead.what).join(DataReadOf, DataReadOf.read_id == DataRead.id)
        return set(session.scalars(rows.where(DataReadOf.whose == whose)))


def test_the_citizen_of_a_grievance_can_see_who_has_looked_wherever_it_was(city: DeskCity) -> None:
    city.file()
    desk = city.officer(JUNIOR)
    desk.page("/")
    desk.page("/grievances")
    assert {"desk.inbox", "desk.grievances", "desk.grievance"} <= looks_at(city, "citizen:9")


def test_a_telephone_that_is_looked_for_leaves_a_trace_also_when_nothing_is_found(
    city: DeskCity,
) -> None:
    city.officer(HELPER).submit("/help", "/help", phone="98000 00017")
    whose = f"phone:{city_keeping().of_phone('+919800000017')}"
    assert looks_at(city, whose) == {"desk.help"}


def test_pictures_are_shown_and_taken_away_with_a_reason(city: DeskCity) -> None:
    found = city.file()
    with as_je(city) as asking:
        content = base64.b64encode(photo()).decode()
        made = asking.grievance.attach(id=found["id"], kind="photo_before", content_base64=content)
    page = f"/grievances/{found['number']}"
    desk = city.officer(JUNIOR)
    small = desk.open(f"{page}/pictures/{made['id']}?small=1")
    assert small.headers["Content-Type"].startswith("image/")
    assert "no-store" in small.headers["Cache-Control"]
    answer = desk.submit(page, f"{page}/detach", of=made["id"], reason="A face is on it")
    assert "It is taken away." in answer.text


def test_words_that_are_too_long_are_told_at_their_field_and_none_is_cut(city: DeskCity) -> None:
    number = city.file()["number"]
    long = "खड्डा " * 500
    answer = act(city, number, "comment", text=long)
    assert answer.status_code == 400
    assert 'id="comment-text-error"' in answer.text
    assert long.strip() in answer.text
    lines = "\r\n".join("a" * 1_000)
    assert "The note is added." in act(city, number, "comment", text=lines).text
    assert stands(city, number)["timeline"][-1]["note"] == lines.replace("\r\n", "\n")


def test_one_is_merged_by_its_number_and_an_unknown_number_is_told_at_its_field(
    city: DeskCity,
) -> None:
    first, second = city.file()["number"], city.file()["number"]
    wrong = act(city, second, "merge", into="PMC-2026-999999")
    assert wrong.status_code == 400
    assert 'id="merge-into-error"' in wrong.text
    done = act(city, second, "merge", into=first)
    assert "It is merged." in done.text, text_of(done.text)
    assert stands(city, second)["status"] == "merged"


def test_the_list_is_filtered_kept_as_a_view_and_taken_along(city: DeskCity) -> None:
    number = city.file(description="Monsoon crater near Pashan lake")["number"]
    desk = city.officer(JUNIOR)
    found = desk.page("/grievances?text=crater+pashan")
    assert number in found
    assert number not in desk.page("/grievances?ward=bibwewadi&open=yes")
    unknown = desk.open("/grievances?ward=atlantis")
    assert unknown.status_code == 400
    assert "Please put this right" in unknown.text
    kept = desk.submit(
        "/grievances?text=crater", "/views", text="crater", open="no", **{"view-name": "Craters"}
    )
    assert kept.status_code == 200, kept.text[-2_000:]
    assert "view=" in kept.url
    assert number in kept.text
    nameless = desk.submit("/grievances", "/views", **{"view-name": " "})
    assert nameless.status_code == 400
    key = kept.url.partition("view=")[2]
    file = desk.open("/grievances.csv?text=crater")
    assert file.headers["Content-Type"].startswith("text/csv")
    assert number in file.text
    removed = desk.submit("/grievances", f"/views/{key}/remove")
    assert "Craters" not in removed.text


def test_a_help_desk_files_for_a_caller_once_and_finds_it_again(city: DeskCity) -> None:
    desk = city.officer(HELPER)
    assert desk.open("/grievances").status_code == 403
    page = "/help/new/pothole"
    source = re.search(r'name="source_id" value="([^"]+)"', desk.page(page))[1]  # type: ignore[index]
    empty = desk.submit(page, page, source_id=source, channel="phone", language="mr")
    assert empty.status_code == 400
    assert 'id="description-error"' in empty.text
    said = {
        "source_id": source,
        "channel": "phone",
        "language": "mr",
        "description": "खड्डा आहे",
        "address": "बाणेर रस्ता",
        "phone": "98123 45677",
        "name": "Asha",
    }
    filed = desk.submit(page, page, **said)
    assert "/help/filed/" in filed.url, text_of(filed.text)
    token = filed.url.rpartition("/")[2]
    number = re.search(r"PMC-\d{4}-\d+", filed.text)[0]  # type: ignore[index]
    again = desk.submit(page, page, **said)
    assert f"It was filed already as {number}" in again.text
    row = stands(city, number)
    assert (row["channel"], row["language"]) == ("phone", "mr")
    assert number in desk.submit("/help", "/help", token=token).text
    assert desk.submit("/help", "/help", token="A" * 22).status_code == 404
    theirs = desk.submit("/help", "/help", phone="+91 98123 45677")
    assert number in theirs.text
    assert desk.submit("/help", "/help", phone="12").status_code == 400


def test_a_part_that_is_away_takes_away_its_own_part_only(city: DeskCity) -> None:
    number = city.file()["number"]
    desk = city.officer(JUNIOR)
    desk.page("/")
    city.parts["eoffice"].kill()
    try:
        said = text_of(desk.page("/"))
        assert number in said
        assert "Files cannot be shown just now." in said
    finally:
        city.parts["eoffice"] = city.backbone.service("eoffice")
        city.parts["eoffice"].wait_ready(120)


def test_the_chief_sees_appeals_and_decides_nothing_that_is_not_there(city: DeskCity) -> None:
    assert "Appeals" in city.officer(BOSS).page("/")
    assert "Appeals" not in text_of(city.officer(JUNIOR).page("/"))
