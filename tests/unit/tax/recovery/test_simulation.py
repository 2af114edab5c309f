"""A rule is simulated: who gains, what is forgone, what comes in; the parts add up to the whole."""

import json
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from palika import cli
from palika.errors import Invalid
from palika.text import Name
from services.tax.domain.amnesty import Offer, Scheme
from services.tax.domain.half_year import HalfYear
from services.tax.domain.history import Basis
from services.tax.domain.rounding import Rounding
from services.tax.domain.simulation import SIZES, Position, Sums, TakeUp, of_amnesty, size_of
from services.tax.recovery.positions import made_up

OPENS, CLOSES, DAY = date(2026, 12, 15), date(2027, 1, 15), date(2026, 12, 31)
OLD, NEW = HalfYear(2025, 1), HalfYear(2026, 1)
BASIS = Basis(OPENS, OPENS, None, True)
SCHEME = Scheme(
    "abhay", Name("अभय", "Amnesty"), HalfYear(2025, 2), True,
    (Offer(OPENS, CLOSES, Fraction(75), BASIS),),
)  # fmt: skip
RUPEE = Rounding(100)


def takes(part: int, anyway: int) -> TakeUp:
    codes = [code for code, _ in SIZES]
    return TakeUp(
        "t",
        "b",
        dict.fromkeys(codes, Fraction(part, 100)),
        dict.fromkeys(codes, Fraction(anyway, 100)),
    )


def run(*positions: Position, part: int = 50, anyway: int = 10, scheme: Scheme = SCHEME):
    return of_amnesty(positions, scheme, DAY, DAY, RUPEE, takes(part, anyway))


ONE = Position("east", "residential", {OLD: 1000_00, NEW: 40_00}, {OLD: 5000_00, NEW: 2000_00})


def test_one_who_gains():
    found = run(ONE)
    assert found.looked_at == found.owing == found.all.count == 1
    assert found.all.given == 750_00
    # What the scheme is for has to be paid, and not what is newer.
    assert found.all.to_pay == 5000_00 + 250_00
    assert found.all.forgone == 375_00
    assert found.all.collected == 2625_00
    assert found.all.anyway == 600_00
    assert found.all.gift == 75_00
    assert found.all.more == 2025_00
    assert found.break_even == Fraction(600_00, 5250_00)


def test_who_would_pay_anyway_takes_it_too():
    found = run(ONE, part=5, anyway=20)
    assert found.all.forgone == found.all.gift == 150_00
    assert found.all.more == -150_00


def test_who_owes_no_old_interest_gains_nothing():
    settled = Position("east", "residential", {}, {})
    newly = Position("east", "residential", {NEW: 40_00}, {NEW: 2000_00})
    found = run(settled, newly)
    assert (found.looked_at, found.owing, found.all.count) == (2, 1, 0)
    assert found.break_even is None


def test_dues_above_the_schemes_limit_gain_nothing():
    limited = Scheme("abhay", SCHEME.name, SCHEME.arrears_to, True, SCHEME.offers, 8000_00)
    assert run(ONE, scheme=limited).all.count == 0
    more = Scheme("abhay", SCHEME.name, SCHEME.arrears_to, True, SCHEME.offers, 8040_01)
    assert run(ONE, scheme=more).all.count == 1


def test_a_day_on_which_it_is_not_open_is_refused():
    with pytest.raises(Invalid, match="not open on 2026-12-14"):
        of_amnesty([], SCHEME, date(2026, 12, 14), DAY, RUPEE, takes(1, 1))


def test_the_parts_add_up_to_the_whole():
    city = made_up(3000, 1, {"east": 3, "west": 1}, DAY, None)
    found = of_amnesty(city, SCHEME, DAY, DAY, RUPEE, takes(20, 4))
    assert found.looked_at == 3000
    assert 300 < found.all.count < 1500
    for part in (found.wards, found.uses, found.sizes):
        for name in Sums.__slots__:
            assert sum(getattr(each, name) for each in part.values()) == getattr(found.all, name)


def test_bands_of_what_is_owed():
    assert size_of(10_000_00) == "up_to_10000"
    assert size_of(10_000_01) == "up_to_50000"
    assert size_of(10**12) == "above_10_lakh"


def test_an_assumption_is_checked():
    with pytest.raises(Invalid, match="from 0 to 100"):
        takes(101, 0)


# ---- the command

FILE = """
amnesty:
  abhay_2026:
    mr: अभय योजना २०२६
    en: Amnesty scheme 2026
    arrears_to: 2025-26/2
    lump_sum: true
    steps: [{from: 2026-12-15, to: 2027-01-15, percent: 75, illustrative: true}]
paid_on: 2026-12-31
take_up: {name: a fifth, basis: nobody knows, takes: 20, anyway: 4}
"""
REBATE = """
early_payment:
  rules:
    - {effective_from: 2026-04-01, illustrative: true, tiers: [{percent: 12}]}
paid_on: 2026-05-20
year: 2026-27
take_up:
  name: as usual
  basis: nobody knows
  takes: 60
  anyway: {up_to_10000: 55, up_to_50000: 50, up_to_2_lakh: 40, up_to_10_lakh: 30, above_10_lakh: 20}
"""


@pytest.fixture(autouse=True)
def own_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No city runs."""
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path / "var"))


def simulate(tmp_path: Path, text: str, *options: str) -> int:
    path = tmp_path / "rule.yaml"
    path.write_text(text, "utf-8")
    return cli.main(["tax", "simulate", "amnesty", str(path), "--synthetic", "500", *options])


def test_an_amnesty_is_simulated_before_it_is_announced(tmp_path, capsys):
    assert simulate(tmp_path, FILE, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["properties"] == 500
    assert found["assumption"] == {"name": "a fifth", "basis": "nobody knows"}
    assert found["all"]["count"] > 50
    assert found["all"]["forgone_paise"] > 0


@pytest.mark.parametrize(
    ("language", "words"), [("mr", "गृहीतक «a fifth»"), ("en", "Assumed: “a fifth”")]
)
def test_people_are_told_what_was_assumed(tmp_path, capsys, language, words):
    assert simulate(tmp_path, FILE, "--language", language) == 0
    assert words in capsys.readouterr().out


def test_a_rebate_is_simulated_too(tmp_path, capsys):
    assert simulate(tmp_path, REBATE, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["all"]["count"] == 500
    assert found["all"]["given_paise"] > 0


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("percent: 75", "percent: 175", "line 8"),
        ("takes: 20", "takes: many", "take_up, takes"),
        ("takes: 20", "takes: 3", "anyway: must not be above takes"),
        ("paid_on: 2026-12-31", "paid_on: soon", "paid_on"),
        ("2025-26/2", "2025", "arrears_to"),
        ("amnesty:", "amnesties:", "amnesties not known"),
        ("lump_sum: true", "lump_sum: true, mistake", "rule.yaml"),
    ],
)
def test_each_mistake_is_told_with_its_place(tmp_path, capsys, before, after, told):
    assert simulate(tmp_path, FILE.replace(before, after)) == 1
    assert told in capsys.readouterr().err


def test_a_mistake_of_a_rebate_is_told_with_its_own_line(tmp_path, capsys):
    assert simulate(tmp_path, REBATE.replace("percent: 12", "percent: 120")) == 1
    assert "line 4" in capsys.readouterr().err


def test_a_rule_that_is_not_open_then_is_refused(tmp_path, capsys):
    assert simulate(tmp_path, FILE.replace("paid_on: 2026-12-31", "paid_on: 2026-11-30")) == 1
    assert "not open on 2026-11-30" in capsys.readouterr().err
