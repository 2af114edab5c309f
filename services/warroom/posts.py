"""What the war room asks of the e-office: whether there is a post (what posts are called
`palika/posts.py` asks).

It is asked before a transaction and never in one: nobody waits for it under a lock.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from palika.errors import Invalid, Unavailable
from palika.posts import Ask, asked

_FIELDS: Final = ("post", "owner", "chair", "secretary", "by")
"""In these stands a post; in ``by`` it may be other words, which are called as they are."""
_NAMED: Final = 5
"""So many posts stand in a sentence; the details of the error have all."""
_IN_BRACKETS: Final = re.compile(r"\(([a-z0-9-]+)(?=[,)])")


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
        Unavailable: the e-office does not answer; it says of which posts, and what to do.
    """
    try:
        told = asked(ask, codes)
    except Unavailable as error:
        posts = sorted(codes)
        more = f" and {len(posts) - _NAMED} more" if len(posts) > _NAMED else ""
        raise Unavailable(
            f"whether there is a post {', '.join(posts[:_NAMED])}{more} cannot be said, for the "
            "e-office does not answer; nothing is written. Ask again when it runs (palika status), "
            "or name a post that stands in a project, an issue, a risk or a review already",
            {"posts": posts, "why": error.message},
        ) from error
    return {code: near for each in told for code, near in each["unknown"].items()}


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
