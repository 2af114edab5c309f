"""Letters: drafted in versions, approved, numbered, sent, and back in the file."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from pypdf import PdfReader
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from palika.india import day_of
from palika.local import Postgres
from palika.store import Folder
from services.eoffice.cli import notes as cli
from services.eoffice.commands import letter as steps
from services.eoffice.commands.dispatch import dispatch_letter
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.issue_letter import Outward
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.send_letter import send_letter, send_waiting
from services.eoffice.documents import letter_pdf
from services.eoffice.domain.letters import Channel, message
from services.eoffice.models import File, Letter
from services.eoffice.organisation_store import current
from services.eoffice.queries import contents, letters
from services.eoffice.schemas import Forwarding, Opening
from services.eoffice.schemas.letters import (
    Differing,
    Dispatching,
    DraftingLetter,
    LetterStep,
    OneLetter,
    RevisingLetter,
)
from services.eoffice.schemas.noting import OneFile
from services.notify.domain.routes import Channel as Route
from services.notify.reference import city_templates
from services.notify.schemas import SendArgs
from tests.support.databases import service_database
from tests.support.eoffice import CE, DE, JE, NOW, emptied
from tests.support.eoffice_keys import store_in
from tests.support.eoffice_moves import verbs

OFFICE = SimpleNamespace()


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "eoffice") as found:
        yield found


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


@pytest.fixture(autouse=True)
def office(tmp_path: Path) -> None:
    """Where papers and keys are."""
    OFFICE.papers, OFFICE.keys = Folder(tmp_path / "papers"), store_in(tmp_path)


def opened(sessions, caller=JE, **args):
    with sessions.begin() as session:
        return open_file(session, caller, Opening().load({"subject": "Road", **args}), NOW)


def forward(sessions, file, to, caller=JE):
    with sessions.begin() as session:
        asked = Forwarding().load({"id": str(file.id), "to": to})
        forward_file(session, caller, asked, NOW)


def draft(sessions, file, caller=JE, **args):
    with sessions.begin() as session:
        asked = {
            "file_id": str(file.id),
            "language": "en",
            "to_name": "M. Jadhav",
            "to_address": "12 Kasba Peth\nPune",
            **args,
        }
        return steps.draft_letter(session, caller, DraftingLetter().load(asked), NOW)


def revise(sessions, letter, body, version, caller=JE, **args):
    with sessions.begin() as session:
        asked = {"id": str(letter.id), "body": body, "version": version, **args}
        return steps.revise_letter(session, caller, RevisingLetter().load(asked), NOW)


def step(sessions, command, letter, version=1, caller=JE):
    with sessions.begin() as session:
        asked = LetterStep().load({"id": str(letter.id), "version": version})
        return command(session, caller, asked, NOW)


def nothing_is_sent(**message):
    raise AssertionError(f"sent: {message}")


def dispatch(sessions, letter, caller=JE, channel="post", send=nothing_is_sent, **args):
    outward = Outward(send, OFFICE.papers, OFFICE.keys)
    with sessions.begin() as session:
        asked = {"id": str(letter.id), "version": 1, "channel": channel, **args}
        _, copy = dispatch_letter(session, caller, Dispatching().load(asked), NOW, outward)
    send_letter(sessions.begin, outward, letter.id, NOW)
    return now_of(sessions, letter), copy


def now_of(sessions, letter):
    with sessions() as session:
        return session.get_one(Letter, letter.id)


def send_those_that_wait(sessions, send):
    outward = Outward(send, OFFICE.papers, OFFICE.keys)
    return send_waiting(sessions.begin, outward, NOW, lambda: False)


def approved(sessions, file, **args):
    letter = draft(sessions, file, body="The road is done.", **args)
    return step(sessions, steps.approve_letter, letter)


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
    assert shown.output == "Road\n\nPay [-5,000-]{+6,000+} by May.\n"
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
    assert refused.value.details["legal"] == ["return", "dispatch", "discard"]
    assert step(sessions, steps.return_letter, letter, 2).approved_by is None
    assert revise(sessions, letter, "three", 2).version == 3


@pytest.mark.parametrize("body", ["", "as in {n:1}", "see \U0001f600", "pay \u202e001"])
def test_what_cannot_go_out_is_not_approved(sessions, body):
    letter = draft(sessions, opened(sessions), body=body)
    with pytest.raises(Invalid):
        step(sessions, steps.approve_letter, letter)


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
    assert refused.value.details["legal"] == ["revise", "approve", "discard"]
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
            "id": str(letter.id),
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


def test_a_number_is_committed_before_notify_is_asked(sessions):
    letter = approved(sessions, opened(sessions), to_phone="9876543210")
    seen = []

    def send(**message):
        there = now_of(sessions, letter)
        seen.append((there.number, there.state))
        return {"id": "delivery-1"}

    gone, _ = dispatch(sessions, letter, channel="sms", send=send)
    assert seen == [("ROADS/OUT/2026/00001", "sending")]
    assert (gone.state, gone.tracking) == ("dispatched", "delivery-1")


def test_a_letter_that_notify_does_not_answer_for_keeps_its_number_and_is_sent_later(sessions):
    def away(**message):
        raise Unavailable("notify does not answer")

    letter = approved(sessions, opened(sessions), to_phone="9876543210")
    with pytest.raises(Unavailable):
        dispatch(sessions, letter, channel="sms", send=away)
    waiting = now_of(sessions, letter)
    assert (waiting.number, waiting.state) == ("ROADS/OUT/2026/00001", "sending")
    other = approved(sessions, opened(sessions))
    assert dispatch(sessions, other)[0].number == "ROADS/OUT/2026/00002"
    for refused in (steps.return_letter, steps.discard_letter):
        with pytest.raises(Conflict):
            step(sessions, refused, letter)
    with pytest.raises(Conflict, match="goes out by sms, as ROADS/OUT/2026/00001"):
        dispatch(sessions, letter, channel="post")
    with pytest.raises(Unavailable):
        send_those_that_wait(sessions, away)
    sent = []
    assert send_those_that_wait(sessions, lambda **message: sent.append(message) or {"id": "d"})
    assert (now_of(sessions, letter).state, len(sent)) == ("dispatched", 1)
    assert send_those_that_wait(sessions, nothing_is_sent) == 0


def test_a_message_whose_answer_was_lost_is_asked_for_again_as_it_was(sessions):
    sent = []

    def send(**message):
        sent.append(message)
        if len(sent) == 1:
            raise Unavailable("the answer was lost")
        return {"id": "delivery-1"}

    letter = approved(sessions, opened(sessions), to_email="m.jadhav@example.com")
    with pytest.raises(Unavailable):
        dispatch(sessions, letter, channel="email", send=send)
    gone, _ = dispatch(sessions, letter, channel="email", send=send)
    assert sent[0] == sent[1]
    assert (gone.number, gone.tracking) == ("ROADS/OUT/2026/00001", "delivery-1")
    assert verbs(sessions, opened_of(sessions, letter))[-2:] == [
        *("dispatched a letter", "sent a letter")
    ]


def test_a_letter_that_notify_refuses_goes_by_another_channel_under_its_number(sessions):
    def refuse(**message):
        raise Invalid("not an Indian mobile", {"phone": ["must be an Indian mobile number"]})

    letter = approved(sessions, opened(sessions), to_phone="+12025550123")
    with pytest.raises(Invalid, match="Indian mobile"):
        dispatch(sessions, letter, channel="sms", send=refuse)
    assert send_those_that_wait(sessions, nothing_is_sent) == 0
    gone, copy = dispatch(sessions, letter, channel="post", tracking="EM123456789IN")
    assert (gone.number, gone.state, gone.channel, gone.tracking) == (
        *("ROADS/OUT/2026/00001", "dispatched", "post", "EM123456789IN"),
    )
    assert dispatch(sessions, letter)[1].id == copy.id
    assert verbs(sessions, opened_of(sessions, letter))[-3:] == [
        *("dispatched a letter", "could not send a letter", "dispatched a letter otherwise")
    ]


def test_one_letter_that_cannot_go_stops_no_other(sessions):
    letters_ = [
        approved(sessions, opened(sessions), to_phone=phone)
        for phone in ("9876543210", "9876543211")
    ]

    def away(**message):
        raise Unavailable("notify does not answer")

    for each in letters_:
        with pytest.raises(Unavailable):
            dispatch(sessions, each, channel="sms", send=away)

    def send(**message):
        if message["id"] == str(letters_[0].id):
            raise Invalid("refused", {})
        return {"id": "d"}

    assert send_those_that_wait(sessions, send) == 1
    found = [now_of(sessions, each) for each in letters_]
    assert [(each.state, each.channel) for each in found] == [
        *(("sending", None), ("dispatched", "sms"))
    ]


def opened_of(sessions, letter):
    with sessions() as session:
        return session.get_one(File, letter.file_id)


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
