"""Letters, as the tests of the e-office draft, approve and send them."""

from types import SimpleNamespace

from services.eoffice.commands import letter as steps
from services.eoffice.commands.dispatch import dispatch_letter
from services.eoffice.commands.issue_letter import Outward
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.send_letter import send_letter
from services.eoffice.models import Letter
from services.eoffice.schemas import Opening
from services.eoffice.schemas.letters import Dispatching, DraftingLetter, LetterStep
from tests.support.eoffice import JE, NOW

OFFICE = SimpleNamespace()
"""``papers`` and ``keys``: where they are; a test says so."""


def opened(sessions, caller=JE, **args):
    with sessions.begin() as session:
        return open_file(session, caller, Opening().load({"subject": "Road", **args}), NOW)


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
    send_letter(sessions.begin, outward, letter.id, lambda: NOW)
    return now_of(sessions, letter), copy


def now_of(sessions, letter):
    with sessions() as session:
        return session.get_one(Letter, letter.id)


def approved(sessions, file, caller=JE, **args):
    letter = draft(sessions, file, caller, body="The road is done.", **args)
    return step(sessions, steps.approve_letter, letter, caller=caller)
