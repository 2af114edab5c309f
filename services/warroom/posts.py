"""What the war room asks of the e-office: whether there is a post, and what posts are called.

It is asked before a transaction and never in one: nobody waits for it under a lock.
"""

import logging
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from palika.errors import Invalid, PalikaError, Unavailable
from palika.text import Name

_log = logging.getLogger(__name__)
_MOST: Final = 500
"""So many are asked for at once."""
_FIELDS: Final = ("post", "owner", "chair", "secretary", "by")
"""In these stands a post; in ``by`` it may be other words, which are called as they are."""
_IN_BRACKETS: Final = re.compile(r"\(([a-z0-9-]+)(?=[,)])")
Ask = Callable[..., Mapping[str, Any]]
"""``eoffice.posts``."""


def check_posts(
    ask: Ask, given: Mapping[str, str | None], known: Collection[str] = frozenset()
) -> None:
    """Refuse posts that there never were.

    Args:
        given: a post by the field in which it was given; None: none was.
        known: those of which nobody has to be asked (``queries/known_posts.py``).

    Raises:
        Invalid: naming each field, with the posts that are near.
        Unavailable: the e-office does not answer, so it cannot be said; nothing is written.
    """
    named = {field: post for field, post in given.items() if post not in (None, *known)}
    unknown = unknown_posts(ask, set(named.values()))
    wrong = {
        field: [no_post(post, unknown[post])] for field, post in named.items() if post in unknown
    }
    if wrong:
        raise Invalid("no such post", wrong)


def unknown_posts(ask: Ask, codes: Collection[str]) -> dict[str, Sequence[str]]:
    """Of those that are no posts, the nearest that are.

    Raises:
        Unavailable: the e-office does not answer.
    """
    return {code: near for told in _asked(ask, codes) for code, near in told["unknown"].items()}


def unknown_owners(
    ask: Ask, codes: Collection[str], *, dry_run: bool
) -> tuple[dict[str, Sequence[str]], list[str]]:
    """As ``unknown_posts``, for an import; and those of which it cannot be said whether they are
    posts, for the e-office is away: all of them, or none.

    Raises:
        Unavailable: the e-office does not answer, and it is no trial, which goes on without.
    """
    try:
        return unknown_posts(ask, codes), []
    except Unavailable:
        if not dry_run:
            raise
        return {}, sorted(codes)


def names_of(ask: Ask, codes: Collection[str]) -> dict[str, Name]:
    """What posts are called, by code; none at all while the e-office is away."""
    try:
        told = _asked(ask, codes)
    except PalikaError as error:
        _log.warning("posts are called by their codes: %s", error)
        return {}
    return {code: Name(**name) for each in told for code, name in each["posts"].items()}


def posts_in(content: Any) -> set[str]:
    """The posts in what a pack or minutes show, at whatever depth; in sentences those that stand in
    brackets."""
    if isinstance(content, str):
        return set(_IN_BRACKETS.findall(content))
    if isinstance(content, Mapping):
        own = {content[name] for name in _FIELDS if isinstance(content.get(name), str)}
        if isinstance(content.get("owner"), Mapping):
            own |= set(content["owner"].values())
        return own.union(*map(posts_in, content.values()))
    return set[str]().union(*map(posts_in, content)) if isinstance(content, list) else set()


def no_post(code: str, near: Sequence[str]) -> str:
    """The rule that a post breaks which there never was."""
    hint = f"; there is {', '.join(near)}" if near else ""
    return f"there was never a post {code!r}{hint}"


def _asked(ask: Ask, codes: Collection[str]) -> list[Mapping[str, Any]]:
    wanted = sorted(codes)
    return [ask(codes=wanted[at : at + _MOST]) for at in range(0, len(wanted), _MOST)]
