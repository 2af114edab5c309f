"""What a city writes of its channels and banks is checked, each mistake with its place."""

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from palika.reading import Mistakes
from services.tax.domain.channels import banks, channels
from services.tax.reference import banks as shipped_banks
from services.tax.reference import channels as shipped
from services.tax.reference import read_data
from tests.support.taxes import APRIL


def found(name: str, build: Callable[[Any], Any], change: Callable[[Any], None]) -> list[str]:
    raw = copy.deepcopy(read_data(name))
    change(raw)
    with pytest.raises(Mistakes) as refused:
        build(raw)
    return [place for place, _ in refused.value.found]


def test_what_is_shipped_is_right():
    assert shipped().cheques.valid_months == 3
    assert set(shipped_banks().layouts) == {"hdfc-style", "sbi-style"}


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("receipts, prefix", lambda raw: raw["receipts"].update(prefix="rc")),
        ("receipts, places, ONLINE", lambda raw: raw["receipts"]["places"].update(ONLINE={})),
        ("gateway, ask_after_min", lambda raw: raw["gateway"].update(ask_after_min=0)),
        ("office, back_date_days", lambda raw: raw["office"].update(back_date_days=-1)),
        ("counter, cashiers", lambda raw: raw["counter"].update(cashiers=[])),
        ("counter", lambda raw: raw["counter"].pop("supervisors")),
        ("cash, 1", lambda raw: raw.update(cash=["a lot"])),
        ("cheques, valid_months", lambda raw: raw["cheques"].update(valid_months=0)),
        ("cheques, reasons, 1", lambda raw: raw["cheques"]["reasons"].update({1: {}})),
        ("matching, weights", lambda raw: raw["matching"]["weights"].update(name=11)),
        ("matching, posting", lambda raw: raw["matching"].update(posting="always")),
        (
            "matching, references, bill, 1",
            lambda raw: raw["matching"]["references"].update(bill=["("]),
        ),
        ("file", lambda raw: raw.update(cards={})),
    ],
)
def test_each_mistake_of_the_channels_is_told_with_its_place(place, change):
    assert place in found("channels.yaml", channels, change)


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("layouts, hdfc-style, delimiter", lambda one: one.update(delimiter="x")),
        ("layouts, hdfc-style, columns", lambda one: one["columns"].pop("credit")),
        ("layouts, hdfc-style, head", lambda one: one["head"].pop("opening")),
        ("layouts, hdfc-style, foot", lambda one: one["foot"].pop("closing")),
        ("layouts, hdfc-style, utr, 1", lambda one: one.update(utr=["["])),
        ("layouts, hdfc-style", lambda one: one.update(color="blue")),
    ],
)
def test_each_mistake_of_a_bank_is_told_with_its_place(place, change):
    assert place in found("banks.yaml", banks, lambda raw: change(raw["layouts"]["hdfc-style"]))


def test_an_order_is_asked_for_ever_more_seldom_and_once_when_it_expires():
    asking = shipped().asking
    ends = APRIL + asking.expires_after
    waits, now = [], APRIL
    while now < ends:
        then = asking.next(len(waits), now, ends)
        waits.append(then - now)
        now = then
    assert waits[0] == timedelta(minutes=5)
    assert waits[:-1] == sorted(waits[:-1])
    assert max(waits) == timedelta(minutes=120)
    assert now == ends
