"""What the city edits (``data/*.yaml``), read once a process."""

from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import yaml

from palika.errors import Invalid
from services.tax.domain.billing import BillingRules
from services.tax.domain.rates import Sheet
from services.tax.domain.rates_file import sheet
from services.tax.domain.recovery_rules import RecoveryRules, recovery_rules
from services.tax.domain.wards import wards as wards_of
from services.tax.files.yaml_file import parsed

RATES = Path(str(resources.files("services.tax"))) / "data" / "rates" / "pune.yaml"
"""The shipped rate sheet."""

T = TypeVar("T")


@cache
def billing() -> BillingRules:
    """How bills are numbered and when they fall due.

    Raises:
        ValueError: names the file, and every field that is missing or wrong.
    """
    return _checked("billing.yaml", BillingRules.load)


@cache
def wards() -> dict[str, int]:
    """The wards' codes, and their shares of the demo's properties.

    Raises:
        ValueError: names the file, and every field that is missing or wrong.
    """
    return _checked("wards.yaml", wards_of)


@cache
def recovery() -> RecoveryRules:
    """How arrears are recovered.

    Raises:
        WrongData: each mistake with its file, line, place and rule.
    """
    return parsed(RATES.parent.parent / "recovery.yaml", recovery_rules)


@cache
def rates() -> Sheet:
    """The city's rate sheet.

    Raises:
        WrongData: each mistake with its file, line, place and rule.
    """
    return parsed(RATES, sheet)


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


def _checked(name: str, build: Callable[[Any], T]) -> T:
    try:
        return build(read_data(name))
    except ValueError as error:
        raise ValueError(f"services/tax/data/{name}: {error}") from error


@cache
def read_data(name: str) -> Any:
    """One file of ``data/``, as YAML has it."""
    path = resources.files("services.tax") / "data" / name
    return yaml.safe_load(path.read_text(encoding="utf-8"))
