"""Who sits where: the directory of posts, a post's holders, an officer's posts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.blocking import off_hub
from palika.errors import Forbidden, Invalid
from palika.india import day_of
from palika.paging import cursor_after, order_of, word_of
from palika.roles import post_of
from services.eoffice.domain.organisation import (
    ON_BEHALF,
    Organisation,
    Post,
    on,
)
from services.eoffice.models import Holding
from services.eoffice.organisation_store import current
from services.eoffice.schemas.organisation import HoldingView, PostView

_NIL = UUID(int=0)
_HIGHEST = 100
_NEAREST = 3
_SUGGESTED = 5
"""Of so many codes that are no posts the nearest are told: each is compared with all posts."""
_holding, _post = HoldingView(), PostView()


def directory(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A page of the posts of a day with who holds each then: ``items`` and ``next``.

    Args:
        args: as loaded by ``schemas.organisation.Directory``.

    Raises:
        Invalid: no such department or section; a cursor of another list.
    """
    city, day = current(session), args["day"] or day_of(now)
    if args["department"] is not None:
        city.check_department(args["department"])
    if args["section"] is not None:
        city.check_section(args["section"])
    order = order_of("directory", args)
    after = word_of(order, args["cursor"])[0] if args["cursor"] else ""
    found = sorted((_place(each), each) for each in _wanted(city, args, day))
    behind = [each for each in found if each[0] > after]
    page = behind[: args["limit"]]
    more = len(behind) > len(page)
    return {
        "day": day.isoformat(),
        "items": [entry(city, each, day) for _, each in page],
        "next": cursor_after(order, page[-1][0], _NIL) if more else None,
    }


def entry(city: Organisation, post: Post, day: date) -> dict[str, Any]:
    """A post as the directory has it: with who holds it that day, and who stands in."""
    holding = city.held(post.code, day)
    shown: dict[str, Any] = _post.dump(post)
    if holding is None:
        return {**shown, "holder": None, "additional": False, "linked": None}
    linked = city.linked(holding.person, day)
    return {
        **shown,
        "holder": person(city, holding.person),
        "additional": holding.additional,
        "linked": None if linked is None else person(city, linked),
    }


def holders(session: Session, code: str) -> dict[str, Any]:
    """Who holds, has held and is to hold a post: ``code``, ``mr``, ``en``, and ``items``, the
    newest first.

    Raises:
        Invalid: there was never such a post.
    """
    city = current(session)
    post = city.posts.get(code)
    if post is None:
        raise Invalid("no such post", {"code": [f"there was never a post {code!r}"]})
    rows = session.scalars(
        select(Holding)
        .where(Holding.post == code)
        .order_by(Holding.since.desc(), Holding.kind.desc(), Holding.id)
    )
    items = [{**_holding.dump(each), "holder": person(city, each.person)} for each in rows]
    return {"code": code, "mr": post.mr, "en": post.en, "items": items}


def named_posts(known: Mapping[str, Post], codes: Iterable[str]) -> dict[str, Any]:
    """What posts are called, those that have ended too. It may take a tenth of a second: it is for
    when no transaction is open.

    Args:
        known: all posts that there are and were, by code.
        codes: of those that are asked for.

    Returns:
        ``posts``, by code with ``mr`` and ``en``; ``unknown``: of each code that there was never,
        the nearest that there are, or none after the first few such codes.
    """
    found = {code: known.get(code) for code in codes}
    unknown = [code for code, one in found.items() if one is None]
    first = unknown[:_SUGGESTED]
    near = off_hub(_nearest, first, list(known)) if first else {}
    return {
        "posts": {code: {"mr": one.mr, "en": one.en} for code, one in found.items() if one},
        "unknown": {code: near.get(code, []) for code in unknown},
    }


def _nearest(codes: Iterable[str], known: Sequence[str]) -> dict[str, list[str]]:
    return {code: get_close_matches(code, known, _NEAREST) for code in codes}


def my_posts(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """For which posts an officer acts on a day, and in which capacity: ``person`` and ``items``,
    their own first.

    Raises:
        Invalid: a service says of no officer, or there is no such officer.
        Forbidden: the caller is neither an officer nor a post that somebody holds that day.
    """
    city, day = current(session), args["day"] or day_of(now)
    code = args["person"] or _own(city, caller, day)
    if code not in city.people:
        raise Invalid("no such officer", {"person": [f"there is no officer {code!r}"]})
    items = [
        {**_post.dump(city.posts[each]), "capacity": str(capacity)}
        for each, capacity in city.posts_of(code, day).items()
    ]
    return {"day": day.isoformat(), "person": person(city, code), "items": items}


def person(city: Organisation, code: str) -> dict[str, str]:
    """An officer by code and names."""
    known = city.people[code]
    return {"code": code, "mr": known.mr, "en": known.en}


def _own(city: Organisation, caller: Identity, day: date) -> str:
    if not ON_BEHALF.isdisjoint(caller.roles):
        raise Invalid("whose posts?", {"person": ["needed when a service asks for one"]})
    name = post_of(caller.subject)
    if name in city.people:
        return name
    holder = city.holder(name, day)
    if holder is None:
        raise Forbidden(f"{name!r} is neither an officer nor a post that is held", {"post": name})
    return holder


def _place(post: Post) -> str:
    """By department, the highest first; as text, for the cursor."""
    return f"{post.department}\x1f{_HIGHEST - post.level:03}\x1f{post.code}"


def _wanted(city: Organisation, args: Mapping[str, Any], day: date) -> Iterable[Post]:
    words = (args["words"] or "").casefold().split()
    for post in city.posts.values():
        if not on(post, day):
            continue
        if args["department"] not in (None, post.department):
            continue
        if args["section"] not in (None, post.section):
            continue
        holder = city.holder(post.code, day)
        if args["vacant"] not in (None, holder is None):
            continue
        if words and not _has(city, post, holder, words):
            continue
        yield post


def _has(city: Organisation, post: Post, holder: str | None, words: list[str]) -> bool:
    said = [post.code, post.mr, post.en]
    if holder is not None:
        said += [holder, city.people[holder].mr, city.people[holder].en]
    text = "\n".join(said).casefold()
    return all(each in text for each in words)
