"""What a city edits: its files, read from a folder, and each mistake with its line."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from palika import city_data
from palika.reading import Mistakes
from palika.text import Name
from palika.yaml_files import Lines, Mistake, Unusable, WrongData, loaded, text_of
from services.kpi.domain import projection
from services.kpi.domain.alert_rules import AlertRules, alert_rules
from services.kpi.domain.catalogue_file import SOURCES, UNITS, catalogue
from services.kpi.domain.catalogue_reading import Wrong
from services.kpi.domain.comparing import RankedFrom
from services.kpi.domain.desks import EntryRules, entry_rules, posts, score_weights
from services.kpi.domain.indicators import Catalogue, Indicator
from services.kpi.domain.monitoring import ranked_from, with_dashboard
from services.kpi.domain.papers import corporation
from services.kpi.domain.places import Places, places
from services.kpi.domain.programme import Programme
from services.kpi.domain.programme_file import FOLDER as PROGRAMMES
from services.kpi.domain.programme_file import programmes

SHIPPED = Path(str(resources.files("services.kpi"))) / "data"
T = TypeVar("T")
_FOLDERS = ("measures", "departments", "programmes")
_BESIDE = ("places.yaml", "entry.yaml", "alerts.yaml", "monitoring.yaml", "documents/city.yaml")
_NOT_DATA = ("dashboard.typ", "scorecard.typ")
"""Beside the data: how pages are laid out."""


@dataclass(frozen=True, slots=True)
class City:
    """All that a city's files say."""

    catalogue: Catalogue
    programmes: Mapping[str, Programme]
    places: Places
    entry: EntryRules
    alerts: AlertRules
    dashboards: tuple[str, ...]
    corporation: Name


def paths(own: Path | None = None) -> dict[str, Path]:
    """The files of the catalogue and the programmes by name: the shipped ones, and over those of
    the same name the ones of a folder, of a part of it (`…/departments`), or one file of it."""
    found: dict[str, Path] = {}
    for folder in (SHIPPED, own):
        if folder is None:
            continue
        if folder.is_file():
            if _name(folder) not in _BESIDE:
                found[_name(folder)] = folder
            continue
        if folder.name in _FOLDERS:
            found |= {_name(path): path for path in sorted(folder.glob("*.yaml"))}
            continue
        found |= {name: folder / name for name in (UNITS, SOURCES) if (folder / name).is_file()}
        for part in _FOLDERS:
            for path in sorted((folder / part).glob("*.yaml")):
                found[f"{part}/{path.name}"] = path
    return found


def read(of: Mapping[str, Path], owners: Collection[str] = ()) -> Catalogue:
    """The catalogue that files of these names say; `owners` (`read_posts`) may own KPIs, all if
    there are none.

    Raises:
        WrongData: names every mistake, with its file, line and place.
    """
    wanted = {name: path for name, path in of.items() if not name.startswith(PROGRAMMES)}
    made = (projection.MEASURES, projection.ATTRIBUTES, projection.KINDS)
    return _checked(wanted, lambda content: catalogue(content, *made, owners))


def read_programmes(of: Mapping[str, Path], kpis: Mapping[str, Indicator]) -> dict[str, Programme]:
    """The programmes that files of these names say, by code; ``kpis`` are those there are.

    Raises:
        WrongData: names every mistake, with its file, line and place.
    """
    wanted = {name: path for name, path in of.items() if name.startswith(PROGRAMMES)}
    return _checked(wanted, lambda content: programmes(content, kpis))


def _checked(of: Mapping[str, Path], check: Callable[[dict[str, Any]], T]) -> T:
    texts: dict[str, str] = {}
    content: dict[str, Any] = {}
    unusable: list[Mistake] = []
    for name, path in of.items():
        try:
            texts[name] = text_of(path)
            content[name] = loaded(texts[name])
        except Unusable as error:
            unusable.append(Mistake(name, error.line, "file", error.rule))
    if unusable:
        raise WrongData(unusable)
    try:
        return check(content)
    except Wrong as error:
        lines = {name: Lines(texts.get(name, "")) for name in {file for file, _, _ in error.found}}
        told = [
            Mistake(file, lines[file].of(place.split(", ")), place, rule)
            for file, place, rule in error.found
        ]
        raise WrongData(sorted(told, key=lambda each: (each.file, each.line))) from error


def read_one(name: str, of: Callable[[Any], T], own: Path | None = None) -> T:
    """What a file of `data/` beside the catalogue says.

    Args:
        name: of the file.
        of: makes it of the content; raises `Mistakes`.
        own: a folder that may have one of its own, or that file.

    Raises:
        WrongData: names every mistake, with its line and place.
    """
    path = city_data.own(SHIPPED / name)
    for each in () if own is None else (own, own / name):
        if _name(each) == name and each.is_file():
            path = each
    try:
        text = text_of(path)
        return of(loaded(text))
    except Unusable as error:
        raise WrongData([Mistake(name, error.line, "file", error.rule)]) from error
    except Mistakes as error:
        lines = Lines(text)
        told = [Mistake(name, lines.of(at.split(", ")), at, rule) for at, rule in error.found]
        raise WrongData(sorted(told, key=lambda each: each.line)) from error


def read_programmes_of(known: Catalogue, own: Path | None = None) -> dict[str, Programme]:
    """The programmes that the city takes part in. Raises WrongData."""
    return read_programmes(paths(own), known.indicators)


def read_places(own: Path | None = None) -> Places:
    """The wards and zones. Raises WrongData."""
    return read_one("places.yaml", places, own)


def read_entry(known: Catalogue, own: Path | None = None) -> EntryRules:
    """Who enters and checks values by hand. Raises WrongData."""
    owners = {each.code: each.owner for each in known.departments.values()}
    return read_one("entry.yaml", lambda raw: entry_rules(raw, owners), own)


def read_posts(own: Path | None = None) -> frozenset[str]:
    """The posts that `entry.yaml` names; none if it cannot be read, which `read_entry` tells."""
    try:
        return read_one("entry.yaml", posts, own)
    except WrongData:
        return frozenset()


def read_weights(own: Path | None = None) -> dict[str, int]:
    """How much each part of the data-quality score counts. Raises WrongData."""
    return read_one("entry.yaml", score_weights, own)


def read_alerts(own: Path | None = None) -> AlertRules:
    """When the owner of a KPI is told of it. Raises WrongData."""
    return read_one("alerts.yaml", alert_rules, own)


def read_dashboards(known: Catalogue, own: Path | None = None) -> tuple[str, ...]:
    """The departments with a dashboard of their own. Raises WrongData."""
    return read_one("monitoring.yaml", lambda raw: with_dashboard(raw, known.departments), own)


def read_ranked_from(own: Path | None = None) -> RankedFrom:
    """From when on a department is ranked. Raises WrongData."""
    return read_one("monitoring.yaml", ranked_from, own)


def read_corporation(own: Path | None = None) -> Name:
    """Whose papers these are. Raises WrongData."""
    return city_data.corporation(read_one("documents/city.yaml", corporation, own))


def read_all(own: Path | None = None) -> City:
    """All that the shipped files say, and those of a folder (or one file) over them.

    Raises:
        WrongData: names every mistake of all files, with its file, line and place; a mistake in the
            catalogue hides those of files that refer to it.
    """
    mistakes = strangers(own)

    def tried(make: Callable[[], T]) -> T | None:
        try:
            return make()
        except WrongData as error:
            mistakes.extend(error.mistakes)
            return None

    known = tried(lambda: read(paths(own), read_posts(own)))
    of_places, of_alerts = tried(lambda: read_places(own)), tried(lambda: read_alerts(own))
    name = tried(lambda: read_corporation(own))
    if known is None:
        raise WrongData(mistakes)
    of_programmes = tried(lambda: read_programmes_of(known, own))
    desks, shown = tried(lambda: read_entry(known, own)), tried(lambda: read_dashboards(known, own))
    if (
        mistakes
        or of_programmes is None
        or of_places is None
        or desks is None
        or of_alerts is None
        or shown is None
        or name is None
    ):
        raise WrongData(mistakes)
    return City(known, of_programmes, of_places, desks, of_alerts, shown, name)


def strangers(own: Path | None = None) -> list[Mistake]:
    """Files that lie among the data and that nobody reads: misspelt, or in a wrong folder."""
    found = []
    for folder in (SHIPPED, own):
        if folder is None:
            continue
        folders = (*_FOLDERS, "documents")
        there = [folder] if folder.is_file() else [*folder.glob("*.y*ml")]
        there += [each for part in folders for each in (folder / part).glob("*")]
        for each in sorted(there):
            name = _name(each)
            part, slash, file = name.partition("/")
            if name in (UNITS, SOURCES, *_BESIDE) or file in _NOT_DATA:
                continue
            if each.name.startswith(".") or each.name.endswith("~"):
                continue  # What an editor keeps while it has a file open.
            if not (slash and part in _FOLDERS and file.endswith(".yaml")):
                known = ", ".join(
                    (UNITS, SOURCES, *_BESIDE, *(f"{one}/*.yaml" for one in _FOLDERS))
                )
                found.append(Mistake(name, 1, "file", f"nobody reads it: files are {known}"))
    return found


def _name(path: Path) -> str:
    """What a file is called among the data, by its name and that of its folder."""
    in_folder = path.parent.name in (*_FOLDERS, "documents")
    return f"{path.parent.name}/{path.name}" if in_folder else path.name
