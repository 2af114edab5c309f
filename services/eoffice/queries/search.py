"""Search: by words, the newest first, at the same cost on every page and however many are stored.

The words of what can be found stand in one table; with them the tokens of its kind, its department,
its month and its day, so one look into one index finds the hits of some months
(``palika/hits.py``, docs/decisions/0015). Where a month has too many, days are gone through; where
a day has, the table itself is walked from there.

What a post may not read is not found, not counted, not suggested, and no cursor points at it.
"""

import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Select, func, literal_column, select, true, tuple_
from sqlalchemy.orm import Session, aliased, defer

from palika.auth import Identity
from palika.errors import Invalid
from palika.hits import DAYS, MONTHS, Columns, Hits, any_of, has
from palika.india import end_of, start_of
from palika.paging import Position, cursor_at, order_of, position_of
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.searching import (
    Kind,
    asked_tokens,
    begun,
    department_token,
    kind_token,
)
from services.eoffice.models import SearchWords
from services.eoffice.organisation_store import actor, current
from services.eoffice.queries.found import shown
from services.eoffice.queries.readable import findable

COUNTED = 200
"""Up to here a count is exact. Where there are more, the kinds are those of the newest: to look for
each kind by itself would cost the more the longer the archive is."""
LOOKED_AT = 5_000
"""Words are suggested from so many of the newest subjects that a post may read."""
_WINDOWS = (4, 20, 100)
"""So many times the page's limit of rows are looked at, in turn, where the table is walked."""

_HITS = Columns(SearchWords.at, SearchWords.id, SearchWords.tokens)
_PLACE = SearchWords.at, SearchWords.id
_NEWEST = SearchWords.at.desc(), SearchWords.id.desc()
# In the words of the index of those that have some.
_HAS_WORDS: ColumnElement[bool] = literal_column("search_words.words <> '{}'::text[]", Boolean)
# The longest columns, of which nothing is shown.
_UNSEEN = defer(SearchWords.tokens), defer(SearchWords.words)
_Found = tuple[list[SearchWords], Position | None]


def page(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """One page of what is found: ``items``, and ``next`` (the cursor of the next page, or None).

    A page is read in several statements, all of one moment: it must be the transaction's first.
    Of words that thousands of a day have it may be short, with a ``next``.

    Args:
        session: in a transaction in which nothing was asked yet.
        caller: whose post reads.
        args: as loaded by ``schemas.search.Searching``.
        now: on which day the caller's posts are looked up.

    Raises:
        Forbidden: the caller does not speak for the post.
        Invalid: no words to search for, no such department, or not a cursor of this search.
    """
    listing = _listing(session, caller, args, now)
    order = order_of("found", {**args, "post": listing.post.code})
    cursor = args["cursor"]
    position = None if cursor is None else position_of(order, cursor)
    found, end = listing.page(session, position, args["limit"])
    return {
        "items": shown(session, listing.post, found, asked_tokens(args["words"])),
        "next": None if end is None else cursor_at(order, end),
    }


def count(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """How many a search finds: ``count``, exact unless ``more`` says that there are more; and the
    same of each of its ``kinds``, of which the newest are counted where there are more of all.

    Raises as ``page``.
    """
    listing = _listing(session, caller, args, now)
    found, end = listing.page(session, None, COUNTED)
    more = end is not None
    of_kinds = Counter(each.kind for each in found)
    kinds = args["kinds"] or list(Kind)
    return {
        "count": len(found),
        "more": more,
        "kinds": {str(kind): {"count": of_kinds[str(kind)], "more": more} for kind in kinds},
    }


def suggest(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """What the last word of what is being written may become: ``words``, the commonest first.

    They are words of subjects that the post may read, of the newest ``LOOKED_AT``.

    Raises:
        Forbidden: the caller does not speak for the post.
    """
    who = actor(session, caller, args["post"], now)
    start = begun(args["words"])
    if start is None:
        return {"words": []}
    newest = (
        select(SearchWords.words)
        .where(_HAS_WORDS, findable(SearchWords, who.post))
        .order_by(SearchWords.at.desc())
        .limit(LOOKED_AT)
        .subquery("newest")
    )
    written = func.unnest(newest.c.words).table_valued("word").render_derived("written")
    each = written.c.word
    statement = (
        select(each)
        .select_from(newest.join(written, true()))
        .where(func.starts_with(each, start))
        .group_by(each)
        .order_by(func.count().desc(), each)
        .limit(args["limit"])
    )
    return {"words": list(session.scalars(statement))}


def _listing(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> "Listing":
    # Else what is stored between two statements would shift the rows.
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    who = actor(session, caller, args["post"], now)
    if args["department"] is not None:
        current(session).check_department(args["department"])
    listing = Listing(who.post, args)
    # The planner knows how many have the words, not when: where it believes that a limit is soon
    # reached, it would read the table from its beginning.
    session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")
    return listing


class Listing:
    """What one post is to find."""

    def __init__(self, post: Post, args: Mapping[str, Any]) -> None:
        """Decide what must hold.

        Args:
            post: that searches.
            args: what it asks for.

        Raises:
            Invalid: nothing to search for, or the days are the wrong way round.
        """
        self.post = post
        words = asked_tokens(args["words"])
        if not words:
            rule = "has only single letters, or words that every text has, or none"
            raise Invalid("nothing to search for", {"words": [rule]})
        self._words = words
        if args["department"] is not None:
            self._words = [*words, department_token(args["department"])]
        kinds = [kind_token(each) for each in dict.fromkeys(args["kinds"])]
        self._kinds: list[str] = []
        if len(kinds) == 1:
            self._words = [*self._words, *kinds]
        elif kinds and len(kinds) < len(Kind):
            self._kinds = kinds
        first, last = args["from_day"], args["to_day"]
        if first is not None and last is not None and last < first:
            raise Invalid("the days are the wrong way round", {"to_day": [f"is before {first}"]})
        self._read = [findable(SearchWords, post)]
        if first is not None:
            self._read.append(SearchWords.at >= start_of(first))
        if last is not None:
            self._read.append(SearchWords.at < end_of(last))

    def page(self, session: Session, position: Position | None, limit: int) -> _Found:
        """So many after a position, and where the next page begins after; None: they were all."""
        hits = self._hits(session, position)
        if hits is None:
            return [], None
        ids = hits.take(limit + 1)
        if hits.frequent and len(ids) <= limit:
            by_day = self._hits(session, hits.position, by_day=True)
            if by_day is not None:
                ids += by_day.take(limit + 1 - len(ids))
                hits = by_day
        found = self._those(session, ids)
        if len(found) > limit:
            return found[:limit], _place(found[limit - 1])
        if hits.frequent:
            return self._walked(session, hits.position, limit, found)
        return found, None

    def _hits(
        self, session: Session, position: Position | None, *, by_day: bool = False
    ) -> Hits | None:
        """The hits after a position; None: nothing that may be read comes after it."""
        between = self._after(select(SearchWords.at).where(*self._read), position)
        first = between.order_by(*_NEWEST).limit(1).scalar_subquery()
        last = between.order_by(*_PLACE).limit(1).scalar_subquery()
        newest, oldest = session.execute(select(first, last)).one()
        if newest is None:
            return None
        return Hits(
            session,
            _HITS,
            self._words,
            newest,
            oldest,
            position,
            newest=True,
            rules=[*self._read, *self._of_kinds(SearchWords)],
            slots=DAYS if by_day else MONTHS,
        )

    def _walked(
        self, session: Session, position: Position | None, limit: int, found: list[SearchWords]
    ) -> _Found:
        """What is found so far, and what the table has after a position."""
        for times in _WINDOWS:
            window = times * limit
            # Those that may not be read are not among the rows looked at: no page ends at one.
            walk = self._after(select(SearchWords).where(*self._read), position)
            passing = walk.order_by(*_NEWEST).limit(window).subquery("passing")
            of = aliased(SearchWords, passing)
            asked = (
                select(of)
                .options(defer(of.tokens), defer(of.words))
                .where(has(of.tokens, self._words), *self._of_kinds(of))
                .order_by(of.at.desc(), of.id.desc())
            )
            found += session.scalars(asked.limit(limit + 1 - len(found)))
            if len(found) > limit:
                return found[:limit], _place(found[limit - 1])
            end = walk.with_only_columns(*_PLACE).order_by(*_NEWEST).offset(window - 1).limit(1)
            last = session.execute(end).one_or_none()
            if last is None:
                return found, None
            position = last.at, last.id
        return found, position

    def _those(self, session: Session, ids: list[uuid.UUID]) -> list[SearchWords]:
        those = select(SearchWords).options(*_UNSEEN).where(SearchWords.id.in_(ids))
        known = {each.id: each for each in session.scalars(those)}
        return [known[each] for each in ids]

    def _of_kinds(self, of: Any) -> list[ColumnElement[bool]]:
        return [any_of(of.tokens, self._kinds)] if self._kinds else []

    @staticmethod
    def _after(statement: Select[Any], position: Position | None) -> Select[Any]:
        if position is None:
            return statement
        return statement.where(tuple_(*_PLACE) < tuple_(*position))


def _place(found: SearchWords) -> Position:
    return found.at, found.id
