"""One change of a project, from the lock to the events: the only way in which anything is written.

A command makes an ``Act``, looks at its ``state``, puts facts, and saves. What the change means for
the project's health and forecasts is worked out then, and is part of the same change.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid5

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Invalid, NotFound
from palika.events import Event
from palika.india import day_of
from palika.outbox import record
from palika.roles import post_of
from services.warroom.domain.access import check_may_change
from services.warroom.domain.facts import KINDS, NAMES, Basis, Fact, Health, Standing, State
from services.warroom.domain.facts import Project as ProjectFact
from services.warroom.domain.forecast import by_pace
from services.warroom.domain.health import health
from services.warroom.domain.keeping import kept
from services.warroom.domain.progress import official
from services.warroom.models import OPEN, Change, Project, Version
from services.warroom.queries.states import NOW, facts_of, gathered, named, no_such
from services.warroom.reference import city_policy
from services.warroom.schemas import PROJECT_CHANGED, PROJECT_TURNED

OWN = "service:warroom"
"""The subject under which the service acts by itself."""
_F = TypeVar("_F", bound=Fact)
_TICK = timedelta(microseconds=1)


class Act:
    """A change under way.

    Attributes:
        now: when it is recorded: aware, later than every change of the project before it.
        id: of the project.
    """

    def __init__(
        self,
        session: Session,
        row: Project,
        caller: Identity,
        now: datetime,
        facts: Mapping[UUID, Fact],
    ) -> None:
        self.now = now
        self.id = row.id
        self.caller = caller
        self._session = session
        self._row = row
        self._facts = dict(facts)
        self._before = dict(facts)
        self._told: list[Event] = []

    @classmethod
    def load(
        cls, session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
    ) -> "Act":
        """Lock the project that ``args`` names, as ``schemas.asking.Writing`` has it.

        Raises:
            NotFound: there is none.
            Conflict: somebody has changed it since ``args["version"]``; what the service itself has
                worked out meanwhile is no reason to read again.
            Invalid: ``args["valid_on"]`` is before the project.
        """
        row = session.scalars(
            select(Project)
            .where(named(args))
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one_or_none()
        if row is None:
            raise no_such(args)
        asked = args.get("version")
        if asked is not None and _changed_since(session, row, asked):
            raise Conflict(
                f"{row.code} has changed since version {asked}",
                {"expected": asked, "version": row.version},
            )
        known = {key: fact for _, key, fact in facts_of(session, [row.id], NOW)[row.id]}
        act = cls(session, row, caller, max(now, row.changed_at + _TICK), known)
        if (valid_on := args.get("valid_on")) is not None:
            act.check_begun("valid_on", valid_on)
        return act

    @classmethod
    def begin(
        cls,
        session: Session,
        caller: Identity,
        key: UUID | None,
        project: ProjectFact,
        now: datetime,
    ) -> "Act":
        """Make a project that is not there yet.

        Raises:
            Conflict: its code or its id is another's.
        """
        row = Project(
            id=key or uuid7(),
            code=project.code,
            version=0,
            changed_at=now,
            updated_at=now,
            judged_on=day_of(now),
        )
        # Two of one code or id at once wait for each other, and nobody else for them; the second
        # finds what the first has made.
        values = {each.key: getattr(row, each.key) for each in Project.__table__.columns}
        made = pg_insert(Project).values(values).on_conflict_do_nothing().returning(Project.id)
        if session.scalar(made) is None:
            taken = select(Project).where((Project.code == row.code) | (Project.id == row.id))
            other = session.scalars(taken).first()
            assert other is not None, "projects are never deleted"
            raise Conflict(
                f"there is a project {other.code} already",
                {"id": str(other.id), "code": other.code},
            )
        row = session.get_one(Project, row.id)
        act = cls(session, row, caller, now, {})
        act._facts[row.id] = project
        return act

    @property
    def state(self) -> State:
        """The project as it is, with what this change has put so far."""
        facts = [(NAMES[type(each)], key, each) for key, each in self._facts.items()]
        row = self._row
        return gathered(self.id, row.version, row.changed_at, row.updated_at, facts)

    @property
    def project(self) -> ProjectFact:
        """The project itself, with what this change has put so far."""
        return self.get(ProjectFact, self.id)

    @property
    def today(self) -> date:
        """The day of the change, of India."""
        return day_of(self.now)

    def check_may(self, *posts: str) -> None:
        """Refuse who does not answer for the project, and is none of ``posts``.

        Raises:
            Forbidden: they may not.
        """
        owner = self.project.owner
        check_may_change(self.caller.subject, self.caller.roles, owner, *posts)

    def check_begun(self, field: str, day: date) -> None:
        """Refuse a day on which there was no project yet: before it begins, and before it was
        entered here, if that is earlier.

        Raises:
            Invalid: with the first day there may be.
        """
        starts_on = self.project.starts_on
        first = starts_on if day >= starts_on else min(starts_on, self.entered_on())
        if day < first:
            rule = f"must be {first}, from when on there is the project, or later"
            raise Invalid("it is before the project", {field: [rule]})

    def entered_on(self) -> date:
        """The day on which the project came in here."""
        entered = select(func.min(Change.at)).where(Change.project_id == self.id)
        return day_of(self._session.scalar(entered) or self.now)

    def get(self, kind: type[_F], key: UUID) -> _F:
        """A fact of the project.

        Raises:
            NotFound: it has none of that kind and id.
        """
        found = self._facts.get(key)
        if not isinstance(found, kind):
            name = NAMES[kind]
            raise NotFound(f"the project has no such {name}", {f"{name}_id": str(key)})
        return found

    def add(self, key: UUID | None, fact: Fact, *filled_in: str) -> tuple[UUID, bool]:
        """Put a new fact. Asked again under the same id with the same content, it is there already.

        Args:
            filled_in: fields that the caller has left to the day of the call: asked again on
                another day, it is the same call.

        Returns:
            Its id, and whether it is new.

        Raises:
            Conflict: the id is of something else, of which ``differs`` names what; or it was
                withdrawn.
        """
        if key is None:
            key = uuid7()
        else:
            first = self._session.scalars(
                select(Version).where(Version.entity_id == key).order_by(Version.id).limit(1)
            ).one_or_none()
            if first is not None:
                _check_same(first, self.id, key, fact, filled_in)
                if key not in self._facts:
                    raise Conflict(f"{key} was withdrawn: give another id", {"id": str(key)})
                return key, False
        self._facts[key] = fact
        return key, True

    def put(self, key: UUID, fact: Fact) -> None:
        """Put the next version of a fact."""
        # The last made stands last.
        if self._facts.get(key) != fact:
            self._facts.pop(key, None)
            self._facts[key] = fact

    def withdraw(self, kind: str, key: UUID) -> None:
        """Take a fact back: from now on it is not known any more.

        Raises:
            NotFound: there is none.
        """
        self.get(KINDS[kind], key)
        del self._facts[key]

    def about(self, **data: Any) -> dict[str, Any]:
        """What an event of this change is made of: ``MILESTONE_DONE.new(**act.about(…))``."""
        project = self.project
        common = {"project_id": self.id, "code": project.code, "department": project.department}
        return {
            "subject": str(self.id),
            "sequence": self._row.version + 1,
            "time": self.now,
            "data": common | data,
        }

    def tell(self, event: Event) -> None:
        """Let others know, once it is saved."""
        self._told.append(event)

    def save(self, action: str, reason: str | None = None, valid_on: date | None = None) -> State:
        """Write what has changed, and record the events; nothing, if nothing has.

        Args:
            action: what was done, a code.
            valid_on: the day of which the change speaks; today, if none is given.

        Raises:
            Invalid: that day is to come: a change has its effect at once.
        """
        if valid_on is not None and valid_on > self.today:
            raise Invalid("it is to come", {"valid_on": [f"must be {self.today} or earlier"]})
        row, today, own = self._row, self.today, self.caller.subject == OWN
        # What time alone has brought is no change of whoever asked again for what is so already.
        if not own and self._facts == self._before:
            return self.state
        if not own:
            row.updated_at = self.now
        # Of what nobody works on, time alone brings nothing that anybody would look at.
        if not own or self.project.standing is Standing.ACTIVE:
            self._judge()
        row.judged_on = max(row.judged_on, today)
        changed = [key for key in self._facts if self._facts[key] != self._before.get(key)]
        gone = [key for key in self._before if key not in self._facts]
        if not changed and not gone:
            self._session.flush()
            return self.state
        valid_on = valid_on or today
        told = self.about(
            action=action, change=row.version + 1, valid_on=valid_on, changed_at=self.now
        )
        self.tell(PROJECT_CHANGED.new(**told))
        row.version += 1
        row.changed_at = self.now
        values = {
            "project_id": self.id,
            "position": row.version,
            "at": self.now,
            "valid_on": valid_on,
            "action": action,
            "by": self.caller.subject,
            "own": own,
            "reason": reason,
        }
        self._session.flush()
        self._session.execute(insert(Change).values(values))
        closed = [key for key in (*changed, *gone) if key in self._before]
        if closed:
            self._session.execute(
                update(Version)
                .where(Version.entity_id.in_(closed), Version.until == OPEN)
                .values(until=self.now)
                .execution_options(synchronize_session=False)
            )
        rows = [self._version(key) for key in changed]
        if rows:
            self._session.execute(insert(Version), rows)
        record(self._session, *self._told)
        return self.state

    def _version(self, key: UUID) -> dict[str, Any]:
        fact = self._facts[key]
        return {
            "project_id": self.id,
            "kind": NAMES[type(fact)],
            "entity_id": key,
            "position": self._row.version,
            "since": self.now,
            "until": OPEN,
            "content": kept(fact),
        }

    def _judge(self) -> None:
        """Work out health and forecasts anew; their versions are the history of both."""
        known, today, policy = self.state, self.today, city_policy()
        pace = by_pace(known.milestones, known.project.starts_on, today, policy.widest_days)
        dropped = known.project.standing is Standing.DROPPED
        for basis, found in ((Basis.OFFICIAL, official(known, today)), (Basis.PACE, pace)):
            key = uuid5(self.id, f"forecast:{basis}")
            if found is not None and not dropped:
                self.put(key, found)
            else:
                self._facts.pop(key, None)
        found_health = health(known, policy, today, *self._heard_on())
        before = known.health
        self.put(uuid5(self.id, "health"), found_health)
        if before is None or before.light is not found_health.light:
            turned = _turned(known, before, found_health, self.now)
            self.tell(PROJECT_TURNED.new(**self.about(**turned)))

    def _heard_on(self) -> tuple[date | None, bool]:
        """Today, if it is the owner's own word, or the project is new (True: not by its owner); a
        change by anybody else ends no silence."""
        before = self._before.get(self.id)
        owners = {
            each.owner for each in (before, self._facts[self.id]) if isinstance(each, ProjectFact)
        }
        mine = post_of(self.caller.subject) in owners and self.caller.subject != OWN
        return self.today if before is None or mine else None, before is None and not mine


def _changed_since(session: Session, row: Project, version: int) -> bool:
    """Whether anybody but the service itself has changed it, or it has no such version yet."""
    later = select(Change.position).where(
        Change.project_id == row.id, Change.position > version, ~Change.own
    )
    if version == row.version:
        return False
    return version > row.version or session.scalar(later.limit(1)) is not None


def _turned(known: State, before: Health | None, after: Health, now: datetime) -> dict[str, Any]:
    return {
        "owner": known.project.owner,
        "light": after.light,
        "light_before": before and before.light,
        "reason": after.reasons[0].code,
        "turned_at": now,
    }


_MADE = frozenset({"content_key", "thumbnail_key", "size"})
"""What is made anew of a photograph each time it comes in: the same one has the ``sha256``."""


def _check_same(
    first: Version, project: UUID, key: UUID, fact: Fact, filled_in: Collection[str]
) -> None:
    content, kind = kept(fact), NAMES[type(fact)]
    if first.project_id != project or first.kind != kind:
        raise Conflict(f"{key} is the id of something else already", {"id": str(key)})
    names = content.keys() - _MADE - set(filled_in)
    differs = sorted(name for name in names if content[name] != first.content.get(name))
    if differs:
        raise Conflict(
            f"{key} was asked for before with other content: {', '.join(differs)}",
            {"id": str(key), "differs": differs},
        )


def check_known(field: str, codes: Mapping[str, Any], *given: str) -> None:
    """Refuse codes that the city does not have.

    Raises:
        Invalid: with the first of them.
    """
    for each in given:
        if each not in codes:
            raise Invalid("no such code", {field: [f"there is no {each}"]})
