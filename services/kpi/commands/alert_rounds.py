"""Looking at all KPIs beside the service's other work: a few at a time, and those that have moved.

What a KPI has been is worked out in the same thread that answers calls, so between two of them the
others get their turn, and no transaction is longer than that of a few. A KPI is looked at when what
it is made of differs from when this process looked last: the months of its measures, the day, its
open alerts. The first round of a process, and of a day, looks at all.

What is seen of a KPI is written in the transaction in which it was read, and one transaction at a
time does so (`alert_sweep.alone`): where two processes are at it, which a lost connection can bring
about, each finds what the other has written.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from palika.india import day_of
from services.kpi.commands.alert_sweep import Swept, alone, end_unjudged, look_at, tell_begun
from services.kpi.domain.alert_rules import AlertRules
from services.kpi.domain.indicators import Catalogue, Indicator
from services.kpi.models import Alert

AT_ONCE = 8
"""KPIs in a transaction."""
_BREATH = 50
"""KPIs whose state is compared between two pauses; that is far less work than looking at one."""
# Months of sketches are told by their fingerprint, which is among these rows.
_MONTHS = text("""
    SELECT measure, sum(hashtextextended(y::text, 0))::text FROM measure_year AS y
    WHERE cell <= 0 GROUP BY measure
""")
_BY_DAYS = frozenset({"day", "week"})

_log = logging.getLogger(__name__)
_State = tuple[Any, ...]


class _Seen(NamedTuple):
    """What the city's KPIs are made of now."""

    today: date
    months: Mapping[str, str]
    alerts: Mapping[str, frozenset[Any]]


class Rounds:
    """Goes through the KPIs again and again, and remembers in what state it has seen each."""

    def __init__(self) -> None:
        """Prepare; nothing is remembered yet."""
        self._of: tuple[Catalogue, AlertRules] | None = None
        self._measures: dict[str, tuple[str, ...] | None] = {}
        self._known: dict[str, _State] = {}

    def go(
        self,
        begin: Callable[[], AbstractContextManager[Session]],
        known: Catalogue,
        rules: AlertRules,
        now: datetime,
        pause: Callable[[], None],
        stopping: Callable[[], bool] = lambda: False,
    ) -> Swept | None:
        """A round; None: another process is at it.

        Args:
            begin: opens a transaction on the service's database.
            known: the city's KPIs.
            rules: when an owner is told.
            now: aware.
            pause: lets the others of the process go on.
            stopping: whether to leave after the KPIs in hand; the next round does the rest.
        """
        if self._of is None or self._of[0] is not known or self._of[1] is not rules:
            self._of, self._measures, self._known = (known, rules), {}, {}
        with begin() as session:
            if not alone(session):
                return None
            seen = _seen(session, day_of(now))
        began = ended = 0
        for part in _parts(self._due(known, seen, pause)):
            if stopping():
                break
            found = self._look(begin, [each for each, _ in part], rules, now, pause)
            if found is None:
                return None
            self._known.update((each.code, state) for each, state in part if state)
            began, ended = began + found.began, ended + found.ended
        with begin() as session:
            if not alone(session):
                return None
            ended += end_unjudged(session, known, now)
            told = tell_begun(session, day_of(now), now)
        return Swept(began, ended, told)

    def _look(
        self,
        begin: Callable[[], AbstractContextManager[Session]],
        part: Sequence[Indicator],
        rules: AlertRules,
        now: datetime,
        pause: Callable[[], None],
    ) -> Swept | None:
        """Look at a few KPIs. One that cannot be looked at holds up no other: it is logged, every
        round anew; then each of them has a transaction of its own."""
        try:
            with begin() as session:
                return look_at(session, part, rules, now, pause)
        except DBAPIError:
            raise  # It is the database, and not a KPI.
        except Exception:  # noqa: BLE001 - logged, and the others are looked at
            if len(part) == 1:
                _log.exception("KPI %s cannot be looked at", part[0].code)
                return Swept()
        looks = [self._look(begin, [each], rules, now, pause) for each in part]
        if None in looks:
            return None
        found = [each for each in looks if each is not None]
        return Swept(sum(each.began for each in found), sum(each.ended for each in found))

    def _due(
        self, known: Catalogue, seen: _Seen, pause: Callable[[], None]
    ) -> Iterator[tuple[Indicator, _State]]:
        """Those to be looked at, each with the state in which it is seen."""
        for number, each in enumerate(list(known.indicators.values()), 1):
            state = self._state(known, each, seen)
            if not state or self._known.get(each.code) != state:
                yield each, state
            if number % _BREATH == 0:
                pause()

    def _state(self, known: Catalogue, indicator: Indicator, seen: _Seen) -> _State:
        """(): it goes by days, which the months do not tell all of."""
        code = indicator.code
        if code not in self._measures:
            self._measures[code] = _measures(known, indicator)
        measures = self._measures[code]
        if measures is None:
            return ()
        months = tuple(map(seen.months.get, measures))
        return (seen.today, months, seen.alerts.get(code))


def _measures(known: Catalogue, indicator: Indicator) -> tuple[str, ...] | None:
    """What a KPI is made of; None: it goes by days."""
    inputs = set(indicator.formula.inputs) | known.needed(indicator.formula.inputs)
    if indicator.frequency in _BY_DAYS or any(x.aggregation == "average" for x in inputs):
        return None
    return tuple(sorted({each.measure for each in inputs}))


def _seen(session: Session, today: date) -> _Seen:
    months = {row[0]: row[1] for row in session.execute(_MONTHS)}
    alerts: dict[str, frozenset[Any]] = {}
    for key, code in session.execute(select(Alert.id, Alert.code).where(Alert.ended_at.is_(None))):
        alerts[code] = alerts.get(code, frozenset()) | {key}
    return _Seen(today, months, alerts)


def _parts(
    due: Iterator[tuple[Indicator, _State]],
) -> Iterator[Sequence[tuple[Indicator, _State]]]:
    part: list[tuple[Indicator, _State]] = []
    for each in due:
        part.append(each)
        if len(part) == AT_ONCE:
            yield part
            part = []
    if part:
        yield part
