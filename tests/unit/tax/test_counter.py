"""Counters and cheques: what is taken, what is counted, who closes."""

from datetime import date

import pytest

from palika.errors import Conflict, Forbidden, Invalid
from services.tax.domain import counter
from services.tax.domain.counter import Cheque, ChequeState, SessionState
from services.tax.domain.receipts import Series, parse, series
from services.tax.reference import channels

RULES = channels().cheques
CASH = channels().cash
TODAY = date(2026, 4, 10)
GOOD = Cheque("123456", "411002003", "SBIN0000454", "State Bank of India", date(2026, 4, 8))


@pytest.mark.parametrize(
    ("dated", "why"),
    [
        (date(2026, 4, 10), None),
        (date(2026, 4, 11), "dated ahead"),
        (date(2026, 1, 13), None),
        (date(2026, 1, 12), "would not reach the bank in time"),
        (date(2026, 1, 10), "would not reach the bank in time"),
        (date(2026, 1, 9), "is stale: it was payable to 2026-04-09"),
        (date(2016, 4, 10), "is stale"),
    ],
)
def test_a_cheque_is_taken_for_three_months_less_the_way_to_the_bank(dated, why):
    cheque = Cheque(GOOD.number, GOOD.micr, GOOD.ifsc, GOOD.bank, dated)
    if why is None:
        cheque.check(RULES, TODAY)
    else:
        with pytest.raises(Invalid, match=why) as refused:
            cheque.check(RULES, TODAY)
        assert list(refused.value.fields) == ["dated"]


def test_each_thing_that_is_wrong_on_a_cheque_is_told():
    with pytest.raises(Invalid) as refused:
        Cheque("12345", "41100200", "SBIN1000454", "SBI", date(2026, 5, 1)).check(RULES, TODAY)
    assert list(refused.value.fields) == ["number", "micr", "ifsc", "dated"]


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2025, 11, 30), 3, date(2026, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2026, 10, 31), 3, date(2027, 1, 31)),
        (date(2026, 1, 15), 3, date(2026, 4, 15)),
    ],
)
def test_three_months_end_on_the_same_day_or_the_months_last(day, months, then):
    assert counter.add_months(day, months) == then


def test_a_cheque_goes_its_way():
    may = {
        (ChequeState.IN_HAND, ChequeState.DEPOSITED),
        (ChequeState.IN_HAND, ChequeState.GIVEN_BACK),
        (ChequeState.DEPOSITED, ChequeState.CLEARED),
        (ChequeState.DEPOSITED, ChequeState.BOUNCED),
        (ChequeState.CLEARED, ChequeState.BOUNCED),
    }
    for state in ChequeState:
        for then in ChequeState:
            if (state, then) in may:
                counter.check_step("123456", state, then)
            else:
                with pytest.raises(Conflict):
                    counter.check_step("123456", state, then)


def test_cash_is_counted_by_its_pieces():
    assert counter.count_cash({500_00: 3, 10_00: 2, 1_00: 7}, CASH) == 1_527_00
    assert counter.count_cash({}, CASH) == 0


@pytest.mark.parametrize(
    "pieces", [{1000_00: 1}, {500_00: -1}, {500_00: 1.0}, {500_00: True}, {500_00: 10**9}, {0: 1}]
)
def test_what_is_no_count_is_refused(pieces):
    with pytest.raises(Invalid):
        counter.count_cash(pieces, CASH)


def test_a_difference_must_be_explained():
    def off(**explanations: str) -> list[counter.Difference]:
        return counter.compare({"cash": 500_00}, {"cash": 480_00, "cheque": 0}, explanations)

    assert [(each.mode, each.paise) for each in off()] == [("cash", -20_00), ("cheque", 0)]
    for nothing in ({}, {"cash": ""}, {"cash": "  "}, {"cheque": "that one is right"}):
        with pytest.raises(Invalid, match=r"cash.*difference: -₹20\.00"):
            counter.check_explained(off(**nothing))
    counter.check_explained(off(cash="two notes of ten given out too many"))
    counter.check_explained(counter.compare({"cash": 1}, {"cash": 1}, {}))
    with pytest.raises(Invalid):
        counter.compare({}, {"cash": -1}, {})
    with pytest.raises(Invalid):
        counter.compare({}, {"gold": 1}, {})


def test_nothing_is_added_after_the_count_or_on_another_day():
    counter.check_open(SessionState.OPEN, TODAY, TODAY)
    for state in (SessionState.COUNTED, SessionState.CLOSED):
        with pytest.raises(Conflict):
            counter.check_open(state, TODAY, TODAY)
    with pytest.raises(Conflict, match="must be closed first"):
        counter.check_open(SessionState.OPEN, date(2026, 4, 9), TODAY)


def test_a_second_person_closes():
    counter.check_closer(SessionState.COUNTED, "officer:a", "supervisor:b")
    with pytest.raises(Forbidden):
        counter.check_closer(SessionState.COUNTED, "officer:a", "officer:a")
    for state in (SessionState.OPEN, SessionState.CLOSED):
        with pytest.raises(Conflict):
            counter.check_closer(state, "officer:a", "supervisor:b")


def test_a_receipt_is_of_the_financial_year_in_which_it_is_given():
    assert series("RC", "BANER", date(2026, 3, 31)) == Series("RC", "2025-26", "BANER")
    assert series("RC", "BANER", date(2026, 4, 1)).number(7) == "RC/2026-27/BANER/000007"
    assert parse("RC/2026-27/BANER/000007") == (Series("RC", "2026-27", "BANER"), 7)
    assert parse(Series("RC", "2026-27", "ONLINE").number(12_345_678))[1] == 12_345_678


@pytest.mark.parametrize("number", ["", "RC/2026-27/BANER/000000", "RC-1", "RC/2026-27/b/000001"])
def test_what_is_no_receipt(number):
    with pytest.raises(Invalid):
        parse(number)


@pytest.mark.parametrize(("prefix", "place"), [("rc", "BANER"), ("RC", "B"), ("RC", "BANER/2")])
def test_what_is_no_series(prefix, place):
    with pytest.raises(Invalid):
        series(prefix, place, TODAY)
