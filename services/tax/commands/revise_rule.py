"""A changed rule reaches what was billed before: all properties, a batch a transaction.

What was billed too much settles what is open; the rest is promised to be given back in yearly parts
where the rule says so (Pune: over four years), else it is credit at once.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.errors import Conflict
from palika.events import Event
from palika.india import day_of
from palika.outbox import record
from services.tax.commands.once import alone
from services.tax.commands.ordering import reassessed_event
from services.tax.domain.changing import check_day
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Entry
from services.tax.domain.ledger.refunds import promise
from services.tax.domain.reassessment import instalments
from services.tax.domain.register import Register
from services.tax.domain.revising import revised
from services.tax.domain.rule_change import affected, bases_of
from services.tax.ledger_store import entries_of, entries_of_all, post
from services.tax.models import Property, RefundInstalment, RegisterOrder, RuleRevision
from services.tax.planning import Plan, planned
from services.tax.reference import rates
from services.tax.register_store import new_order, registers_of

KIND = "rule"


@dataclass(slots=True)
class Totals:
    """What a run has done, or would do; paise.

    Attributes:
        seen: properties that were looked at.
        changed: those whose tax is another.
        lowered, raised: of all of them, both above 0.
        promised: by the year in which it is given back.
    """

    seen: int = 0
    changed: int = 0
    lowered: int = 0
    raised: int = 0
    promised: dict[int, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "seen": self.seen,
            "changed": self.changed,
            "lowered_paise": self.lowered,
            "raised_paise": self.raised,
            "promised_paise": {str(year): paise for year, paise in sorted(self.promised.items())},
        }


@dataclass(frozen=True, slots=True)
class RuleOrder:
    """The resolution that a run rests on.

    Attributes:
        rule: the code of a deduction, a concession or a head.
        number: of the resolution; the reference of all entries.
        dated: its day.
    """

    rule: str
    number: str
    dated: date


class Reviser:
    """One run; begun again it goes on where it stopped, and changes nothing twice."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        order: RuleOrder,
        caller: Identity,
        batch: int = 200,
    ) -> None:
        """Prepare; nothing is written yet.

        Raises:
            Invalid: no such rule.
        """
        self._sessions, self._order, self._caller, self._batch = sessions, order, caller, batch
        self._bases = bases_of(rates(), order.rule)

    def count(self) -> int:
        """How many properties there are."""
        with self._sessions() as session:
            return session.scalar(select(func.count()).select_from(Property)) or 0

    def run(self, now: Callable[[], datetime], advance: Callable[[int], None]) -> Totals:
        """Post the differences of all properties.

        Args:
            now: the time, aware; asked for each batch.
            advance: told how many properties a batch had.

        Returns:
            The totals of the whole run, what an earlier process did of it included.

        Raises:
            Invalid: the resolution is of a day to come.
            Conflict: its number is another order's, or of another rule or day.
        """
        with self._sessions.begin() as session:
            order_id = self._begun(session, now())
        while True:
            with self._sessions.begin() as session:
                count, done = self._step(session, order_id, now())
            advance(count)
            if done:
                break
        with self._sessions() as session:
            return _totals(session, order_id)

    def preview(self, now: datetime, advance: Callable[[int], None]) -> Totals:
        """What a run would do. Nothing is written."""
        totals, after = Totals(), None
        while True:
            with self._sessions() as session:
                batch = self._batch_after(session, after, lock=False)
                for _, found, parts in self._plans(session, batch, now):
                    _add(totals, found, parts)
            totals.seen += len(batch)
            advance(len(batch))
            if len(batch) < self._batch:
                return totals
            after = batch[-1].id

    def _begun(self, session: Session, now: datetime) -> uuid.UUID:
        # Of two processes that begin at once the second one joins the run of the first.
        alone(session, f"rule {self._order.number}")
        known = session.execute(
            select(RegisterOrder.id, RegisterOrder.dated, RuleRevision.rule)
            .join(RuleRevision, RuleRevision.order_id == RegisterOrder.id)
            .where(RegisterOrder.number == self._order.number)
        ).first()
        if known is not None:
            if known.rule != self._order.rule:
                raise Conflict(
                    f"order {self._order.number} is of the rule {known.rule}",
                    {"order_number": self._order.number, "rule": known.rule},
                )
            if known.dated != self._order.dated:
                raise Conflict(
                    f"order {self._order.number} is of {known.dated.isoformat()}",
                    {"order_number": self._order.number, "order_date": known.dated.isoformat()},
                )
            found: uuid.UUID = known.id
            return found
        check_day(self._order.dated, day_of(now), "order_date")
        order = new_order(
            session,
            KIND,
            self._order.number,
            self._order.dated,
            self._order.dated,
            self._caller,
            now,
            {"rule": self._order.rule},
        )
        session.add(
            RuleRevision(
                order_id=order.id,
                rule=self._order.rule,
                begun_at=now,
                seen=0,
                changed=0,
                lowered_paise=0,
                raised_paise=0,
                promised_paise=0,
            )
        )
        return order.id

    def _step(self, session: Session, order_id: uuid.UUID, now: datetime) -> tuple[int, bool]:
        """One batch; two processes of one run take turns."""
        run = session.scalars(
            select(RuleRevision).where(RuleRevision.order_id == order_id).with_for_update()
        ).one()
        if run.done_at is not None:
            return 0, True
        order = session.get_one(RegisterOrder, order_id)
        batch = self._batch_after(session, run.after_id, lock=True)
        totals, told = Totals(), list[Event]()
        for owed, found, parts in self._plans(session, batch, now):
            self._apply(session, owed, order, found, parts, now)
            told.append(reassessed_event(owed, order, found, now))
            _add(totals, found, parts)
        record(session, *told)
        run.seen += len(batch)
        run.changed += totals.changed
        run.lowered_paise += totals.lowered
        run.raised_paise += totals.raised
        run.promised_paise += sum(totals.promised.values())
        done = len(batch) < self._batch
        if batch:
            run.after_id = batch[-1].id
        if done:
            run.done_at = now
        return len(batch), done

    def _batch_after(
        self, session: Session, after: uuid.UUID | None, *, lock: bool
    ) -> list[Property]:
        asked = select(Property).order_by(Property.id).limit(self._batch)
        if after is not None:
            asked = asked.where(Property.id > after)
        if lock:
            asked = asked.with_for_update(key_share=True)
        return list(session.scalars(asked))

    def _plans(
        self, session: Session, batch: list[Property], now: datetime
    ) -> list[tuple[Property, Plan, Mapping[int, int]]]:
        """Those of a batch whose tax is another, and what is promised of it by year."""
        registers = registers_of(session, {owed.id: owed.number for owed in batch})
        ledgers = entries_of_all(session, list(registers))
        found = []
        for owed in batch:
            entries = ledgers.get(owed.id, [])
            each = self._plan(session, owed, registers[owed.id], entries, now)
            if each is not None:
                found.append((owed, *each))
        return found

    def _plan(
        self,
        session: Session,
        owed: Property,
        register: Register,
        entries: list[Entry],
        now: datetime,
    ) -> tuple[Plan, Mapping[int, int]] | None:
        today = day_of(now)
        by_rule = affected(register, entries, rates(), self._bases, today)
        if not by_rule.half_years:
            return None
        half_years = [
            each
            for each in revised(register, entries, rates(), today)
            if each.half_year in by_rule.half_years
        ]
        if not half_years:
            return None
        found = planned(session, owed.id, register, entries, half_years, now)
        gained = found.after.advance - found.before.advance
        if by_rule.refund_years is None or gained <= 0:
            return found, {}
        first = HalfYear.of(today).year
        parts = instalments(gained, by_rule.refund_years, first, rates().rounding)
        return found, {year: paise for year, paise in parts.items() if paise}

    def _apply(
        self,
        session: Session,
        owed: Property,
        order: RegisterOrder,
        found: Plan,
        parts: Mapping[int, int],
        now: datetime,
    ) -> None:
        today = day_of(now)
        post(session, found.drafts, property_id=owed.id, reference=order.number, posted_at=now)
        owed.version += 1
        if not parts:
            return
        book = Book.of(entries_of(session, owed.id), today)
        draft = promise(book, sum(parts.values()), today)
        post(session, [draft], property_id=owed.id, reference=order.number, posted_at=now)
        session.execute(
            insert(RefundInstalment),
            [
                {
                    "property_id": owed.id,
                    "order_id": order.id,
                    "year": year,
                    "paise": paise,
                    "credited_paise": None,
                    "credited_at": None,
                }
                for year, paise in parts.items()
            ],
        )


def _add(totals: Totals, found: Plan, parts: Mapping[int, int]) -> None:
    totals.changed += 1
    for each in found.half_years:
        for paise in each.lines.values():
            if paise > 0:
                totals.raised += paise
            else:
                totals.lowered -= paise
    for year, paise in parts.items():
        totals.promised[year] = totals.promised.get(year, 0) + paise


def _totals(session: Session, order_id: uuid.UUID) -> Totals:
    run = session.get_one(RuleRevision, order_id)
    by_year = session.execute(
        select(RefundInstalment.year, func.sum(RefundInstalment.paise))
        .where(RefundInstalment.order_id == order_id)
        .group_by(RefundInstalment.year)
    )
    promised = {year: int(paise) for year, paise in by_year}
    return Totals(run.seen, run.changed, run.lowered_paise, run.raised_paise, promised)
