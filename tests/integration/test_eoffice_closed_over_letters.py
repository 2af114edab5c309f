"""No file is closed over a letter that is approved and has not gone out, but knowingly."""

import pytest
from sqlalchemy import select
from uuid6 import uuid7

from palika.errors import Conflict, Invalid
from palika.store import Folder
from services.eoffice.commands import letter as steps
from services.eoffice.commands.continue_file import next_volume
from services.eoffice.models import Act
from services.eoffice.schemas.filing import NextVolume
from tests.integration.test_eoffice_contents import add
from tests.support.eoffice import JE, NOW
from tests.support.eoffice_databases import database, sessions
from tests.support.eoffice_keys import store_in
from tests.support.eoffice_letters import OFFICE, approved, dispatch, draft, now_of, step
from tests.support.eoffice_moves import file_of, opened, take

__all__ = ["database", "sessions"]


def test_closing_names_the_letters_that_have_not_gone_out(sessions):
    file = opened(sessions)
    draft(sessions, file)
    letter = approved(sessions, file)
    with pytest.raises(Conflict, match=r"to M\. Jadhav .* dispatch_letter") as refused:
        take(sessions, "close", file)
    assert refused.value.details["letters"] == [{"id": str(letter.id), "to_name": "M. Jadhav"}]
    assert "close" in refused.value.details["legal"]
    assert file_of(sessions, file).state == "open"


def test_it_is_closed_all_the_same_with_a_reason_that_stands_on_the_record(sessions):
    file, key = opened(sessions), str(uuid7())
    letter = approved(sessions, file)
    with pytest.raises(Invalid) as refused:
        take(sessions, "close", file, anyway=True)
    assert "remark" in refused.value.fields
    for _ in range(2):
        take(sessions, "close", file, anyway=True, remark="Told by phone", step=key)
    with sessions() as session:
        closed = select(Act.data).where(Act.chain_id == file.id, Act.verb == "closed")
        (said,) = session.scalars(closed)
    assert (said["letters"], said["reason"]) == ([str(letter.id)], "Told by phone")
    assert now_of(sessions, letter).state == "approved"
    with pytest.raises(Conflict, match="with other content"):
        take(sessions, "close", file, anyway=True, remark="Another", step=key)


def test_what_went_out_or_was_taken_back_is_not_in_the_way(sessions, tmp_path):
    OFFICE.papers, OFFICE.keys = Folder(tmp_path / "papers"), store_in(tmp_path)
    file = opened(sessions)
    dispatch(sessions, approved(sessions, file))
    step(sessions, steps.return_letter, approved(sessions, file))
    assert take(sessions, "close", file).state == "closed"


def test_no_volume_is_begun_over_one(sessions):
    file = opened(sessions)
    add(sessions, file, 201)
    approved(sessions, file)
    asked = NextVolume().load({"file_id": str(file.id)})
    with sessions.begin() as session, pytest.raises(Conflict, match="have not gone out"):
        next_volume(session, JE, asked, NOW)
