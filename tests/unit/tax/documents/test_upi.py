"""The link by which a telephone pays."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Invalid
from services.tax.documents import upi

PAYEE = ("propertytax@bank", "Model Municipal Corporation", "9311")


def test_the_link_is_as_the_specification_has_it():
    assert upi.link(*PAYEE, "PT-2026-27-000001", "Property tax P/1/02/00345", 1_234_50) == (
        "upi://pay?pa=propertytax@bank&pn=Model%20Municipal%20Corporation&mc=9311"
        "&tr=PT-2026-27-000001&tn=Property%20tax%20P%2F1%2F02%2F00345&am=1234.50&cu=INR"
    )


@pytest.mark.parametrize(
    ("paise", "text"), [(1, "0.01"), (10, "0.10"), (100, "1.00"), (12_34_567_00, "1234567.00")]
)
def test_an_amount_has_two_decimals_and_no_separators(paise: int, text: str):
    assert upi.amount(paise) == text


@pytest.mark.parametrize("paise", [0, -1, 1.5, True, "100"])
def test_what_is_no_amount_is_refused(paise):
    with pytest.raises(Invalid):
        upi.amount(paise)


@pytest.mark.parametrize("reference", ["", "P" * 36, "PT 1", "PT&am=1", "पीटी"])
def test_a_reference_is_of_35_letters_and_digits_at_most(reference: str):
    with pytest.raises(ValueError, match="reference of UPI"):
        upi.link(*PAYEE, reference, "", 100)


@pytest.mark.parametrize("address", ["", "bank", "a@b", "a b@bank", "tax@bank&am=1"])
def test_what_is_no_address_is_refused(address: str):
    with pytest.raises(ValueError, match="address of UPI"):
        upi.link(address, *PAYEE[1:], "PT-1", "", 100)


@given(st.text(min_size=1, max_size=80), st.integers(1, 10**15))
def test_no_name_or_note_changes_what_is_paid(text: str, paise: int):
    link = upi.link(PAYEE[0], text.replace("\ud800", ""), "9311", "PT-1", text, paise)
    found = parse_qs(urlsplit(link).query, keep_blank_values=True)
    assert all(len(each) == 1 for each in found.values())
    assert found["am"] == [upi.amount(paise)]
    assert len(found["tn"][0]) <= 50
