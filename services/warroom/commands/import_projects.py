"""Take projects and milestones in from CSV or a workbook: all of them, or none."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika import csv_files, workbooks
from palika.auth import Identity
from palika.errors import Invalid
from palika.india import day_of
from palika.text import Name
from services.warroom.commands.act import Act
from services.warroom.commands.add_project import added
from services.warroom.commands.revise_milestone import done
from services.warroom.domain.facts import Milestone, Money, MoneyKind, Project, State
from services.warroom.domain.import_lines import COLUMNS, ROWS_MOST, Line, Mistake, lines
from services.warroom.domain.import_plan import City, check
from services.warroom.models import Project as ProjectRow
from services.warroom.queries.states import NOW, states
from services.warroom.reference import city_stages, departments, wards

Rows = Iterable[tuple[int, Sequence[str]]]
Tables = tuple[dict[str, list[Line]], list[Mistake], list[Line]]
"""What ``read_tables`` gives."""


def import_projects(
    session: Session,
    caller: Identity,
    tables: Tables,
    now: datetime,
    *,
    dry_run: bool = False,
    unknown_posts: Mapping[str, Sequence[str]] = MappingProxyType({}),
    unconfirmed: Sequence[str] = (),
) -> dict[str, Any]:
    """Take projects in, each with its milestones, sanction and spending in one change.

    Args:
        tables: as ``read_tables`` has read them.
        dry_run: check all, and change nothing.
        unknown_posts: of the owners those that are no posts, with the nearest that are
            (``posts.unknown_owners``).
        unconfirmed: owners of which a trial could not be told whether they are posts.

    Returns:
        ``dry_run``; ``projects`` and ``milestones``: how many; ``codes`` of the projects touched;
        ``unconfirmed`` as given.

    Raises:
        Invalid: each mistake with table, row, column, rule and value; nothing is written.
    """
    found, broken, partly = tables
    projects, milestones = found["projects"], found["milestones"]
    if not dry_run:
        _lock(session, milestones)
    city = replace(
        _city(session, [*projects, *milestones, *partly], now),
        unknown_posts=unknown_posts,
    )
    wrong = broken + check(projects, milestones, city, partly)
    if wrong:
        raise refusal(wrong)
    codes = sorted(
        {each.values["code"] for each in projects} | {each.values["project"] for each in milestones}
    )
    if not dry_run:
        for code in codes:
            take_in(session, caller, code, projects, milestones, now)
    return {
        "dry_run": dry_run,
        "projects": len(projects),
        "milestones": len(milestones),
        "codes": codes,
        "unconfirmed": list(unconfirmed),
    }


def owners_in(tables: Tables) -> set[str]:
    """The posts that are to answer for the projects of an import."""
    found, _, partly = tables
    rows = (*found["projects"], *_projects(partly))
    return {each.values["owner"] for each in rows if "owner" in each.values}


def _projects(partly: Sequence[Line]) -> list[Line]:
    return [each for each in partly if each.table == "projects"]


def read_tables(tables: Mapping[str, str] | bytes) -> Tables:
    """The sound rows of each table, what is wrong with the others by themselves, and the sound
    cells of these.

    Args:
        tables: the texts of ``projects`` and ``milestones`` as CSV, or a workbook with sheets of
            these names; one of the two may be missing.

    Raises:
        Invalid: a workbook that is none.
    """
    given: dict[str, Rows] = {}
    wrong: list[Mistake] = []
    if isinstance(tables, bytes):
        sheets = workbooks.sheets(tables, max(ROWS_MOST.values()) + 2)
        given.update({name: sheets[name] for name in COLUMNS if name in sheets})
        if not given:
            rule = f"has no sheet {' or '.join(COLUMNS)}; it has: {', '.join(sheets)}"
            raise Invalid("Not a portfolio.", {"file": [rule]})
    else:
        for name, text in tables.items():
            opened = io.StringIO(text.removeprefix("\ufeff"), newline="")
            given[name] = csv_files.rows(opened)
    found: dict[str, list[Line]] = {name: [] for name in COLUMNS}
    partly: list[Line] = []
    for name, rows in given.items():
        try:
            found[name], mistakes, others = lines(name, rows)
            partly += others
        except Invalid as error:
            mistakes = [
                Mistake(name, int(where.rpartition(" ")[2]), None, rule)
                for where, rules in error.fields.items()
                for rule in rules
            ]
        wrong += mistakes
    return found, wrong, partly


def refusal(wrong: Sequence[Mistake]) -> Invalid:
    """The error that names every mistake, by table and row."""
    order = list(COLUMNS)
    by: dict[str, list[dict[str, Any]]] = {}
    for each in sorted(wrong, key=lambda each: (order.index(each.table), each.row or 0)):
        by.setdefault(each.table, []).append(each.to_dict())
    count = f"{len(wrong)} mistake{'s' if len(wrong) > 1 else ''}"
    return Invalid(f"{count}; nothing was imported", by)


def _lock(session: Session, milestones: Sequence[Line]) -> None:
    """Lock the projects that are there and get more milestones: by id, the order of everybody who
    changes several (``give_decisions``). Those that are new come later, by code."""
    codes = {each.values["project"] for each in milestones}
    found = select(ProjectRow.id).where(ProjectRow.code.in_(codes)).order_by(ProjectRow.id)
    session.execute(found.with_for_update())


def _city(session: Session, rows: Sequence[Line], now: datetime) -> City:
    told = (each.values.get(column) for each in rows for column in ("code", "project"))
    codes = {each for each in told if each is not None}
    ids = session.scalars(select(ProjectRow.id).where(ProjectRow.code.in_(codes))).all()
    return City(
        departments(),
        wards(),
        [each.code for each in city_stages()],
        {each.project.code: each for each in states(session, ids, NOW)},
        day_of(now),
    )


def take_in(
    session: Session,
    caller: Identity,
    code: str,
    projects: Sequence[Line],
    milestones: Sequence[Line],
    now: datetime,
) -> State:
    """Take one project in, or more milestones of one that is there; its rows were checked."""
    line = next((each for each in projects if each.values["code"] == code), None)
    if line is None:
        act = Act.load(session, caller, {"code": code}, now)
    else:
        act = Act.begin(session, caller, None, _project(line.values), now)
        added(act)
        for kind in (MoneyKind.SANCTIONED, MoneyKind.SPENT):
            amount = line.values[f"{kind}_rupees"]
            if amount is not None:
                act.add(None, Money(kind, amount, line.values[f"{kind}_on"]))
    ids = {each.key: key for key, each in act.state.milestones.items()}
    own = [each for each in milestones if each.values["project"] == code]
    ids.update({each.values["key"]: uuid7() for each in own})
    for each in own:
        key = ids[each.values["key"]]
        act.put(key, _milestone(each.values, ids))
        if each.values["done_on"] is not None:
            done(act, key)
    return act.save("import")


def _project(values: Mapping[str, Any]) -> Project:
    summary = values["summary_mr"] and Name(values["summary_mr"], values["summary_en"])
    names = ("code", "department", "owner", "starts_on", "wards", "lat", "lon", "public")
    return Project(
        name=Name(values["name_mr"], values["name_en"]),
        summary=summary,
        **{name: values[name] for name in names},
    )


def _milestone(values: Mapping[str, Any], ids: Mapping[str, UUID]) -> Milestone:
    names = ("key", "stage", "weight", "planned_on", "days", "forecast_on", "done_on")
    return Milestone(
        name=Name(values["name_mr"], values["name_en"]),
        after=tuple(ids[each] for each in values["after"]),
        **{name: values[name] for name in names},
    )
