"""A mistake in what the city edits is found when a service starts, in the same way by each."""

import copy
import importlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from palika.catalogue import service_class
from palika.errors import Invalid


def _forget(reference: Any) -> None:
    for each in vars(reference).values():
        if hasattr(each, "cache_clear"):
            each.cache_clear()


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Starts a service as `palika run` does, with a changed file."""
    touched = []

    def start(service: str, file: str, /, **changes: Any) -> None:
        cls = service_class(service)
        reference = importlib.import_module(f"services.{service}.reference")
        read = reference.read_data
        data = copy.deepcopy(read(file)) | changes
        _forget(reference)
        touched.append(reference)
        monkeypatch.setattr(
            reference, "read_data", lambda name: data if name == file else read(name)
        )
        cls()

    yield start
    monkeypatch.undo()
    for reference in touched:
        _forget(reference)


FILES = [
    ("eoffice", "numbering.yaml"),
    ("eoffice", "routes.yaml"),
    ("notify", "sending.yaml"),
    ("notify", "dlt.yaml"),
    ("notify", "events.yaml"),
    ("notify", "templates/tax.yaml"),
    ("tax", "billing.yaml"),
    ("tax", "wards.yaml"),
    ("warroom", "policy.yaml"),
    ("warroom", "reviews.yaml"),
    ("warroom", "calendar.yaml"),
    ("warroom", "stages.yaml"),
    ("warroom", "departments.yaml"),
    ("warroom", "wards.yaml"),
]


@pytest.mark.parametrize(("service", "file"), FILES)
def test_with_sound_data_a_service_starts(start, service, file):
    start(service, file)


@pytest.mark.parametrize(
    ("service", "file", "changes"),
    [
        ("eoffice", "numbering.yaml", {"file": "{department}/{year}"}),
        ("eoffice", "routes.yaml", {"routes": {"pt-3": {"mr": "x", "en": "x", "desks": []}}}),
        ("notify", "sending.yaml", {"batch": 0}),
        ("notify", "dlt.yaml", {"entity_id": "1"}),
        ("notify", "events.yaml", {"tax.paid.v1": {"template": "nothing"}}),
        ("notify", "templates/tax.yaml", {"tax.paid": {}}),
        ("tax", "billing.yaml", {"bill_prefix": "P T"}),
        ("tax", "wards.yaml", {"wards": {"kothrud-bavdhan": {}}}),
        ("warroom", "policy.yaml", {"health": {"slip_days": {"amber": 9, "red": 1}}}),
        ("warroom", "reviews.yaml", {"agenda": {"risk_score": 99}}),
        ("warroom", "calendar.yaml", {"weekend": ["funday"]}),
        ("warroom", "stages.yaml", {"stages": {"dpr": {"mr": "x"}}}),
        ("warroom", "wards.yaml", {"wards": {}}),
    ],
)
def test_with_a_mistake_in_its_data_it_does_not(start, service, file, changes):
    with pytest.raises((Invalid, ValueError)):
        start(service, file, **changes)


@pytest.mark.parametrize(
    ("file", "changes", "place"),
    [
        ("billing.yaml", {"bill_prefix": None}, "bill_prefix"),
        (
            "wards.yaml",
            {"wards": {"x": {"mr": "x", "en": "x"}}},
            "wards.x.seed_weight",
        ),
    ],
)
def test_a_mistake_in_tax_names_the_file_and_the_field(start, file, changes, place):
    with pytest.raises(ValueError, match=re.escape(f"services/tax/data/{file}: {place}: ")):
        start("tax", file, **changes)
