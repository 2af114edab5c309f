"""What is shown of a property: its bills, what it owes and why, how its owner is reached."""

import uuid
from datetime import timedelta

import pytest

from palika.errors import NotFound
from services.tax.queries import dues, properties
from services.tax.schemas.collecting import Getting, OnDay
from tests.support.taxes import (
    APRIL,
    YEARLY,
    bill,
    paid,
    register,
)


def test_a_property_is_shown_with_its_bills_and_without_its_owner(sessions):
    owed = register(sessions)
    bill(sessions, owed, "2026-27/1")
    second = bill(sessions, owed, "2026-27/2", APRIL + timedelta(hours=1))
    now = APRIL + timedelta(days=70)
    paid(sessions, owed, 4_000_00, "UPI-1", now=now)
    with sessions() as session:
        by_number = Getting().load({"number": "P/1/0001"})
        shown = properties.get(session, by_number, now, staff=True)
        by_id = Getting().load({"id": str(owed.id)})
        assert shown == properties.get(session, by_id, now, staff=True)
        public = properties.get(session, by_number, now, staff=False)
        with pytest.raises(NotFound):
            properties.get(session, Getting().load({"number": "P/0"}), now, staff=True)
    assert shown["balance_paise"] == YEARLY - 4_000_00
    assert [each["period"] for each in shown["bills"]] == ["2026-27/2", "2026-27/1"]
    assert [each["status"] for each in shown["bills"]] == ["part_paid", "paid"]
    assert shown["bills"][0]["open_paise"] == YEARLY - 4_000_00
    assert shown["bills"][0]["payments"][0]["reference"] == "UPI-1"
    assert shown["bills"][0]["id"] == str(second.id)
    for each in shown["bills"]:
        del each["payments"]
    assert shown.pop("matters") == []
    assert public == shown
    assert not [name for name in shown if "owner" in name]


def test_each_rupee_is_explained(sessions):
    owed = register(sessions)
    bill(sessions, owed)
    late = APRIL + timedelta(days=100)
    paid(sessions, owed, 1_000_00, "UPI-1", now=late)
    with sessions() as session:
        shown = dues.explained(session, OnDay().load({"number": "P/1/0001"}), late)
    assert shown["rows"][-1]["balance_paise"] == shown["balance_paise"]
    assert shown["balance_paise"] == YEARLY + 63_00 - 1_000_00
    assert {row["kind"] for row in shown["rows"]} == {"demand", "interest", "payment"}
    assert shown["interest"]["2026-27/1"][0]["paise"] == 63_00


def test_contacts_are_given_for_known_ids(sessions):
    owed = register(sessions)
    with sessions() as session:
        assert properties.contacts(session, [owed.id, uuid.uuid4()]) == [
            {
                "id": str(owed.id),
                "name": "Asha Kulkarni",
                "phone": "+919822012345",
                "email": None,
                "language": "mr",
                "number": "P/1/0001",
            }
        ]
