"""Who sits where, and for whom they may act. A person holds posts; work belongs to the post."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from palika.errors import Forbidden, Invalid
from palika.roles import post_of
from services.eoffice.domain.naming import Former, Named, Names, called
from services.eoffice.domain.secrecy import Secrecy

ON_BEHALF = frozenset({"admin", "service"})
"""Roles that name the post for which they act: another service and the administrator."""


class Capacity(StrEnum):
    """In which a person acts for a post."""

    REGULAR = "regular"
    ADDITIONAL = "additional"
    LINKED = "linked"
    """For a colleague on leave."""
    SERVICE = "service"


OWN = frozenset({Capacity.REGULAR, Capacity.ADDITIONAL, Capacity.SERVICE})
"""In which somebody acts for a post by themselves, and not for who is away."""


class Dated(Protocol):
    """What is so from a day until a day, of India; ``until`` is the last."""

    @property
    def since(self) -> date:
        """The first day."""

    @property
    def until(self) -> date | None:
        """The last day; None: until further notice."""


@dataclass(frozen=True, slots=True)
class Post:
    """A chair. ``level`` 1 is the lowest rank; ``clearance`` up to which secrecy it reads.

    ``limit`` is of who acts for it now: nothing above is read, though the post has or had it. It is
    below the highest for a linked officer alone (``Organisation.acting``).
    """

    code: str
    department: str
    section: str | None
    mr: str
    en: str
    level: int
    reports_to: str | None
    clearance: Secrecy
    since: date
    until: date | None
    limit: Secrecy = Secrecy.TOP_SECRET


@dataclass(frozen=True, slots=True)
class Person:
    """An officer."""

    code: str
    mr: str
    en: str
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Holding:
    """A person holds a post, as their own or as additional charge."""

    post: str
    person: str
    additional: bool
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Leave:
    """A person is away and ``linked`` acts for all of their posts."""

    person: str
    linked: str
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Delegation:
    """``to_post`` may do ``what`` of the powers of ``from_post``, up to ``most_paise``."""

    from_post: str
    to_post: str
    what: frozenset[str]
    most_paise: int | None
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: always a post; the person who sits there, and in which capacity.

    ``person`` is None when a service acts for the post. ``level`` is the highest of the posts that
    a linked officer holds themselves; None: the officer is not linked.
    """

    post: Post
    person: str | None
    capacity: Capacity
    level: int | None = None


@dataclass(frozen=True)
class Organisation:
    """The corporation as it was, is and is planned to be.

    Attributes:
        departments: by code, with their names (mr, en).
        sections: the department of each.
        lasting: from when until when there is a department or section, by what it is and its code;
            of one that is not in it, always.
        section_names: of each section (mr, en).
        former: what each was called before it was renamed.
    """

    departments: Mapping[str, tuple[str, str]]
    sections: Mapping[str, str]
    posts: Mapping[str, Post]
    people: Mapping[str, Person]
    holdings: tuple[Holding, ...]
    leaves: tuple[Leave, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    lasting: Mapping[tuple[str, str], tuple[date, date | None]] = field(default_factory=dict)
    section_names: Mapping[str, Names] = field(default_factory=dict)
    former: Mapping[Named, tuple[Former, ...]] = field(default_factory=dict)

    def called(self, kind: str, code: str | None, at: datetime | None = None) -> Names:
        """What something was called (mr, en) at a moment, which is aware, or is now (None); its
        code, if there was never one; of None nothing.

        Args:
            kind: ``department``, ``section``, ``post`` or ``person``.
        """
        if code is None:
            return ("", "")
        named: Mapping[str, Mapping[str, Names | Post | Person]] = {
            "department": self.departments,
            "section": self.section_names,
            "post": self.posts,
            "person": self.people,
        }
        known = named[kind].get(code)
        if known is None:
            return (code, code)
        names = known if isinstance(known, tuple) else (known.mr, known.en)
        return called(names, self.former.get((kind, code), ()), at)

    def check_post(self, code: str, field: str, day: date) -> Post:
        """The post of that code.

        Raises:
            Invalid: there is none on that day; ``field`` is the argument to blame.
        """
        known = self.posts.get(code)
        if known is None:
            raise Invalid("no such post", {field: [f"there is no post {code!r}"]})
        if not on(known, day):
            raise Invalid("no such post", {field: [f"there is no post {code!r} on {day}"]})
        return known

    def check_department(self, code: str, day: date | None = None) -> None:
        """Refuse a department that the city does not have; None: that it never had.

        Raises:
            Invalid: no such department.
        """
        if code not in self.departments:
            rule = f"{code!r} is not known; must be one of: {', '.join(sorted(self.departments))}"
            raise Invalid("no such department", {"department": [rule]})
        self._check_lasting("department", code, day)

    def check_section(self, code: str, day: date | None = None) -> str:
        """The department of a section; None: of one that there is or was.

        Raises:
            Invalid: no such section.
        """
        found = self.sections.get(code)
        if found is None:
            raise Invalid("no such section", {"section": [f"there is no section {code!r}"]})
        self._check_lasting("section", code, day)
        return found

    def holder(self, post: str, day: date) -> str | None:
        """Who holds a post on a day: its own officer, else who has it as additional charge."""
        held = self.held(post, day)
        return None if held is None else held.person

    def held(self, post: str, day: date) -> Holding | None:
        """The holding by which ``holder`` has a post on a day."""
        held = [each for each in self._holdings("post", post) if on(each, day)]
        return min(held, key=lambda each: (each.additional, each.since), default=None)

    def linked(self, person: str, day: date) -> str | None:
        """Who acts for an officer that is on leave on a day; None: they are there."""
        away = (each.linked for each in self.leaves if each.person == person and on(each, day))
        return next(away, None)

    def posts_of(self, person: str, day: date) -> dict[str, Capacity]:
        """For which posts a person may act on a day, their own first."""
        found: dict[str, Capacity] = {}
        own = [each for each in self._holdings("person", person) if on(each, day)]
        for each in sorted(own, key=lambda each: each.additional):
            capacity = Capacity.ADDITIONAL if each.additional else Capacity.REGULAR
            found.setdefault(each.post, capacity)
        for leave in self.leaves:
            if leave.linked == person and on(leave, day):
                for each in self._holdings("person", leave.person):
                    if on(each, day):
                        found.setdefault(each.post, Capacity.LINKED)
        return found

    def own_posts(self, person: str, day: date) -> list[Post]:
        """The posts that a person holds themselves on a day, in additional charge too."""
        held = self._holdings("person", person)
        return [self.posts[each.post] for each in held if on(each, day)]

    def above(self, post: str) -> list[str]:
        """The posts up the line from a post, the nearest first; a circle ends it."""
        line: list[str] = []
        code = self.posts[post].reports_to if post in self.posts else None
        while code is not None and code in self.posts and code not in line and code != post:
            line.append(code)
            code = self.posts[code].reports_to
        return line

    def held_above(self, post: str, day: date) -> list[str]:
        """Those of the posts up the line that somebody holds on a day, the nearest first."""
        line = self.above(post)
        return [each for each in line if self.is_held(each, day)]

    def is_held(self, post: str, day: date) -> bool:
        """Whether there is such a post on a day, and somebody holds it."""
        there = post in self.posts and on(self.posts[post], day)
        return there and self.holder(post, day) is not None

    def strength(self, department: str, day: date) -> int:
        """How many posts of a department somebody holds on a day."""
        its = (each.code for each in self.posts.values() if each.department == department)
        return sum(self.is_held(each, day) for each in its)

    def acting(self, subject: str, roles: Set[str], wanted: str | None, day: date) -> Actor:
        """The post for which a caller acts on a day.

        An identity names a person (``officer:s.kulkarni``) or, as in the other services, the post
        itself (``officer:roads-je``): then it is the person who holds it. A person acts for the
        posts that they hold or have in additional charge, and for those of a colleague on leave
        whose linked officer they are: there they read no more than their own posts are cleared for.
        A service and the administrator say for which post.

        Args:
            subject: of the caller's identity.
            roles: of the caller's identity.
            wanted: the post named in the call; None: the only one, or the caller's own.

        Raises:
            Forbidden: the caller holds no such post, or none at all.
            Invalid: a service names none, or one that does not exist.
        """
        if not ON_BEHALF.isdisjoint(roles):
            if wanted is None:
                raise Invalid("which post acts?", {"post": ["needed when a service acts for one"]})
            return Actor(self.check_post(wanted, "post", day), None, Capacity.SERVICE)
        name = post_of(subject)
        if name in self.people:
            return self._as_person(name, wanted, day)
        return self._as_post(name, wanted, day)

    def check_numbers(
        self, subject: str, roles: Set[str], department: str, section: str | None, day: date
    ) -> None:
        """Refuse a number in the series of a department that is none of the caller's own.

        An officer's are those of the posts for which they may act on the day; a department's
        series are those of all its sections. A service and the administrator number for each.

        Args:
            subject: of the caller's identity.
            roles: of the caller's identity.
            department: whose number it would be.
            section: the one named in the call; None: the department was.

        Raises:
            Invalid: naming the departments, or sections, in which they may number.
        """
        if not ON_BEHALF.isdisjoint(roles):
            return
        name = post_of(subject)
        posts = self.posts_of(name, day) if name in self.people else [name]
        own = sorted({self.posts[each].department for each in posts})
        if department in own:
            return
        field, legal = "department", own
        if section is not None:
            field = "section"
            sections = (each for each, of in self.sections.items() if of in own)
            legal = sorted(each for each in sections if self._lasts("section", each, day))
        rule = (
            f"{section or department!r} is not of a department of your posts; "
            f"must be one of: {', '.join(legal)}"
        )
        raise Invalid("another department numbers there", {field: [rule]})

    def _check_lasting(self, what: str, code: str, day: date | None) -> None:
        if day is not None and not self._lasts(what, code, day):
            raise Invalid(f"no such {what}", {what: [f"there is no {what} {code!r} on {day}"]})

    def _lasts(self, what: str, code: str, day: date) -> bool:
        since, until = self.lasting.get((what, code), (date.min, None))
        return since <= day <= (until or date.max)

    def _as_person(self, person: str, wanted: str | None, day: date) -> Actor:
        able = self.posts_of(person, day)
        if not able:
            raise Forbidden(f"{person} holds no post", {"person": person})
        code = wanted if wanted is not None else next(iter(able))
        if code not in able:
            raise Forbidden(
                f"{person} cannot act for {code}", {"person": person, "posts": list(able)}
            )
        post = self.posts[code]
        if able[code] is not Capacity.LINKED:
            return Actor(post, person, able[code])
        own = self.own_posts(person, day)
        reads = max((each.clearance for each in own), default=Secrecy.NORMAL)
        level = max((each.level for each in own), default=0)
        post = replace(post, clearance=min(post.clearance, reads), limit=reads)
        return Actor(post, person, Capacity.LINKED, level)

    def _as_post(self, name: str, wanted: str | None, day: date) -> Actor:
        post = self.posts.get(name)
        if post is None or not on(post, day):
            raise Forbidden(f"{name!r} is neither a person nor a post", {"post": name})
        if wanted not in (None, name):
            raise Forbidden(f"{name} cannot act for {wanted}", {"post": name})
        person = self.holder(name, day)
        if person is None:
            raise Forbidden(f"nobody holds {name}", {"post": name})
        return Actor(post, person, self.posts_of(person, day)[name])

    def _holdings(self, by: str, code: str) -> Iterable[Holding]:
        index = self.__dict__.get(f"_by_{by}")
        if index is None:
            index = {}
            for each in self.holdings:
                index.setdefault(getattr(each, by), []).append(each)
            # Kept with the organisation, which never changes.
            self.__dict__[f"_by_{by}"] = index
        found: Iterable[Holding] = index.get(code, ())
        return found


def last_whole_day(until: date | None, ended_at: datetime | None) -> date | None:
    """The last day on which a holding counts: one that was ended in the course of its last day was
    held until then, and is over for the rest of it, so that another may hold the post from that day
    on.

    Args:
        until: its last day in the register; None: until further notice.
        ended_at: when it was ended on that day; None: it lasts, or lasted, the whole of it.
    """
    if until is None or ended_at is None:
        return until
    return until - timedelta(days=1)


def on(dated: Dated, day: date) -> bool:
    """Whether it is so on a day."""
    return dated.since <= day and (dated.until is None or day <= dated.until)
