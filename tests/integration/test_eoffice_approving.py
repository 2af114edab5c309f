"""Approving within one's powers, on the real database."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid
from palika.local import Postgres
from services.eoffice.commands.approve import approve_file, refuse_file
from services.eoffice.commands.delegate import delegate, revoke
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.hold_post import transfer_person, vacate_post
from services.eoffice.commands.leave import end_leave, take_leave
from services.eoffice.commands.open_file import open_file
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Act, Approval, File, Movement
from services.eoffice.queries import approvals
from services.eoffice.schemas import Forwarding, Opening
from services.eoffice.schemas.approving import Approving, AskingPowers, FileOf, Refusing
from services.eoffice.schemas.delegating import Delegating, EndingLeave, Revoking, TakingLeave
from services.eoffice.schemas.organisation import TransferringPerson, Vacating
from tests.support.databases import service_database
from tests.support.eoffice import ACCOUNTS, CE, CLERK, DE, JE, NOW, cleared, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_moves import ADMIN, take

__all__ = ["database"]

LAKH = 100_000_00


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


def opened(sessions, by, **args) -> File:
    with sessions.begin() as session:
        return open_file(session, by, Opening().load({"subject": "पदपथ दुरुस्ती", **args}), NOW)


def approve(sessions, by, file, **args):
    with sessions.begin() as session:
        asked = Approving().load({"id": str(file.id), **args})
        return approve_file(session, by, asked, NOW)


def works(paise: int, **args) -> dict[str, object]:
    return {"power": "works", "amount_paise": paise, **args}


def events(sessions) -> list[str]:
    with sessions() as session:
        return list(session.scalars(text("SELECT type FROM outbox ORDER BY event_id")))


def test_within_ones_powers_it_is_approved_told_and_on_the_record(sessions):
    file = opened(sessions, DE)
    done = approve(sessions, DE, file, **works(3 * LAKH))
    assert (done.approval.decision, done.approval.most_paise, done.file.version) == (
        *("approved", 3 * LAKH, 2),
    )
    assert events(sessions)[-1] == "eoffice.file_approved.v1"
    with sessions() as session:
        last = session.scalars(
            select(Act).where(Act.chain_id == file.id).order_by(Act.position.desc())
        ).first()
        assert (last.verb, last.post, last.capacity) == ("approved", "roads-de", "regular")
        assert f"approval:{done.approval.id}" in last.rows
        shown = approvals.of_file(session, JE, FileOf().load({"id": str(file.id)}), NOW)
    assert shown["items"][0]["amount_paise"] == 3 * LAKH


def test_outside_ones_powers_it_is_refused_naming_who_has_them_and_nothing_is_stored(sessions):
    file = opened(sessions, DE)
    with pytest.raises(Forbidden, match="roads-ce may") as refused:
        approve(sessions, DE, file, **works(3 * LAKH + 1))
    assert refused.value.details["may"] == ["roads-ce", "addl-commissioner", "commissioner"]
    with sessions() as session:
        assert session.scalar(select(Approval)) is None
        assert session.get(File, file.id).version == 1


def test_a_sanction_in_parts_is_held_against_the_limit_of_the_case(sessions):
    file = opened(sessions, DE)
    limit = approve_limit(sessions)
    approve(sessions, DE, file, **works(limit - 100))
    approve(sessions, DE, file, **works(100))
    with pytest.raises(Forbidden, match="was sanctioned in this case before") as refused:
        approve(sessions, DE, file, **works(1))
    assert refused.value.details["before_paise"] == limit
    assert refused.value.details["amount_paise"] == limit + 1
    # Another file is another case.
    approve(sessions, DE, opened(sessions, DE), **works(limit))


def approve_limit(sessions) -> int:
    """How much the deputy engineer may sanction under works in one case."""
    with pytest.raises(Forbidden) as refused:
        approve(sessions, DE, opened(sessions, DE), **works(10**12))
    found: int = refused.value.details["most_paise"]
    return found


def test_asked_to_the_file_goes_to_who_has_the_power(sessions):
    file = opened(sessions, JE)
    done = approve(sessions, JE, file, **works(4 * LAKH, route=True))
    assert (done.approval, done.routed_to, done.file.held_by) == (None, "roads-ce", "roads-ce")
    assert approve(sessions, CE, file, **works(4 * LAKH)).approval.decision == "approved"
    assert events(sessions)[-2:] == ["eoffice.file_moved.v1", "eoffice.file_approved.v1"]
    with sessions() as session:
        assert session.scalar(select(Movement.to_post)) == "roads-ce"


def test_a_secret_file_goes_to_the_nearest_who_has_the_power_and_may_read_it(sessions):
    with cleared(sessions, "roads-je", Secrecy.SECRET):
        file = opened(sessions, JE, secrecy="secret")
    asked = {"power": "contingency", "amount_paise": 10_00_000}
    with pytest.raises(Forbidden) as refused:
        approve(sessions, JE, file, **asked)
    assert refused.value.details["may"][:2] == ["roads-de", "roads-ce"]
    assert approve(sessions, JE, file, **asked, route=True).routed_to == "roads-ce"


def test_a_clerk_alone_approves_nothing_without_money_either(sessions):
    file = opened(sessions, CLERK)
    with pytest.raises(Forbidden) as refused:
        approve(sessions, CLERK, file)
    assert refused.value.details["may"][:2] == ["roads-je", "roads-de"]
    assert events(sessions) == ["eoffice.file_opened.v1"]
    key = str(uuid7())
    done = approve(sessions, CLERK, file, route=True, decision_id=key)
    assert (done.approval, done.routed_to) == (None, "roads-je")
    assert approve(sessions, CLERK, file, route=True, decision_id=key).routed_to == "roads-je"
    assert approve(sessions, JE, file).approval.decision == "approved"


def test_what_no_post_may_sanction_is_not_routed(sessions):
    file = opened(sessions, DE)
    with pytest.raises(Forbidden, match="standing committee"):
        approve(sessions, DE, file, **works(1_000 * LAKH, route=True))


def test_a_delegated_power_counts_up_to_its_limit_and_the_giver_is_named(sessions):
    file = opened(sessions, CLERK)
    take(sessions, "put_up", file, CLERK)
    with sessions.begin() as session:
        asked = {"to": "roads-je", "what": ["works"], "most_paise": LAKH, "id": str(uuid7())}
        given = delegate(session, CE, Delegating().load(asked), NOW)
    with sessions.begin() as session:
        assert delegate(session, CE, Delegating().load(asked), NOW).id == given.id
    try:
        done = approve(sessions, JE, file, **works(LAKH))
        assert (done.approval.delegated_by, done.approval.most_paise) == ("roads-ce", LAKH)
        with pytest.raises(Forbidden, match="roads-de may"):
            approve(sessions, JE, file, **works(LAKH + 1))
        with sessions() as session:
            shown = approvals.powers_of(session, JE, AskingPowers().load({}), NOW)
        assert shown["items"][0]["delegated_by"] == "roads-ce"
    finally:
        with sessions.begin() as session:
            revoke(session, CE, Revoking().load({"id": str(given.id)}), NOW)
    with pytest.raises(Forbidden, match="roads-je may sanction nothing"):
        approve(sessions, JE, file, **works(1))


@pytest.mark.parametrize(
    ("by", "asked", "kind", "said"),
    [
        (JE, {"to": "roads-de", "what": ["works"]}, Forbidden, "not so much"),
        (DE, {"to": "roads-je", "what": ["works"], "most_paise": 4 * LAKH}, Forbidden, "so much"),
        (CE, {"to": "roads-ce", "what": ["works"]}, Invalid, "another post"),
        (CE, {"to": "roads-xx", "what": ["works"]}, Invalid, "no post"),
        (CE, {"to": "roads-je", "what": ["wroks"]}, Invalid, "must be one of"),
        (CE, {"to": "roads-je", "what": ["works"], "since": "2026-06-30"}, Invalid, "or later"),
    ],
)
def test_what_is_not_ones_own_to_give_is_not_delegated(sessions, by, asked, kind, said):
    with pytest.raises(kind, match=said), sessions.begin() as session:
        delegate(session, by, Delegating().load(asked), NOW)


def test_only_the_post_that_has_the_file_decides(sessions):
    file = opened(sessions, JE)
    with pytest.raises(Forbidden, match="it is with roads-je"):
        approve(sessions, CE, file)


def test_asked_again_with_the_same_id_it_is_decided_once(sessions):
    file, wanted = opened(sessions, DE), str(uuid7())
    first = approve(sessions, DE, file, decision_id=wanted, version=1)
    again = approve(sessions, DE, file, decision_id=wanted, version=1)
    assert (again.approval.id, again.file.version) == (first.approval.id, 2)
    assert events(sessions).count("eoffice.file_approved.v1") == 1
    with pytest.raises(Conflict, match="with other content: amount_paise, power"):
        approve(sessions, DE, file, decision_id=wanted, **works(1))


def test_a_decision_on_a_stale_version_is_a_conflict_with_both(sessions):
    file = opened(sessions, DE)
    with pytest.raises(Conflict) as stale:
        approve(sessions, DE, file, version=9)
    assert stale.value.details == {"version": 1, "expected": 9}


def test_a_refusal_stays_on_the_desk_and_is_no_approval(sessions):
    file = opened(sessions, DE)
    with sessions.begin() as session:
        asked = Refusing().load({"id": str(file.id), "remark": "no budget", **works(90 * LAKH)})
        done = refuse_file(session, DE, asked, NOW)
    assert (done.approval.decision, done.file.held_by) == ("refused", "roads-de")
    assert "eoffice.file_approved.v1" not in events(sessions)


SHINDE = Identity.of("officer:m.shinde3", "officer")
JADHAV = Identity.of("officer:a.jadhav2", "officer")


def _put_up(sessions, by, file, to):
    with sessions.begin() as session:
        forward_file(session, by, Forwarding().load({"id": str(file.id), "to": to}), NOW)


@pytest.fixture
def standing_in(sessions) -> Iterator[None]:
    """The junior engineer acts for the deputy engineer, who is on leave from the next day on."""
    with sessions.begin() as session:
        asked = {"linked": "a.jadhav2", "since": "2026-07-02", "until": "2026-07-05"}
        made = take_leave(session, DE, TakingLeave().load(asked), NOW)
    yield
    with sessions.begin() as session:
        end_leave(session, DE, EndingLeave().load({"id": str(made.id)}), NOW)


@pytest.mark.parametrize("money", [works(LAKH), {}])
def test_a_linked_officer_does_not_approve_what_they_have_put_up_themselves(
    sessions, standing_in, money
):
    file, theirs = opened(sessions, JE), opened(sessions, CLERK)
    _put_up(sessions, JE, file, "roads-de")
    _put_up(sessions, CLERK, theirs, "roads-de")
    later = NOW + timedelta(days=2)

    def decided(which, **args):
        with sessions.begin() as session:
            asked = Approving().load({"id": str(which.id), "post": "roads-de", **money, **args})
            return approve_file(session, JADHAV, asked, later)

    with pytest.raises(
        Forbidden, match=r"a\.jadhav2 has put file .* up .*; roads-ce may"
    ) as refused:
        decided(file)
    assert refused.value.details["may"] == ["roads-ce", "addl-commissioner", "commissioner"]
    with sessions() as session:
        assert session.scalar(select(Approval)) is None
    assert decided(theirs).approval.capacity == "linked"
    # Asked to, the file goes to who may.
    assert decided(file, route=True).routed_to == "roads-ce"
    assert approve(sessions, CE, file, **money).approval.decision == "approved"


@pytest.fixture
def by_itself(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """A database whose organisation may be changed."""
    with service_database(postgres, "eoffice") as found:
        yield emptied(found)


def test_who_holds_additional_charge_does_not_approve_what_they_have_put_up_themselves(by_itself):
    sessions = by_itself
    with sessions.begin() as session:
        asked = {"person": "m.shinde3", "to": "accounts", "additional": True}
        vacate_post(session, ADMIN, Vacating().load({"code": "accounts"}), NOW)
        transfer_person(session, ADMIN, TransferringPerson().load(asked), NOW)
    file = opened(sessions, DE)
    _put_up(sessions, DE, file, "accounts")
    with pytest.raises(Forbidden, match="addl-commissioner may"):
        approve(sessions, SHINDE, file, post="accounts")
    with sessions.begin() as session:
        refused = Refusing().load({"id": str(file.id), "post": "accounts", "remark": "no"})
        assert refuse_file(session, SHINDE, refused, NOW).approval.decision == "refused"


def test_what_one_opens_and_approves_at_ones_own_post_is_ones_own(sessions):
    file = opened(sessions, DE)
    _put_up(sessions, DE, file, "accounts")
    _put_up(sessions, ACCOUNTS, file, "roads-de")
    assert approve(sessions, DE, file, **works(LAKH)).approval.capacity == "regular"
