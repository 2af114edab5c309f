"""Reading the posts of a city from its YAML or CSV file, all of them or none."""

import csv
from pathlib import Path

from services.grievance.domain.posts import Entry, check_columns, entries, entry_of_row
from services.grievance.files.city import Folder, Mistake, WrongData
from services.grievance.reference import city, matrix


def posts_in(path: Path) -> list[Entry]:
    """The posts that a file names; ``.csv`` is CSV, all else is YAML.

    Raises:
        WrongData: something is not as it should be; each mistake has its line.
    """
    if path.suffix.lower() == ".csv":
        return _of_csv(path)
    folder = Folder(path.parent)
    return folder.parsed(path.name, lambda raw: entries(raw, city(), matrix().top))


def _of_csv(path: Path) -> list[Entry]:
    found: dict[str, Entry] = {}
    mistakes: list[Mistake] = []
    line = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            columns = [each.strip() for each in next(reader, [])]
            check_columns(columns)
            line = reader.line_num + 1
            for values in reader:
                if values:
                    _add(found, mistakes, path.name, line, columns, values)
                line = reader.line_num + 1
    except UnicodeDecodeError as error:
        raise WrongData([Mistake(path.name, line, f"is not UTF-8: {error.reason}")]) from error
    except (csv.Error, ValueError) as error:
        raise WrongData([*mistakes, Mistake(path.name, line, str(error))]) from error
    if not found and not mistakes:
        mistakes.append(Mistake(path.name, line, "there is no post"))
    if mistakes:
        raise WrongData(mistakes)
    return list(found.values())


def _add(
    found: dict[str, Entry],
    mistakes: list[Mistake],
    name: str,
    line: int,
    columns: list[str],
    values: list[str],
) -> None:
    """Take one record, or note what is wrong with it."""
    try:
        if len(values) != len(columns):
            raise ValueError(f"has {len(values)} values for {len(columns)} columns")
        row = dict(zip(columns, (each.strip() for each in values), strict=True))
        entry = entry_of_row(row, city(), matrix().top)
        if entry.code in found:
            raise ValueError(f"code: {entry.code} is there twice")
    except ValueError as error:
        mistakes.append(Mistake(name, line, str(error)))
    else:
        found[entry.code] = entry
