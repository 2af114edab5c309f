"""An organisation of the size of a whole corporation, as the five CSV files that a city imports.

``python -m benchmarks.eoffice_organisation FOLDER`` writes departments, sections, posts, people and
holdings: the same for the same ``--seed``. ``palika eoffice org import FOLDER`` reads them.

The shipped organisation stays in it, post by post, so that what refers to its posts (routes,
powers, the demo) goes on; below each department's head sections are added, each with a head, a
superintendent and clerks. EVERYTHING IS INVENTED.
"""

import argparse
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from palika.spreadsheets import csv_text
from services.eoffice.domain.organisation_lines import COLUMNS
from services.eoffice.organisation_store import shipped

POSTS = 2_500
SECTION_POSTS = 12
"""So many desks has a section at the most."""
_SINCE = "2020-04-01"
_FIRST = (
    *(("आरती", "Arati"), ("भरत", "Bharat"), ("चित्रा", "Chitra"), ("दीपक", "Dipak")),
    *(("एकनाथ", "Eknath"), ("फातिमा", "Fatima"), ("गणेश", "Ganesh"), ("हेमा", "Hema")),
    *(("इरफान", "Irfan"), ("जयश्री", "Jayashri"), ("कविता", "Kavita"), ("लता", "Lata")),
    *(("मनोज", "Manoj"), ("नंदा", "Nanda"), ("ओंकार", "Omkar"), ("पल्लवी", "Pallavi")),
)
_LAST = (
    *(("आगाशे", "Agashe"), ("भालेराव", "Bhalerao"), ("चव्हाण", "Chavan"), ("ढोले", "Dhole")),
    *(("घाटगे", "Ghatge"), ("जोगळेकर", "Joglekar"), ("कांबळे", "Kamble"), ("लांडगे", "Landge")),
    *(("मोहिते", "Mohite"), ("नाईक", "Naik"), ("पाटील", "Patil"), ("राऊत", "Raut")),
    *(("साळवी", "Salvi"), ("थोरात", "Thorat"), ("वाघ", "Wagh"), ("शेख", "Shaikh")),
)

Table = list[dict[str, str]]


def organisation(posts: int, seed: int) -> dict[str, Table]:
    """The rows of the five files, each by column.

    Args:
        posts: how many; each is held by an officer of its own.
        seed: the same number gives the same organisation.

    Raises:
        ValueError: there are more than that in the shipped one already.
    """
    tables: dict[str, Table] = {table: shipped(table) for table in COLUMNS}
    missing = posts - len(tables["posts"])
    if missing < 0:
        raise ValueError(f"must be {len(tables['posts'])} or more, which the shipped one has")
    rng = random.Random(seed)
    heads = _heads(tables)
    # A fire brigade is larger than a press office.
    weights = [rng.choice((1, 1, 2, 4)) for _ in heads]
    sizes = dict.fromkeys(heads, 0)
    for department in rng.choices(list(heads), weights, k=missing):
        sizes[department] += 1
    for department, size in sizes.items():
        for number, start in enumerate(range(0, size, SECTION_POSTS), 1):
            desks = min(SECTION_POSTS, size - start)
            _add_section(tables, rng, department, heads[department], number, desks)
    return tables


def write(folder: Path, tables: dict[str, Table]) -> None:
    """Write the files.

    Raises:
        OSError: one cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in tables.items():
        columns = COLUMNS[table]
        lines = [list(columns), *([row[name] for name in columns] for row in rows)]
        (folder / f"{table}.csv").write_text(csv_text(lines), encoding="utf-8", newline="")


def _heads(tables: dict[str, Table]) -> dict[str, str]:
    """By department the post that is over the others of it, first of those of the highest rank."""
    found: dict[str, dict[str, str]] = {}
    for post in tables["posts"]:
        known = found.setdefault(post["department"], post)
        if int(post["level"]) > int(known["level"]):
            found[post["department"]] = post
    return {department: post["code"] for department, post in found.items()}


def _add_section(
    tables: dict[str, Table],
    rng: random.Random,
    department: str,
    head: str,
    number: int,
    desks: int,
) -> None:
    names = next(each for each in tables["departments"] if each["code"] == department)
    code = f"{department}-s{number}"
    since = {"since": _SINCE, "until": ""}
    tables["sections"].append(
        {
            "code": code,
            "department": department,
            "mr": f"शाखा {number}, {names['mr']}",
            "en": f"Section {number}, {names['en']}",
            **since,
        }
    )
    line = _line(desks)
    for desk, (rank_mr, rank_en, level, above) in enumerate(line, 1):
        post = f"{code}-{desk:02}"
        tables["posts"].append(
            {
                "code": post,
                "department": department,
                "section": code,
                "mr": f"{rank_mr} {desk}, शाखा {number}, {names['mr']}",
                "en": f"{rank_en} {desk}, Section {number}, {names['en']}",
                "level": str(level),
                "reports_to": head if above is None else f"{code}-{above:02}",
                "clearance": "confidential" if level > 1 else "normal",
                **since,
            }
        )
        _add_holder(tables, rng, post)


def _line(desks: int) -> Iterator[tuple[str, str, int, int | None]]:
    """The desks of a section: names, rank, and the number of the desk that each reports to."""
    yield "शाखा प्रमुख", "Head of Section", 3, None
    if desks > 1:
        yield "अधीक्षक", "Superintendent", 2, 1
    for _ in range(desks - 2):
        yield "लिपिक", "Clerk", 1, 2


def _add_holder(tables: dict[str, Table], rng: random.Random, post: str) -> None:
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    code = f"{first[1][0]}.{last[1]}{len(tables['people']) + 1}".lower()
    since = {"since": _SINCE, "until": ""}
    names = {"mr": f"{first[0]} {last[0]}", "en": f"{first[1]} {last[1]}"}
    contact = {"phone": "", "email": "", "language": ""}
    tables["people"].append({"code": code, **names, **contact, **since})
    tables["holdings"].append(
        {"post": post, "person": code, "kind": "regular", **since, "order_ref": ""}
    )


def main(tell: Callable[[str], None] = print) -> None:
    """Write the files that the arguments ask for, and tell how many rows each has."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.eoffice_organisation",
        description="Write an invented organisation of a corporation's size as five CSV files, "
        "for `palika eoffice org import FOLDER`.",
    )
    parser.add_argument("folder", type=Path, help="where they are written")
    parser.add_argument("--posts", type=int, default=POSTS, help=f"how many posts ({POSTS:,})")
    parser.add_argument("--seed", type=int, default=1, help="another gives another one (1)")
    args = parser.parse_args()
    try:
        tables = organisation(args.posts, args.seed)
        write(args.folder, tables)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    counts = ", ".join(f"{len(rows):,} {table}" for table, rows in tables.items())
    tell(f"{args.folder}: {counts}")


if __name__ == "__main__":
    main()
