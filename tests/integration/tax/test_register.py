"""Orders about properties: each dated, none overwrites the past, and the tax follows."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from palika.errors import Conflict, Invalid
from services.tax.commands.reassess import claim, demolish, reassess
from services.tax.domain.ledger.interest import accrued
from services.tax.models import LedgerEntry, PropertyState, RegisterOrder
from services.tax.queries import register as registers
from services.tax.reference import rules
from services.tax.schemas.changing import Claiming, Demolishing, Reassessing, WhatIf
from tests.support.registers import book, done, entries, property_of, seen
from tests.support.taxes import APRIL, FLOOR, YEARLY, bill, paid, recorded, register

JUNE = datetime(2026, 6, 10, 6, tzinfo=UTC)
BIGGER = FLOOR | {"area_sqm": "100.00"}
WHOLE = {"ward": "aundh-baner", "zone": "zone-2", "address": "1, Baner Road", "floors": [BIGGER]}


def order(number: str = "TAX/R/1", **args):
    return {"number": "P/1/0001", "order_number": number, "grounds": "measured anew"} | args


def state(begins: str, **args):
    return {"effective_from": begins} | args


def reassessed(sessions, *states, number="TAX/R/1", now=JUNE, **args):
    given = order(number, states=list(states), **args)
    return done(sessions, reassess, Reassessing, given, now)


def counts(sessions) -> tuple[int, ...]:
    with sessions() as session:
        return tuple(
            session.scalars(select(func.count()).select_from(model)).one()
            for model in (LedgerEntry, PropertyState, RegisterOrder)
        )


# ---- what was billed is revised


def test_a_larger_floor_raises_the_tax_of_both_halves_of_the_billed_year(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    shown = reassessed(sessions, state("2026-04-01", floors=[BIGGER]))
    assert [each["half_year"] for each in shown["half_years"]] == ["2026-27/1", "2026-27/2"]
    assert shown["half_years"][0]["was_paise"] == YEARLY // 2
    assert shown["difference_paise"] > 0
    assert shown["balance_paise"] == YEARLY + shown["difference_paise"]
    charged = book(sessions, "P/1/0001").charged
    assert sum(charged.values()) == YEARLY + shown["difference_paise"]


def test_what_is_raised_is_late_as_if_it_were_billed_on_the_day_of_the_order(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    shown = reassessed(sessions, state("2026-04-01", floors=[BIGGER]))
    # Three months from 10 June; the second half's is 1 January in any case.
    assert [each["late_from"] for each in shown["half_years"]] == ["2026-09-11", "2027-01-01"]
    paid(sessions, owed, YEARLY // 2, "UPI-1", now=JUNE + timedelta(hours=1))
    by_september = book(sessions, "P/1/0001", date(2026, 9, 10))

    assert accrued(by_september, date(2026, 9, 10), rules(date(2026, 9, 10)).interest) == {}
    assert accrued(by_september, date(2026, 9, 11), rules(date(2026, 9, 11)).interest)


def test_a_smaller_floor_lowers_what_was_billed_and_what_was_paid_too_much_is_credit(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    paid(sessions, owed, YEARLY, "UPI-1", now=APRIL + timedelta(days=62))
    shown = reassessed(sessions, state("2026-04-01", floors=[FLOOR | {"area_sqm": "50.00"}]))
    assert shown["difference_paise"] < 0
    assert shown["advance_paise"] == -shown["difference_paise"]
    assert book(sessions, "P/1/0001").open() == {}


def test_interest_on_what_was_demanded_too_much_falls_away(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    october = datetime(2026, 10, 5, 6, tzinfo=UTC)
    reassessed(sessions, state("2026-04-01", floors=[FLOOR | {"area_sqm": "50"}]), now=october)
    tax = sum(
        paise
        for (half, head), paise in book(sessions, "P/1/0001").charged.items()
        if half.half == 1 and head != "interest"
    )
    interest = sum(
        paise
        for (_, head), paise in book(sessions, "P/1/0001").charged.items()
        if head == "interest"
    )
    # Four months have begun since 2 July, 2 % each, a rupee's rounding each.
    assert abs(interest - tax * 8 // 100) <= 4 * 50


def test_an_order_from_within_a_half_year_holds_from_the_next_one(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    shown = reassessed(sessions, state("2026-05-01", floors=[BIGGER]))
    assert [each["half_year"] for each in shown["half_years"]] == ["2026-27/2"]


def test_the_preview_gives_the_same_figures_and_writes_nothing(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    before = counts(sessions)
    args = {"number": "P/1/0001", "states": [state("2026-04-01", floors=[BIGGER])]}
    with sessions() as session:
        preview = registers.what_if(session, WhatIf().load(args), JUNE)
    assert counts(sessions) == before
    shown = reassessed(sessions, state("2026-04-01", floors=[BIGGER]))
    assert preview == {name: shown[name] for name in preview}


def test_the_event_says_which_half_years_and_how_much(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    shown = reassessed(sessions, state("2026-04-01", floors=[BIGGER]))
    (told,) = recorded(sessions, "tax.reassessed.v1")
    assert (told.subject, told.sequence) == (str(owed.id), 2)
    assert told.data["half_years"] == [20261, 20262]
    assert told.data["difference_paise"] == shown["difference_paise"]
    assert told.data["kind"] == "reassessment"


# ---- the past stays


def test_what_was_known_at_a_moment_stays_known(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    reassessed(sessions, state("2026-04-01", floors=[BIGGER]))
    now = seen(sessions, "P/1/0001", JUNE, on="2026-05-01")
    then = seen(sessions, "P/1/0001", JUNE, on="2026-05-01", known_at="2026-06-09T00:00:00Z")
    before = seen(sessions, "P/1/0001", JUNE, on="2026-03-31")
    assert now["state"]["floors"][0]["area_sqm"] == "100.00"
    assert then["state"]["floors"][0]["area_sqm"] == "62.50"
    assert before["state"]["floors"][0]["area_sqm"] == "62.50"
    assert [each["kind"] for each in then["orders"]] == ["registration"]
    assert [each["kind"] for each in now["orders"]] == ["registration", "reassessment"]
    assert seen(sessions, "P/1/0001", JUNE, on="2015-03-31")["state"] is None


def test_the_history_is_told_in_both_languages(sessions):
    register(sessions)
    reassessed(sessions, state("2026-04-01", floors=[BIGGER | {"use": "commercial"}]))
    last = seen(sessions, "P/1/0001", JUNE)["orders"][-1]
    assert last["called"] == {"mr": "फेरआकारणी", "en": "reassessment"}
    words = last["states"][0]["words"]
    assert words["en"][1].startswith("new: Ground: 100.00 sq m, commercial")
    assert words["mr"][1].startswith("नवीन: Ground: 100.00 चौ.मी., व्यापारी")


def test_an_order_that_reaches_back_over_a_later_one_says_what_holds_then(sessions):
    owed = register(sessions)
    reassessed(sessions, state("2024-04-01", floors=[BIGGER]), number="TAX/R/1")
    back = FLOOR | {"area_sqm": "70.00"}
    with pytest.raises(Conflict, match="2024-04-01"):
        reassessed(sessions, state("2020-04-01", floors=[back]), number="TAX/R/2")
    reassessed(
        sessions,
        state("2020-04-01", floors=[back]),
        state("2024-04-01", floors=[BIGGER, back]),
        number="TAX/R/3",
    )

    def floors(on):
        shown = seen(sessions, "P/1/0001", JUNE, on=on)["state"]["floors"]
        return [each["area_sqm"] for each in shown]

    assert floors("2019-04-01") == ["62.50"]
    assert floors("2023-04-01") == ["70.00"]
    assert floors("2024-04-01") == ["100.00", "70.00"]
    assert property_of(sessions, "P/1/0001").version == 3
    assert owed.version == 1


def test_two_orders_at_once_come_one_after_the_other(sessions):
    owed = register(sessions)
    bill(sessions, owed)

    def run(n: int):
        floors = [FLOOR | {"area_sqm": f"{100 + n}.00"}]
        return reassessed(sessions, state("2026-04-01", floors=floors), number=f"TAX/R/{n}")

    with ThreadPoolExecutor(4) as pool:
        shown = list(pool.map(run, range(4)))
    assert len({each["balance_paise"] for each in shown}) == 4
    assert property_of(sessions, "P/1/0001").version == 5
    sums = book(sessions, "P/1/0001")
    last = seen(sessions, "P/1/0001", JUNE)["state"]["floors"][0]["area_sqm"]
    (right,) = [
        each["balance_paise"]
        for each in shown
        if last == f"{100 + int(each['order_number'][-1])}.00"
    ]
    assert sum(sums.receivable.values()) == right


def test_what_an_order_says_of_a_day_holds_on_its_later_days_too(sessions):
    register(sessions)
    solar = state("2026-04-01", claims=["solar"])
    reassessed(sessions, solar, state("2025-04-01", floors=[BIGGER]))
    shown = seen(sessions, "P/1/0001", JUNE)["state"]
    assert (shown["floors"][0]["area_sqm"], shown["claims"]) == ("100.00", ["solar"])
    # Where it is known to have changed, what is not said is as that change left it.
    ground = state("2024-04-01", floors=[FLOOR | {"area_sqm": "70.00"}])
    later = [state("2025-04-01"), state("2026-04-01")]
    reassessed(sessions, ground, *later, number="TAX/R/2")
    shown = seen(sessions, "P/1/0001", JUNE)["state"]
    assert (shown["floors"][0]["area_sqm"], shown["claims"]) == ("100.00", ["solar"])


# ---- what is refused


@pytest.mark.parametrize(
    ("field", "states"),
    [
        ("ward", [state("2026-04-01", ward="16")]),
        ("zone", [state("2026-04-01", zone="zone-9")]),
        ("floors, 1, use", [state("2026-04-01", floors=[FLOOR | {"use": "palace"}])]),
        ("claims, 1", [state("2026-04-01", claims=["poverty"])]),
        ("effective_from", [state("2026-06-11", floors=[BIGGER])]),
        ("effective_from", [state("1849-12-31", **WHOLE)]),
        ("floors, 1, built_in", [state("2026-06-01", floors=[BIGGER | {"built_in": 2027}])]),
    ],
)
def test_what_cannot_be_is_refused_by_field_and_nothing_is_written(sessions, field, states):
    register(sessions)
    before = counts(sessions)
    with pytest.raises(Invalid) as refused:
        reassessed(sessions, *states)
    assert list(refused.value.fields) == [field]
    assert counts(sessions) == before


def test_an_order_that_changes_nothing_or_has_anothers_number_is_refused(sessions):
    register(sessions)
    with pytest.raises(Conflict, match="changes nothing"):
        reassessed(sessions, state("2026-04-01", floors=[FLOOR]))
    reassessed(sessions, state("2026-04-01", floors=[BIGGER]))
    with pytest.raises(Conflict, match="TAX/R/1"):
        reassessed(sessions, state("2026-04-01", floors=[FLOOR]))


def test_an_order_of_a_day_to_come_is_refused(sessions):
    register(sessions)
    with pytest.raises(Invalid) as refused:
        reassessed(sessions, state("2026-04-01", floors=[BIGGER]), order_date="2026-06-11")
    assert list(refused.value.fields) == ["order_date"]


# ---- claims and demolition


def claims(sessions, number="TAX/C/1", now=JUNE, **args):
    given = {"number": "P/1/0001", "order_number": number, "effective_from": "2026-04-01"} | args
    return done(sessions, claim, Claiming, given, now)


def test_a_concession_is_granted_from_a_day_for_the_fee_of_its_form(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    shown = claims(sessions, grants=["self_occupied"])
    # 40 % off the letting value before the repairs, back to the bill; the form PT-3 costs ₹25.
    assert shown["difference_paise"] < -YEARLY * 35 // 100
    assert shown["fee_paise"] == 25_00
    assert (
        book(sessions, "P/1/0001").charged[
            next(key for key in book(sessions, "P/1/0001").charged if key[1] == "fee_claim")
        ]
        == 25_00
    )
    with pytest.raises(Conflict, match="changes nothing"):
        claims(sessions, "TAX/C/2", grants=["self_occupied"])
    back = claims(sessions, "TAX/C/3", ends=["self_occupied"])
    assert back["difference_paise"] == -shown["difference_paise"]
    assert back["fee_paise"] == 0


def test_a_claim_holds_in_later_states_too(sessions):
    register(sessions)
    reassessed(sessions, state("2025-04-01", floors=[BIGGER]))
    claims(sessions, effective_from="2024-04-01", grants=["solar"])
    for day, area in (("2024-04-01", "62.50"), ("2026-04-01", "100.00")):
        shown = seen(sessions, "P/1/0001", JUNE, on=day)["state"]
        assert (shown["claims"], shown["floors"][0]["area_sqm"]) == (["solar"], area)


PLOT = {"floor": "Plot", "area_sqm": "80.00", "use": "open_plot", "occupancy": "vacant"}


def demolished(sessions, **args):
    given = order("TAX/D/1", effective_from="2026-05-15") | args
    return done(sessions, demolish, Demolishing, given, JUNE)


def test_what_is_demolished_is_assessed_no_more_from_the_next_half_year_on(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    shown = demolished(sessions)
    assert [(each["half_year"], each["right_paise"]) for each in shown["half_years"]] == [
        ("2026-27/2", 0)
    ]
    assert shown["balance_paise"] == YEARLY // 2
    assert property_of(sessions, "P/1/0001").status == "demolished"
    with pytest.raises(Conflict, match="is demolished"):
        reassessed(sessions, state("2026-06-01", floors=[FLOOR]))
    with pytest.raises(Conflict, match="is demolished"):
        demolished(sessions, order_number="TAX/D/2", effective_from="2026-06-01")


def test_what_was_demolished_can_be_assessed_anew_for_the_days_before(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    demolished(sessions)
    shown = reassessed(sessions, state("2026-04-01", floors=[BIGGER]))
    assert [each["half_year"] for each in shown["half_years"]] == ["2026-27/1"]
    assert shown["difference_paise"] > 0
    gone = property_of(sessions, "P/1/0001")
    assert (gone.status, gone.use) == ("demolished", None)
    assert seen(sessions, "P/1/0001", JUNE, on="2026-05-14")["state"]["status"] == "active"


def test_a_demolition_turns_out_to_have_been_earlier(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    demolished(sessions)
    shown = demolished(sessions, order_number="TAX/D/2", effective_from="2026-03-15")
    assert [each["right_paise"] for each in shown["half_years"]] == [0]
    assert sum(book(sessions, "P/1/0001").receivable.values()) == 0


def test_an_open_plot_may_stay(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    shown = demolished(sessions, plot=PLOT)
    assert 0 < shown["half_years"][0]["right_paise"] < YEARLY // 2
    gone = property_of(sessions, "P/1/0001")
    assert (gone.status, gone.use) == ("active", "open_plot")
    with pytest.raises(Invalid, match="open_plot"):
        demolished(sessions, plot=FLOOR, order_number="TAX/D/2")


def test_an_open_plot_as_the_register_shows_it_is_taken_again(sessions):
    register(sessions)
    demolished(sessions, plot=PLOT)
    (shown,) = seen(sessions, "P/1/0001", JUNE)["state"]["floors"]
    assert (shown["class"], shown["built_in"]) == (None, None)
    larger = shown | {"area_sqm": "90.00"}
    reassessed(sessions, state("2026-06-01", floors=[larger]))
    assert seen(sessions, "P/1/0001", JUNE)["state"]["floors"] == [larger]
    with pytest.raises(Invalid) as refused:
        reassessed(sessions, state("2026-06-01", floors=[FLOOR | {"class": None}]), number="X")
    assert refused.value.fields == {"floors, 1": ["class missing"]}


def test_a_demand_that_is_raised_and_lowered_back_is_what_it_was(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    reassessed(sessions, state("2026-04-01", floors=[BIGGER]))
    reassessed(sessions, state("2026-04-01", floors=[FLOOR]), number="TAX/R/2")
    assert sum(book(sessions, "P/1/0001").receivable.values()) == YEARLY
    references = {each.reference for each in entries(sessions, "P/1/0001")}
    assert {"TAX/R/1", "TAX/R/2"} < references
