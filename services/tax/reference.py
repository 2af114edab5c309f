"""What the city edits (``data/*.yaml``), read once a process."""

from functools import cache
from importlib import resources
from typing import Any

import yaml

from palika.errors import Invalid
from services.tax.domain.billing import BillingRules


@cache
def billing() -> BillingRules:
    """How bills are numbered and when they fall due.

    Raises:
        ValueError: the file is not as it should be.
    """
    try:
        raw = read_data("billing.yaml")
        return BillingRules(
            str(raw["bill_prefix"]),
            int(raw["due"]["month"]),
            int(raw["due"]["day"]),
            int(raw["least_days"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"services/tax/data/billing.yaml: {error}") from error


@cache
def wards() -> dict[str, int]:
    """The wards' codes, and their shares of the demo's properties."""
    return {code: each["seed_weight"] for code, each in read_data("wards.yaml")["wards"].items()}


def check_ward(ward: str) -> None:
    """Refuse a ward that the city does not have.

    Raises:
        Invalid: no such ward.
    """
    if ward not in wards():
        raise Invalid(
            "no such ward",
            {"ward": [f"{ward!r} is not known; must be one of: {', '.join(wards())}"]},
        )


@cache
def read_data(name: str) -> Any:
    """One file of ``data/``, as YAML has it."""
    path = resources.files("services.tax") / "data" / name
    return yaml.safe_load(path.read_text(encoding="utf-8"))
