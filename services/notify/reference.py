"""What the city edits (``data/*.yaml``), read once a process."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from palika import city_data
from palika.config import settings
from palika.errors import Invalid
from palika.yaml_files import Unusable, loaded, text_of
from services.notify.domain.calls_for import Call, calls
from services.notify.domain.consent_words import ConsentWords, read_consent_words
from services.notify.domain.dlt import Register
from services.notify.domain.policy import Policy, read_policy
from services.notify.domain.provider_plan import ProviderPlan, read_provider_plan
from services.notify.domain.template_data import templates
from services.notify.domain.templates import Templates

PROVIDERS = ("meta", "plivo", "infobip", "smtp", "voice", "inbox", "log")
"""Those that there is an adapter for."""
_SHIPPED = Path(__file__).parent / "data"
TEMPLATES = (
    *("grievance.yaml", "tax.yaml", "eoffice.yaml", "eoffice_letters.yaml", "kpi.yaml"),
    *("portal.yaml", "warroom.yaml", "login.yaml", "campaign.yaml", "chat.yaml"),
)
"""The files of ``data/templates/``."""


@cache
def city_register() -> Register:
    """The city as a sender of text messages.

    Raises:
        Invalid: names every mistake in the file.
    """
    return Register.load(read_data("dlt.yaml"))


@cache
def shipped() -> Mapping[str, Any]:
    """The data of the templates in ``data/templates/``, by name.

    Raises:
        Invalid: a file is no table, or a template is in two files.
    """
    found: dict[str, Any] = {}
    for file in TEMPLATES:
        data = read_data(f"templates/{file}")
        if not isinstance(data, Mapping):
            raise Invalid("Templates are a table, by name.", {file: ["a table"]})
        if twice := sorted(found.keys() & data.keys()):
            raise Invalid("A template is in two files.", {file: twice})
        found |= data
    return found


@cache
def city_templates() -> Templates:
    """The templates of the shipped files, as version 0.

    What is sent is of the stored versions (`template_store.py`), into which these go.

    Raises:
        Invalid: names every mistake in the files.
    """
    return templates(shipped(), city_register())


@cache
def city_calls() -> dict[str, Call]:
    """Which event types call for which template, by event type.

    Raises:
        Invalid: names every mistake in the file.
    """
    return calls(read_data("events.yaml"), city_templates())


@cache
def city_policy(max_age_h: float) -> Policy:
    """The city's way of sending.

    Args:
        max_age_h: for what happened more hours ago, nothing is sent.

    Raises:
        Mistakes: names every mistake in the file.
    """
    return read_policy(read_data("sending.yaml"), timedelta(hours=max_age_h))


@cache
def city_consent_words() -> ConsentWords:
    """The words by which citizens opt out and in.

    Raises:
        Mistakes: names every mistake in the file.
    """
    return read_consent_words(read_data("consent.yaml"))


@cache
def city_plan() -> ProviderPlan:
    """Who carries what.

    Raises:
        Mistakes: names every mistake in the file.
    """
    return read_provider_plan(read_data("providers.yaml"), PROVIDERS)


@cache
def read_data(name: str) -> Any:
    """One file of ``data/``, the city's own (`PALIKA_NOTIFY_DATA`) if it has one, as YAML has it.

    Raises:
        Invalid: it is no YAML, or a key is there twice.
    """
    own = settings("notify").notify_data
    path = Path(own) / name if own else _SHIPPED / name
    if own and not path.exists():
        path = _SHIPPED / name
    path = city_data.own(path)
    try:
        return loaded(text_of(path))
    except Unusable as error:
        raise Invalid(
            f"data/{name} cannot be used.", {name: [f"line {error.line}: {error.rule}"]}
        ) from error
