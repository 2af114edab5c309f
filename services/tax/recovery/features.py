"""What a history says before a day, as numbers.

Neither the ward nor the zone is among them: who pays is judged by what they did, not by who lives
next door. Where there is nothing to tell (no call was ever made), the number is NaN.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import Final

from services.tax.domain.recovery import OWNER_KINDS, USES, Act, Action, Amnesty, Credit, History

ANSWER_DAYS: Final = 60
"""Within so many days a payment answers an action."""

_YEAR = 365
_NAN: Final = math.nan
_CONTACTS = (Action.MESSAGE, Action.CALL, Action.NOTICE, Action.ATTACHMENT)

FEATURES: Final = (
    *("log_owed", "log_yearly", "owed_years", "overdue_share", "oldest_months"),
    *("payments_year", "payments_3_years", "payment_months_ago", "paid_share_3_years"),
    *("last_payment_share", "part_share", "on_time_share", "year_end_share", "early_share"),
    *("rebates", "waivers", "bounced", "disputes", "dispute_months_ago"),
    *("contacts_half_year", "contact_months_ago"),
    *(f"{each}s_2_years" for each in _CONTACTS),
    *(f"{each}_answered" for each in _CONTACTS),
    *("failed_share", "no_answer_share", "promises", "promises_kept", "refusals", "hardship"),
    *("notice_months_ago", "returned", "years_owned", "elsewhere", "reachable"),
    *("months_to_year_end", "days_since_bill", "amnesty_days_left", "amnesty_soon"),
    *(f"use_{each}" for each in USES),
    *(f"owner_{each}" for each in OWNER_KINDS),
)
"""Their names, in order."""


def features(history: History, day: date, amnesties: Sequence[Amnesty] = ()) -> list[float]:
    """The features of a decision.

    Args:
        history: all of it; what is later is not looked at.
        day: of the decision.
        amnesties: any; one that is announced on that day or later is not looked at.

    Returns:
        One number for each of ``FEATURES``.
    """
    known = history.before(day)
    facts = known.facts[-1]
    found = [
        *_owing(known, day),
        *_paying(known, day),
        *_answering(known, day),
        (day - facts.owned_since).days / _YEAR,
        float(facts.elsewhere),
        float(facts.reachable),
        float((3 - day.month) % 12),
        _days_since_bill(known, day),
        *_amnesty(amnesties, day),
    ]
    found += [float(facts.use == each) for each in USES]
    found += [float(facts.owner_kind == each) for each in OWNER_KINDS]
    return found


def _months(since: date, day: date) -> float:
    return (day - since).days / 30.4375


def _share(part: float, whole: float) -> float:
    return part / whole if whole else _NAN


def _owing(known: History, day: date) -> list[float]:
    owed = known.owed_paise
    year = day - timedelta(days=_YEAR)
    yearly = sum(each.paise for each in known.dues if each.tax and each.on >= year)
    paid = sum(each.paise for each in known.credits)
    oldest = _NAN
    if owed:
        for due, total in zip(
            known.dues, accumulate(each.paise for each in known.dues), strict=True
        ):
            if total > paid:
                oldest = _months(due.late_from or due.on, day)
                break
    return [
        math.log1p(owed / 100),
        math.log1p(yearly / 100),
        min(owed / yearly, 20.0) if yearly else _NAN,
        _share(known.overdue_paise(day), owed),
        oldest,
    ]


def _paying(known: History, day: date) -> list[float]:
    payments = [each for each in known.credits if each.kind == "payment"]
    three = day - timedelta(days=3 * _YEAR)
    recent = [each for each in payments if each.on >= three]
    settled = sum(each.paise for each in known.credits if each.on >= three)
    demanded = sum(each.paise for each in known.dues if each.on >= three)
    year = day - timedelta(days=_YEAR)
    owed_then, parts = _owed_at_payments(known)
    return [
        float(sum(each.on >= year for each in payments)),
        float(len(recent)),
        _months(payments[-1].on, day) if payments else _NAN,
        min(_share(settled, demanded), 3.0) if demanded else _NAN,
        min(_share(payments[-1].paise, owed_then), 2.0) if payments else _NAN,
        _share(parts, len(payments)),
        _on_time(known, day),
        _share(sum(each.on.month <= 3 for each in payments), len(payments)),
        _share(sum(4 <= each.on.month <= 6 for each in payments), len(payments)),
        float(sum(each.kind == "rebate" for each in known.credits)),
        float(sum(each.kind == "waiver" for each in known.credits)),
        float(sum(each.kind == "bounce" for each in known.credits)),
        float(len(known.disputes)),
        _months(known.disputes[-1].opened_on, day) if known.disputes else _NAN,
    ]


def _owed_at_payments(known: History) -> tuple[int, int]:
    """What was owed when the last payment came, and how many left a tenth of it or more open."""
    at, owed, last, parts = 0, 0, 0, 0
    for credit in known.credits:
        while at < len(known.dues) and known.dues[at].on <= credit.on:
            owed += known.dues[at].paise
            at += 1
        if credit.kind == "payment":
            last = max(owed, credit.paise, 1)
            parts += credit.paise < 0.9 * owed
        owed -= credit.paise
    return last, parts


def _on_time(known: History, day: date) -> float:
    """The share of the demands that are late by now which were settled before they were."""
    days = [each.on for each in known.credits]
    paid = [0, *accumulate(each.paise for each in known.credits)]
    late = in_time = total = 0
    for due in known.dues:
        total += due.paise
        if due.late_from is None or due.late_from >= day:
            continue
        late += 1
        in_time += paid[bisect_right(days, due.late_from - timedelta(days=1))] >= total
    return _share(in_time, late)


def _answering(known: History, day: date) -> list[float]:
    acts = known.acts
    payments = [each for each in known.credits if each.kind == "payment"]
    half, two = day - timedelta(days=_YEAR // 2), day - timedelta(days=2 * _YEAR)
    counts = [float(sum(e.action is one and e.on >= two for e in acts)) for one in _CONTACTS]
    answered = [_answered([e for e in acts if e.action is one], payments, day) for one in _CONTACTS]
    messages = [e for e in acts if e.action is Action.MESSAGE and e.outcome]
    calls = [e for e in acts if e.action is Action.CALL and e.outcome]
    notices = [e for e in acts if e.action is Action.NOTICE]
    promises = [e for e in calls if e.outcome == "promised"]
    return [
        float(sum(e.on >= half for e in acts)),
        _months(acts[-1].on, day) if acts else _NAN,
        *counts,
        *answered,
        _share(sum(e.outcome == "failed" for e in messages), len(messages)),
        _share(sum(e.outcome == "no_answer" for e in calls), len(calls)),
        float(len(promises)),
        _answered(promises, payments, day),
        float(sum(e.outcome == "refused" for e in calls)),
        float(sum(e.outcome == "hardship" for e in calls)),
        _months(notices[-1].on, day) if notices else _NAN,
        float(sum(e.outcome == "returned" for e in notices)),
    ]


def _answered(acts: Sequence[Act], payments: Sequence[Credit], day: date) -> float:
    """The share of these that a payment followed in time; those whose time runs still are out."""
    span = timedelta(days=ANSWER_DAYS)
    over = [each.on for each in acts if each.on + span < day]
    hits = sum(any(on <= paid.on <= on + span for paid in payments) for on in over)
    return _share(hits, len(over))


def _days_since_bill(known: History, day: date) -> float:
    for due in reversed(known.dues):
        if due.tax:
            return float((day - due.on).days)
    return _NAN


def _amnesty(amnesties: Sequence[Amnesty], day: date) -> tuple[float, float]:
    """How many days one that is open has left (0: none is), and whether one is announced."""
    announced = [each for each in amnesties if each.announced_on < day]
    left = [(e.last_day - day).days + 1 for e in announced if e.first_day <= day <= e.last_day]
    soon = any(day < each.first_day <= day + timedelta(days=90) for each in announced)
    return float(max(left, default=0)), float(soon)
