"""A file is pulled back until the other post has opened it, or has done anything with it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Conflict
from services.eoffice.commands.add_paper import add_paper
from services.eoffice.commands.approve import approve_file, refuse_file
from services.eoffice.commands.letter import draft_letter
from services.eoffice.commands.note import confirm_note, save_draft
from services.eoffice.schemas.approving import Approving, Refusing
from services.eoffice.schemas.filing import AddingPaper
from services.eoffice.schemas.letters import DraftingLetter
from services.eoffice.schemas.noting import DraftSaving, DraftStep
from tests.support.eoffice import ACCOUNTS, NOW, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_moves import file_of, opened, take
from tests.support.receipts import Desk

__all__ = ["database"]


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


def _do(command: Callable[..., Any], schema: Any, **args: Any) -> Callable[..., Any]:
    def deed(sessions, file) -> None:
        of = "id" if schema in (Approving, Refusing) else "file_id"
        with sessions.begin() as session:
            command(session, ACCOUNTS, schema().load({of: str(file.id), **args}), NOW)

    return deed


def _note(sessions, file) -> None:
    with sessions.begin() as session:
        asked = DraftSaving().load({"file_id": str(file.id), "markup": "पाहिले"})
        draft = save_draft(session, ACCOUNTS, asked, NOW)
    with sessions.begin() as session:
        confirm_note(session, ACCOUNTS, DraftStep().load({"id": str(draft.id)}), NOW)


def _receipt(sessions, file) -> None:
    desk = Desk(sessions)
    desk.put(desk.diarise(ACCOUNTS), file, ACCOUNTS)


DEEDS = {
    "approve": _do(approve_file, Approving),
    "refuse": _do(refuse_file, Refusing, remark="No"),
    "note": _note,
    "paper": _do(add_paper, AddingPaper, title="Plan", pages=1),
    "letter": _do(draft_letter, DraftingLetter, to_name="A"),
    "receipt": _receipt,
}


@pytest.mark.parametrize("deed", DEEDS)
def test_who_has_done_it_has_seen_the_file_and_nobody_pulls_it_back(sessions, deed):
    file = opened(sessions)
    take(sessions, "forward", file, to="accounts")
    DEEDS[deed](sessions, file)
    with pytest.raises(Conflict, match="accounts has opened it"):
        take(sessions, "pull_back", file)
    assert file_of(sessions, file).held_by == "accounts"


def test_what_is_pulled_back_again_came_from_where_it_had_come_at_first(sessions):
    file = opened(sessions)
    for to in ("accounts", "law"):
        take(sessions, "forward", file, to=to)
        assert take(sessions, "pull_back", file).sent_by is None
    # It has come from nobody, and is sent back to nobody.
    with pytest.raises(Conflict, match="from nobody"):
        take(sessions, "send_back", file)
