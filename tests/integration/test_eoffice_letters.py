"""Letters: drafted in versions, approved, numbered, sent, and back in the file."""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner
from pypdf import PdfReader
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.india import day_of
from palika.store import Folder
from services.eoffice.cli import notes as cli
from services.eoffice.commands import letter as steps
from services.eoffice.commands.forward import forward_file
from services.eoffice.documents import letter_pdf
from services.eoffice.domain.letters import Channel, message, message_id
from services.eoffice.models import LetterVersion
from services.eoffice.organisation_store import current
from services.eoffice.queries import contents, letters
from services.eoffice.schemas import Forwarding
from services.eoffice.schemas.letters import (
    Differing,
    OneLetter,
    RevisingLetter,
)
from services.eoffice.schemas.noting import OneFile
from services.notify.domain.routes import Channel as Route
from services.notify.reference import city_templates
from services.notify.schemas import SendArgs
from tests.support.eoffice import CE, DE, JE, NOW, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_keys import store_in
from tests.support.eoffice_letters import OFFICE, approved, dispatch, draft, opened, step

__all__ = ["database"]


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


@pytest.fixture(autouse=True)
def office(tmp_path: Path) -> None:
    """Where papers and keys are."""
    OFFICE.papers, OFFICE.keys = Folder(tmp_path / "papers"), store_in(tmp_path)


def forward(sessions, file, to, caller=JE):
    with sessions.begin() as session:
        asked = Forwarding().load({"id": str(file.id), "to": to})
        forward_file(session, caller, asked, NOW)


def revise(sessions, letter, body, version, caller=JE, **args):
    with sessions.begin() as session:
        asked = {"id": str(letter.id), "body": body, "version": version, **args}
        return steps.revise_letter(session, caller, RevisingLetter().load(asked), NOW)


def of(sessions, query, asked, post="roads-je"):
    with sessions.begin() as session:
        return query(session, current(session).posts[post], asked)


def test_a_draft_begins_with_its_template(sessions):
    file = opened(sessions)
    letter = draft(sessions, file, template="reminder")
    shown = of(sessions, letters.letter, OneLetter().load({"id": str(letter.id)}))
    assert shown["subject"] == "Road – reminder"
    assert shown["body"].startswith("We have written to you")
    with pytest.raises(Invalid, match="letter, memorandum, order, reminder"):
        draft(sessions, file, template="poem")


def test_a_draft_asked_for_again_is_one(sessions):
    file, key = opened(sessions), str(uuid7())
    assert draft(sessions, file, id=key).id == draft(sessions, file, id=key).id
    with pytest.raises(Conflict) as refused:
        draft(sessions, file, id=key, to_name="Another")
    assert refused.value.details["differs"] == ["to_name"]


def test_a_draft_asked_for_again_after_it_was_revised_is_what_it_has_become(sessions):
    file, key = opened(sessions), str(uuid7())
    letter = draft(sessions, file, id=key, body="one")
    revise(sessions, letter, "two", 1, to_name="Another")
    assert draft(sessions, file, id=key, body="one").version == 2
    with pytest.raises(Conflict) as refused:
        draft(sessions, file, id=key, body="three")
    assert refused.value.details["differs"] == ["body"]


def test_what_was_approved_or_given_up_stays_so_asked_again(sessions):
    file = opened(sessions)
    letter = approved(sessions, file)
    again = step(sessions, steps.approve_letter, letter)
    assert (again.state, again.rev) == (letter.state, letter.rev)
    with pytest.raises(Conflict, match="cannot approve a letter that is approved"):
        step(sessions, steps.approve_letter, letter, 2)
    given_up = step(sessions, steps.discard_letter, letter)
    assert step(sessions, steps.discard_letter, letter).rev == given_up.rev


def test_the_senior_corrects_in_a_version_of_their_own_and_the_difference_is_seen(
    sessions, monkeypatch
):
    file = opened(sessions)
    letter = draft(sessions, file, body="Pay 5,000 by May.")
    forward(sessions, file, "roads-de")
    assert revise(sessions, letter, "Pay 6,000 by May.", 1, DE).version == 2
    asked = Differing().load({"id": str(letter.id), "from_version": 1, "to_version": 2})
    found = of(sessions, letters.difference, asked)
    assert found["body"]["plain"] == "Pay [-5,000-]{+6,000+} by May."
    monkeypatch.setattr(cli, "sessions", lambda service: sessions)
    by = ("--by", "roads-je")
    shown = CliRunner().invoke(cli.difference_command, [str(letter.id), "1", "2", *by])
    to = "कोणास: M. Jadhav\nपत्ता: 12 Kasba Peth\nPune\n"
    assert shown.output == f"{to}\nRoad\n\nPay [-5,000-]{{+6,000+}} by May.\n"
    assert (
        CliRunner().invoke(cli.difference_command, [str(letter.id), "1", "9", *by]).exit_code == 1
    )
    versions = of(sessions, letters.letter, OneLetter().load({"id": str(letter.id)}))["versions"]
    assert [(each["version"], each["by_post"]) for each in versions] == [
        (1, "roads-je"),
        (2, "roads-de"),
    ]
    with pytest.raises(NotFound, match="no version 3"):
        of(sessions, letters.difference, asked | {"to_version": 3})


def test_two_who_revise_at_once_are_told_of_each_other(sessions):
    letter = draft(sessions, opened(sessions), body="one")
    assert revise(sessions, letter, "two", 1).version == 2
    # The same again does no harm; something else does not overwrite.
    assert revise(sessions, letter, "two", 1).version == 2
    with pytest.raises(Conflict) as refused:
        revise(sessions, letter, "three", 1)
    assert refused.value.details == {"version": 2, "expected": 1}


def test_what_is_approved_is_the_version_that_was_read(sessions):
    letter = draft(sessions, opened(sessions), body="one")
    revise(sessions, letter, "two", 1)
    with pytest.raises(Conflict, match="version 2, not 1"):
        step(sessions, steps.approve_letter, letter, 1)
    assert step(sessions, steps.approve_letter, letter, 2).approved_by == "roads-je"
    with pytest.raises(Conflict) as refused:
        revise(sessions, letter, "three", 2)
    assert refused.value.details["legal"] == ["return_letter", "dispatch_letter", "discard_letter"]
    assert step(sessions, steps.return_letter, letter, 2).approved_by is None
    assert revise(sessions, letter, "three", 2).version == 3


@pytest.mark.parametrize("body", ["", "as in {n:1}", "see \U0001f600", "pay \u202e001"])
def test_what_cannot_go_out_is_not_approved(sessions, body):
    letter = draft(sessions, opened(sessions), body=body)
    with pytest.raises(Invalid):
        step(sessions, steps.approve_letter, letter)


@pytest.mark.parametrize("template", ["letter", "order", "memorandum"])
@pytest.mark.parametrize("language", ["mr", "en"])
def test_a_letter_that_ends_where_its_template_leaves_off_is_not_approved(
    sessions, template, language
):
    file = opened(sessions)
    forward(sessions, file, "roads-de")
    letter = draft(sessions, file, DE, template=template, language=language)
    with pytest.raises(Invalid) as refused:
        step(sessions, steps.approve_letter, letter, caller=DE)
    assert "leaves off" in refused.value.fields["body"][0]
    with sessions() as session:
        begun = session.get_one(LetterVersion, (letter.id, 1)).body
    revise(sessions, letter, f"{begun} the road is done.", 1, caller=DE)
    assert step(sessions, steps.approve_letter, letter, 2, caller=DE).state == "approved"


def test_a_reminder_is_whole_as_its_template_has_it(sessions):
    letter = draft(sessions, opened(sessions), template="reminder")
    assert step(sessions, steps.approve_letter, letter).state == "approved"


def test_a_dispatched_letter_has_a_number_and_is_back_in_the_file(sessions):
    file = opened(sessions)
    letter, copy = dispatch(sessions, approved(sessions, file), tracking="EM123456789IN")
    assert (letter.number, letter.channel) == ("ROADS/OUT/2026/00001", "post")
    found = of(sessions, contents.contents, OneFile().load({"id": str(file.id)}))
    (line,) = found["items"]
    assert line["paper_id"] is not None
    assert (line["kind"], line["letter_id"], line["title"]) == ("issued", str(letter.id), "Road")
    assert (copy.first_page, copy.last_page, found["pages"]) == (1, 1, 1)
    with sessions.begin() as session:
        row, its_file = letters.readable_letter(
            session, current(session).posts["roads-je"], {"id": letter.id}
        )
        paper = letters.letter_paper(session, row, its_file)
    told = PdfReader(io.BytesIO(letter_pdf(paper, "en", day_of(NOW)))).pages[0].extract_text()
    assert "ROADS/OUT/2026/00001" in told
    assert "The road is done." in told
    assert "DRAFT" not in told


def test_a_dispatch_asked_again_gives_what_was_done(sessions):
    letter = approved(sessions, opened(sessions))
    first, copy = dispatch(sessions, letter)
    again, same = dispatch(sessions, letter)
    assert (first.number, copy.id) == (again.number, same.id)
    with pytest.raises(Conflict, match="gone out by post"):
        dispatch(sessions, letter, channel="hand")


def test_letters_sent_at_once_are_numbered_without_gaps(sessions):
    found = [approved(sessions, opened(sessions)) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda each: dispatch(sessions, each)[0].number, found))
    assert sorted(sent) == [f"ROADS/OUT/2026/0000{each}" for each in (1, 2, 3, 4)]


def test_nothing_goes_out_that_is_not_approved_or_has_no_address(sessions):
    file = opened(sessions)
    letter = draft(sessions, file, body="one")
    with pytest.raises(Conflict) as refused:
        dispatch(sessions, letter)
    assert refused.value.details["legal"] == ["revise_letter", "approve_letter", "discard_letter"]
    step(sessions, steps.approve_letter, letter)
    with pytest.raises(Invalid, match="email needs to_email"):
        dispatch(sessions, letter, channel="email")
    step(sessions, steps.discard_letter, letter)
    with pytest.raises(Conflict, match="legal now: nothing"):
        dispatch(sessions, letter)


def test_only_the_desk_that_has_the_file_touches_its_letters(sessions):
    file = opened(sessions)
    letter = draft(sessions, file, body="one")
    for attempt in (
        lambda: draft(sessions, file, DE),
        lambda: revise(sessions, letter, "two", 1, DE),
        lambda: step(sessions, steps.approve_letter, letter, caller=DE),
        lambda: dispatch(sessions, letter, caller=DE),
    ):
        with pytest.raises(Forbidden, match="it is with roads-je"):
            attempt()


def test_a_letter_of_a_secret_file_is_not_there_for_others(sessions):
    letter = draft(sessions, opened(sessions, CE, secrecy="secret"), CE)
    asked = OneLetter().load({"id": str(letter.id)})
    assert of(sessions, letters.letter, asked, "roads-ce")["id"] == str(letter.id)
    with pytest.raises(NotFound):
        of(sessions, letters.letter, asked, "roads-clerk")


def test_a_letter_by_email_goes_through_notify_with_its_number(sessions):
    sent = []

    def send(**message):
        sent.append(message)
        return {"id": "delivery-1"}

    letter = approved(sessions, opened(sessions), to_email="m.jadhav@example.com")
    gone, _ = dispatch(sessions, letter, channel="email", send=send)
    dispatch(sessions, letter, channel="email", send=send)
    assert gone.tracking == "delivery-1"
    attachment = sent[0]["attachments"][0]
    assert (attachment["name"], attachment["media_type"]) == (
        *("ROADS_OUT_2026_00001.pdf", "application/pdf"),
    )
    assert sent == [
        {
            "id": str(message_id(letter.id, Channel.EMAIL)),
            "template": "eoffice.letter_email",
            "contact": {"email": "m.jadhav@example.com", "name": "M. Jadhav", "language": "en"},
            "fields": {
                "number": "ROADS/OUT/2026/00001",
                "name": "M. Jadhav",
                "about": "Road",
                "signatory": "Junior Engineer, Roads",
            },
            "attachments": [attachment],
        }
    ]
    (taken,) = SendArgs().load(sent[0])["attachments"]
    assert "The road is done." in PdfReader(io.BytesIO(taken["content"])).pages[0].extract_text()


@pytest.mark.parametrize("channel", ["email", "whatsapp", "sms"])
@pytest.mark.parametrize("language", ["mr", "en"])
def test_what_is_asked_of_notify_suits_its_templates(channel, language):
    asked = message(
        Channel(channel),
        {"to_name": "म. जाधव", "to_email": "m@example.com", "to_phone": "+919876543210"},
        "GENERAL-ADMINISTRATION/OUT/2026/00001",
        "रस्ता " * 80,
        "उप अभियंता, पथ",
    )
    values = {**asked["fields"], "name": asked["contact"]["name"]}
    template = city_templates().named(asked["template"])
    assert template.render(Route(channel), language, values)
