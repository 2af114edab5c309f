"""What the city edits (``data/``), read once a process."""

from functools import cache

from palika.text import Name
from services.kpi import files
from services.kpi.domain.alert_rules import AlertRules
from services.kpi.domain.comparing import RankedFrom
from services.kpi.domain.desks import EntryRules
from services.kpi.domain.indicators import Catalogue
from services.kpi.domain.places import Places
from services.kpi.domain.programme import Programme


@cache
def city_catalogue() -> Catalogue:
    """The city's measures and KPIs.

    Raises:
        WrongData: names every mistake, with its file and line.
    """
    return files.read(files.paths(), files.read_posts())


@cache
def city_programmes() -> dict[str, Programme]:
    """The programmes that the city takes part in, by code.

    Raises:
        WrongData: names every mistake, with its file and line.
    """
    return files.read_programmes_of(city_catalogue())


@cache
def city_places() -> Places:
    """The wards and zones of the city.

    Raises:
        WrongData: names every mistake, with its file and line.
    """
    return files.read_places()


@cache
def city_entry() -> EntryRules:
    """Who enters and checks values by hand, and when they are due.

    Raises:
        WrongData: names every mistake, with its file and line.
    """
    return files.read_entry(city_catalogue())


@cache
def city_weights() -> dict[str, int]:
    """How much each part of the data-quality score counts; together 100.

    Raises:
        WrongData: names every mistake, with its file and line.
    """
    return files.read_weights()


@cache
def city_alerts() -> AlertRules:
    """When the owner of a KPI is told of it.

    Raises:
        WrongData: names every mistake, with its file and line.
    """
    return files.read_alerts()


@cache
def city_dashboards() -> tuple[str, ...]:
    """The departments that have a dashboard of their own where the city is monitored.

    Raises:
        WrongData: names every mistake, with its file and line.
    """
    return files.read_dashboards(city_catalogue())


@cache
def city_ranked_from() -> RankedFrom:
    """From which share of its KPIs with a value, and how many that are judged, a department is
    ranked.

    Raises:
        WrongData: names every mistake, with its file and line.
    """
    return files.read_ranked_from()


@cache
def city_corporation() -> Name:
    """Whose papers these are.

    Raises:
        WrongData: names every mistake, with its file and line.
    """
    return files.read_corporation()


@cache
def load() -> None:
    """Read all of it, as a service does when it starts: a mistake stops it, and shows only then.

    Raises:
        WrongData: names the mistakes of the first file that has some, with file and line; or a file
            that nobody reads.
    """
    if unknown := files.strangers():
        raise files.WrongData(unknown)
    city_catalogue()
    city_programmes()
    city_places()
    city_entry()
    city_weights()
    city_alerts()
    city_dashboards()
    city_ranked_from()
    city_corporation()
