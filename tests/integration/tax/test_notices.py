"""Notices: none leaves before it is lawful, a person signs what has to be signed."""

import uuid
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from palika.auth import Identity
from palika.errors import Conflict, Invalid, NotFound
from palika.india import INDIA
from services.tax.commands.notices import cancel_notice, prepare_notice, serve, sign_notice
from services.tax.models import Notice, Property, RecoveryAct
from services.tax.queries.documents import notice_document
from services.tax.queries.dues import dues
from services.tax.queries.ladder import notices
from services.tax.queries.recovery import subjects as histories
from services.tax.schemas.collecting import OnDay
from services.tax.schemas.recovering import Cancelling, Noticing, Serving, Signing, Standing
from tests.support.taxes import FLOOR, bill, paid, recorded, register

CLERK = Identity.of("officer:clerk", "officer")
CHIEF = Identity.of("officer:chief", "supervisor")
SIGNS = {"name": "R. S. Patil", "post": "Assistant Commissioner"}


def at(day: str) -> datetime:
    """Eleven in the morning of a day in India."""
    return datetime.fromisoformat(day).replace(hour=11, tzinfo=INDIA).astimezone(UTC)


@pytest.fixture
def owed(sessions) -> Property:
    """A property of ₹12,688 a year, whose bill of 1 April 2026 was served on the 10th."""
    found = register(sessions, floors=[FLOOR | {"area_sqm": "125.00"}])
    raised = bill(sessions, found)
    served(sessions, "bill", raised.number, "2026-04-10", at("2026-04-11"))
    return found


def prepared(sessions, owed, step, day, by=CLERK) -> Notice:
    args = Noticing().load({"property_id": str(owed.id), "step": step})
    with sessions.begin() as session:
        session.expire_on_commit = False
        return prepare_notice(session, by, args, at(day))


def signed(sessions, notice, day, by=CHIEF, **who: Any) -> Notice:
    args = Signing().load({"id": str(notice.id), **SIGNS, **who})
    with sessions.begin() as session:
        session.expire_on_commit = False
        return sign_notice(session, by, args, at(day))


def served(sessions, kind, number, day, now, how="hand"):
    args = Serving().load({"kind": kind, "number": number, "served_on": day, "how": how})
    with sessions.begin() as session:
        session.expire_on_commit = False
        return serve(session, CLERK, args, now)


def standing(sessions, owed, day) -> dict[str, Any]:
    with sessions() as session:
        return notices(session, Standing().load({"id": str(owed.id)}), at(day))


def test_the_ladder_is_gone_up_step_by_step(sessions, owed):
    first = standing(sessions, owed, "2026-06-01")["steps"][0]
    assert (first["allowed"], first["from_day"]) == (False, "2026-07-02")
    with pytest.raises(Conflict, match=r"not on 01-07-2026\. Not before 02-07-2026"):
        prepared(sessions, owed, "demand-notice", "2026-07-01")
    notice = prepared(sessions, owed, "demand-notice", "2026-07-02")
    assert (notice.state, notice.issued_on) == ("issued", date(2026, 7, 2))
    # The first half's tax and two percent of it: the second is not late before January.
    assert (notice.owed_paise, notice.fee_paise) == (6_344_00 + 127_00, 50_00)
    with pytest.raises(Conflict, match="No Notice of demand has been served"):
        prepared(sessions, owed, "warrant", "2026-12-01")
    served(sessions, "notice", notice.number, "2026-07-04", at("2026-07-05"))
    assert standing(sessions, owed, "2026-07-05")["steps"][1]["from_day"] == "2026-07-26"
    with pytest.raises(Conflict, match="Not before 26-07-2026"):
        prepared(sessions, owed, "warrant", "2026-07-25")
    warrant = prepared(sessions, owed, "warrant", "2026-07-26")
    assert (warrant.state, warrant.issued_on, warrant.fee_entry_id) == ("prepared", None, None)
    warrant = signed(sessions, warrant, "2026-07-27")
    assert (warrant.state, warrant.signatory, warrant.post) == ("issued", *SIGNS.values())
    kinds = [event.type for event in recorded(sessions)]
    assert kinds == ["tax.billed.v1", "tax.notice_issued.v1", "tax.notice_issued.v1"]
    assert recorded(sessions)[-1].data["step"] == "warrant"


def test_a_fee_is_owed_like_the_tax(sessions, owed):
    notice = prepared(sessions, owed, "demand-notice", "2026-07-02")
    with sessions() as session:
        found = dues(session, OnDay().load({"id": str(owed.id)}), at("2026-07-02"))
    owes = [(each["half_year"], each["head"], each["paise"]) for each in found["dues"]]
    assert ("2026-27/1", "fee_demand_notice", 50_00) in owes
    # The second half is owed, and no notice asks for it yet.
    assert found["payable_paise"] == notice.owed_paise + 50_00 + 6_344_00


def test_who_prepared_it_does_not_sign_it_and_nobody_signs_for_nobody(sessions, owed):
    notice = prepared(sessions, owed, "demand-notice", "2026-07-02")
    served(sessions, "notice", notice.number, "2026-07-02", at("2026-07-02"))
    warrant = prepared(sessions, owed, "warrant", "2026-07-24")
    for who in (CLERK, Identity.of("supervisor:clerk", "supervisor")):
        with pytest.raises(Conflict, match="by another than who prepared it"):
            signed(sessions, warrant, "2026-07-24", by=who)
    with sessions() as session:
        assert session.get(Notice, warrant.id).state == "prepared"
        assert not [event for event in recorded(sessions) if event.data.get("step") == "warrant"]


def test_what_was_lawful_when_it_was_prepared_may_not_be_when_it_is_signed(sessions, owed):
    notice = prepared(sessions, owed, "demand-notice", "2026-07-02")
    served(sessions, "notice", notice.number, "2026-07-02", at("2026-07-02"))
    warrant = prepared(sessions, owed, "warrant", "2026-07-24")
    paid(sessions, owed, 13_000_00, "UPI-1", now=at("2026-07-25"))
    with pytest.raises(Conflict, match=r"Nothing is owed\."):
        signed(sessions, warrant, "2026-07-26")
    args = Cancelling().load({"id": str(warrant.id), "reason": "paid"})
    with sessions.begin() as session:
        assert cancel_notice(session, CLERK, args, at("2026-07-26")).state == "cancelled"
    with pytest.raises(Conflict, match="is cancelled, not prepared"):
        signed(sessions, warrant, "2026-07-26")


def test_a_step_is_open_once(sessions, owed):
    first = prepared(sessions, owed, "demand-notice", "2026-07-02")
    with pytest.raises(Conflict, match=f"{first.number} .* is not served yet"):
        prepared(sessions, owed, "demand-notice", "2026-07-03")
    served(sessions, "notice", first.number, "2026-07-03", at("2026-07-03"))
    with pytest.raises(Conflict, match="not taken twice within 12 months"):
        prepared(sessions, owed, "demand-notice", "2026-07-04")


def test_a_service_is_written_down_once_and_not_before_its_time(sessions, owed):
    notice = prepared(sessions, owed, "demand-notice", "2026-07-02")
    now = at("2026-07-05")
    for day in ("2026-07-01", "2026-07-06"):
        with pytest.raises(Invalid) as refused:
            served(sessions, "notice", notice.number, day, now)
        assert list(refused.value.fields) == ["served_on"]
    first = served(sessions, "notice", notice.number, "2026-07-04", now)
    assert served(sessions, "notice", notice.number, "2026-07-04", now).id == first.id
    with pytest.raises(Conflict, match="served on 2026-07-04 already"):
        served(sessions, "notice", notice.number, "2026-07-05", now)
    with pytest.raises(NotFound):
        served(sessions, "bill", "PT-2026-27-999999", "2026-07-05", now)
    with pytest.raises(IntegrityError, match="append-only"), sessions.begin() as session:
        session.execute(text("UPDATE service SET served_on = served_on"))


def test_a_warrant_is_served_only_when_it_is_signed(sessions, owed):
    notice = prepared(sessions, owed, "demand-notice", "2026-07-02")
    served(sessions, "notice", notice.number, "2026-07-02", at("2026-07-02"))
    warrant = prepared(sessions, owed, "warrant", "2026-07-24")
    with pytest.raises(Conflict, match="is prepared, not issued"):
        served(sessions, "notice", warrant.number, "2026-07-24", at("2026-07-24"))


def test_what_there_is_not_is_refused(sessions, owed):
    with pytest.raises(Invalid, match="no such step"):
        prepared(sessions, owed, "eviction", "2026-07-02")
    with pytest.raises(NotFound):
        prepared(sessions, Property(id=uuid.uuid4()), "demand-notice", "2026-07-02")
    with pytest.raises(NotFound):
        signed(sessions, Notice(id=uuid.uuid4()), "2026-07-02")


def test_the_next_debt_begins_at_the_foot_of_the_ladder(sessions, owed):
    notice = prepared(sessions, owed, "demand-notice", "2026-07-02")
    served(sessions, "notice", notice.number, "2026-07-02", at("2026-07-02"))
    paid(sessions, owed, 12_688_00 + 127_00 + 50_00, "UPI-1", now=at("2026-07-10"))
    raised = bill(sessions, owed, "2027-28", at("2027-04-01"))
    served(sessions, "bill", raised.number, "2027-04-02", at("2027-04-02"))
    with pytest.raises(Conflict, match="No Notice of demand has been served for this debt"):
        prepared(sessions, owed, "warrant", "2027-12-01")
    assert prepared(sessions, owed, "demand-notice", "2027-12-01").state == "issued"


def test_a_notice_asks_for_no_half_year_that_is_not_late_and_for_no_bill_that_never_came(sessions):
    owed = register(sessions, at("2025-04-01"))
    bill(sessions, owed, "2025-26", at("2025-04-01"))
    bill(sessions, owed, "2026-27", at("2026-04-01"))
    raised = bill(sessions, owed, "2027-28", at("2027-04-01"))
    served(sessions, "bill", raised.number, "2027-04-02", at("2027-04-02"))
    assert standing(sessions, owed, "2027-06-30")["steps"][0]["allowed"] is False
    notice = prepared(sessions, owed, "demand-notice", "2027-07-15")
    with sessions() as session:
        document = notice_document(session, session.get(Notice, notice.id))
    assert [str(due.half_year) for due in document.dues] == ["2027-28/1"]
    assert document.dues[0].tax_paise == raised.amount_paise // 2
    assert sum(due.total_paise for due in document.dues) == notice.owed_paise


def test_what_is_paid_of_what_is_late_leaves_nothing_to_ask_until_the_next_is_late(sessions, owed):
    paid(sessions, owed, 6_344_00 + 127_00, "UPI-1", now=at("2026-07-10"))
    step = standing(sessions, owed, "2026-07-11")["steps"][0]
    assert (step["allowed"], step["from_day"]) == (False, "2027-01-01")
    with pytest.raises(Conflict, match=r"Nothing that was served is late\. .* from 01-01-2027"):
        prepared(sessions, owed, "demand-notice", "2026-12-31")
    assert prepared(sessions, owed, "demand-notice", "2027-01-01").owed_paise > 6_344_00


def acts(sessions) -> list[tuple[str, date, str | None]]:
    with sessions() as session:
        rows = session.scalars(select(RecoveryAct).order_by(RecoveryAct.taken_on))
        return [(each.action, each.taken_on, each.outcome) for each in rows]


def test_a_notice_that_is_served_is_an_act_of_recovery(sessions, owed):
    assert acts(sessions) == [], "a bill is none"
    notice = prepared(sessions, owed, "demand-notice", "2026-07-02")
    assert acts(sessions) == []
    for _ in range(2):
        served(sessions, "notice", notice.number, "2026-07-04", at("2026-07-05"))
    assert acts(sessions) == [("notice", date(2026, 7, 4), None)]
    warrant = signed(sessions, prepared(sessions, owed, "warrant", "2026-07-26"), "2026-07-27")
    served(sessions, "notice", warrant.number, "2026-07-28", at("2026-07-28"))
    assert acts(sessions)[1:] == [("notice", date(2026, 7, 28), None)]
    with sessions() as session:
        (subject,) = histories(session)
        taken = [(each.on, each.action) for each in subject.history.acts]
    assert taken == [(date(2026, 7, 4), "notice"), (date(2026, 7, 28), "notice")]


@pytest.mark.parametrize("step", ["attachment", "sealing"])
def test_what_takes_hold_of_the_property_is_an_attachment(sessions, step):
    held = register(sessions, floors=[FLOOR | {"area_sqm": "800.00"}])
    raised = bill(sessions, held)
    served(sessions, "bill", raised.number, "2026-04-10", at("2026-04-11"))
    for each, day in (("demand-notice", "2026-07-02"), ("warrant", "2026-08-02")):
        notice = prepared(sessions, held, each, day)
        if each == "warrant":
            signed(sessions, notice, day)
        served(sessions, "notice", notice.number, day, at(day))
    notice = signed(sessions, prepared(sessions, held, step, "2026-09-01"), "2026-09-01")
    served(sessions, "notice", notice.number, "2026-09-02", at("2026-09-02"))
    assert acts(sessions)[-1] == ("attachment", date(2026, 9, 2), None)


def test_what_a_campaign_wrote_down_is_not_kept_twice(sessions, owed):
    with sessions.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.add(
            RecoveryAct(
                id=uuid.uuid4(),
                property_id=owed.id,
                action="notice",
                taken_on=date(2026, 7, 2),
                item_id=uuid.uuid4(),
                by="officer:recovery-1",
            )
        )
    notice = prepared(sessions, owed, "demand-notice", "2026-07-02")
    served(sessions, "notice", notice.number, "2026-07-04", at("2026-07-05"))
    assert acts(sessions) == [("notice", date(2026, 7, 2), None)]
    warrant = signed(sessions, prepared(sessions, owed, "warrant", "2026-07-26"), "2026-07-27")
    served(sessions, "notice", warrant.number, "2026-07-28", at("2026-07-28"))
    assert len(acts(sessions)) == 2, "the campaign's was the first notice"
