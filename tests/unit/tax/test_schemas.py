"""What the tax service takes, and the wards it shares with others."""

import uuid
from pathlib import Path

import pytest
import yaml
from marshmallow import ValidationError

from services.tax.reference import billing, wards
from services.tax.schemas import Paying, Registering

PAYING = {
    "bill_id": str(uuid.uuid4()),
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
    "change", [{"mode": "barter"}, {"reference": " "}, {"bill_id": "7"}, {"tip_paise": 1}]
)
def test_a_payment_that_breaks_a_rule_names_the_field(change):
    with pytest.raises(ValidationError) as refused:
        Paying().load(PAYING | change)
    assert list(refused.value.normalized_messages()) == list(change)


def test_a_property_needs_number_ward_address_and_owner():
    with pytest.raises(ValidationError) as refused:
        Registering().load({})
    assert set(refused.value.normalized_messages()) == {"number", "ward", "address", "owner_name"}


def test_the_shipped_data_is_right():
    assert billing().bill_prefix == "PT"


def test_the_wards_are_those_of_the_grievance_service(root: Path):
    other = root / "services" / "grievance" / "data" / "wards.yaml"
    assert wards().keys() == yaml.safe_load(other.read_text(encoding="utf-8"))["wards"].keys()
