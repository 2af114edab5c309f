"""The organisation as the database has it, kept in memory for as long as nothing changes it."""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika import calls, city_data
from palika.auth import Identity
from palika.india import day_of
from services.eoffice import models
from services.eoffice.domain import organisation as domain
from services.eoffice.domain.naming import Renaming, former_names
from services.eoffice.domain.organisation import Actor, Organisation, last_whole_day
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Act, Chain
from services.eoffice.sealing import act

ORGANISATION = UUID("00000000-0000-7000-8000-000000000001")
"""The chain of what is done about the organisation."""

# By what the record says of it, and not by how much: what was rolled back leads nobody astray.
_HEAD = select(Chain.head).where(Chain.id == ORGANISATION)
_INSTALLING = 0x656F6666
"""The advisory lock under which the shipped organisation is put in."""
_CHANGING = 0x656F6667
"""The advisory lock under which the organisation is changed, and work is given to its posts."""
_known: dict[str, tuple[bytes | None, Organisation]] = {}


def actor(session: Session, caller: Identity, wanted: str | None, now: datetime) -> Actor:
    """For which post a caller acts; raises as ``Organisation.acting``."""
    return current(session).acting(caller.subject, caller.roles, wanted, day_of(now))


def current(session: Session) -> Organisation:
    """The organisation, as of this transaction; a database that has none gets the shipped one."""
    database = str(session.get_bind().engine.url)
    head = session.scalar(_HEAD)
    if head is None:
        _install(session)
        head = session.scalar(_HEAD)
    known = _known.get(database)
    if known is None or known[0] != head:
        known = (head, _read(session))
        _known[database] = known
    return known[1]


def forget() -> None:
    """Read the organisation again when it is next asked for."""
    _known.clear()


def current_locked(session: Session) -> Organisation:
    """As ``current``; who changes it waits here until others that do, and those who go by it
    (``current_held``), have committed."""
    current(session)
    session.execute(select(func.pg_advisory_xact_lock(_CHANGING)))
    session.execute(select(Chain.id).where(Chain.id == ORGANISATION).with_for_update())
    return current(session)


def current_held(session: Session) -> Organisation:
    """As ``current``, for who gives work to a post: until the transaction ends nobody changes the
    organisation, so that no post ends while a file is on its way to it.

    Any number may hold it at once. It is asked for before what moves is locked.
    """
    session.execute(select(func.pg_advisory_xact_lock_shared(_CHANGING)))
    return current(session)


def _install(session: Session) -> None:
    """Put the shipped organisation into a database that has none; one process does, others wait."""
    session.execute(select(func.pg_advisory_xact_lock(_INSTALLING)))
    if session.scalar(select(models.Department.code).limit(1)) is not None:
        return
    tables: dict[type[Any], str] = {
        models.Department: "departments",
        models.Section: "sections",
        models.Post: "posts",
        models.Person: "people",
        models.Holding: "holdings",
    }
    for model, name in tables.items():
        session.add_all([_row(model, each) for each in shipped(name)])
        session.flush()
    with calls.beside():
        act(session, ORGANISATION, "organisation", "installed", None, datetime.now(UTC))


def shipped(name: str) -> list[dict[str, str]]:
    """The lines of a CSV file of ``data/organisation/``, the shipped one or the city's own."""
    folder = Path(str(resources.files("services.eoffice"))) / "data" / "organisation"
    path = city_data.own(folder / f"{name}.csv")
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def _row(model: type[Any], line: dict[str, str]) -> Any:
    values: dict[str, Any] = {key: value or None for key, value in line.items()}
    for name in ("since", "until"):
        if values[name] is not None:
            values[name] = date.fromisoformat(values[name])
    if model is models.Post:
        values["level"] = int(values["level"])
        values["clearance"] = Secrecy[values["clearance"].upper()]
    if model is models.Holding:
        values["id"] = uuid7()
    return model(**values)


def _read(session: Session) -> Organisation:
    # Columns and no objects: thousands of posts are read anew after each change.
    def rows(model: type[Any]) -> Sequence[Any]:
        return session.execute(select(model.__table__)).all()

    departments, sections = rows(models.Department), rows(models.Section)
    posts, people = rows(models.Post), rows(models.Person)
    holdings = sorted(rows(models.Holding), key=lambda each: (each.post, each.since, each.id))
    return Organisation(
        departments={each.code: (each.mr, each.en) for each in departments},
        sections={each.code: each.department for each in sections},
        section_names={each.code: (each.mr, each.en) for each in sections},
        former=former_names(
            {
                (kind, each.code): (each.mr, each.en)
                for kind, found in (
                    *(("department", departments), ("section", sections)),
                    *(("post", posts), ("person", people)),
                )
                for each in found
            },
            _renamings(session),
        ),
        lasting={
            (what, each.code): (each.since, each.until)
            for what, found in (("department", departments), ("section", sections))
            for each in found
        },
        posts={
            each.code: domain.Post(
                each.code,
                each.department,
                each.section,
                each.mr,
                each.en,
                each.level,
                each.reports_to,
                Secrecy(each.clearance),
                each.since,
                each.until,
            )
            for each in posts
        },
        people={
            each.code: domain.Person(each.code, each.mr, each.en, each.since, each.until)
            for each in people
        },
        holdings=tuple(
            domain.Holding(each.post, each.person, each.kind == "additional", each.since, until)
            for each in holdings
            if (until := last_whole_day(each.until, each.ended_at)) is None or until >= each.since
        ),
        leaves=tuple(
            domain.Leave(each.person, each.linked, each.since, each.until)
            for each in rows(models.Leave)
            if each.ended_at is None
        ),
        delegations=tuple(
            domain.Delegation(
                each.from_post,
                each.to_post,
                frozenset(each.what),
                each.most_paise,
                each.since,
                each.until,
            )
            for each in rows(models.Delegation)
            if each.revoked_at is None
        ),
    )


_KINDS = {"departments": "department", "sections": "section", "posts": "post", "people": "person"}
"""What is renamed, by the tables of an import."""


def _renamings(session: Session) -> Iterator[Renaming]:
    """Each change of a name that the record knows, the last first."""
    wanted = select(Act.at, Act.verb, Act.data).where(
        Act.chain_id == ORGANISATION, Act.verb.in_(("renamed", "imported"))
    )
    for at, verb, data in session.execute(wanted.order_by(Act.position.desc())):
        if verb == "renamed":
            before = data["before"]
            yield Renaming(at, (data["kind"], data["code"]), before["mr"], before["en"])
            continue
        for each in data["changed"]:
            names = [each["changes"].get(name, [None])[0] for name in ("mr", "en")]
            if any(names) and each["table"] in _KINDS:
                yield Renaming(at, (_KINDS[each["table"]], each["key"]), *names)
