"""Make the organisation, from a day on, what five CSV files say: all of it or nothing."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika import csv_files
from palika.auth import Identity
from palika.blocking import off_hub
from palika.errors import Invalid
from palika.india import day_of
from services.eoffice.domain.organisation import Actor, Organisation
from services.eoffice.domain.organisation_lines import COLUMNS, UNITS, Line, Mistake, lines
from services.eoffice.domain.organisation_plan import Entry, Known, Plan, draw
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.organisation_store import ORGANISATION, current_locked
from services.eoffice.queries.organisation_files import MODELS, has_whole_days, whole_days
from services.eoffice.queries.work import said, way_out, work_of
from services.eoffice.sealing import act

_UNSAID = frozenset({"phone", "email"})
"""What of a person the record says no more of than that it has changed."""


def import_organisation(
    session: Session,
    caller: Identity,
    who: Actor | None,
    texts: Mapping[str, str],
    day: date | None,
    now: datetime,
    *,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Everything is checked before anything is written; see ``organisation_plan.draw``. Importing
    the same again changes nothing.

    Args:
        who: the post that orders it, if one does.
        texts: of the five files by table (``COLUMNS``), each with its header.
        day: from which on the organisation is so; None: today.
        dry_run: tell what would change, and change nothing.

    Returns:
        ``since``; ``dry_run``; ``added``, ``changed``, ``ended``, ``withdrawn``: by table, what
        they are, with their names; ``unchanged``: by table, how many.

    Raises:
        Invalid: each mistake by table, with line, column, rule and value; nothing is written.
    """
    today = day_of(now)
    day = day or today
    if day < today:
        raise Invalid("the day is past", {"since": [f"must be {today} or later"]})
    found, wrong = off_hub(read_tables, texts)
    city = current_locked(session)
    plan, against = off_hub(draw, _known(session, city), found, day, today)
    wrong += against
    wrong += _busy(session, city, plan)
    if wrong:
        raise refusal(wrong)
    _end_at_once(plan, today, now)
    if not dry_run and not plan.is_empty:
        _write(session, plan)
        data = {"by": caller.subject, "since": day, **_recorded(plan)}
        act(session, ORGANISATION, "organisation", "imported", who, now, data)
    return {"since": str(day), "dry_run": dry_run, **told(plan)}


def _end_at_once(plan: Plan, today: date, now: datetime) -> None:
    """Let holdings that an import ends from today on end now, and not the day before: until now
    they were held, those too that began this morning."""

    def ends_now(each: Entry) -> bool:
        return each.table == "holdings" and each.values["until"] < today

    begun = [each for each in plan.withdrawn if each.values["since"] <= today]
    ended = [each for each in plan.ended if ends_now(each)]
    plan.withdrawn = [each for each in plan.withdrawn if each not in begun]
    plan.ended = [each for each in plan.ended if not ends_now(each)] + [
        replace(
            each,
            values={**each.values, "until": today, "ended_at": now},
            before={"until": None, **each.before},
        )
        for each in (*ended, *begun)
    ]


def read_tables(texts: Mapping[str, str]) -> tuple[dict[str, list[Line]], list[Mistake]]:
    """The lines of the five files, and what is wrong with each by itself.

    Args:
        texts: as ``import_organisation`` takes them; one that is missing is a mistake.
    """
    found: dict[str, list[Line]] = {}
    wrong: list[Mistake] = []
    for table in COLUMNS:
        found[table] = []
        if table not in texts:
            rule = "is missing: what is in none of the five files would end"
            wrong.append(Mistake(table, None, None, rule))
            continue
        text = io.StringIO(texts[table].removeprefix("\ufeff"), newline="")
        try:
            found[table], mistakes = lines(table, csv_files.rows(text))
        except Invalid as error:
            mistakes = [
                Mistake(table, int(where.rpartition(" ")[2]), None, rule)
                for where, rules in error.fields.items()
                for rule in rules
            ]
        wrong += mistakes
    return found, wrong


def refusal(wrong: Sequence[Mistake]) -> Invalid:
    """The error that names every mistake, by table and line."""
    order = list(COLUMNS)
    by: dict[str, list[dict[str, Any]]] = {}
    for each in sorted(wrong, key=lambda each: (order.index(each.table), each.line or 0)):
        by.setdefault(each.table, []).append(each.to_dict())
    count = f"{len(wrong)} mistake{'s' if len(wrong) > 1 else ''}"
    return Invalid(f"{count} in the organisation; nothing was imported", by)


def told(plan: Plan) -> dict[str, Any]:
    """What changes, by table, for people: codes, names, and what each column was and is to be."""
    return {
        "added": _by_table(plan.added),
        "changed": _by_table(plan.changed),
        "ended": _by_table(plan.ended),
        "withdrawn": _by_table(plan.withdrawn),
        "unchanged": dict(plan.unchanged),
    }


def _by_table(entries: Sequence[Entry]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for each in entries:
        found.setdefault(each.table, []).append(_shown(each))
    return found


def _shown(entry: Entry) -> dict[str, Any]:
    names = ("code", "mr", "en") if entry.table in UNITS else ("post", "person", "kind")
    shown = {name: entry.values[name] for name in (*names, "since", "until")}
    changes = _changes(entry, unsaid=frozenset())
    return {**_plain(shown), **({"changes": changes} if changes else {})}


def _changes(entry: Entry, unsaid: frozenset[str]) -> dict[str, Any]:
    return {
        name: None if name in unsaid else [_cell(name, old), _cell(name, entry.values[name])]
        for name, old in entry.before.items()
    }


def _cell(name: str, value: Any) -> Any:
    if name == "clearance" and value is not None:
        return Secrecy(value).code
    return str(value) if isinstance(value, date) else value


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _cell(name, value) for name, value in values.items()}


def _known(session: Session, city: Organisation) -> Known:
    """What is there, as columns: most rows of an import change nothing."""
    units: dict[str, dict[Any, dict[str, Any]]] = {}
    for table, model in MODELS.items():
        names = COLUMNS[table] if table in UNITS else ("id", *COLUMNS[table])
        order = getattr(model, _key(table))
        if table in UNITS:
            asked = select(*(getattr(model, name) for name in names))
        else:
            asked = select(*(whole_days()[name] for name in names)).where(has_whole_days())
        rows = session.execute(asked.order_by(order))
        found = (dict(zip(names, row, strict=True)) for row in rows)
        key = _key(table)
        # A key that is a column of the file stays among the values.
        units[table] = {each[key] if table in UNITS else each.pop(key): each for each in found}
    holdings = units.pop("holdings")
    return Known(units, holdings, city.leaves)


def _key(table: str) -> str:
    return "code" if table in UNITS else "id"


def _busy(session: Session, city: Organisation, plan: Plan) -> list[Mistake]:
    """No post ends that has work, or that has given powers away."""
    ending = {each.key: each.line for each in plan.ended if each.table == "posts"}
    if not ending:
        return []
    wrong = [
        Mistake("posts", ending[post], "code", busy_rule(work), post)
        for post, work in sorted(work_of(session, ending).items())
    ]
    for each in city.delegations:
        if each.from_post in ending and (each.until is None or each.until >= plan.day):
            rule = f"has delegated powers to {each.to_post}: take them back first"
            wrong.append(Mistake("posts", ending[each.from_post], "code", rule, each.from_post))
    return wrong


def busy_rule(work: Mapping[str, int]) -> str:
    """Why a post cannot go yet, and the way out."""
    return f"has {said(work)}: {way_out(work)}"


def _write(session: Session, plan: Plan) -> None:
    edited = [*plan.changed, *plan.ended]
    for table, model in MODELS.items():
        keys = [each.key for each in (*edited, *plan.withdrawn) if each.table == table]
        column = getattr(model, _key(table))
        asked = select(model).where(column.in_(keys)).execution_options(populate_existing=True)
        rows = {getattr(each, _key(table)): each for each in session.scalars(asked)}
        for each in plan.withdrawn:
            if each.table == table:
                session.delete(rows[each.key])
        for each in edited:
            if each.table == table:
                for name in each.before:
                    setattr(rows[each.key], name, each.values[name])
                if table == "holdings" and "until" in each.before:
                    # What was ended earlier today, and is not to end, goes on.
                    rows[each.key].ended_at = each.values.get("ended_at")
    for table, model in MODELS.items():
        made = [
            model(**each.values, **({"id": uuid7()} if table == "holdings" else {}))
            for each in plan.added
            if each.table == table
        ]
        session.add_all(made)
        # What the next table refers to must be there.
        session.flush()


def _recorded(plan: Plan) -> dict[str, Any]:
    """What the record says: the rows themselves stand in the act with their digests."""
    count = {
        what: {table: len(rows) for table, rows in _by_table(entries).items()}
        for what, entries in (("added", plan.added), ("ended", plan.ended))
    }
    changed = [
        {"table": each.table, "key": str(each.key), "changes": _changes(each, _UNSAID)}
        for each in plan.changed
    ]
    withdrawn = [_shown(each) for each in plan.withdrawn]
    return {**count, "changed": changed, "withdrawn": withdrawn}
