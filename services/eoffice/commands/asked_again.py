"""What a caller asks for twice, by an id of its own making, is made once."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import literal_column, select
from sqlalchemy.orm import Session

from palika.errors import Conflict
from services.eoffice.commands.load import one_at_a_time
from services.eoffice.domain.chaining import canonical
from services.eoffice.models import Act, Chain
from services.eoffice.models.seal import ASKED, CALL, ONCE
from services.eoffice.sealing import act

T = TypeVar("T")

_WHOSE = frozenset({"opened_by", "diarised_by", "added_by", "proposed_by", "file_id", "receipt_id"})
"""The columns that say whose a row is, or of which file or receipt."""


def made_before(
    session: Session, model: type[T], key: UUID | None, asked: Mapping[str, Any]
) -> T | None:
    """The row that an earlier call with this id has made; None: there is none yet.

    Two calls at once wait for each other: the second finds what the first has made.

    Args:
        session: in a transaction, which then makes the row.
        model: of the row; its key is ``id``.
        key: the caller's; None: it made none.
        asked: what the row would say, by column. What a later step may change is not in it.

    Raises:
        Conflict: the row says something else; ``differs`` names the columns; of a row that is
            another's, or of another file, that alone.
    """
    if key is None:
        return None
    one_at_a_time(session, key)
    found = session.get(model, key)
    if found is None:
        return None
    differs = {name for name, value in asked.items() if getattr(found, name) != value}
    # Of what is another's no more is said than that it is.
    check_same(key, differs & _WHOSE or differs)
    return found


def act_asked(session: Session, name: str, key: UUID, file_id: UUID) -> Act | None:
    """The act on a file that an id of the caller's was used for; None: it was used for none.

    Args:
        session: in a transaction that has locked the id (``one_at_a_time``).
        name: what the id was made for: one of ``ASKED``.
        key: the caller's.
        file_id: the file that the caller means.

    Raises:
        Conflict: it was used on another file; no more is said than that.
    """
    wanted = select(Act).where(literal_column(ASKED[name].text) == str(key))
    found = session.scalars(wanted).all()
    own = next((each for each in found if each.chain_id == file_id), None)
    if own is None and found:
        check_same(key, ["file_id"])
    return own


def answered_with(
    session: Session,
    step: str,
    key: UUID | None,
    chain: UUID,
    post: str,
    asked: Mapping[str, Any],
) -> UUID | None:
    """The row that an earlier call with this id was answered with, which was there already when it
    was asked for; None: no such call was made. Whatever has become of it since, the id is used.

    Args:
        session: in a transaction that has locked the id.
        step: the method.
        key: the caller's; None: it made none.
        chain: what the method is about: a file, the organisation.
        post: that asks.
        asked: what is asked.

    Raises:
        Conflict: something else was asked for then; ``differs`` names what.
    """
    before = None if key is None else act_asked(session, "step", key, chain)
    if key is None or before is None:
        return None
    then, now = before.data.get("asked", {}), digests({**asked, "step": step})
    differs = [name for name in then.keys() | now.keys() if then.get(name) != now.get(name)]
    check_same(key, [*differs, *(["post"] if before.post != post else [])])
    return UUID(before.data["answer"])


def answer(step: str, key: UUID, row: UUID, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the act says that is written down when a call is answered with a row that was there
    already, for ``answered_with``."""
    return {"step": key, "answer": row, "asked": digests({**asked, "step": step})}


def asked_before(session: Session, step: UUID, asked: Mapping[str, str]) -> bool:
    """Whether something was carried out before under an id of the caller's (``eoffice.once``).

    Args:
        asked: the digests of what is asked.

    Raises:
        Conflict: something else was asked for then; ``differs`` names what.
    """
    said = literal_column(f"(data ->> '{CALL}')")
    before = session.scalar(select(Act).where(said == f"{step}:0"))
    if before is None:
        return False
    then = before.data.get(ONCE, {})
    names = then.keys() | asked.keys()
    check_same(step, (each for each in names if then.get(each) != asked.get(each)))
    return True


def keep_asked(session: Session, step: UUID, method: str, now: datetime) -> None:
    """Write down that something was asked for under an id, where nothing was to be done for it:
    when it is asked for again, somebody may have undone it."""
    act(session, step, "call", "asked", None, now, {"method": method})


def check_unused(session: Session, key: UUID | None) -> None:
    """Refuse an id for what gets a record of its own that something else has a record under.

    Raises:
        Conflict: ``kind`` says of what it is.
    """
    known = None if key is None else session.get(Chain, key)
    if known is not None:
        raise Conflict(
            f"{key} is the id of a {known.kind} already", {"id": str(key), "kind": known.kind}
        )


def digests(asked: Mapping[str, Any]) -> dict[str, str]:
    """What was asked, to be kept in an act and compared with what is asked later: the digest of
    each value, and no text, for acts outlive what was weeded."""
    return {name: hashlib.sha256(canonical(each)).hexdigest() for name, each in asked.items()}


def check_same(key: UUID, differs: Iterable[str]) -> None:
    """Refuse an id that was used before for something else.

    Args:
        differs: the names of what is not as it was then; none: it is the same.

    Raises:
        Conflict: ``differs`` names them, in order.
    """
    if named := sorted(set(differs)):
        raise Conflict(
            f"{key} was asked for before with other content: {', '.join(named)}",
            {"id": str(key), "differs": named},
        )
