"""A post up the line takes a receipt from a desk below it."""

import pytest

from palika.errors import Conflict, Forbidden, NotFound
from services.eoffice.models import ReceiptMovement
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import verify
from tests.support.eoffice import ACCOUNTS, CE, DE, JE, NOW
from tests.support.eoffice_databases import database, desk, sessions

__all__ = ["database", "desk", "sessions"]


@pytest.mark.parametrize("received", [True, False])
def test_it_is_taken_whether_it_was_received_or_not_and_is_there_then(desk, received):
    receipt = desk.send(desk.diarise(), "roads-je")
    if received:
        desk.receive(receipt)
    taken = desk.pull_up(receipt, CE)
    assert (taken.held_by, taken.sent_by, taken.seen_at) == ("roads-ce", None, NOW)
    assert desk.verbs(receipt.id)[-1] == "pulled_up"
    with desk.sessions() as session:
        move = session.get_one(ReceiptMovement, (receipt.id, 2))
        assert (move.kind, move.from_post, move.by_post) == ("pull_up", "roads-je", "roads-ce")
    found: list = []
    with desk.sessions() as session:
        verify(session, city_keys_of_record(), found.append)
    assert found == []
    # It is worked on there, and the post that had it takes it back by no step.
    with pytest.raises(Forbidden, match="it is with roads-ce"):
        desk.close(receipt, JE)
    desk.close(receipt, CE)


def test_who_is_not_above_takes_nothing_and_is_told_who_is(desk):
    receipt = desk.receive(desk.send(desk.diarise(), "roads-je"))
    for who in (ACCOUNTS, JE):
        with pytest.raises(Forbidden, match="above that are roads-de, roads-ce") as refused:
            desk.pull_up(receipt, who)
        assert "pull_up_receipt" not in refused.value.details["legal"]
    assert "pull_up_receipt" in desk.get(receipt, "roads-de")["legal"]
    assert "pull_up_receipt" not in desk.get(receipt, "roads-je")["legal"]
    desk.close(receipt, JE)
    with pytest.raises(Conflict, match="it is closed"):
        desk.pull_up(receipt, DE)


def test_what_is_too_secret_for_who_is_above_is_not_there(desk):
    receipt = desk.diarise(secrecy="secret")
    with desk.cleared("roads-je", 2):
        desk.receive(desk.send(receipt, "roads-je"))
        with pytest.raises(NotFound):
            desk.pull_up(receipt, DE)
