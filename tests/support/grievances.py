"""The grievance service's commands on a real database, as its tests call them."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.events import Event
from palika.local import Postgres
from palika.tables import outbox
from tests.support.databases import service_database

CITIZEN = Identity.of("citizen:9", "citizen")
OTHER_CITIZEN = Identity.of("citizen:10", "citizen")
OFFICER = Identity.of("officer:roads-je", "officer")
CENTRE = Identity.of("supervisor:centre", "supervisor")
"""A supervisor without a post."""
NOW = datetime(2026, 7, 1, 4, 30, tzinfo=UTC)
"""A Wednesday, 10:00 in India: the offices are open."""
HOUR = timedelta(hours=1)
FILING = {"category": "pothole", "ward": "aundh-baner", "description": "A hole"}
NOBODY = "00000000-0000-7000-8000-000000000000"

# What a step needs beside the grievance, where a test does not say otherwise.
_USUAL: dict[str, dict[str, Any]] = {
    "assign": {"officer": "roads-je"},
    "wait": {"question": "Where is it?"},
    "answer": {"answer": "By the school"},
    "resolve": {"remark": "Filled"},
    "rate": {"rating": 5},
    "reopen": {"reason": "Still there"},
    "reject": {"rejection": "not_responsible", "remark": "The highway authority's"},
    "transfer": {"category": "manhole-cover"},
    "comment": {"text": "Seen"},
    "unmerge": {"reason": "It is another one"},
    "appeal": {"grounds": "Nothing was done"},
    "decide_appeal": {"outcome": "upheld", "order": "Do it within a week"},
    "check_sample": {"outcome": "confirmed", "note": "It is filled"},
}


class GrievanceDesk:
    """Files and takes steps, each in a transaction of its own, and looks at what came of it."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        """On the service's database."""
        self.sessions = sessions

    def file(self, caller: Identity = CITIZEN, now: datetime = NOW, **args: Any) -> Any:
        """File a grievance; gives it."""
        return self.file_with_token(caller, now, **args).grievance

    def file_with_token(self, caller: Identity = CITIZEN, now: datetime = NOW, **args: Any) -> Any:
        """File a grievance; gives it with its token."""
        from services.grievance.commands.file import file_grievance
        from services.grievance.schemas import Filing

        with self.sessions.begin() as session:
            return file_grievance(session, caller, Filing().load(FILING | args), now)

    def take(
        self,
        step: str,
        grievance: Any = None,
        caller: Identity = OFFICER,
        now: datetime = NOW,
        **args: Any,
    ) -> Any:
        """Take a step; gives the grievance after it."""
        schema, command = _steps()[step]
        key = {} if grievance is None else {"id": str(grievance.id)}
        loaded = schema().load(key | _USUAL.get(step, {}) | args)
        with self.sessions.begin() as session:
            return command(session, caller, loaded, now)

    def clock(self, now: datetime, **options: Any) -> int:
        """Let the scheduler run at that moment; how many grievances it looked at."""
        from services.grievance.commands.clock import Clock

        return Clock(self.sessions.begin, lambda: now, **options).run()

    def resolved(self, now: datetime = NOW, **args: Any) -> Any:
        """A grievance that was filed, assigned and resolved."""
        filed = self.file(now=now, **args)
        self.take("assign", filed, now=now)
        return self.take("resolve", filed, now=now)

    def stored(self, grievance: Any) -> Any:
        """The grievance as it is stored."""
        from services.grievance.models import Grievance

        with self.sessions() as session:
            return session.get(Grievance, grievance.id)

    def get(self, grievance: Any, caller: Identity = OFFICER) -> dict[str, Any]:
        """The grievance as the caller sees it."""
        from services.grievance.queries import one

        with self.sessions() as session:
            return one.get(session, caller, {"id": grievance.id, "number": None}, NOW)

    def timeline(self, grievance: Any, caller: Identity = OFFICER) -> list[dict[str, Any]]:
        """Its timeline as the caller sees it."""
        entries: list[dict[str, Any]] = self.get(grievance, caller)["timeline"]
        return entries

    def events(self, grievance: Any = None) -> list[Event]:
        """What was told, of one grievance if it is given, in order."""
        with self.sessions() as session:
            bodies = session.scalars(select(outbox.c.body).order_by(outbox.c.position))
            told = [Event.from_json(body) for body in bodies]
        key = None if grievance is None else str(grievance.id)
        return [event for event in told if key in (None, event.subject)]

    def told(self, grievance: Any) -> list[str]:
        """The kinds of events that were told of a grievance, in order."""
        return [event.type.split(".")[1] for event in self.events(grievance)]

    def set_posts(self, posts: Mapping[str, Mapping[str, Any]]) -> None:
        """Enter these posts, by code, as somebody of the city's centre."""
        from services.grievance.commands.officers import set_officer
        from services.grievance.schemas import SettingOfficer

        with self.sessions.begin() as session:
            for code, args in posts.items():
                set_officer(session, CENTRE, SettingOfficer().load({"code": code, **args}))

    def empty(self) -> None:
        """Take everything away."""
        with self.sessions.begin() as session:
            session.execute(text("TRUNCATE grievance, officer, outbox, sample_draw CASCADE"))


def in_utc(moment: datetime) -> str:
    """A moment as events have it."""
    return moment.isoformat().replace("+00:00", "Z")


def fill(sessions: sessionmaker[Session], count: int, words: int = 1) -> None:
    """Many grievances at once, ten minutes apart, the last at ``NOW``; a twentieth of them open.

    Of each hundred three are rated 1 (the last of them eighty days before ``NOW``). One in two of
    them has the word ``common``, one in ten ``tenth``, one in a thousand ``seldom``. A description
    has ``words``.
    """
    with sessions.begin() as session:
        session.execute(text(_MANY), {"count": count, "now": NOW, "words": words})
    engine = sessions.kw["bind"].execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("VACUUM ANALYZE grievance, search_words"))


# Which department, ward and category are of one row has nothing to do with each other.
_MANY = """
WITH made AS (
    SELECT n, gen_random_uuid() AS id, n % 20 = 0 AS open,
        CAST(:now AS timestamptz) - (:count - n) * interval '10 minutes' AS at
    FROM generate_series(1, :count) n
), filed AS (
    INSERT INTO grievance (id, number, category, parent_category, department, ward, description,
        language, channel, filed_by, state, version, officer, filed_at, due_at, resolved_at,
        closed_at, on_time, rating, times_reopened)
    SELECT id, 'X-' || n, 'c' || n / 7 % 25, 'p' || n / 7 % 5,
        'd' || n / 3 % 11, 'w' || n / 11 % 13,
        repeat('word ', :words), 'mr', 'web', 'c' || n % 400,
        CASE WHEN open THEN 'assigned' WHEN n % 400 = 1 THEN 'resolved' ELSE 'closed' END, 1,
        'o' || n / 20 % 40, at, at + interval '3 days',
        CASE WHEN NOT open THEN at + interval '2 days' END,
        CASE WHEN NOT open AND n % 400 <> 1 THEN at + interval '4 days' END,
        CASE WHEN NOT open THEN n % 3 > 0 END,
        CASE WHEN n % 33 = 1 AND NOT open AND at < CAST(:now AS timestamptz) - interval '80 days'
            THEN 1 END, 0
    FROM made
)
INSERT INTO search_words (grievance_id, filed_at, tokens)
SELECT id, at, ARRAY[to_char(at AT TIME ZONE 'Asia/Kolkata', '"@"YYYY-MM'), 'n' || n]
    || CASE WHEN n % 2 = 0 THEN ARRAY['common'] ELSE '{}' END
    || CASE WHEN n % 10 = 3 THEN ARRAY['tenth'] ELSE '{}' END
    || CASE WHEN n % 1000 = 500 THEN ARRAY['seldom'] ELSE '{}' END
FROM made
"""


def _steps() -> dict[str, tuple[Any, Callable[..., Any]]]:
    from services.grievance import schemas
    from services.grievance.commands import (
        acknowledge,
        appeal,
        assign,
        attach,
        comment,
        link,
        merge,
        rate,
        reject,
        reopen,
        resolve,
        sample,
        start,
        transfer,
        unmerge,
        wait,
    )

    return {
        "acknowledge": (schemas.Acknowledging, acknowledge.acknowledge_grievance),
        "assign": (schemas.Assigning, assign.assign_grievance),
        "start": (schemas.Starting, start.start_grievance),
        "wait": (schemas.Waiting, wait.wait_grievance),
        "answer": (schemas.Answering, wait.answer_grievance),
        "resolve": (schemas.Resolving, resolve.resolve_grievance),
        "rate": (schemas.Rating, rate.rate_grievance),
        "close": (schemas.Closing, rate.close_grievance),
        "reopen": (schemas.Reopening, reopen.reopen_grievance),
        "reject": (schemas.Rejecting, reject.reject_grievance),
        "transfer": (schemas.Transferring, transfer.transfer_grievance),
        "withdraw": (schemas.Withdrawing, reject.withdraw_grievance),
        "merge": (schemas.Merging, merge.merge_grievance),
        "unmerge": (schemas.Unmerging, unmerge.unmerge_grievance),
        "link": (schemas.Linking, link.link_grievance),
        "unlink": (schemas.Linking, link.unlink_grievance),
        "appeal": (schemas.Appealing, appeal.appeal_grievance),
        "decide_appeal": (schemas.Deciding, appeal.decide_appeal),
        "check_sample": (schemas.Checking, sample.check_sample),
        "comment": (schemas.Commenting, comment.comment_grievance),
        "locate": (schemas.Locating, attach.locate_grievance),
    }


@pytest.fixture(scope="module")
def grievance_database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """A database of the grievance service for one module's tests, built by its migrations."""
    with service_database(postgres, "grievance") as found:
        yield found


@pytest.fixture
def desk(grievance_database: sessionmaker[Session]) -> GrievanceDesk:
    """The desk, with nothing on it."""
    found = GrievanceDesk(grievance_database)
    found.empty()
    return found
