"""What the service takes and what its events carry."""

import uuid
from datetime import UTC, datetime

import pytest
from marshmallow import ValidationError

from palika.errors import Invalid
from services.grievance.schemas import FILED, Assigning, Filing, Getting, ImportedFiling, Searching

FILING = {"category": "pothole", "description": "A hole before the school"}


def test_a_filing_needs_only_what_and_where():
    args = Filing().load(FILING)
    assert args["language"] == "mr"
    assert args["channel"] == "web"
    assert args["citizen_phone"] is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"category": ""}, "category"),
        ({"description": "   "}, "description"),
        ({"description": "\u200b"}, "description"),
        ({"description": " \u200d\ufeff\n\u3164\u2060"}, "description"),
        ({"description": "\u094d\ufe0f"}, "description"),
        ({"description": "x" * 4_001}, "description"),
        ({"description": "a\x00b"}, "description"),
        ({"description": "a\ud800b"}, "description"),
        ({"description": 7}, "description"),
        ({"citizen_phone": "123"}, "citizen_phone"),
        ({"citizen_email": "asha"}, "citizen_email"),
        ({"language": "hi"}, "language"),
        ({"channel": "import"}, "channel"),
        ({"source": "x"}, "source_id"),
        ({"source_id": "x"}, "source"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_filing_that_breaks_a_rule_names_the_field(change, field):
    with pytest.raises(ValidationError) as refused:
        Filing().load(FILING | change)
    assert list(refused.value.normalized_messages()) == [field]


def test_a_description_keeps_its_lines_and_its_script():
    text = "खड्डा आहे\nशाळेसमोर\t(दोन)"
    assert Filing().load(FILING | {"description": text})["description"] == text


def test_an_imported_filing_says_so():
    args = ImportedFiling().load(FILING | {"source": "x", "source_id": "1"})
    assert args["channel"] == "import"


@pytest.mark.parametrize("keys", [{}, {"id": str(uuid.uuid4()), "number": "PMC-2026-000001"}])
def test_getting_takes_one_key(keys):
    with pytest.raises(ValidationError):
        Getting().load(keys)


@pytest.mark.parametrize(
    "filters",
    [{"limit": 0}, {"limit": 201}, {"limit": "50"}, {"limit": True}, {"status": "done"},
     {"filed_from": "2026-01-01T00:00:00"}, {"filed_from_day": "tomorrow"}, {"ward": []},
     {"rating": [0]}, {"timing": "soon"}, {"order": "random"}, {"open": "yes"}],
)  # fmt: skip
def test_a_list_refuses_wrong_filters(filters):
    with pytest.raises(ValidationError):
        Searching().load(filters)


def test_an_event_carries_plain_json_in_utc():
    moment = datetime(2026, 7, 1, 4, 30, tzinfo=UTC)
    key = uuid.uuid4()
    event = FILED.new(
        subject=str(key),
        sequence=1,
        time=moment,
        data={
            "grievance_id": key,
            "number": "PMC-2026-000001",
            "department": "roads",
            "category": "pothole",
            "ward": None,
            "channel": "web",
            "filed_at": moment,
            "due_at": moment,
        },
    )
    assert event.data["grievance_id"] == str(key)
    assert event.data["filed_at"] == "2026-07-01T04:30:00Z"
    assert event.data["ward"] is None


def test_an_event_takes_no_citizen():
    with pytest.raises(Invalid):
        FILED.new(subject="x", data={"citizen_name": "Asha"})


@pytest.mark.parametrize("officer", ["", "Asha Kulkarni", "asha@example.org", "x" * 101, None])
def test_an_officer_is_a_code_because_the_event_carries_it(officer):
    with pytest.raises(ValidationError):
        Assigning().load({"id": str(uuid.uuid4()), "officer": officer})
