"""The files of the catalogue: read from a folder, and each mistake with its line."""

from collections.abc import Callable, Collection, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from palika.reading import Mistakes
from palika.yaml_files import Lines, Mistake, Unusable, WrongData, loaded, text_of
from services.kpi.domain import projection
from services.kpi.domain.catalogue_file import SOURCES, UNITS, catalogue
from services.kpi.domain.catalogue_reading import Wrong
from services.kpi.domain.indicators import Catalogue
from services.kpi.domain.programme import Programme
from services.kpi.domain.programme_file import FOLDER as PROGRAMMES
from services.kpi.domain.programme_file import programmes

SHIPPED = Path(str(resources.files("services.kpi"))) / "data"
T = TypeVar("T")
_FOLDERS = ("measures", "departments", "programmes")


def paths(own: Path | None = None) -> dict[str, Path]:
    """The files of the catalogue by name: the shipped ones, and over those of the same name the
    ones of a folder, or of one file of it (`…/departments/roads.yaml`)."""
    found: dict[str, Path] = {}
    for folder in (SHIPPED, own):
        if folder is None:
            continue
        if folder.is_file():
            found[_name(folder)] = folder
            continue
        found |= {name: folder / name for name in (UNITS, SOURCES) if (folder / name).is_file()}
        for part in _FOLDERS:
            for path in sorted((folder / part).glob("*.yaml")):
                found[f"{part}/{path.name}"] = path
    return found


def read(of: Mapping[str, Path]) -> Catalogue:
    """The catalogue that files of these names say.

    Raises:
        WrongData: names every mistake, with its file, line and place.
    """
    wanted = {name: path for name, path in of.items() if not name.startswith(PROGRAMMES)}
    made = (projection.MEASURES, projection.ATTRIBUTES, projection.KINDS)
    return _checked(wanted, lambda content: catalogue(content, *made))


def read_programmes(of: Mapping[str, Path], kpis: Collection[str]) -> dict[str, Programme]:
    """The programmes that files of these names say, by code; ``kpis`` are the codes there are.

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
    path = SHIPPED / name
    for each in () if own is None else (own, own / name):
        if each.name == name and each.is_file():
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


def _name(path: Path) -> str:
    """What a file is to the catalogue, by its name and that of its folder."""
    return f"{path.parent.name}/{path.name}" if path.parent.name in _FOLDERS else path.name
