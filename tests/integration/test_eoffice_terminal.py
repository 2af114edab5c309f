"""The e-office's commands, as a whole: what is written in a file is shown as it is written, and
what is typed wrongly is told."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from palika.auth import Identity
from palika.india import day_of, in_digits
from palika.store import Folder
from services.eoffice.cli import dak, moving, notes, organisation, records, reports, search, signing
from services.eoffice.cli.showing import moment
from services.eoffice.commands.import_archive import import_archive
from services.eoffice.commands.open_file import open_file
from services.eoffice.models import Holding, ImportedPart
from services.eoffice.organisation_store import ORGANISATION, current
from services.eoffice.schemas import Opening
from services.eoffice.sealing import act, city_keys_of_record
from tests.support.eoffice import JE, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_keys import issued, store_in
from tests.support.eoffice_moves import take
from tests.support.eoffice_records import LATER, Scene, another_office
from tests.support.papers import pdf
from tests.support.receipts import REGISTRY, Desk

__all__ = ["database"]

NOW = datetime.now(UTC) - timedelta(hours=2)
SUBJECT = "Drain [ward 5] of [/red] road"


@pytest.fixture
def run(database, monkeypatch) -> Callable[..., Result]:
    emptied(database)
    for each in (dak, moving, notes, organisation, records, reports, search, signing):
        monkeypatch.setattr(each, "sessions", lambda service: database)

    def run(command: Any, *words: str) -> Result:
        return CliRunner().invoke(command, words, env={"COLUMNS": "250"}, catch_exceptions=False)

    return run


def opened(database, **said: Any):
    asked = {"subject": SUBJECT, "section": "est", **said}
    with database.begin() as session:
        return open_file(session, JE, Opening().load(asked), NOW, overdue=True)


def test_a_subject_with_brackets_is_shown_as_it_is_written(run, database):
    today = str(day_of(NOW))
    file = opened(database, public=True)
    Desk(database).diarise(JE, subject=SUBJECT, medium="email")
    shown = {
        "inbox": run(moving.inbox_command, "roads-je"),
        "receipts": run(dak.receipts_command, "--by", "roads-je"),
        "track": run(reports.track_command, file.number, "--language", "en"),
        "diary": run(reports.diary_command, "roads-je", "--language", "en", "--day", today),
        "search": run(search.search_command, "drain", "--post", "roads-je"),
    }
    take(database, "close", file, JE, NOW)
    shown["due"] = run(records.due_command, "--by", "roads-je", "--what", "recording")
    for name, result in shown.items():
        assert SUBJECT in result.output, f"{name}: {result.output}"


def test_a_late_files_subject_with_brackets_is_shown_as_it_is_written(run, database):
    opened(database, due_on="2026-01-01")
    shown = run(reports.overdue_command, "--language", "en")
    assert SUBJECT in shown.output, shown.output


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("mr", ("प्राधान्य", "पाठवणारे", "प्रलंबित", "कशी आली", "अभिलेख कक्षात नोंदवण्यासाठी")),
        ("en", ("priority", "sender name", "pending", "came by", "due for recording")),
    ],
)
def test_headings_are_in_either_language(run, database, language, said):
    file = opened(database)
    Desk(database).diarise(JE, medium="email")
    asked = ("--language", language)
    shown = [
        run(moving.inbox_command, "roads-je", *asked),
        run(dak.receipts_command, "--by", "roads-je", *asked),
        run(dak.pending_command, "--by", "roads-je", *asked),
        run(moving.custody_command, file.number, *asked),
    ]
    take(database, "close", file, JE, NOW)
    what = ("--by", "roads-je", "--what", "recording")
    shown.append(run(records.due_command, *what, *asked))
    for result, heading in zip(shown, said, strict=True):
        assert heading in result.output, result.output


def test_a_list_says_that_there_is_more(run, database):
    for _ in range(2):
        take(database, "close", opened(database), JE, NOW)
        Desk(database).diarise(JE, medium="email")
        opened(database)
    for language, more in (("en", "There are more than 1."), ("mr", "1 पेक्षा जास्त आहेत.")):
        one = ("--limit", "1", "--language", language)
        told = {
            "inbox": run(moving.inbox_command, "roads-je", *one),
            "receipts": run(dak.receipts_command, "--by", "roads-je", *one),
            "due": run(records.due_command, "--by", "roads-je", "--what", "recording", *one),
        }
        for name, result in told.items():
            assert more in result.output, f"{name}: {result.output}"


@pytest.mark.parametrize("by", ["", "officer:", "x" * 300, "a\x07b"])
def test_a_name_that_is_nobodys_is_told(run, by):
    for command in (
        (notes.notes_command, "R/1"),
        (records.due_command,),
        (dak.receipts_command,),
        (records.archive_group, "make", "R/1", "--to", "x"),
    ):
        refused = run(*command, "--by", by)
        assert (refused.exit_code, "--by" in refused.output) == (2, True), refused.output


def test_what_is_no_number_is_told_by_the_word_of_the_help(run):
    for command, words in (
        (moving.custody_command, (" ",)),
        (records.archive_group, ("make", " ", "--to", "x", "--by", "roads-je")),
        (reports.track_command, (" ",)),
    ):
        refused = run(command, *words)
        assert (refused.exit_code, "NUMBER" in refused.output) == (2, True), refused.output


def test_a_wrong_day_is_told_by_its_option(run):
    refused = run(records.due_command, "--by", "roads-je", "--by-day", "tomorrow")
    assert (refused.exit_code, "--by-day" in refused.output) == (2, True)
    assert "{" not in refused.output


def test_a_file_that_was_brought_in_is_found_at_a_terminal(
    run, database, postgres, tmp_path, monkeypatch
):
    scene = Scene.begun(database, Folder(tmp_path / "papers"))
    monkeypatch.setattr(records, "store", lambda: scene.store)
    with another_office(postgres, tmp_path) as (file, folder):
        brought = run(records.archive_group, "import", str(folder), "--by", "registry-clerk")
    assert brought.exit_code == 0, brought.output
    found = run(search.search_command, "पाषाण", "--post", "roads-je")
    assert (found.exit_code, file.number in found.output) == (0, True), found.output


def test_a_pdf_that_cannot_be_written_is_told(run, database, tmp_path, monkeypatch):
    keys = store_in(tmp_path)
    issued(database, keys, "a.jadhav2", NOW)
    monkeypatch.setattr(signing, "city_store", lambda: keys)
    source = tmp_path / "letter.pdf"
    source.write_bytes(pdf(1))
    target = str(tmp_path / "none" / "signed.pdf")
    refused = run(signing.sign_pdf_command, str(source), target, "--person", "a.jadhav2")
    assert (refused.exit_code, "cannot be written" in refused.output) == (1, True), refused.output


@pytest.fixture
def person(run, database) -> Iterator[str]:
    """Who is junior engineer has the clerk's post in additional charge."""
    with database.begin() as session:
        found = current(session).holder("roads-je", NOW.date())
        days = {"since": NOW.date() - timedelta(days=2), "until": None}
        held = Holding(id=uuid4(), post="roads-clerk", person=found, kind="additional", **days)
        session.add(held)
        act(session, ORGANISATION, "organisation", "given in charge", None, NOW)
    yield found
    with database.begin() as session:
        session.delete(session.get(Holding, held.id))
        act(session, ORGANISATION, "organisation", "taken back", None, NOW)


def test_an_officer_of_several_posts_says_for_which(run, database, person):
    file = opened(database)
    letter = ("--sender", "Asha", "--subject", "Drain", "--category", "complaint", "--json")
    made = run(dak.diarise_command, *letter, "--by", person, "--post", "roads-clerk")
    assert json.loads(made.output)["held_by"] == "roads-clerk"
    for command in (
        (notes.notes_command, file.number),
        (dak.receipts_command,),
        (dak.pending_command,),
    ):
        for post, status in (("roads-clerk", 0), ("commissioner", 1)):
            done = run(*command, "--by", person, "--post", post)
            assert done.exit_code == status, done.output


@pytest.mark.parametrize("place", ["department", "section", "desk"])
def test_a_place_that_the_city_does_not_have_is_told(run, place):
    for command in ((reports.report_command, "pendency"), (reports.overdue_command,)):
        refused = run(*command, f"--{place}", "no-such-place")
        assert (refused.exit_code, "no-such-place" in refused.output) == (2, True), refused.output


@pytest.fixture
def crowded(database, run) -> dict[str, Any]:
    """Numbers and posts as long as the city has them."""
    clerk = Identity.of("officer:building-permission-clerk", "officer")
    asked = {"subject": SUBJECT * 4, "head": "establishment", "due_on": "2026-01-01"}
    with database.begin() as session:
        opening = Opening().load({**asked, "priority": "most_urgent", "public": True})
        file = open_file(session, clerk, opening, NOW, overdue=True)
    to = "information-technology-head"
    take(database, "forward", file, clerk, NOW, to=to, remark="x")
    Desk(database).diarise(clerk, subject=SUBJECT * 4, medium="email", due_on="2026-07-05")
    return {"number": file.number, "from": "building-permission-clerk", "to": to}


@pytest.mark.parametrize("columns", ["60", "80", "200"])
@pytest.mark.parametrize("language", ["mr", "en"])
def test_no_number_post_or_day_is_cut_off_however_narrow_the_terminal(
    run, database, crowded, columns, language
):
    number, from_, to = (crowded[each] for each in ("number", "from", "to"))
    day, at = in_digits(day_of(NOW)), moment(NOW)
    for command, words, there in (
        (moving.inbox_command, (to,), (number, from_, "01-01-2026", at)),
        (moving.custody_command, (number,), (number, from_, to, at)),
        (dak.receipts_command, ("--by", from_), ("DAK/BPM/2026/00001", from_, "05-07-2026")),
        (dak.pending_command, ("--by", from_), (from_,)),
        (reports.overdue_command, (), (number, to, "01-01-2026", at)),
        (reports.diary_command, (from_, "--day", str(day_of(NOW))), (day, at[-5:])),
        (reports.track_command, (number,), (number, at)),
        (reports.report_command, ("pendency",), (day,)),
        (search.search_command, ("drain", "--post", to), (number, to, day)),
        (organisation.group, ("holders", to), ("01-04-2020",)),
        (organisation.group, ("find", "information"), (to,)),
    ):
        asked = (*words, "--language", language)
        shown = CliRunner().invoke(command, asked, env={"COLUMNS": columns})
        assert shown.exit_code == 0, shown.output
        for each in there:
            assert each in shown.output, f"{command.name} {asked}: {each}\n{shown.output}"


def test_a_new_key_takes_the_place_of_the_one_before(run, tmp_path, monkeypatch):
    monkeypatch.setattr(signing, "city_store", lambda: store_in(tmp_path))
    first, second = (run(signing.issue_command, "a.jadhav2").output for _ in range(2))
    assert "serialNumber=a.jadhav2" in first
    assert "2.5.4.5" not in first
    told = json.loads(run(signing.list_command, "--json").output)["certificates"]
    counting = [each for each in told if each["person"] and each["why"] is None]
    assert [each["fingerprint"] for each in counting] == [second.split()[0]]
    (old,) = [each for each in told if each["fingerprint"] == first.split()[0]]
    assert old["revoked_why"] == f"superseded by {second.split()[0]}"
    listed = run(signing.list_command, "--language", "en").output
    assert f"superseded on {in_digits(day_of(datetime.now(UTC)))}" in listed


def test_a_note_sheet_says_at_the_terminal_what_it_says_on_paper(run, database, tmp_path):
    file = Scene.begun(database, Folder(tmp_path / "papers")).whole(store_in(tmp_path))
    asked = (file.number, "--by", "roads-de", "--language")
    english, marathi = (run(notes.notes_command, *asked, each).output for each in ("en", "mr"))
    with database() as session:
        city = current(session)
        names = city.people[city.holder("roads-je", NOW.date())]
    assert f"1. {names.en}, Junior Engineer, Roads, 01-07-2026 10:00\n" in english
    assert f"1. {names.mr}, कनिष्ठ अभियंता, पथ, 01-07-2026 10:00\n" in marathi
    assert "Seen note 1; the estimate is approved.\n" in english
    assert "- खड्डे: 12\n- खर्च: ₹4,50,000\n" in english
    assert f"    Digital signature: {names.en}\n    Certificate: " in english
    assert "Decisions: Approved. " in english
    assert "    Amount: ₹1.00\n" in english
    assert "    शेरा: मान्य\n" in marathi
    for each in (english, marathi):
        assert "**" not in each
        assert "{c:" not in each


def test_the_note_sheet_of_a_file_that_was_brought_in_is_shown(
    run, database, postgres, tmp_path, monkeypatch
):
    kept = Folder(tmp_path / "papers")
    monkeypatch.setattr(notes, "store", lambda: kept)
    with another_office(postgres, tmp_path / "other") as (file, folder):
        scene = Scene.begun(database, kept)
        keys, asked = city_keys_of_record(), {"post": None, "dry_run": False}
        import_archive(scene.sessions.begin, kept, keys, REGISTRY, asked, folder, LATER)
    asked_for = (file.number, "--by", "roads-de", "--language", "en")
    said = run(notes.notes_command, *asked_for, "--pdf", str(tmp_path / "sheet.pdf"))
    assert said.exit_code == 0, said.output
    assert "Junior Engineer, Roads, 01-07-2026 10:00\n" in said.output
    assert "Seen note 1; the estimate is approved.\n" in said.output
    assert "    Amount: ₹1.00\n" in said.output
    assert (tmp_path / "sheet.pdf").read_bytes().startswith(b"%PDF-")
    told = json.loads(run(notes.notes_command, *asked_for, "--json").output)
    assert ([each["number"] for each in told["notes"]], told["archived"]) == ([1, 2], True)
    assert run(notes.notes_command, "R/1", "--by", "roads-de").exit_code == 1
    with scene.sessions() as session:
        wanted = select(ImportedPart.key).where(ImportedPart.path == "file.json")
        (key,) = session.scalars(wanted)
    document = tmp_path / "papers" / key
    document.write_bytes(document.read_bytes().replace(b"approved", b"refused "))
    forged = run(notes.notes_command, *asked_for)
    assert forged.exit_code == 1
    assert "is not what was brought in" in forged.output
