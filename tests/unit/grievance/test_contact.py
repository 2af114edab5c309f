"""How to reach a citizen, and what events must not tell."""

import pytest

from palika.errors import Invalid
from services.grievance.domain.access import may_touch
from services.grievance.domain.contact import normal_phone, without_contacts


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("98220 12345", "+919822012345"),
        ("098220-12345", "+919822012345"),
        ("+91 (98220) 12345", "+919822012345"),
        ("919822012345", "+919822012345"),
        ("+1 314 622 4800", "+13146224800"),
        ("+911000000001", "+911000000001"),
    ],
)
def test_a_telephone_number_is_kept_in_one_form(written, kept):
    assert normal_phone(written) == kept


@pytest.mark.parametrize(
    "written", ["", "12345", "9822012345678901", "abc", "+0123456789", "1234567890"]
)
def test_what_is_no_telephone_number_is_refused(written):
    with pytest.raises(Invalid):
        normal_phone(written)


@pytest.mark.parametrize(
    "secret", ["98220 12345", "+91-98220-12345", "९८२२०१२३४५", "asha.k@example.org", "020-25501000"]
)
def test_events_do_not_carry_the_contacts_that_citizens_write(secret):
    told = without_contacts(f"Call me, {secret}, again on 12 July 2026.")
    assert secret not in told
    assert "12 July 2026" in told


def test_a_citizen_touches_only_their_own_grievance():
    assert may_touch("citizen:1", "citizen:1", frozenset({"citizen"}))
    assert not may_touch("citizen:1", "citizen:2", frozenset({"citizen"}))
    assert may_touch("citizen:1", "officer:je", frozenset({"officer"}))
