"""What must be so of a whole organisation: codes, lines of reporting, days, who holds what."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from services.eoffice.domain.organisation_lines import UNITS, Line, Mistake, shown

Rows = Mapping[str, Sequence[tuple[Mapping[str, Any], int | None]]]
"""By table, the rows as they would be, with the line of the file of each that has one."""

_REFERS: Final = (
    ("sections", "department", "departments"),
    ("posts", "department", "departments"),
    ("posts", "section", "sections"),
    ("holdings", "post", "posts"),
    ("holdings", "person", "people"),
)
_WHAT: Final = {
    "departments": "department",
    "sections": "section",
    "posts": "post",
    "people": "officer",
}


def check_whole(found: Mapping[str, Sequence[Line]], rows: Rows, day: date) -> list[Mistake]:
    """Everything that is wrong between the lines.

    Args:
        found: the lines, by table.
        rows: the organisation that they would make, what is past included.
        day: from which on it would be so.
    """
    references = list(_references(found, rows, day))
    # Of a line that names a wrong post or officer nothing follows.
    named = {each.line for each in references if each.table == "holdings"}
    return [
        *_codes(found),
        *references,
        *_sections(found),
        *_lines_of_reporting(found, rows, day),
        *(each for each in _held_twice(rows) if each.line not in named),
    ]


def circle(reports_to: Mapping[str, str | None], post: str) -> list[str]:
    """The posts of the circle that a line of reporting runs into, if ``post`` is one of them.

    The first one is ``post``, and each reports to the next; none if there is no circle.
    """
    line = [post]
    above = reports_to.get(post)
    while above is not None and above not in line:
        line.append(above)
        above = reports_to.get(above)
    return line if above == post else []


def overlapping(
    rows: Iterable[tuple[Mapping[str, Any], int | None]],
) -> Iterator[tuple[tuple[Mapping[str, Any], int | None], Mapping[str, Any], str]]:
    """Holdings that cannot be at once: the later one, the earlier one, and the rule."""
    groups: dict[Any, list[tuple[Mapping[str, Any], int | None]]] = {}
    for each in rows:
        values = each[0]
        groups.setdefault(("both", values["post"], values["person"]), []).append(each)
        if values["kind"] == "regular":
            groups.setdefault(("post", values["post"]), []).append(each)
            groups.setdefault(("person", values["person"]), []).append(each)
    told: set[tuple[int, int]] = set()
    for (what, *_), group in groups.items():
        group.sort(key=lambda each: each[0]["since"])
        # The one of those before that lasts longest.
        longest = group[0]
        for each in group[1:]:
            if _end(longest) >= each[0]["since"]:
                # One that stands in the file is to blame.
                later, earlier = (each, longest) if each[1] is not None else (longest, each)
                pair = (id(later[0]), id(earlier[0]))
                if pair not in told:
                    told.add(pair)
                    yield later, earlier[0], _RULES[what]
            longest = max(longest, each, key=_end)


def _end(row: tuple[Mapping[str, Any], int | None]) -> date:
    until: date | None = row[0]["until"]
    return until or date.max


_RULES: Final = {
    "both": "{person} holds {post} on these days already ({days})",
    "post": "{post} is held by {person} on these days ({days}): end that first",
    "person": "{person} has {post} as their own ({days}): end that, or make one of them additional",
}


def days(values: Mapping[str, Any]) -> str:
    """From when until when, for people."""
    end = f"until {values['until']}" if values["until"] else "until further notice"
    return f"from {values['since']} {end}"


def _codes(found: Mapping[str, Sequence[Line]]) -> Iterator[Mistake]:
    for table in UNITS:
        met: dict[str, int] = {}
        for line in found[table]:
            code = line.values.get("code")
            if code in met:
                yield line.wrong("code", f"is the code of line {met[code]} already")
            elif code is not None:
                met[code] = line.number
    # An identity names either (``officer:<code>``), and must not mean both.
    posts = {line.values.get("code"): line.number for line in found["posts"]} | {None: 0}
    for line in found["people"]:
        code = line.values.get("code")
        if code is not None and code in posts:
            yield line.wrong("code", f"is the code of a post too (posts.csv, line {posts[code]})")


def _references(found: Mapping[str, Sequence[Line]], rows: Rows, day: date) -> Iterator[Mistake]:
    there = {
        table: {line.values.get("code"): line.values for line in found[table]} for table in UNITS
    }
    final = {table: {each["code"]: each for each, _ in rows[table]} for table in UNITS}
    starts = _starts(rows)
    for table, column, other in _REFERS:
        for line in found[table]:
            code = line.values.get(column)
            if code is None:
                continue
            if code not in there[other]:
                rule = f"there is no {_WHAT[other]} of this code in {other}.csv"
                yield line.wrong(column, rule)
            elif line.sound and (now := final[other].get(code)) is not None:
                yield from _within(line, column, now, starts(line, day), day)


def _starts(rows: Rows) -> Any:
    """From which day on a line must be right: a post may be older than the section it is in now,
    but nobody has held a post before there was one."""
    since = {
        (table, number): values["since"] for table, each in rows.items() for values, number in each
    }

    def start(line: Line, day: date) -> date:
        known: date = since.get((line.table, line.number), day)
        return known if line.table == "holdings" else max(known, day)

    return start


def _within(
    line: Line, column: str, other: Mapping[str, Any], start: date, day: date
) -> Iterator[Mistake]:
    until = line.values.get("until")
    if until is not None and until < day:
        return
    if other["since"] > start:
        yield line.wrong(column, f"{other['code']} begins on {other['since']}, after {start}")
    elif other["until"] is not None and (until is None or until > other["until"]):
        yield line.wrong(column, f"{other['code']} ends on {other['until']}, before this does")


def _sections(found: Mapping[str, Sequence[Line]]) -> Iterator[Mistake]:
    department = {
        line.values.get("code"): line.values.get("department") for line in found["sections"]
    }
    for line in found["posts"]:
        own, section = line.values.get("department"), line.values.get("section")
        of = department.get(section) if section is not None else None
        if own is not None and of is not None and of != own:
            yield line.wrong("section", f"is a section of {of}, not of {own}")


def _lines_of_reporting(
    found: Mapping[str, Sequence[Line]], rows: Rows, day: date
) -> Iterator[Mistake]:
    reports_to: dict[str, str | None] = {
        line.values["code"]: line.values.get("reports_to")
        for line in found["posts"]
        if line.values.get("code") is not None
    }
    final = {each["code"]: each for each, _ in rows["posts"]}
    starts = _starts(rows)
    told: set[str] = set()
    for line in found["posts"]:
        code, above = line.values.get("code"), line.values.get("reports_to")
        if above is None:
            continue
        if above not in reports_to:
            yield line.wrong("reports_to", "there is no post of this code in posts.csv")
            continue
        if line.sound and (now := final.get(above)) is not None:
            start, until = starts(line, day), line.values.get("until")
            gone = now["until"] is not None and now["until"] < start
            if (until is None or until >= day) and (gone or now["since"] > start):
                yield line.wrong("reports_to", f"{above} is not there on {start} ({days(now)})")
        if code is not None and code not in told and (round_ := circle(reports_to, code)):
            told.update(round_)
            way = " → ".join([*round_, code])
            yield line.wrong("reports_to", f"is a circle: {way}")


def _held_twice(rows: Rows) -> Iterator[Mistake]:
    for (later, line), earlier, rule in overlapping(rows["holdings"]):
        if line is None:
            continue
        told = rule.format(post=earlier["post"], person=earlier["person"], days=days(earlier))
        value = shown("holdings", "post", later["post"])
        yield Mistake("holdings", line, "post", told, value)
