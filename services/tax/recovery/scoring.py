"""A model applied: what each action may bring from a property, with the reasons; and plans."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any, TypeVar

import numpy as np

from palika.text import Name
from services.tax.domain.contacts_cap import Contacts
from services.tax.domain.planner import Candidate, Plan, plan
from services.tax.domain.recovery import Action, Amnesty, History, Prospect
from services.tax.domain.recovery_rules import RecoveryRules
from services.tax.recovery.evaluation import possible_in
from services.tax.recovery.explanation import Reason, as_json, reasons
from services.tax.recovery.features import features
from services.tax.recovery.model import Model
from services.tax.recovery.pipeline import Progress, silent
from services.tax.recovery.synthetic import generate

T = TypeVar("T")

_TOGETHER = 2000
_NOT_YET = Name("नोटीशीनंतर मुदत उलटलेली नाही.", "No notice was served long enough ago.")


@dataclass(frozen=True, slots=True)
class Scored:
    """What each action may bring from one property on a day, and the top reasons for who is called.

    Attributes:
        number: the property's.
        owed_paise: in all.
        prospects: by action.
        reasons: the weightiest first.
    """

    number: str
    day: date
    owed_paise: int
    prospects: tuple[Prospect, ...]
    reasons: tuple[Reason, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "number": self.number,
            "day": self.day.isoformat(),
            "owed_paise": self.owed_paise,
            "prospects": [
                {
                    "action": str(each.action),
                    "probability": round(each.probability, 4),
                    "expected_paise": each.paise,
                }
                for each in self.prospects
            ],
            "reasons": as_json(self.reasons),
        }


def score(
    model: Model, history: History, day: date, amnesties: Sequence[Amnesty], number: str = ""
) -> Scored:
    """Score one property with its reasons."""
    row = features(history, day, amnesties)
    owed = history.before(day).owed_paise
    prospects = model.prospects(row, owed)
    return Scored(
        number or history.property_id,
        day,
        owed,
        prospects,
        tuple(reasons(model, row, Action.CALL)),
    )


def prospects_of(
    model: Model, rows: Sequence[Sequence[float]], owed: Sequence[int]
) -> list[tuple[Prospect, ...]]:
    """The prospects of many at once."""
    if not rows:
        return []
    chances, paise = model.table(np.array(rows), np.array(owed))
    return [
        tuple(
            Prospect(action, chance, int(expected))
            for action, chance, expected in zip(Action, of, what, strict=True)
        )
        for of, what in zip(chances.tolist(), paise.tolist(), strict=True)
    ]


def in_batches(found: Iterable[T], size: int = _TOGETHER) -> Iterator[list[T]]:
    """So many at a time, so that a ledger of any size is scored in bounded memory."""
    left = iter(found)
    while batch := list(islice(left, size)):
        yield batch


def score_synthetic(
    model: Model,
    properties: int,
    years: int,
    seed: int,
    wards: Mapping[str, int],
    number: str,
) -> Scored | None:
    """Score one property of a made-up city, on its last decision's day; None: nothing is late."""
    city = generate(properties, years, seed, dict(wards))
    if not number.startswith("S") or not number[1:].isdecimal() or int(number[1:]) >= properties:
        return None
    history, day = city.history(int(number[1:])), city.day(city.decisions[-1])
    if not history.before(day).overdue_paise(day):
        return None
    return score(model, history, day, city.amnesties)


def plan_synthetic(
    model: Model,
    properties: int,
    years: int,
    seed: int,
    wards: Mapping[str, int],
    rules: RecoveryRules,
    days: int,
    progress: Progress = silent,
) -> Plan:
    """A plan for a made-up city, from its last decision's day on."""
    city = generate(
        properties, years, seed, dict(wards), lambda done: progress("months", done, years * 12)
    )
    month = city.decisions[-1]
    day = city.day(month)
    possible = possible_in(city, np.arange(properties), month)
    candidates: list[Candidate] = []
    done = 0
    for batch in in_batches(city.histories()):
        late = [
            (each, known)
            for each in batch
            if (known := each.before(day)).overdue_paise(day) >= rules.least_overdue_paise
        ]
        rows = [features(each, day, city.amnesties) for each, _ in late]
        owed = [known.owed_paise for _, known in late]
        for (each, known), prospects in zip(late, prospects_of(model, rows, owed), strict=True):
            index, facts = int(each.property_id[1:]), known.facts[-1]
            stops = {"merged_village"} if city.owners.held[index] else set()
            if any(one.closed_on is None for one in known.disputes):
                stops.add("objection_open")
            candidates.append(
                Candidate(
                    each.property_id,
                    each.property_id,
                    facts.ward,
                    known.owed_paise,
                    known.overdue_paise(day),
                    prospects,
                    frozenset(stops),
                    None,
                    facts.reachable,
                )
            )
        done += len(batch)
        progress("properties", done, properties)

    def lawful(property_id: str, action: Action, day: date) -> Name | None:
        return None if possible[action][int(property_id[1:])] else _NOT_YET

    progress("planning", 0, 0)
    contacts = Contacts.of(rules.caps, {})
    return plan(candidates, rules, working_days(day, days), lawful, contacts, f"synthetic/{seed}")


def working_days(first: date, count: int) -> list[date]:
    """So many days from one on, without Sundays (illustrative: a city's holidays are its own)."""
    found: list[date] = []
    day = first
    while len(found) < count:
        if day.weekday() != 6:
            found.append(day)
        day += timedelta(days=1)
    return found
