"""What a bill asks for is what settles it: its codes keep what they promise."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session, sessionmaker

from palika.india import INDIA
from services.tax.documents.model import BillDocument
from services.tax.models import Bill, Property
from services.tax.queries.documents import bill_document
from services.tax.queries.dues import dues
from services.tax.schemas.collecting import OnDay
from tests.support.taxes import FLOOR, bill, clear, paid, register


def at(day: date, hour: int = 11, minute: int = 0) -> datetime:
    """A moment of a day in India."""
    return datetime.combine(day, time(hour, minute), INDIA).astimezone(UTC)


def document_of(sessions: sessionmaker[Session], raised: Bill) -> BillDocument:
    """What a bill says."""
    with sessions() as session:
        return bill_document(session, session.get_one(Bill, raised.id))


def owes(sessions: sessionmaker[Session], owed: Property, now: datetime) -> list[dict]:
    """What is open today."""
    with sessions.begin() as session:
        return dues(session, OnDay().load({"id": str(owed.id)}), now)["dues"]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    area=st.integers(10, 2_000),
    last_bill=st.one_of(st.none(), st.dates(date(2025, 4, 1), date(2025, 9, 30))),
    before=st.integers(0, 150),
    before_on=st.integers(0, 150),
    billed_on=st.dates(date(2026, 4, 1), date(2026, 5, 31)),
    place=st.floats(0, 1),
    minute=st.integers(0, 24 * 60 - 1),
)
def test_who_pays_what_the_code_says_until_its_day_owes_nothing(
    database, area, last_bill, before, before_on, billed_on, place, minute
):
    """Whatever was owed or in credit before, and at whatever minute of whichever day in India."""
    clear(database)
    floor = FLOOR | {"area_sqm": str(area)}
    owed = register(database, at(date(2020, 4, 1)), floors=[floor])
    if last_bill is not None:
        earlier = bill(database, owed, "2025-26", at(last_bill))
        if amount := earlier.amount_paise * before // 100:
            paid(database, owed, amount, "BEFORE", now=at(last_bill + timedelta(days=before_on)))
    raised = bill(database, owed, now=at(billed_on))
    said = document_of(database, raised)
    if said.rebate is not None and said.to_pay_paise:
        amount = said.early_paise
        last = said.rebate.until
        assert amount < said.to_pay_paise
    else:
        # The other amount is as of the bill's day.
        amount, last = said.to_pay_paise, billed_on
    first = billed_on if said.rebate is None or said.rebate.since is None else said.rebate.since
    day = first + timedelta(days=round((last - first).days * place))
    now = max(at(day, *divmod(minute, 60)), at(billed_on, 11, 1))
    if amount:
        paid(database, owed, amount, "CODE", now=now)
    assert owes(database, owed, now) == []


def test_arrears_bear_interest_until_the_rebates_day_and_the_code_has_it(database):
    clear(database)
    owed = register(database, at(date(2020, 4, 1)))
    for year in (2024, 2025):
        bill(database, owed, f"{year}-{year - 1999}", at(date(year, 8, 1)))
    raised = bill(database, owed, now=at(date(2026, 4, 1)))
    said = document_of(database, raised)
    assert said.rebate is None, "two months of interest are more than the rebate: none is promised"
    clear(database)
    owed = register(database, at(date(2020, 4, 1)))
    earlier = bill(database, owed, "2025-26", at(date(2025, 8, 1)))
    paid(database, owed, earlier.amount_paise * 9 // 10, "B", now=at(date(2025, 8, 2)))
    raised = bill(database, owed, now=at(date(2026, 4, 1)))
    said = document_of(database, raised)
    assert said.rebate is not None
    assert 0 < said.rebate.interest_paise < said.rebate.paise
    assert said.early_paise == (said.to_pay_paise - said.rebate.paise + said.rebate.interest_paise)


def test_a_window_that_begins_after_the_bill_is_named_with_its_first_day(database):
    clear(database)
    owed = register(database, at(date(2020, 4, 1)))
    raised = bill(database, owed, "2025-26", at(date(2025, 4, 2)))
    said = document_of(database, raised)
    assert said.rebate is not None
    assert (said.rebate.since, said.rebate.until) == (date(2025, 5, 1), date(2025, 6, 30))
    paid(database, owed, said.early_paise, "CODE", now=at(date(2025, 5, 1)))
    assert owes(database, owed, at(date(2025, 5, 1))) == []
