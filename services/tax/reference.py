"""What the city edits (``data/*.yaml``), read once a process."""

from collections.abc import Callable
from datetime import date
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import yaml

from palika import city_data
from palika.errors import Invalid
from services.tax.domain.billing import BillingRules
from services.tax.domain.channels import Banks, Channels
from services.tax.domain.channels import banks as banks_of
from services.tax.domain.channels import channels as channels_of
from services.tax.domain.collection import Collection, collection_of, ledger_rules
from services.tax.domain.ledger.receiving import Rules
from services.tax.domain.rates import Sheet
from services.tax.domain.rates_file import sheet
from services.tax.domain.recovery_rules import RecoveryRules, recovery_rules
from services.tax.domain.register_rules import RegisterRules
from services.tax.domain.register_rules import register_rules as register_rules_of
from services.tax.domain.wards import Ward
from services.tax.domain.wards import wards as wards_of
from services.tax.files.yaml_file import parsed

_DATA = Path(str(resources.files("services.tax"))) / "data"
RATES = _DATA / "rates" / "pune.yaml"
"""The shipped rate sheet."""
COLLECTION = _DATA / "collection.yaml"

T = TypeVar("T")


@cache
def billing() -> BillingRules:
    """How bills are numbered and when they fall due.

    Raises:
        ValueError: names the file, and every field that is missing or wrong.
    """
    return _checked("billing.yaml", BillingRules.load)


@cache
def wards() -> dict[str, Ward]:
    """The wards by their codes.

    Raises:
        ValueError: names the file, and every field that is missing or wrong.
    """
    return _checked("wards.yaml", wards_of)


def ward_shares() -> dict[str, int]:
    """How large a share of made-up properties lies in each ward, by its code."""
    return {code: ward.seed_weight for code, ward in wards().items()}


@cache
def recovery() -> RecoveryRules:
    """How arrears are recovered.

    Raises:
        WrongData: each mistake with its file, line, place and rule.
    """
    return parsed(city_data.own(_DATA / "recovery.yaml"), recovery_rules)


@cache
def rates() -> Sheet:
    """The city's rate sheet.

    Raises:
        WrongData: each mistake with its file, line, place and rule.
    """
    return parsed(city_data.own(RATES), sheet)


@cache
def collection() -> Collection:
    """How money settles what is owed.

    Raises:
        WrongData: each mistake with its file, line, place and rule.
    """
    return parsed(city_data.own(COLLECTION), collection_of)


@cache
def register_rules() -> RegisterRules:
    """How title passes, and what an objection takes.

    Raises:
        WrongData: each mistake with its file, line, place and rule.
    """
    return parsed(city_data.own(_DATA / "register.yaml"), register_rules_of)


@cache
def channels() -> Channels:
    """How money is taken: receipts, the gateway, counters and cheques, matching.

    Raises:
        WrongData: each mistake with its file, line, place and rule.
    """
    return parsed(city_data.own(_DATA / "channels.yaml"), channels_of)


@cache
def banks() -> Banks:
    """The city's bank accounts, and how their statements are written.

    Raises:
        WrongData: each mistake with its file, line, place and rule.
    """
    return parsed(city_data.own(_DATA / "banks.yaml"), banks_of)


@lru_cache(maxsize=64)
def rules(known_on: date) -> Rules:
    """What the ledger goes by, as it was known on a day."""
    return ledger_rules(rates(), collection(), known_on)


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
    return yaml.safe_load(city_data.own(_DATA / name).read_text(encoding="utf-8"))
