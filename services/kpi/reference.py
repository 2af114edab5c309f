"""What the city edits (``data/``), read once a process."""

from functools import cache

from services.kpi import files
from services.kpi.domain.alert_rules import AlertRules, alert_rules
from services.kpi.domain.desks import EntryRules, entry_rules
from services.kpi.domain.indicators import Catalogue
from services.kpi.domain.monitoring import with_dashboard
from services.kpi.domain.places import Places, places
from services.kpi.domain.programme import Programme


@cache
def city_catalogue() -> Catalogue:
    """The city's measures and KPIs.

    Raises:
        WrongData: names every mistake, with its file and line.
    """
    return files.read(files.paths())


@cache
def city_programmes() -> dict[str, Programme]:
    """The programmes that the city takes part in, by code.

    Raises:
        WrongData: names every mistake, with its file and line.
    """
    return files.read_programmes(files.paths(), city_catalogue().indicators)


@cache
def city_places() -> Places:
    """The wards and zones of the city.

    Raises:
        WrongData: names every mistake, with its file and line.
    """
    return files.read_one("places.yaml", places)


@cache
def city_entry() -> EntryRules:
    """Who enters and checks values by hand, and when they are due.

    Raises:
        WrongData: names every mistake, with its file and line.
    """
    owners = {each.code: each.owner for each in city_catalogue().departments.values()}
    return files.read_one("entry.yaml", lambda raw: entry_rules(raw, owners))


@cache
def city_alerts() -> AlertRules:
    """When the owner of a KPI is told of it.

    Raises:
        WrongData: names every mistake, with its file and line.
    """
    return files.read_one("alerts.yaml", alert_rules)


@cache
def city_dashboards() -> tuple[str, ...]:
    """The departments that have a dashboard of their own where the city is monitored.

    Raises:
        WrongData: names every mistake, with its file and line.
    """
    known = city_catalogue().departments
    return files.read_one("monitoring.yaml", lambda raw: with_dashboard(raw, known))
