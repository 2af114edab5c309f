"""What is in the place of a property now: a part of it may have been split or merged again."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from math import lcm

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.tax.domain.assessment import assess
from services.tax.domain.half_year import HalfYear
from services.tax.domain.register import ACTIVE, GIVEN_WAY, Register, State
from services.tax.models import Property, PropertyState, RegisterOrder
from services.tax.queries.properties import by_number
from services.tax.reference import rates
from services.tax.register_store import register_of


def left_by(session: Session, owed: Property) -> RegisterOrder | None:
    """The order by which a property gave way to others; None: it did not, or that was revoked."""
    if owed.status not in GIVEN_WAY:
        return None
    return session.scalar(
        select(RegisterOrder)
        .join(PropertyState, PropertyState.order_id == RegisterOrder.id)
        .where(PropertyState.property_id == owed.id, PropertyState.status.in_(GIVEN_WAY))
        .order_by(PropertyState.id.desc())
        .limit(1)
    )


def heirs(session: Session, order: RegisterOrder, today: date) -> dict[str, int]:
    """Who has what was a property's, by number, with the weights by which it is divided.

    Each part has its share by what it is worth; that of a part which has given way itself goes on
    to those in its place, and no share goes to what was merged with it from elsewhere.

    Args:
        session: reads the register.
        order: by which the property gave way.
        today: by whose rates it is divided.
    """
    shares = _shares(session, order, Fraction(1), today)
    scale = lcm(*(share.denominator for share in shares.values()))
    return {number: int(share * scale) for number, share in shares.items()}


def _shares(
    session: Session, order: RegisterOrder, whole: Fraction, today: date
) -> dict[str, Fraction]:
    numbers = order.details["to"]
    parts = by_number(session, numbers)
    worths = weights(
        [_last_worth(register_of(session, parts[number]), today) for number in numbers]
    )
    found: dict[str, Fraction] = {}
    for number, worth in zip(numbers, worths, strict=True):
        share = whole * Fraction(worth, sum(worths))
        then = left_by(session, parts[number])
        # Two parts may have been merged again: to one heir both shares.
        into = {number: share} if then is None else _shares(session, then, share, today)
        for heir, part in into.items():
            found[heir] = found.get(heir, Fraction(0)) + part
    return found


def _last_worth(register: Register, today: date) -> int:
    """Of today's state; of what is gone, the last that was assessed."""
    assessed = [
        each for each in register.states if each.state.status == ACTIVE and each.state.floors
    ]
    if not assessed:
        return 0
    state = register.at(today)
    if state is None or state.status != ACTIVE or not state.floors:
        state = max(assessed, key=lambda each: (each.effective_from, each.recorded_at)).state
    return worth(register.number, state, today)


def weights(worths: Sequence[int]) -> Sequence[int]:
    """What parts are worth, as weights: where all of them are worth nothing, each the same."""
    return worths if any(worths) else [1] * len(worths)


def worth(number: str, state: State, today: date) -> int:
    """By what dues and credit are divided: the rateable value of today, in paise."""
    found = assess(state.described(number), rates(), HalfYear.of(today), today)
    return found.valuation.rateable_value_paise
