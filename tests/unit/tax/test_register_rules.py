"""``data/register.yaml``: what is wrong in it is told, with its place; dividing and masking."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.reading import Mistakes
from services.tax.domain.proportion import divided
from services.tax.domain.register_rules import register_rules
from services.tax.masked import masked_name, masked_phone
from services.tax.reference import rates, read_data
from services.tax.reference import register_rules as shipped


def test_the_shipped_rules_name_claims_that_the_rate_sheet_has():
    assert shipped().lapse <= rates().claims
    assert set(shipped().claim_fees) <= rates().claims


@pytest.mark.parametrize(
    ("place", "path", "value"),
    [
        ("mutation", "mutation gift", None),
        ("mutation, sale, needs, 1", "mutation sale needs", ["luck"]),
        ("mutation, sale, notice_days", "mutation sale notice_days", -1),
        ("mutation, sale", "mutation sale illustrative", None),
        ("mutation, sale, fee_rupees", "mutation sale fee_rupees other", None),
        ("split, dues", "split dues", "forget"),
        ("claim_fees, self_occupied", "claim_fees self_occupied source", None),
        ("objections, days", "objections days", 0),
        ("objections, recover_meanwhile", "objections recover_meanwhile", "maybe"),
        ("file", "surprise", 1),
    ],
)
def test_each_mistake_is_told_with_its_place(place, path, value):
    raw = copy.deepcopy(read_data("register.yaml"))
    *tables, last = path.split()
    table = raw
    for name in tables:
        table = table[name]
    if value is None:
        del table[last]
    else:
        table[last] = value
    with pytest.raises(Mistakes) as wrong:
        register_rules(raw)
    assert place in [where for where, _ in wrong.value.found]


AMOUNTS = st.integers(-(10**12), 10**12)
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=20).filter(any)


@given(AMOUNTS, WEIGHTS)
def test_no_paisa_is_lost_or_made_by_dividing(paise, weights):
    parts = divided(paise, weights)
    assert sum(parts) == paise
    total = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * total - paise * weight) < total


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1]])
def test_nothing_is_divided_by_nothing(weights):
    with pytest.raises(ValueError, match="divided"):
        divided(100, weights)


def test_names_and_numbers_are_masked():
    assert masked_name("Asha Vijay Kulkarni") == "A••• V••• K•••"
    assert masked_name("क्षितिज कुलकर्णी") == "क्षि••• कु•••"
    assert masked_phone("+919822012345") == "•••345"
    assert masked_phone(None) is None
