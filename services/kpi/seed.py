"""The demo's entered values: each department's own, by its desks, checked by its owner."""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.india import day_of, start_of
from services.kpi.commands.decide import approve, send_back
from services.kpi.commands.enter import enter
from services.kpi.commands.sign_off import sign_off
from services.kpi.domain.entry import Line, shown
from services.kpi.domain.indicators import MeasureInfo
from services.kpi.domain.period import FREQUENCIES, Period, containing
from services.kpi.domain.sample_values import PERIODS, Sample
from services.kpi.models import Batch
from services.kpi.reference import city_catalogue, city_entry, city_places

OPTION = ("--entries", "how many departments have sample values entered by hand, at most 40")
_OPENS: Final = timedelta(hours=11)
_CHECKED_AFTER: Final = timedelta(days=1, hours=3)
WAITING: Final = (5, 25)
SENT_BACK: Final = (7, 28)
"""Departments, by their place in the catalogue, whose last month is not approved."""
_BACK: Final = "कृपया प्रभागनिहाय आकडे पुन्हा तपासावेत."


def seed(
    sessions: sessionmaker[Session],
    count: int,
    seed: int,
    now: datetime,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Enter and check the values of ``count`` departments, as if it had been done in time.

    Of two departments the last month still waits to be checked, and of two it was sent back: what
    nobody has checked has no data. A second run with the same seed adds nothing to what is there;
    one that was stopped goes on.

    Args:
        sessions: on the service's database.
        count: how many departments, in the order of the catalogue; those that enter nothing count.
        seed: the same number gives the same city.
        now: aware; nothing in the demo is later.
        progress: called with how many departments are done.

    Returns:
        Of how many departments something was new.
    """
    new = 0
    for done, department in enumerate(list(city_catalogue().departments)[:count], 1):
        new += _Entering(sessions, department, done, seed, now).run()
        progress(done)
    return new


class _Entering:
    """What one department enters; it is the ``place``-th of the city."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        department: str,
        place: int,
        seed: int,
        now: datetime,
    ) -> None:
        self._sessions = sessions
        self._department = department
        self._place = place
        self._seed = seed
        self._now = now
        self._sample = Sample(city_catalogue(), department, seed)
        desk = city_entry().desks[department]
        self._maker = Identity.of(f"officer:{min(desk.enter)}", "officer")
        self._owner = Identity.of(f"officer:{desk.owner}", "officer")

    def run(self) -> bool:
        """Enter all periods, the oldest first; whether anything was new."""
        today = day_of(self._now)
        by_period: dict[Period, list[MeasureInfo]] = {}
        for info in city_catalogue().measures.values():
            if info.manual and info.department == self._department:
                for of in _last(info.every or "month", today):
                    by_period.setdefault(of, []).append(info)
        order = sorted(by_period, key=lambda of: (of.last, FREQUENCIES.index(of.frequency)))
        found = [self._enter(of, by_period[of], today) for of in order]
        return any(found)

    def _enter(self, of: Period, measures: list[MeasureInfo], today: date) -> bool:
        dice = random.Random(f"{self._seed}/{self._department}/{of.code}")
        due = min(each.due_on(of) for each in measures)
        day = min(of.last + timedelta(days=dice.randint(1, max(1, (due - of.last).days))), today)
        entered_at = start_of(day) + _OPENS + timedelta(minutes=dice.randrange(300))
        newest = of.last + timedelta(days=40) > today and of.frequency == "month"
        if entered_at > self._now:
            return False
        with self._sessions.begin() as session:
            key = UUID(int=dice.getrandbits(128), version=4)
            known = session.get(Batch, key) is not None
            asked = {
                "id": key,
                "department": self._department,
                "lines": self._lines(of, measures),
                "via": "csv",
                "file_name": f"{self._department}-{of.code}.csv",
                "note": None,
                "submit": True,
            }
            enter(session, self._maker, asked, entered_at)
            if not known:
                self._check(session, key, of, entered_at + _CHECKED_AFTER, newest)
        return not known

    def _check(self, session: Session, key: UUID, of: Period, at: datetime, newest: bool) -> None:
        if at > self._now or (newest and self._place in WAITING):
            return
        asked: dict[str, Any] = {"id": key, "lines": None, "outliers": [], "remark": None}
        if newest and self._place in SENT_BACK:
            send_back(session, self._owner, asked | {"remark": _BACK}, at)
            return
        approve(session, self._owner, asked, at)
        if not newest and of.frequency in ("month", "quarter"):
            signing = {"department": self._department, "period": of.code, "note": None}
            sign_off(session, self._owner, signing, at)

    def _lines(self, of: Period, measures: list[MeasureInfo]) -> list[Line]:
        lines = []
        for info in measures:
            places = list(city_places().expected(info.by))
            for place in places:
                value = shown(self._sample.value(info, of, place, places), info)
                lines.append(Line(info.code, of.code, place, value))
        return lines


def _last(frequency: str, today: date) -> list[Period]:
    """The last periods that are over."""
    of = containing(today, frequency).previous()
    found = []
    for _ in range(PERIODS.get(frequency, 1)):
        found.append(of)
        of = of.previous()
    return found
