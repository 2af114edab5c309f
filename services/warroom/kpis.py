"""What the war room asks of the KPI service: how a KPI is shown, and whether there is one.

It is asked before a transaction and never in one: nobody waits for it under a lock.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from palika.errors import Invalid, NotFound, PalikaError
from palika.text import Name
from services.warroom.domain.red_kpis import KnownKpi, Newest
from services.warroom.queries.subjects import red_kpis

_PERCENT: Final = Name("%", "%")
_log = logging.getLogger(__name__)
Ask = Callable[..., Mapping[str, Any]]
"""A method of the KPI service."""


def known_red(begin: Callable[[], Any], dashboard: Ask) -> dict[str, KnownKpi]:
    """How the KPIs that stand red are shown, by their codes; those of which nothing is known, or
    all of them while the KPI service is away, are left out.

    Args:
        begin: of a transaction, which is over when the service is asked.
        dashboard: ``kpi.dashboard``: one question, however many there are.
    """
    with begin() as session:
        codes = _codes(session)
    if not codes:
        return {}
    try:
        told = dashboard()["kpis"]
    except PalikaError as error:
        _log.warning("red KPIs are on the agenda by their codes: %s", error)
        return {}
    return {each["code"]: _known(each) for each in told if each["code"] in codes}


def check_kpi(kpi: Ask, code: str) -> None:
    """Refuse what is no KPI of the catalogue.

    Args:
        kpi: ``kpi.kpi``.

    Raises:
        Invalid: naming ``target``.
        Unavailable: the KPI service does not answer, so it cannot be said; nothing is written.
    """
    try:
        kpi(code=code)
    except (NotFound, Invalid) as error:
        raise Invalid("no such KPI", {"target": [f"there is no KPI {code}"]}) from error


def _codes(session: Session) -> set[str]:
    return {each.code for each in red_kpis(session)}


def _known(line: Mapping[str, Any]) -> KnownKpi:
    name, unit, target = line["name"], Name(**line["unit_name"]), line["target"]
    if line["unit"] == "percent":
        of_values: Name | None = _PERCENT
    else:
        of_values = None if line["unit"] == "count" else unit
    ends = target if isinstance(target, list) else [] if target is None else [target]
    return KnownKpi(
        Name(f"{name['mr']} ({unit.mr})", f"{name['en']} ({unit.en})"),
        of_values,
        line["decimals"],
        tuple(ends),
        _now(line),
    )


def _now(line: Mapping[str, Any]) -> Newest | None:
    if line["value"] is None or line["period"] is None:
        return None
    return Newest(line["period"], str(line["value"]), line["status"])
