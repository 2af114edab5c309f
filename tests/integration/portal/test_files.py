"""Files on the officers' desk, by the pages' forms alone, with the real e-office behind them."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.support.papers import pdf
from tests.support.portal_files import CE, CLERK, DE, JE, Office, forms_of, office

__all__ = ["office"]
TEXT = "Proposal to resurface 400 m of Ranade Road.\n\nSee {c:1}."


@pytest.fixture(scope="module")
def people(office: Office):
    return office.officers


def text_of(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def with_paper(officer, subject: str) -> str:
    """A file with one paper in it."""
    path = officer.opens(subject)
    officer.step(f"/en{path}", "/paper", title="Estimate", paper=("e.pdf", pdf(2)))
    return path


def test_a_file_is_opened_noted_put_up_approved_and_its_letter_goes_out(people):
    je, de = people[JE], people[DE]
    path = with_paper(je, "Ranade Road, resurfacing")
    page = je.page(f"/en{path}")
    assert "Estimate" in page.text
    assert "your desk" in page.text

    saved = je.step(f"/en{path}", "/note", do="save", markup=TEXT)
    assert "The yellow note is saved" in saved.text
    assert "My yellow note" in saved.text
    sent = je.step(f"/en{path}", "/do/put_up")
    assert "is put up" in sent.text

    assert "Ranade Road, resurfacing" in de.page("/en/desk/files/").text
    seen = de.page(f"/en{path}")
    assert "Note 1" in seen.text
    assert "Proposal to resurface" in seen.text
    lead = re.search(r'href="([^"]+/refer\?to=c:1)"|href="([^"]+/refer\?to=c%3A1)"', seen.text)
    assert lead, seen.text
    paper = de.get(f"{de.site.url}{lead[1] or lead[2]}", timeout=60)
    assert paper.content.startswith(b"%PDF")
    assert paper.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in paper.headers["Content-Security-Policy"]

    approved = de.step(f"/en{path}", "/do/approve", power="works", amount="2,50,000")
    assert "The file is approved" in approved.text
    assert "₹\N{NO-BREAK SPACE}2,50,000" in approved.text

    file_id = re.search(r"/on/([0-9a-f-]{36})/letter", approved.text)[1]
    begun = de.step(
        f"/en/desk/files/on/{file_id}/letter",
        "",
        to_name="Shri Patil, contractor",
        to_address="Pune 411005",
    )
    letter = begun.url.removeprefix(de.site.url).partition("?")[0]
    revised = de.step(letter, "/revise_letter", body="The work is sanctioned.")
    assert "The next version is saved" in revised.text
    assert "<ins>" in revised.text
    assert "<del>" in revised.text
    de.step(letter, "/approve_letter")
    out = de.step(letter, "/dispatch_letter", channel="post", tracking="RM123")
    assert "The letter has its number" in out.text
    assert "Dispatched" in out.text
    assert de.page(f"{letter}/pdf").content.startswith(b"%PDF")
    sheet = de.page(f"/mr/desk/files/on/{file_id}/sheet.pdf")
    assert sheet.content.startswith(b"%PDF")
    closed = de.step(f"/en{path}", "/do/close")
    assert "is closed" in closed.text


def test_a_double_click_writes_once(people, office):
    je = people[JE]
    path = je.opens("Footpath at Karve Road")
    form = je.form(f"/en{path}", "/do/mark")
    typed = {"question": "Is there money?", "posts": "accounts"}
    for _ in range(2):
        je.fill(form, **typed)
    assert je.page(f"/en{path}").text.count("Is there money?") == 1
    note = je.form(f"/en{path}", "/note")
    for _ in range(2):
        je.fill(note, do="confirm", markup="Asked accounts.")
    assert je.page(f"/en{path}").text.count("<article") == 1


def test_the_longest_note_in_devanagari_is_taken(people):
    je = people[JE]
    path = je.opens("A long note")
    text = "रस्ता " * 16_600
    je.step(f"/en{path}", "/note", do="save", markup=text)
    assert je.form(f"/en{path}", "/note").fields["markup"] == text
    told = je.step(f"/en{path}", "/note", 400, do="save", markup=text + "रस्ता " * 100)
    assert "Please put this right" in told.text


def test_two_who_write_one_note_lose_nothing(people):
    je = people[JE]
    path = je.opens("Speed breakers")
    je.step(f"/en{path}", "/note", do="save", markup="First words")
    one, other = (je.form(f"/en{path}", "/note") for _ in range(2))
    je.fill(one, do="save", markup="From one tab")
    refused = je.fill(other, 409, do="save", markup="From the other tab")
    assert "This note was saved elsewhere meanwhile" in refused.text
    assert "From one tab" in refused.text
    assert "From the other tab" in refused.text
    form = next(each for each in forms_of(refused) if each.action.endswith("/note"))
    assert form.fields["markup"] == "From the other tab"
    kept = je.fill(form, do="save")
    assert "From the other tab" in kept.text
    assert "From one tab" not in kept.text


def test_autosave_tells_when_it_was_saved_and_both_texts_of_a_conflict(people):
    je = people[JE]
    path = je.opens("Street name plates")
    form = je.form(f"/en{path}", "/note")
    saving = f"{je.site.url}{form.action.removesuffix('/note')}/autosave"
    told = je.post(saving, data={**form.fields, "markup": "**Half**"}, timeout=60).json()
    assert told["version"] == 1
    assert told["said"].startswith("Saved ")
    assert "<strong>Half</strong>" in told["html"]
    je.post(saving, data={**form.fields, "version": "1", "markup": "More"}, timeout=60)
    late = je.post(saving, data={**form.fields, "version": "1", "markup": "Mine"}, timeout=60)
    assert late.status_code == 409
    assert late.json()["other"]["markup"] == "More"
    assert late.json()["other"]["version"] == 2


def test_a_refusal_names_what_is_legal_and_who_may_and_keeps_what_was_typed(people):
    je = people[JE]
    path = je.opens("New store")
    form = je.form(f"/en{path}", "/do/approve")
    typed = {"power": "works", "amount": "9,00,000", "remark": "Urgent before the rains"}
    refused = je.fill(form, 403, **typed)
    said = text_of(refused)
    assert "This is for: " in said
    assert "Chief Engineer, Roads" in said
    assert "You can do now: " in said
    assert "Urgent before the rains" in refused.text
    routed = next(each for each in forms_of(refused) if each.fields.get("route") == "yes")
    answer = je.fill(routed)
    assert "has gone to who may approve it" in answer.text
    gone = je.page(f"/en{path}")
    assert "Pull back" in gone.text


def test_a_wrong_amount_or_post_is_told_beside_its_field(people):
    je = people[JE]
    path = je.opens("Drain cover")
    wrong = je.step(f"/en{path}", "/do/approve", 400, power="contingency", amount="five")
    assert 'id="approve-amount-error"' in wrong.text
    assert 'href="#approve-amount"' in wrong.text
    none = je.step(f"/en{path}", "/do/forward", 400, to="Nobody Of This Name")
    assert 'id="forward-to-error"' in none.text
    several = je.step(f"/en{path}", "/do/forward", 400, to="Engineer, Roads")
    assert "several posts fit" in several.text
    assert "[roads-ce]" in several.text


def test_a_post_is_found_by_a_part_of_its_name(people):
    je = people[JE]
    found = je.page("/en/desk/files/posts?q=chief engineer roads").json()["posts"]
    assert [each["code"] for each in found] == ["roads-ce"]
    path = je.opens("By name")
    sent = je.step(f"/en{path}", "/do/forward", to="Chief Engineer, Roads")
    assert "is forwarded" in sent.text
    assert "By name" in people[CE].page("/en/desk/files/").text


def test_lists_have_what_moves_and_what_is_put_aside(people):
    je, de = people[JE], people[DE]
    path = je.opens("For the lists")
    je.step(f"/en{path}", "/do/put_up", remark="For orders please")
    sent = je.page("/en/desk/files/?tab=sent")
    assert "For the lists" in sent.text
    assert "Not opened yet: can be pulled back" in sent.text
    back = je.step(f"/en{path}", "/do/pull_back")
    assert "The file is with you again" in back.text
    until = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    je.step(f"/en{path}", "/do/park", wake_on=until, reason="Until the tender")
    assert "For the lists" in je.page("/en/desk/files/?tab=parked").text
    assert "For the lists" not in de.page("/en/desk/files/").text
    je.step(f"/en{path}", "/do/wake")
    je.step(f"/en{path}", "/do/set_priority", priority="most_urgent")
    urgent = je.page("/en/desk/files/?show=most_urgent")
    assert "For the lists" in urgent.text
    je.step(f"/en{path}", "/note", do="save", markup="A note for the list of notes")
    assert "A note for the list of notes" in je.page("/mr/desk/files/?tab=drafts").text


def test_several_files_are_sent_at_once_each_with_its_own_result(people):
    je = people[JE]
    first, second = je.opens("Many, the first"), je.opens("Many, the second")
    listed = je.page("/en/desk/files/")
    ids = [
        re.search(r"/on/([0-9a-f-]{36})/", je.page(f"/en{path}").text)[1]
        for path in (first, second)
    ]
    form = next(each for each in forms_of(listed) if each.action.endswith("/many"))
    chosen = je.post(f"{je.site.url}{form.action}", data={**form.fields, "file": ids}, timeout=60)
    assert "Many, the first" in chosen.text
    je.step(f"/en{second}", "/do/forward", to="accounts")
    sending = next(each for each in forms_of(chosen) if each.fields.get("do") == "forward")
    done = je.post(
        f"{je.site.url}{sending.action}",
        data={**sending.fields, "file": ids, "to": "roads-ce"},
        timeout=60,
    )
    assert done.status_code == 200, je._said(done)
    assert done.text.count(">Done<") == 1
    assert done.text.count(">Not done<") == 1


def test_a_receipt_is_diarised_with_its_paper_and_becomes_a_file(people):
    clerk = people[CLERK]
    wrong = clerk.step(
        "/en/desk/files/dak/new", "", 400, sender_name="", subject="Hole", paper=("l.pdf", pdf(1))
    )
    assert 'id="dak-sender_name-error"' in wrong.text
    form = next(each for each in forms_of(wrong) if "paper_id" in each.fields)
    form.action = form.action or "/en/desk/files/dak/new"
    assert form.fields["kept"]
    made = clerk.fill(form, sender_name="Asha Kulkarni", subject="Hole in Ranade Road")
    assert "It is diarised" in made.text
    path = made.url.removeprefix(clerk.site.url).partition("?")[0]
    assert "Asha Kulkarni" in clerk.page("/en/desk/files/?tab=dak").text
    assert clerk.page(f"{path}/slip").content.startswith(b"%PDF")
    noted = clerk.step(path, "/follow_up_receipt", on="")
    assert "The day is noted" in noted.text
    filed = clerk.step(path, "/start_file", head="complaint")
    assert "The file is opened" in filed.text
    assert "Hole in Ranade Road" in filed.text
    assert "Receipt" in filed.text


def test_a_receipt_is_sent_and_received_and_closed(people):
    clerk, je = people[CLERK], people[JE]
    made = clerk.step("/en/desk/files/dak/new", "", sender_name="Ravi Joshi", subject="Invitation")
    path = made.url.removeprefix(clerk.site.url).partition("?")[0]
    assert "is sent" in clerk.step(path, "/send_receipt", to="roads-je").text
    je.step(path, "/receive_receipt")
    empty = je.step(path, "/close_receipt", 400, remark="")
    assert "Please put this right" in empty.text
    assert "is closed" in je.step(path, "/close_receipt", remark="Attended").text


def test_search_finds_notes_and_pages_and_leads_to_them(people):
    je = people[JE]
    path = je.opens("Culvert at Sinhagad")
    je.step(f"/en{path}", "/note", do="confirm", markup="The culvert is narrow and floods.")
    found = je.page("/en/desk/files/search?q=culvert")
    assert "<mark>" in found.text
    lead = re.search(r'href="(/en/desk/files/on/[^"]+refer\?to=n[^"]+)"', found.text)
    assert lead
    assert je.page(lead[1].replace("&amp;", "&")).url.endswith("#n1")
    assert je.page("/en/desk/files/words?q=culv").json()["words"]
    assert "Nothing has all of these words" in je.page("/en/desk/files/search?q=zzyzx").text
    assert "Please put this right" in je.page("/en/desk/files/search?q=a", 400).text
    number = path.removeprefix("/desk/files/")
    assert je.page(f"/en/desk/files/track?number={number.lower()}").url.endswith(number)
    assert "no file or receipt" in je.page("/en/desk/files/track?number=X/1", 404).text


def test_what_is_secret_is_not_there_for_who_may_not_read_it(people):
    ce, clerk = people[CE], people[CLERK]
    path = ce.opens("A confidential matter", secrecy="confidential")
    assert "Confidential" in ce.page(f"/en{path}").text
    assert clerk.page(f"/en{path}", 404).status_code == 404
    assert "A confidential matter" not in clerk.page("/en/desk/files/search?q=confidential").text


def test_looks_at_what_citizens_wrote_are_written_down(people, office):
    je = people[JE]
    path = je.opens("Whose looks are kept")
    je.page(f"/en{path}")
    number = path.removeprefix("/desk/files/")
    rows = office.site.backbone.query(
        "portal",
        "SELECT r.reader, r.why FROM data_read r JOIN data_read_of o ON o.read_id = r.id"
        " WHERE o.whose = %s",
        f"file:{number}",
    )
    assert ("a.jadhav2", "handles") in rows


def test_where_a_form_was_sent_to_the_page_is_shown_again(people):
    je = people[JE]
    path = je.opens("Loaded again")
    action = je.form(f"/en{path}", "/do/forward").action
    assert je.page(action).url.endswith(path)
    assert je.page(f"/en/desk/files/on/{uuid4()}", 404).status_code == 404
