"""Reports over the city's files, always counted from the rows.

``pendency`` is of what is not closed now, by the post that has it, and costs the same however many
closed files there are (``ix_file_pending``). ``stay`` is how long files were on the desks that they
left in a period, ``flow`` how many were opened and closed in it, with the receipts that were
diarised and the letters that were dispatched. What the reader may not read is
not counted.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Numeric,
    Select,
    Text,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from palika.errors import Invalid
from palika.india import day_of, end_of, start_of
from services.eoffice.domain.letters import State as LetterState
from services.eoffice.domain.movement import Priority, State
from services.eoffice.domain.reporting import Reader
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import File, Letter, Movement, Post, Receipt
from services.eoffice.organisation_store import current
from services.eoffice.queries.headings import Names, heading
from services.eoffice.queries.readable import concerns, receipt_concerns
from services.eoffice.reference import city_reporting
from services.eoffice.schemas.reports import GROUPS_OF

DAYS = 90
"""How long a period is when none is given."""
LONGEST = 3_660
"""Days; a period is no longer."""
PENDING = File.state != State.CLOSED
_DAY = 24 * 60
_ZONE = "Asia/Kolkata"

Columns = dict[str, ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class _Asked:
    args: Mapping[str, Any]
    by: str
    reader: Reader
    now: datetime
    first: date
    last: date


def readable(reader: Reader) -> list[ColumnElement[bool]]:
    """Conditions on ``File``: the reader may read it by its grade, or has it."""
    return graded(reader, File.held_by == reader.post)


def promised_on() -> ColumnElement[Any]:
    """The due date of a ``File`` that reports count against: ``File.promised_on``, in SQL."""
    return func.least(File.first_due_on, File.due_on)


def graded(reader: Reader, besides: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    """Conditions on ``File``: it is normal, or of a grade that the reader reads and concerns it.

    Args:
        reader: the operator, who is no post, needs to know of everything up to its grade.
        besides: which files a post reads whatever their grade.
    """
    return _graded(reader, File, concerns, besides)


def graded_receipts(reader: Reader, besides: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    """The same as ``graded``, on ``Receipt``."""
    return _graded(reader, Receipt, receipt_concerns, besides)


def _graded(
    reader: Reader,
    of: type[File] | type[Receipt],
    concerning: Callable[[Any, str, str | None], ColumnElement[bool]],
    besides: ColumnElement[bool],
) -> list[ColumnElement[bool]]:
    cleared = of.secrecy <= int(reader.clearance)
    if reader.post is None:
        return [] if reader.clearance is Secrecy.TOP_SECRET else [cleared]
    if reader.clearance is Secrecy.NORMAL:
        return [or_(cleared, besides), *limited(reader, of)]
    known = concerning(of.id, reader.post, reader.department)
    may = or_(of.secrecy == Secrecy.NORMAL, and_(cleared, known), besides)
    return [may, *limited(reader, of)]


def limited(reader: Reader, of: type[File] | type[Receipt]) -> list[ColumnElement[bool]]:
    """Conditions on a file or a receipt: nothing above the limit of who acts for the post."""
    return [] if reader.limit is Secrecy.TOP_SECRET else [of.secrecy <= int(reader.limit)]


def _receipts(reader: Reader) -> list[ColumnElement[bool]]:
    """The same as ``readable``, on ``Receipt``."""
    return graded_receipts(reader, Receipt.held_by == reader.post)


def check_places(session: Session, args: Mapping[str, Any]) -> None:
    """Refuse to count at places that the city does not have: nothing would be found there.

    Raises:
        Invalid: names the department, the section or the post; those that have ended are known.
    """
    if not any(args[name] for name in ("department", "section", "desk")):
        return
    city = current(session)
    for each in args["department"] or ():
        city.check_department(each)
    for each in args["section"] or ():
        city.check_section(each)
    for each in args["desk"] or ():
        if each not in city.posts:
            raise Invalid("no such post", {"desk": [f"there is no post {each!r}"]})


def report(
    session: Session, args: Mapping[str, Any], reader: Reader, now: datetime
) -> dict[str, Any]:
    """A report.

    Args:
        session: in a transaction.
        args: as loaded by ``schemas.reports.Reporting``.
        reader: what it may not read is not counted.
        now: what is overdue, and how old something is, is measured by it.

    Returns:
        ``report``, ``by``, ``as_of``, ``from_day`` and ``to_day`` (None: of now), ``columns``,
        ``headings`` (of ``by`` and each column, by language), ``rows`` (each with ``code`` and
        ``name``, None: has none) and ``total``, which is of all.

    Raises:
        Invalid: the period ends before it begins, or is too long; or there is no such department,
            section or post.
    """
    check_places(session, args)
    name = args["name"]
    last = args["to_day"] or day_of(now)
    first = args["from_day"] or last - timedelta(days=DAYS - 1)
    if last < first:
        raise Invalid("the period ends before it begins", {"to_day": [f"is before {first}"]})
    if (last - first).days >= LONGEST:
        rule = f"more than {LONGEST} days are too many"
        raise Invalid("a long time", {"from_day": [rule]})
    asked = _Asked(args, args["by"] or GROUPS_OF[name][0], reader, now, first, last)
    statement, columns = _STATEMENTS[name](asked)
    found = sorted(session.execute(statement).mappings(), key=lambda row: (row["all"], _order(row)))
    *lines, total = [dict(row) for row in found]
    names = Names(session, asked.by)
    period = name != "pendency"
    return {
        "report": name,
        "by": asked.by,
        "as_of": now.isoformat(),
        "from_day": first.isoformat() if period else None,
        "to_day": last.isoformat() if period else None,
        "columns": list(columns),
        "headings": {each: asdict(heading(each)) for each in (asked.by, *columns)},
        "rows": [
            {"code": _code(row), "name": names.of(row["code"]), **_figures(row, columns)}
            for row in lines
        ],
        "total": _figures(total, columns),
    }


def _pendency(asked: _Asked) -> tuple[Select[Any], Columns]:
    today = day_of(asked.now)
    since = File.held_since if asked.args["age_of"] == "desk" else File.opened_at
    columns: Columns = {
        "pending": func.count(),
        "parked": _count(File.state == State.PARKED),
        "unseen": _count(File.state == State.OPEN, File.seen_at.is_(None)),
        "most_urgent": _count(File.priority == Priority.MOST_URGENT),
        "urgent": _count(File.priority == Priority.URGENT),
        "overdue": _count(promised_on() < today),
    }
    for band in city_reporting().bands:
        earliest, before = band.moments(today)
        within = [since < before] if earliest is None else [since >= earliest, since < before]
        columns[band.code] = _count(*within)
    columns["oldest"] = func.min(since)
    groups: dict[str, Any] = {
        "post": File.held_by,
        "section": Post.section,
        "department": Post.department,
        "priority": File.priority,
    }
    # Who has it, whatever department it was opened in: a file that waits in accounts is theirs.
    filters = _among(
        asked, {"department": Post.department, "section": Post.section, "desk": File.held_by}
    )
    statement = _grouped(groups[asked.by], columns).select_from(File)
    joined = statement.outerjoin(Post, Post.code == File.held_by)
    return joined.where(PENDING, *readable(asked.reader), *filters), columns


def _stay(asked: _Asked) -> tuple[Select[Any], Columns]:
    """Each time that a file was on a desk and left it, by moving or by being closed."""
    begin, end = start_of(asked.first), end_of(asked.last)
    moved = select(Movement.from_post.label("post"), Movement.minutes_held.label("minutes"))
    moved = moved.where(Movement.moved_at >= begin, Movement.moved_at < end)
    if sight := readable(asked.reader):
        moved = moved.join(File, File.id == Movement.file_id).where(*sight)
    minutes = func.floor(extract("epoch", File.closed_at - File.held_since) / 60)
    closed = select(File.held_by, func.greatest(minutes, 0)).where(
        File.closed_at >= begin, File.closed_at < end, *readable(asked.reader)
    )
    stays = union_all(moved, closed).subquery("stays")
    days = cast(stays.c.minutes, Numeric) / _DAY

    def percentile(part: float) -> ColumnElement[Any]:
        exact = func.percentile_cont(part).within_group(stays.c.minutes)
        return func.round(cast(exact, Numeric) / _DAY, 2)

    columns: Columns = {
        "stays": func.count(),
        "mean_days": func.round(func.avg(days), 2),
        "median_days": percentile(0.5),
        "p90_days": percentile(0.9),
        "longest_days": func.round(func.max(days), 2),
    }
    groups = {"post": stays.c.post, "section": Post.section, "department": Post.department}
    filters = _among(
        asked, {"department": Post.department, "section": Post.section, "desk": stays.c.post}
    )
    statement = _grouped(groups[asked.by], columns).select_from(stays)
    return statement.outerjoin(Post, Post.code == stays.c.post).where(*filters), columns


def _flow(asked: _Asked) -> tuple[Select[Any], Columns]:
    """In the month of each event: files, and letters out of them, under the file's own department
    and section; receipts under those of the office that diarised them."""
    file = {"department": File.department, "section": File.section, "head": File.head}
    # An office is a section, or a department whose post has none.
    office = case((Receipt.office != Receipt.department, Receipt.office))
    receipt = {"department": Receipt.department, "section": office, "head": cast(null(), Text)}

    def told(what: str, at: ColumnElement[Any], of: Mapping[str, Any]) -> Select[Any]:
        month = func.to_char(func.timezone(_ZONE, at), "YYYY-MM").label("month")
        within = at >= start_of(asked.first), at < end_of(asked.last)
        labelled = [column.label(name) for name, column in of.items()]
        among = _among(asked, {name: of[name] for name in ("department", "section")})
        return select(literal(what, Text).label("what"), month, *labelled).where(*within, *among)

    sight = readable(asked.reader)
    sent = told("dispatched", Letter.dispatched_at.expression, file).select_from(Letter)
    of_receipts = told("diarised", Receipt.diarised_at.expression, receipt)
    all_told = union_all(
        told("opened", File.opened_at.expression, file).where(*sight),
        told("closed", File.closed_at.expression, file).where(*sight),
        of_receipts.where(*_receipts(asked.reader)),
        sent.join(File, File.id == Letter.file_id).where(
            *sight, Letter.state == LetterState.DISPATCHED
        ),
    ).subquery("told")
    columns: Columns = {
        each: _count(all_told.c.what == each)
        for each in ("opened", "closed", "diarised", "dispatched")
    }
    return _grouped(all_told.c[asked.by], columns).select_from(all_told), columns


_STATEMENTS: dict[str, Callable[[_Asked], tuple[Select[Any], Columns]]] = {
    "pendency": _pendency,
    "stay": _stay,
    "flow": _flow,
}


def _grouped(group: ColumnElement[Any], columns: Columns) -> Select[Any]:
    """A row a group, and one of all."""
    labelled = [column.label(f"f{at}") for at, column in enumerate(columns.values())]
    sets = func.grouping_sets(tuple_(group), tuple_())
    return select(func.grouping(group).label("all"), group.label("code"), *labelled).group_by(sets)


def _among(asked: _Asked, of: Mapping[str, ColumnElement[Any]]) -> list[ColumnElement[bool]]:
    return [column.in_(asked.args[key]) for key, column in of.items() if asked.args[key]]


def _count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(and_(*conditions))


def _order(row: Mapping[str, Any]) -> tuple[bool, Any]:
    return row["code"] is None, "" if row["code"] is None else row["code"]


def _code(row: Mapping[str, Any]) -> str | None:
    """A priority by its word, all else as it is."""
    code = row["code"]
    return Priority(code).code if isinstance(code, int) else code


def _figures(row: Mapping[str, Any], columns: Columns) -> dict[str, Any]:
    return {name: _plain(row[f"f{at}"]) for at, name in enumerate(columns)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, int) else float(value)
