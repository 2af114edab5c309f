"""Prepare, sign, serve and cancel notices: none leaves before it is lawful, and a person signs."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, NotFound
from palika.india import day_of
from palika.outbox import record
from palika.roles import same_post
from services.tax.documents.data import ladder
from services.tax.domain.billing import period_of
from services.tax.domain.ledger.dues import fee
from services.tax.domain.ledger.late import Late
from services.tax.domain.notices import BILL, Facts, Signatory, StepRule, check, rule_of
from services.tax.domain.recovery import action_of
from services.tax.domain.serving import check_served
from services.tax.ledger_store import lock, post
from services.tax.models import Bill, Notice, Property, RecoveryAct, Service
from services.tax.queries.ladder import facts_of
from services.tax.schemas.events import NOTICE_ISSUED

NOTICE = "notice"
_CAMPAIGN_BEFORE = timedelta(days=30)
"""So long before its notice is prepared a campaign may have written down that it acts."""
_PREPARED, _ISSUED, _SERVED, _CANCELLED = "prepared", "issued", "served", "cancelled"


@dataclass(frozen=True, slots=True)
class _Act:
    """What each of the steps needs."""

    session: Session
    caller: Identity
    now: datetime

    @property
    def today(self) -> date:
        return day_of(self.now)


def prepare_notice(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Notice:
    """Prepare a step of the ladder for a property; one that nobody has to sign is issued at once.

    Raises:
        NotFound: no such property.
        Invalid: no such step.
        Conflict: it is not lawful today (the message has each reason), or one is prepared or issued
            already and not served yet.
    """
    act = _Act(session, caller, now)
    rule = rule_of(args["step"], ladder())
    owed = lock(session, args["property_id"])
    facts = facts_of(session, owed, act.today)
    signed = Signatory("to be signed", "to be signed") if rule.signed else None
    check(rule.code, facts, act.today, ladder(), signed)
    _check_none_open(session, owed, rule)
    notice = Notice(
        id=uuid7(),
        number=_number(session, act.today),
        property_id=owed.id,
        step=rule.code,
        state=_PREPARED,
        prepared_at=now,
        prepared_by=caller.subject,
        owed_paise=facts.asked(act.today),
        fee_paise=rule.fee_paise,
    )
    session.add(notice)
    session.flush()
    if not rule.signed:
        _issue(act, notice, owed, facts)
    return notice


def sign_notice(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Notice:
    """Sign a prepared notice, by name and post; it is issued, if it is still lawful.

    Raises:
        NotFound: no such notice.
        Invalid: nobody's name.
        Conflict: it is not waiting to be signed, its preparer signs it, or it is not lawful today.
    """
    act = _Act(session, caller, now)
    notice, owed = _locked(session, args["id"])
    _check_state(notice, _PREPARED)
    if same_post(notice.prepared_by, caller.subject):
        raise Conflict(
            f"notice {notice.number} is signed by another than who prepared it",
            {"prepared_by": notice.prepared_by},
        )
    signatory = Signatory(args["name"], args["post"])
    facts = facts_of(session, owed, act.today)
    check(notice.step, facts, act.today, ladder(), signatory)
    notice.signed_at, notice.signed_by = now, caller.subject
    notice.signatory, notice.post = signatory.name, signatory.post
    _issue(act, notice, owed, facts)
    return notice


def cancel_notice(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Notice:
    """Cancel a notice that nobody has signed yet.

    Raises:
        NotFound: no such notice.
        Conflict: it is signed, issued, served or cancelled already.
    """
    notice, _ = _locked(session, args["id"])
    _check_state(notice, _PREPARED)
    notice.state, notice.cancelled_why = _CANCELLED, args["reason"]
    return notice


def serve(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Service:
    """Write down that a bill or a notice came to its owner; the same again gives the first. A
    notice is an act of recovery, too, from which is learned what it brings.

    Raises:
        NotFound: no such bill or notice.
        Invalid: a day on which it cannot have been served.
        Conflict: it was served on another day, or is no notice that has been issued.
    """
    kind, number = args["kind"], args["number"]
    bill = notice = None
    if kind == BILL:
        bill = session.scalar(select(Bill).where(Bill.number == number))
    else:
        notice = session.scalar(select(Notice).where(Notice.number == number))
    found = bill or notice
    if found is None:
        raise NotFound(f"there is no {kind} {number}", {"number": number})
    lock(session, found.property_id)
    known = session.scalar(select(Service).where(Service.kind == kind, Service.number == number))
    if known is not None:
        if known.served_on != args["served_on"]:
            raise Conflict(
                f"{kind} {number} was served on {known.served_on.isoformat()} already",
                {"served_on": known.served_on.isoformat()},
            )
        return known
    issued_on = day_of(bill.billed_at) if bill is not None else None
    if notice is not None:
        session.refresh(notice)
        _check_state(notice, _ISSUED)
        issued_on = notice.issued_on
        notice.state, notice.served_on = _SERVED, args["served_on"]
    assert issued_on is not None, "what is issued has its day"
    check_served(args["served_on"], issued_on, day_of(now))
    service = Service(
        id=uuid7(),
        property_id=found.property_id,
        kind=kind,
        number=number,
        served_on=args["served_on"],
        how=args["how"],
        by=caller.subject,
        recorded_at=now,
    )
    if notice is not None:
        _keep_act(session, notice, caller, args["served_on"])
    session.add(service)
    session.flush()
    return service


def _keep_act(session: Session, notice: Notice, caller: Identity, served_on: date) -> None:
    """Keep a served notice as an act of recovery: what it brings is learned from, campaign or not.

    Where a campaign has written down that it took this very action, before this notice and after
    the last one that was served, it is kept already.
    """
    action = action_of(notice.step).value
    earlier = session.scalar(
        select(func.max(Service.served_on)).where(
            Service.property_id == notice.property_id, Service.kind == NOTICE
        )
    )
    since = day_of(notice.prepared_at) - _CAMPAIGN_BEFORE
    if earlier is not None:
        since = max(since, earlier + timedelta(days=1))
    kept = select(RecoveryAct.id).where(
        RecoveryAct.property_id == notice.property_id,
        RecoveryAct.action == action,
        RecoveryAct.item_id.is_not(None),
        RecoveryAct.taken_on.between(since, served_on),
    )
    if session.scalar(kept.limit(1)) is None:
        session.add(
            RecoveryAct(
                id=uuid7(),
                property_id=notice.property_id,
                action=action,
                taken_on=served_on,
                by=caller.subject,
            )
        )


def _issue(act: _Act, notice: Notice, owed: Property, facts: Facts) -> None:
    """The notice leaves the office as it will stay: its fee is charged and its event recorded."""
    asked = facts.late or Late()
    notice.state, notice.issued_on = _ISSUED, act.today
    notice.owed_paise = facts.asked(act.today)
    notice.dues = [[each.half_year.code, *each[1:]] for each in asked.dues]
    notice.fees_paise = asked.fees_paise
    notice.earlier = [
        [each.step, each.number, each.served_on.isoformat()] for each in facts.before(act.today)
    ]
    if notice.fee_paise:
        draft = fee(f"fee_{notice.step.replace('-', '_')}", notice.fee_paise, act.today)
        (entry,) = post(
            act.session,
            [draft],
            property_id=owed.id,
            reference=notice.number,
            posted_at=act.now,
        )
        notice.fee_entry_id = uuid.UUID(entry.id)
    record(
        act.session,
        NOTICE_ISSUED.new(
            subject=str(notice.id),
            sequence=1,
            time=act.now,
            data={
                "property_id": owed.id,
                "notice_id": notice.id,
                "ward": owed.ward,
                "notice_number": notice.number,
                "step": notice.step,
                "owed_paise": notice.owed_paise,
                "fee_paise": notice.fee_paise,
                "issued_at": act.now,
            },
        ),
    )


def _locked(session: Session, notice_id: uuid.UUID) -> tuple[Notice, Property]:
    notice = session.get(Notice, notice_id)
    if notice is None:
        raise NotFound(f"there is no notice {notice_id}", {"id": str(notice_id)})
    owed = lock(session, notice.property_id)
    session.refresh(notice)
    return notice, owed


def _check_state(notice: Notice, wanted: str) -> None:
    if notice.state != wanted:
        raise Conflict(
            f"notice {notice.number} is {notice.state}, not {wanted}", {"state": notice.state}
        )


def _check_none_open(session: Session, owed: Property, rule: StepRule) -> None:
    number = session.scalar(
        select(Notice.number).where(
            Notice.property_id == owed.id,
            Notice.step == rule.code,
            Notice.state.in_([_PREPARED, _ISSUED]),
        )
    )
    if number is not None:
        raise Conflict(
            f"{rule.name.en} {number} of property {owed.number} is not served yet",
            {"number": number},
        )


def _number(session: Session, today: date) -> str:
    """``N-2026-27-000123``: the serial has gaps."""
    serial = session.scalars(select(func.nextval("document_serial"))).one()
    return f"N-{period_of(today)}-{serial:06d}"
