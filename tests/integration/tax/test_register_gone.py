"""What is split or merged, and its past: what stays true of it, and what goes over to the parts."""

from datetime import UTC, datetime

import pytest

from palika.errors import Conflict
from services.tax.commands.reassess import demolish, reassess
from services.tax.commands.split import carry, split
from services.tax.schemas.changing import Carrying, Demolishing, Reassessing, Splitting
from tests.support.registers import book, done, property_of, suspense
from tests.support.taxes import FLOOR, bill, register

JUNE = datetime(2026, 6, 10, 6, tzinfo=UTC)
WHOLE = {"number": "P/1/0001"}
PARTS = [
    {"number": "P/1/0001/A", "floors": [FLOOR | {"area_sqm": "40.00"}]},
    {"number": "P/1/0001/B", "floors": [FLOOR | {"area_sqm": "22.50"}]},
]


def order(number: str, **args):
    return WHOLE | {"order_number": number} | args


def splitted(sessions, number="TAX/S/1", **args):
    given = order(number, effective_from="2026-05-01", parts=PARTS) | args
    return done(sessions, split, Splitting, given, JUNE)


def in_parts(sessions) -> int:
    """What is owed of the parts in all, less their credit."""
    return sum(book(sessions, each["number"]).net for each in PARTS)


def test_what_was_split_can_be_assessed_anew_for_the_days_before_and_is_carried_on(sessions):
    bill(sessions, register(sessions))
    splitted(sessions)
    larger = {"effective_from": "2026-04-01", "floors": [FLOOR | {"area_sqm": "100.00"}]}
    given = order("TAX/R/1", grounds="measured anew", states=[larger])
    shown = done(sessions, reassess, Reassessing, given, JUNE)
    assert property_of(sessions, "P/1/0001").status == "split"
    assert book(sessions, "P/1/0001").net == shown["difference_paise"] > 0
    before = in_parts(sessions)
    done(sessions, carry, Carrying, WHOLE, JUNE)
    assert book(sessions, "P/1/0001").net == suspense(sessions) == 0
    assert in_parts(sessions) - before == shown["difference_paise"]


def test_what_was_split_is_not_demolished_or_split_on_an_earlier_day(sessions):
    bill(sessions, register(sessions))
    splitted(sessions)
    given = order("TAX/D/1", effective_from="2026-04-15", grounds="it fell down")
    with pytest.raises(Conflict, match="2026-05-01"):
        done(sessions, demolish, Demolishing, given, JUNE)
    again = [each | {"number": f"{each['number']}2"} for each in PARTS]
    with pytest.raises(Conflict, match="2026-05-01"):
        splitted(sessions, "TAX/S/2", effective_from="2026-04-15", parts=again)
