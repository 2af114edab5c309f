"""A city's events as the KPI service reads them: of all services, in the numbers of a year.

Random, and the same in every run. Each happens on the day that is asked for, between 8:30 and 22:30
in India; what one takes back (a resolution, a payment) was of the same day.
"""

import random
from collections.abc import Callable, Iterator
from datetime import date
from itertools import accumulate
from typing import Any, NamedTuple

from services.grievance.reference import city, read_data
from services.kpi.reference import city_catalogue

_POOL = 4_096
"""So many different things are said of a kind, in random order."""
_PROPERTY = "property_id", 1_450_000
_PERSON = "recipient_ref", 900_000


class _Kind(NamedTuple):
    """A type of event.

    `yearly`: thousands of a year in the reference city. `place`: whose it is. `when`: the fields of
    the moment. `says`: what its other fields may be. `drawn`: those that are drawn. `of`: the field
    with whom or what it is about, and how many of them there are in the city.
    """

    type: str
    yearly: float
    place: str
    when: tuple[str, ...]
    says: dict[str, tuple[Any, ...]] = {}
    drawn: dict[str, Callable[[random.Random], int]] = {}
    of: tuple[str, int] | None = None


def _minutes(rng: random.Random) -> int:
    return int(rng.lognormvariate(7, 1.5))


def _paise(rng: random.Random) -> int:
    return int(rng.lognormvariate(13, 1))


_FLAG = (True, True, True, False)
_WORDS = {"channel": ("whatsapp", "sms", "email"), "purpose": ("service", "reminder", "news")}
_MESSAGE = _WORDS | {
    "lane": ("transactional", "bulk"),
    "audience": ("grievance", "tax"),
    "template": ("tax.billed", "grievance.resolved"),
    "event_type": ("tax.billed.v1", "grievance.resolved.v1"),
}
_MODES = ("upi", "card", "netbanking", "wallet", "cheque", "cash")

_G, _T, _E, _N = "grievance", "tax", "eoffice", "notify"
KINDS = (
    _Kind("grievance.filed.v1", 115, _G, ("filed_at",), {"channel": ("web", "app", "whatsapp")}),
    _Kind("grievance.acknowledged.v1", 115, _G, ("acknowledged_at",)),
    _Kind("grievance.assigned.v1", 130, _G, ("assigned_at",), {}, {}, ("officer", 1_500)),
    _Kind("grievance.started.v1", 60, _G, ("started_at",)),
    _Kind("grievance.waiting.v1", 10, _G, ("waiting_at",)),
    _Kind("grievance.answered.v1", 8, _G, ("answered_at",), {}, {"waited_minutes": _minutes}),
    _Kind(
        # Due on the day itself: what was late for days without a word counts on two, and the table
        # is filled day by day.
        *("grievance.resolved.v1", 112, _G, ("resolved_at", "due_at")),
        {"on_time": _FLAG, "breached_at": (None, None, "2026-04-01T10:15:00Z")},
        {"minutes_taken": _minutes},
    ),
    _Kind("grievance.closed.v1", 105, _G, ("closed_at",), {"closed_by": ("citizen", "time")}),
    _Kind(
        *("grievance.reopened.v1", 6, _G, ("reopened_at", "resolved_at")),
        {"reason": ("not_done", "again"), "on_time": _FLAG} | {"breached_at": (None,)},
        {"minutes_taken": _minutes},
    ),
    _Kind(
        *("grievance.rejected.v1", 4, _G, ("rejected_at",)),
        {"rejection": ("not_responsible", "no_place"), "breached_at": (None,)},
    ),
    _Kind("grievance.withdrawn.v1", 3, _G, ("withdrawn_at",), {"breached_at": (None,)}),
    _Kind("grievance.merged.v1", 5, _G, ("merged_at",), {"breached_at": (None,)}),
    _Kind(
        *("grievance.transferred.v1", 6, _G, ("transferred_at",)),
        {
            "from_department": ("drainage", "roads"),
            "from_category": ("water-leakage",),
            "breached_at": (None,),
        },
    ),
    _Kind("grievance.due_soon.v1", 40, _G, ("due_soon_at",), {"priority": ("normal", "high")}),
    _Kind("grievance.breached.v1", 25, _G, ("breached_at",), {"priority": ("normal", "high")}),
    _Kind(
        *("grievance.escalated.v1", 20, _G, ("escalated_at",)),
        {"level": (1, 2, 3), "post": ("ward-officer", "head"), "priority": ("normal", "high")},
    ),
    _Kind(
        *("grievance.rated.v1", 50, _G, ("rated_at",)),
        {"rating": (1, 2, 3, 4, 5), "satisfied": _FLAG},
    ),
    _Kind("grievance.checked.v1", 10, _G, ("checked_at",), {"outcome": ("confirmed", "not_done")}),
    _Kind("grievance.attached.v1", 60, _G, ("attached_at",), {"kind": ("photo_after",)}),
    _Kind("grievance.commented.v1", 40, _G, ("commented_at",), {"public": _FLAG}),
    _Kind(
        *("tax.billed.v1", 1_450, _T, ("billed_at",), {"period": ("2025-26", "2026-27")}),
        *({"amount_paise": _paise, "arrears_paise": _paise}, _PROPERTY),
    ),
    _Kind(
        *("tax.paid.v1", 950, _T, ("paid_at",), {"mode": _MODES}),
        *({"amount_paise": _paise}, _PROPERTY),
    ),
    _Kind(
        *("tax.payment_reversed.v1", 5, _T, ("reversed_at", "paid_at")),
        {"mode": ("cheque",), "outcome": ("bounced",)},
        *({"amount_paise": _paise}, _PROPERTY),
    ),
    _Kind("tax.objected.v1", 8, _T, ("objected_at",), {"against": ("bill", "order")}),
    _Kind("tax.hearing_set.v1", 9, _T, ("hearing_at",), {"adjourned": (0, 0, 1)}),
    _Kind(
        *("tax.objection_decided.v1", 7, _T, ("decided_at",)),
        {"outcome": ("partly", "upheld", "dismissed")},
    ),
    _Kind(
        *("tax.notice_issued.v1", 60, _T, ("issued_at",)),
        {"step": ("demand-notice", "attachment", "warrant", "sealing"), "fee_paise": (5_000,)},
        *({"owed_paise": _paise}, _PROPERTY),
    ),
    _Kind(
        *("tax.reassessed.v1", 20, _T, ("reassessed_at",), {"kind": ("reassessment", "objection")}),
        {"difference_paise": _paise},
    ),
    _Kind("tax.transferred.v1", 15, _T, ("transferred_at",), {"reason": ("sale", "death")}),
    _Kind(
        *("tax.reminder_due.v1", 900, _T, ("reminded_at",)),
        {"action": ("message",), "channel": ("whatsapp", "sms"), "language": ("mr", "en")},
        {"arrears_paise": _paise},
    ),
    _Kind("eoffice.file_opened.v1", 60, _E, ("opened_at",)),
    _Kind(
        *("eoffice.file_moved.v1", 500, _E, ("moved_at",)),
        *({}, {"minutes_held": _minutes}, ("from_post", 2_500)),
    ),
    _Kind(
        *("eoffice.file_approved.v1", 50, _E, ("approved_at",)),
        *({"power": ("works", "goods")}, {"amount_paise": _paise}),
    ),
    _Kind("eoffice.file_closed.v1", 55, _E, ("closed_at",), {}, {"minutes_open": _minutes}),
    _Kind("eoffice.file_overdue.v1", 20, _E, ("overdue_at",), {"against": ("file", "desk")}),
    _Kind(
        *("eoffice.receipt_diarised.v1", 300, _E, ("diarised_at",)),
        {
            "kind": ("letter", "hand", "email"),
            "category": ("request", "audit", "complaint", "rti", "question", "court", "bill"),
            "language": ("mr", "mr", "en"),
        },
    ),
    _Kind(
        *("notify.delivered.v1", 4_000, _N, ("delivered_at",)),
        *(_MESSAGE, {}, _PERSON),
    ),
    _Kind("notify.failed.v1", 200, _N, ("failed_at",), _MESSAGE | {"reason": ("no_answer",)}),
    _Kind(
        *("notify.opted_out.v1", 5, _N, ("said_at",)),
        {"purpose": ("reminder", "news"), "source": ("whatsapp",)},
    ),
    _Kind("notify.promised.v1", 10, _N, ("at",), {}, {"amount_paise": _paise}),
)

Said = tuple[str, dict[str, Any]]
"""The type of an event and its data."""


class Events:
    """What a city's services say, day by day."""

    def __init__(self, seed: int, pool: int = _POOL) -> None:
        """Prepare what is said; equal seeds say the same. Of each type so many (``pool``) different
        events are made, which takes most of the time: a few events need a few."""
        self._seed, self._pool = seed, pool
        self._cumulative = list(accumulate(each.yearly for each in KINDS))
        wards = read_data("wards.yaml")["wards"]
        self._wards = list(wards), [each["seed_weight"] for each in wards.values()]
        self._categories = sorted(city().subcategories)
        self._departments = list(city_catalogue().departments)
        rng = random.Random(seed)
        self._pools = [[self._pooled(each, rng) for _ in range(pool)] for each in KINDS]

    def of(self, day: date, count: int) -> Iterator[Said]:
        """So many, of a day in India; the same whenever it is asked for."""
        rng = random.Random(f"{self._seed} {day} {count}")
        chance = rng.random
        stamps = [f"{day}T{3 + n // 6:02}:{n % 6}5:00Z" for n in range(84)]
        chosen = rng.choices(range(len(KINDS)), cum_weights=self._cumulative, k=count)
        for number in chosen:
            kind = KINDS[number]
            data = self._pools[number][int(chance() * self._pool)].copy()
            stamp = stamps[int(chance() * 84)]
            for field in kind.when:
                data[field] = stamp
            if kind.of is not None:
                data[kind.of[0]] = f"{int(chance() * kind.of[1])}"
            yield kind.type, data

    def _pooled(self, kind: _Kind, rng: random.Random) -> dict[str, Any]:
        said = {field: rng.choice(values) for field, values in kind.says.items()}
        said |= {field: draw(rng) for field, draw in kind.drawn.items()}
        if kind.place == _G:
            category = rng.choice(self._categories)
            said |= {"category": category, "department": city().route(category).department}
        elif kind.place == _E:
            said["department"] = rng.choice(self._departments)
        if kind.place in (_G, _T):
            said["ward"] = rng.choices(*self._wards)[0]
        return said
