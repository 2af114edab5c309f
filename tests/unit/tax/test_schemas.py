"""What the tax service takes, and the wards it shares with others."""

import uuid
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from marshmallow import ValidationError

from services.tax.reference import billing, wards
from services.tax.schemas.collecting import Paying
from services.tax.schemas.registering import Registering
from tests.support.taxes import FLOOR, OWNER, PROPERTY

PAYING = {
    "property_id": str(uuid.uuid4()),
    "amount_paise": 100,
    "reference": "UPI-1",
    "mode": "upi",
}


@pytest.mark.parametrize("amount", [True, 100.0, 1.5, "100", None])
def test_an_amount_is_a_whole_number_and_nothing_that_looks_like_one(amount):
    with pytest.raises(ValidationError) as refused:
        Paying().load(PAYING | {"amount_paise": amount})
    assert list(refused.value.normalized_messages()) == ["amount_paise"]


@pytest.mark.parametrize(
    "change", [{"mode": "barter"}, {"reference": " "}, {"property_id": "7"}, {"tip_paise": 1}]
)
def test_a_payment_that_breaks_a_rule_names_the_field(change):
    with pytest.raises(ValidationError) as refused:
        Paying().load(PAYING | change)
    assert list(refused.value.normalized_messages()) == list(change)


def test_a_property_needs_all_that_its_tax_is_computed_of():
    with pytest.raises(ValidationError) as refused:
        Registering().load({})
    wanted = {"number", "ward", "zone", "address", "floors", "owners"}
    assert set(refused.value.normalized_messages()) == wanted


@pytest.mark.parametrize("area", [62.5, 62, "62.50", "0.01"])
def test_an_area_is_a_number_or_a_text_with_two_decimals(area):
    (floor,) = Registering().load(PROPERTY | {"floors": [FLOOR | {"area_sqm": area}]})["floors"]
    assert floor["area_sqm"] == Decimal(str(area))


@pytest.mark.parametrize("area", [True, "62.505", 1e-7, 1e30, -1, "a", "", None, float("nan"), "१"])
def test_what_is_no_area_is_refused(area):
    with pytest.raises(ValidationError):
        Registering().load(PROPERTY | {"floors": [FLOOR | {"area_sqm": area}]})


@pytest.mark.parametrize(("share", "is_"), [("1/3", Fraction(1, 3)), ("1", 1), ("2/4", 0.5)])
def test_a_share_is_a_fraction(share, is_):
    (owner,) = Registering().load(PROPERTY | {"owners": [OWNER | {"share": share}]})["owners"]
    assert owner["share"] == is_


@pytest.mark.parametrize("share", ["1/0", "4/3", "0", "0/3", "", "33%", 1, 0.5, True, "1/2/3"])
def test_what_is_no_share_is_refused(share):
    with pytest.raises(ValidationError):
        Registering().load(PROPERTY | {"owners": [OWNER | {"share": share}]})


def test_the_shipped_data_is_right():
    assert billing().bill_prefix == "PT"


def test_the_wards_are_those_of_the_grievance_service(root: Path):
    other = root / "services" / "grievance" / "data" / "wards.yaml"
    assert wards().keys() == yaml.safe_load(other.read_text(encoding="utf-8"))["wards"].keys()
