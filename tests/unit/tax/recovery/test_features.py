"""What a history says before a day: nothing of that day, or later, is in it."""

import math
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.tax.domain.recovery import (
    Act,
    Action,
    Amnesty,
    Credit,
    Dispute,
    Due,
    Facts,
    History,
    Threshold,
)
from services.tax.recovery.examples import decision_days, gather, taken
from services.tax.recovery.features import FEATURES, features

DAY = date(2025, 6, 5)
FACTS = Facts(date(2015, 4, 1), "residential", "east", "zone-1", "person", date(2010, 1, 1))
BILL = Due(date(2024, 4, 1), date(2024, 4, 1), date(2024, 7, 1), 1_000_000)

after = st.integers(0, 700).map(lambda days: DAY + timedelta(days=days))
before = st.integers(1, 1500).map(lambda days: DAY - timedelta(days=days))
paise = st.integers(1, 10**8)
dues = st.builds(lambda on, amount: Due(on, on, on + timedelta(days=90), amount), before, paise)
payments = st.builds(lambda on, amount: Credit(on, on, amount), before, paise)
acts = st.builds(
    lambda on, action, told: Act(on, action, "delivered", on + timedelta(days=told)),
    before,
    st.sampled_from([Action.MESSAGE, Action.CALL, Action.NOTICE]),
    st.integers(0, 30),
)
disputes = st.builds(
    lambda on, days: Dispute(on, on + timedelta(days=days)), before, st.integers(1, 900)
)
later_dues = st.builds(lambda on, amount: Due(on, on, on, amount), after, paise)
later_payments = st.builds(lambda on, amount: Credit(on, on, amount), after, paise)
told_later = st.builds(lambda on, known, amount: Credit(on, known, amount), before, after, paise)
bounces_later = st.builds(
    lambda on, known, amount: Credit(on, known, -amount, "bounce"), before, after, paise
)
later_acts = st.builds(lambda on: Act(on, Action.CALL, "refused", on), after)
later_disputes = st.builds(Dispute, after)


def of(**parts) -> History:
    return History(
        "P",
        parts.get("facts", [FACTS]),
        sorted(parts.get("dues", [])),
        sorted(parts.get("credits", [])),
        sorted(parts.get("acts", []), key=lambda each: each.on),
        sorted(parts.get("disputes", []), key=lambda each: each.opened_on),
    )


def same(one: list[float], other: list[float]) -> bool:
    return all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(one, other, strict=True))


def named(history: History, day: date = DAY, **options) -> dict[str, float]:
    return dict(zip(FEATURES, features(history, day, **options), strict=True))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(dues, max_size=8),
    st.lists(payments, max_size=8),
    st.lists(acts, max_size=8),
    st.lists(disputes, max_size=3),
    st.lists(later_dues, max_size=4),
    st.lists(later_payments | told_later | bounces_later, max_size=6),
    st.lists(later_acts, max_size=4),
    st.lists(later_disputes, max_size=2),
)
def test_the_future_changes_no_feature(
    then_dues, then_paid, then_acts, then_disputes, dues_, paid, acts_, disputes_
):
    past = of(
        dues=then_dues,
        credits=then_paid,
        acts=[each if each.told_on < DAY else each._replace(outcome=None) for each in then_acts],
        disputes=[
            each if each.closed_on < DAY else each._replace(closed_on=None)
            for each in then_disputes
        ],
    )
    with_future = of(
        facts=[FACTS, FACTS._replace(known_on=DAY, use="commercial", reachable=False)],
        dues=[*then_dues, *dues_],
        credits=[*then_paid, *paid],
        acts=[*then_acts, *acts_],
        disputes=[*then_disputes, *disputes_],
    )
    later = Amnesty(DAY, DAY, DAY + timedelta(days=30))
    assert same(features(past, DAY), features(with_future, DAY, [later]))


def test_what_is_of_the_day_itself_is_not_known_yet():
    paid_today = of(dues=[BILL], credits=[Credit(DAY, DAY, 400_000)])
    assert named(paid_today)["payments_year"] == 0
    assert named(paid_today, DAY + timedelta(days=1))["payments_year"] == 1


def test_a_cheque_that_bounces_later_was_a_payment_until_then():
    paid_on, back = date(2025, 5, 20), date(2025, 6, 5)
    history = of(
        dues=[BILL],
        credits=[Credit(paid_on, paid_on, 1_000_000), Credit(paid_on, back, -1_000_000, "bounce")],
    )
    assert history.before(DAY).owed_paise == 0
    assert history.before(DAY + timedelta(days=1)).owed_paise == 1_000_000
    assert named(history, DAY + timedelta(days=1))["bounced"] == 1


def test_what_is_owed_and_how_old_it_is():
    history = of(dues=[BILL], credits=[Credit(date(2024, 8, 1), date(2024, 8, 1), 400_000)])
    found = named(history)
    assert math.expm1(found["log_owed"]) == pytest.approx(6000)
    assert 11 < found["oldest_months"] < 11.3
    assert found["overdue_share"] == 1
    assert found["on_time_share"] == 0
    assert found["part_share"] == 1
    assert found["last_payment_share"] == 0.4


def test_an_answer_is_counted_once_its_time_is_over():
    call = Act(date(2025, 2, 5), Action.CALL, "promised", date(2025, 2, 5))
    fresh = Act(date(2025, 5, 5), Action.CALL, "promised", date(2025, 5, 5))
    paid = Credit(date(2025, 3, 1), date(2025, 3, 1), 500_000)
    found = named(of(dues=[BILL], credits=[paid], acts=[call, fresh]))
    assert found["calls_2_years"] == 2
    assert found["call_answered"] == 1
    assert found["promises"] == 2
    assert found["promises_kept"] == 1


def test_an_amnesty_is_known_from_the_day_after_its_announcement():
    announced = Amnesty(DAY - timedelta(days=1), DAY, DAY + timedelta(days=9))
    assert named(of(dues=[BILL]), amnesties=[announced])["amnesty_days_left"] == 10
    today = announced._replace(announced_on=DAY)
    assert named(of(dues=[BILL]), amnesties=[today])["amnesty_days_left"] == 0


def test_neither_ward_nor_zone_is_a_feature():
    here = of(dues=[BILL])
    there = of(facts=[FACTS._replace(ward="west", zone="zone-4")], dues=[BILL])
    assert same(features(here, DAY), features(there, DAY))


def test_what_counts_as_paid_is_never_more_than_what_is_owed():
    threshold = Threshold(percent=20, at_least_paise=50_000, days=60)
    assert threshold.of(1_000_000) == 200_000
    assert threshold.of(100_000) == 50_000
    assert threshold.of(30_000) == 30_000


def test_an_example_counts_what_came_from_the_day_on_and_not_what_bounced():
    act = Act(DAY, Action.NOTICE, "served", DAY)
    credits = [
        Credit(DAY - timedelta(days=1), DAY - timedelta(days=1), 1),
        Credit(DAY, DAY, 300_000),
        Credit(DAY + timedelta(days=60), DAY + timedelta(days=60), 50_000),
        Credit(DAY + timedelta(days=61), DAY + timedelta(days=61), 7),
        Credit(DAY, DAY + timedelta(days=9), -100_000, "bounce"),
    ]
    history = of(dues=[BILL], credits=credits, acts=[act])
    threshold = Threshold(percent=20, at_least_paise=50_000, days=60)
    found = gather([history], [DAY], threshold, 100_000)
    assert len(found) == 1
    assert found.paid.tolist() == [250_000]
    assert found.pays(threshold).tolist() == [True]
    assert taken(history, DAY) is Action.NOTICE
    assert decision_days(each.on for each in history.acts) == [DAY]


def test_who_disputes_or_owes_little_is_no_example():
    threshold = Threshold(percent=20, at_least_paise=50_000, days=60)
    disputing = of(dues=[BILL], disputes=[Dispute(date(2025, 5, 1))])
    little = of(dues=[BILL._replace(paise=90_000)])
    not_late = of(dues=[BILL._replace(late_from=DAY + timedelta(days=1))])
    assert len(gather([disputing, little, not_late], [DAY], threshold, 100_000)) == 0
