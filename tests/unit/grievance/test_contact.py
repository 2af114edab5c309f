"""How to reach a citizen, and whose grievance is whose."""

import pytest

from palika.errors import Invalid
from services.grievance.domain.access import may_touch
from services.grievance.domain.contact import normal_phone


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


def test_a_citizen_touches_only_their_own_grievance():
    assert may_touch("citizen:1", "citizen:1", frozenset({"citizen"}))
    assert not may_touch("citizen:1", "citizen:2", frozenset({"citizen"}))
    assert may_touch("citizen:1", "officer:je", frozenset({"officer"}))


def test_who_is_not_logged_in_owns_nothing_though_all_of_them_have_one_name():
    assert not may_touch("anonymous", "anonymous", frozenset({"anonymous"}))
    assert not may_touch("anonymous", "anonymous", frozenset({"citizen"}))
    assert not may_touch("citizen:1", "citizen:1", frozenset())
