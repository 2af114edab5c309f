"""Find a property by the beginning of its number, an owner's telephone number, or words of a name.

A page walks one index from the cursor on, so that it costs the same on every page and with every
name. Of several words the rarest one is walked, and the others are looked for in the rows as they
pass; a page looks at some thousand rows at most, and may then be short, with a ``next``.

A stranger is whoever is neither of the staff nor a clerk: nobody known, a citizen, or a program.
They find one property by its whole number, and by a name only enough to know their own again.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.orm import Session, aliased

from palika.errors import Forbidden, Invalid
from palika.paging import cursor_after, order_of, word_of
from services.tax.domain.numbers import plain_number
from services.tax.masked import masked_name, masked_phone
from services.tax.models import Owner, OwnerWord, Property
from services.tax.queries.properties import property_view
from services.tax.reference import check_ward

LOOKED_AT: Final = 1_000
"""So many rows of the rarest word a page looks at, where others have to be there too."""
_SPARE: Final = 4
"""So many times a page's rows it looks at where nothing else has to be there: some are of who owned
the property before."""
_LAST: Final = "\U0010ffff"
"""After everything that begins in the same way."""
_SHORTEST: Final = 2
"""One word of a name has to be of so many characters: with fewer half the city is found."""
_COUNTED: Final = 3_000
_ENDS: Final = 4
"""So many characters of a number its owner knows it again by."""

Row = tuple[str, Property]


def check_stranger(args: Mapping[str, Any]) -> None:
    """Refuse what a stranger may not look for: whose a telephone number is, a name all over the
    city, and the next page of anything.

    Raises:
        Forbidden: by a telephone number.
        Invalid: by a name without a ward, or from a cursor on.
    """
    if args["phone"] is not None:
        raise Forbidden("to look for a telephone number's properties is for who has proved it")
    if args["name"] is not None and args["ward"] is None:
        raise Invalid("too wide", {"ward": ["must not be empty"]})
    if args["cursor"] is not None:
        raise Invalid("no pages", {"cursor": ["must not be there: there is one page only"]})


def look_up_as_stranger(session: Session, args: Mapping[str, Any]) -> dict[str, Any]:
    """What a stranger is told, on one page.

    By a number, which has to be the whole one, the property; names and telephone numbers are
    masked. By a name, of which all words have to be whole ones and one owner's, masked names, the
    ward, and how the number ends: its owner knows it again, and types all of it from a bill. A
    single word finds only whose whole name it is: by a surname alone a ward could be read.

    Args:
        session: on the service's database.
        args: as of ``look_up``.

    Returns:
        ``items``; ``more``, whether others are found that are not shown; ``next``, which is None.

    Raises:
        Forbidden: by a telephone number.
        Invalid: a name without a ward or a word that can be looked for, no such ward, or a cursor.
    """
    check_stranger(args)
    if args["ward"] is not None:
        check_ward(args["ward"])
    if args["number"] is not None:
        found = session.scalars(
            select(Property).where(Property.number == plain_number(args["number"]), *_of_ward(args))
        ).all()
        owners = _owners(session, found)
        items = [_shown(each, owners.get(each.id, []), staff=False, address=True) for each in found]
        return {"items": items, "more": False, "next": None}
    found, more = _by_whole_name(session, args)
    owners = _owners(session, found)
    items = [_recognised(each, owners.get(each.id, [])) for each in found]
    return {"items": items, "more": more, "next": None}


def _by_whole_name(session: Session, args: Mapping[str, Any]) -> tuple[Sequence[Property], bool]:
    """Whose one owner's name has all of the words as they are; and nothing else, where initials
    stand beside fewer than two words."""
    words = session.scalar(select(func.name_words(args["name"]))) or []
    if not any(len(word) >= _SHORTEST for word in words):
        raise _no_name()
    kept, given = func.name_words(Owner.name), func.name_words(args["name"])
    several = sum(len(word) >= _SHORTEST for word in words) > 1
    of_one = kept.op("@>")(given) if several else kept == given
    # The rarest of the words by its index; the others, and the ward, as its rows pass.
    rarest = min(words, key=lambda word: (_count(session, word, whole=True), word))
    found = session.scalars(
        select(Property)
        .where(
            exists(
                select(OwnerWord.word).where(
                    OwnerWord.word == rarest,
                    OwnerWord.property_id == Property.id,
                    OwnerWord.order_id == Property.owners_order_id,
                )
            ),
            exists(select(Owner.position).where(_is_owner(Owner), of_one)),
            *_of_ward(args),
        )
        .order_by(Property.id)
        .limit(args["limit"] + 1)
    ).all()
    return found[: args["limit"]], len(found) > args["limit"]


def _recognised(owed: Property, owners: Sequence[Owner]) -> dict[str, Any]:
    """As much of a property as its owner knows it by, and no way to it."""
    return {
        # Of a short number half of it, or it would be the whole way.
        "number_ends": owed.number[-max(1, min(_ENDS, len(owed.number) // 2)) :],
        "ward": owed.ward,
        "use": owed.use,
        "owners": [{"name": masked_name(each.name)} for each in owners],
    }


def look_up(session: Session, args: Mapping[str, Any], *, staff: bool) -> dict[str, Any]:
    """One page of the properties that are found, with their owners of today.

    Args:
        session: on the service's database.
        args: ``number``, ``phone`` or ``name``; ``ward``; ``limit`` and ``cursor``.
        staff: who sees names and numbers; a clerk sees them masked, and no addresses unless they
            know the property's number. Strangers have ``look_up_as_stranger``.

    Returns:
        ``items``; ``next``, the cursor of the next page or None; ``more``, whether there is one.

    Raises:
        Invalid: a name without a word that can be looked for, no such ward, or a cursor of another
            list.
    """
    if args["ward"] is not None:
        check_ward(args["ward"])
    order = order_of("lookup", {name: args[name] for name in ("number", "phone", "name", "ward")})
    after = None if args["cursor"] is None else word_of(order, args["cursor"])
    if args["number"] is not None:
        rows, end = _by_number(session, args, after)
    elif args["phone"] is not None:
        rows, end = _by_phone(session, args, after)
    else:
        rows, end = _by_name(session, args, after)
    owners = _owners(session, [owed for _, owed in rows])
    by_number = args["number"] is not None
    return {
        "items": [
            _shown(owed, owners.get(owed.id, []), staff=staff, address=staff or by_number)
            for _, owed in rows
        ],
        "more": end is not None,
        "next": None if end is None else cursor_after(order, *end),
    }


Position = tuple[str, uuid.UUID]


def _by_number(
    session: Session, args: Mapping[str, Any], after: Position | None
) -> tuple[list[Row], Position | None]:
    begins = plain_number(args["number"])
    # By bytes: so the index with text_pattern_ops has them, whatever the database sorts by.
    asked = (
        select(Property.number, Property)
        .where(
            Property.number.op("~>=~")(begins),
            Property.number.op("~<~")(begins + _LAST),
            *_of_ward(args),
        )
        .order_by(literal_column("property.number USING ~<~"))
        .limit(args["limit"] + 1)
    )
    if after is not None:
        asked = asked.where(Property.number.op("~>~")(after[0]))
    return _page(session, asked, args["limit"])


def _by_phone(
    session: Session, args: Mapping[str, Any], after: Position | None
) -> tuple[list[Row], Position | None]:
    asked = (
        select(Owner.phone, Property)
        .join(Property, _is_owner(Owner))
        .where(Owner.phone == args["phone"], *_of_ward(args))
        .order_by(Owner.property_id, Owner.position)
        .limit(args["limit"] + 1)
    )
    if after is not None:
        asked = asked.where(Owner.property_id > after[1])
    return _page(session, asked, args["limit"])


def _by_name(
    session: Session, args: Mapping[str, Any], after: Position | None
) -> tuple[list[Row], Position | None]:
    words = session.scalar(select(func.name_words(args["name"]))) or []
    if not any(len(word) >= _SHORTEST for word in words):
        raise _no_name()
    first, *others = words
    if others:
        first, *others = sorted(words, key=lambda word: (_count(session, word), word))
    # Most pages are full after a few rows; only what hardly anybody has is looked for in many.
    some = _SPARE * (args["limit"] + 1)
    for looked_at in (some, LOOKED_AT) if others or args["ward"] is not None else (some,):
        walked = (
            select(OwnerWord.word, OwnerWord.property_id, OwnerWord.order_id)
            .where(*_begins(OwnerWord, first))
            .order_by(OwnerWord.word, OwnerWord.property_id, OwnerWord.order_id)
            .limit(looked_at)
        )
        if after is not None:
            walked = walked.where(tuple_(OwnerWord.word, OwnerWord.property_id) > tuple_(*after))
        rows, end = _page(session, _matching(walked, first, others, args), args["limit"])
        if end is not None:
            return rows, end
    # Fewer than a page in the window; there may be more behind it.
    last = session.execute(walked.offset(looked_at - 1).limit(1)).first()
    return rows, None if last is None else (last.word, last.property_id)


def _no_name() -> Invalid:
    rule = f"must have a word of {_SHORTEST} characters at least"
    return Invalid("not a name to look for", {"name": [rule]})


def _matching(
    walked: Select[Any], first: str, others: Sequence[str], args: Mapping[str, Any]
) -> Select[Any]:
    """Those of some rows of the word that is walked whose property is owned by them today, with the
    other words, in the ward; each property once."""
    window = walked.cte("walked")
    return (
        select(window.c.word, Property)
        .join(
            Property,
            and_(
                Property.id == window.c.property_id, Property.owners_order_id == window.c.order_id
            ),
        )
        .where(
            ~_has(window, first, before=window.c.word),
            *(_has(window, word) for word in others),
            *_of_ward(args),
        )
        .order_by(window.c.word, window.c.property_id)
        .limit(args["limit"] + 1)
    )


def _page(session: Session, asked: Select[Any], limit: int) -> tuple[list[Row], Position | None]:
    """The rows of a page, each property once, and where the next one begins."""
    found = [(row[0], row[1]) for row in session.execute(asked)]
    rows: list[Row] = []
    for word, owed in found[:limit]:
        if not rows or rows[-1][1] is not owed:
            rows.append((word, owed))
    end = (found[limit - 1][0], found[limit - 1][1].id) if len(found) > limit else None
    return rows, end


def _begins(of: Any, word: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Begins with it; a single letter is an initial, and is the whole word."""
    if len(word) < _SHORTEST:
        return of.word == word, of.word == word
    return of.word >= word, of.word < word + _LAST


def _has(window: Any, word: str, before: Any = None) -> ColumnElement[bool]:
    """Whether the owners of a row have another word too; or, with ``before``, an earlier one of the
    same beginning, by which the property was found already."""
    other = aliased(OwnerWord)
    same = [
        other.property_id == window.c.property_id,
        other.order_id == window.c.order_id,
        *_begins(other, word),
    ]
    if before is not None:
        same.append(other.word < before)
    return exists(select(other.word).where(*same))


def _count(session: Session, word: str, *, whole: bool = False) -> int:
    """How many rows a word has, up to a bound: enough to tell a rare one from a frequent one."""
    like = (OwnerWord.word == word,) if whole else _begins(OwnerWord, word)
    some = select(OwnerWord.word).where(*like).limit(_COUNTED)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def _of_ward(args: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    return [] if args["ward"] is None else [Property.ward == args["ward"]]


def _is_owner(of: Any) -> ColumnElement[bool]:
    return and_(Property.id == of.property_id, Property.owners_order_id == of.order_id)


def _owners(session: Session, found: Sequence[Property]) -> dict[uuid.UUID, list[Owner]]:
    rows = session.scalars(
        select(Owner)
        .join(Property, _is_owner(Owner))
        .where(Owner.property_id.in_([owed.id for owed in found]))
        .order_by(Owner.property_id, Owner.position)
    )
    owners: dict[uuid.UUID, list[Owner]] = {}
    for row in rows:
        owners.setdefault(row.property_id, []).append(row)
    return owners


def _shown(
    owed: Property, owners: Sequence[Owner], *, staff: bool, address: bool
) -> dict[str, Any]:
    shown = property_view(owed)
    if not address:
        del shown["address"]
    return shown | {
        "owners": [
            {
                "name": each.name if staff else masked_name(each.name),
                "phone": each.phone if staff else masked_phone(each.phone),
                "share": f"{each.share_of}/{each.share_in}" if each.share_in > 1 else "1",
            }
            for each in owners
        ]
    }
