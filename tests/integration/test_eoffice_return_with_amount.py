"""Sending a file back with the amount that one would sanction, and signing what one decided."""

import json
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from uuid6 import uuid7

from palika.errors import Conflict, Forbidden, Invalid
from services.eoffice.commands.approve import approve_file
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.return_with_amount import return_with_amount
from services.eoffice.commands.sign import sign_row
from services.eoffice.models import Act, Approval, File, Movement
from services.eoffice.organisation_store import current
from services.eoffice.schemas import Forwarding, Opening
from services.eoffice.schemas.approving import Approving, ReturningWithAmount
from services.eoffice.schemas.signing import Signing
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import Finding, verify
from services.eoffice.signing.checking import signatures
from tests.support.eoffice import CE, DE, JE, NOW
from tests.support.eoffice_databases import database as database
from tests.support.eoffice_databases import sessions as sessions
from tests.support.eoffice_keys import found_good, issued, store_in

LAKH = 100_000_00


@pytest.fixture
def file(sessions) -> File:
    """One that the junior engineer has sent to the deputy engineer."""
    with sessions.begin() as session:
        made = open_file(session, JE, Opening().load({"subject": "पदपथ दुरुस्ती"}), NOW)
    with sessions.begin() as session:
        return forward_file(
            session, JE, Forwarding().load({"id": str(made.id), "to": "roads-de"}), NOW
        )


def give_back(sessions, file, by=DE, **args):
    asked = {"id": str(file.id), "power": "works", "remark": "दोन लाखांत बसवा", **args}
    with sessions.begin() as session:
        return return_with_amount(session, by, ReturningWithAmount().load(asked), NOW)


def events(sessions) -> list[str]:
    with sessions() as session:
        return list(session.scalars(text("SELECT type FROM outbox ORDER BY event_id")))


def found(sessions) -> list[Finding]:
    told: list[Finding] = []
    with sessions() as session:
        verify(session, city_keys_of_record(), told.append)
    # The organisation's acts stay from test to test, and know the certificates of those before.
    return [each for each in told if not each.row.startswith("certificate:")]


def test_it_goes_back_to_where_it_came_from_with_the_amount_on_the_record(sessions, file):
    done = give_back(sessions, file, amount_paise=2 * LAKH)
    said = done.approval
    assert (said.decision, said.amount_paise, said.most_paise) == ("returned", 2 * LAKH, 3 * LAKH)
    assert (done.file.held_by, done.file.sent_by) == ("roads-je", "roads-de")
    assert events(sessions)[-2:] == ["eoffice.file_moved.v1", "eoffice.file_returned.v1"]
    with sessions() as session:
        verbs = select(Act.verb).where(Act.chain_id == file.id).order_by(Act.position)
        assert session.scalars(verbs).all()[-2:] == ["sent back", "returned"]
    assert found(sessions) == []


def test_what_one_could_not_sanction_one_does_not_offer_and_who_could_is_named(sessions, file):
    with pytest.raises(Forbidden, match="roads-ce may") as refused:
        give_back(sessions, file, amount_paise=3 * LAKH + 1)
    assert refused.value.details["may"] == ["roads-ce", "addl-commissioner", "commissioner"]
    with sessions() as session:
        assert session.get_one(File, file.id).held_by == "roads-de"
        assert session.scalar(select(Approval)) is None


def test_it_goes_back_to_who_had_it_and_to_nobody_else(sessions, file):
    with pytest.raises(Invalid, match="never had this file"):
        give_back(sessions, file, amount_paise=LAKH, to="accounts")
    with pytest.raises(Invalid, match="no such power"):
        give_back(sessions, file, amount_paise=LAKH, power="moon")
    with pytest.raises(Forbidden, match="it is with roads-de"):
        give_back(sessions, file, by=CE, amount_paise=LAKH)
    with pytest.raises(Conflict, match="version"):
        give_back(sessions, file, amount_paise=LAKH, version=9)


def test_asked_twice_it_goes_back_once(sessions, file):
    key = str(uuid7())
    first = give_back(sessions, file, amount_paise=LAKH, decision_id=key)
    again = give_back(sessions, file, amount_paise=LAKH, decision_id=key, version=2)
    assert (again.approval.id, again.file.version) == (first.approval.id, first.file.version)
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Movement)) == 2
    for differs, other in (
        ("amount_paise", {"amount_paise": LAKH + 1}),
        ("to", {"amount_paise": LAKH, "to": "roads-ce"}),
    ):
        with pytest.raises(Conflict) as refused:
            give_back(sessions, file, decision_id=key, **other)
        assert refused.value.details["differs"] == [differs]
    asked = {"id": str(file.id), "decision_id": key, "power": "works", "amount_paise": LAKH}
    wanted = Approving().load(asked | {"remark": "दोन लाखांत बसवा"})
    with pytest.raises(Conflict) as refused, sessions.begin() as session:
        approve_file(session, DE, wanted, NOW)
    assert refused.value.details["differs"] == ["decision"]


# ---- signed


def signed(sessions, store, by, approval):
    with sessions.begin() as session:
        return sign_row(session, store, by, Signing().load({"row": f"approval:{approval.id}"}), NOW)


def test_an_approval_is_signed_and_openssl_finds_it_good(sessions, file, tmp_path: Path):
    store = store_in(tmp_path)
    with sessions() as session:
        person = current(session).holder("roads-de", NOW.date())
    issued(sessions, store, person, NOW)
    with sessions.begin() as session:
        asked = {"id": str(file.id), "power": "works", "amount_paise": 2 * LAKH}
        approval = approve_file(session, DE, Approving().load(asked), NOW).approval
    made = signed(sessions, store, DE, approval)
    said = json.loads(made.statement)["content"]
    assert (said["decision"], said["amount_paise"], said["most_paise"]) == (
        *("approved", 2 * LAKH, 3 * LAKH),
    )
    authority = store.signer("authority.city").certificate
    assert found_good(tmp_path, authority, made.cms, made.statement, NOW)
    more = made.statement.replace(b'"amount_paise":20000000', b'"amount_paise":30000000')
    assert more != made.statement
    assert not found_good(tmp_path, authority, made.cms, more, NOW)
    with sessions() as session:
        assert [each.why for each in signatures(session, file.id)] == [None]
    assert found(sessions) == []


def test_a_signed_approval_that_was_changed_is_found_out_twice(sessions, file, tmp_path: Path):
    store = store_in(tmp_path)
    with sessions() as session:
        person = current(session).holder("roads-de", NOW.date())
    issued(sessions, store, person, NOW)
    approval = give_back(sessions, file, amount_paise=LAKH).approval
    with pytest.raises(Forbidden, match="'s own"):
        signed(sessions, store, JE, approval)
    signature = signed(sessions, store, DE, approval)
    with sessions.begin() as session:
        session.execute(text("UPDATE approval SET amount_paise = amount_paise * 10"))
    with sessions() as session:
        (why,) = [each.why for each in signatures(session, file.id)]
    assert why == "what was signed says something else now"
    assert {each.row for each in found(sessions)} == {
        f"approval:{approval.id}",
        f"signature:{signature.id}",
    }
