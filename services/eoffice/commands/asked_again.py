"""What a caller asks for twice, by an id of its own making, is made once."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from palika.errors import Conflict
from services.eoffice.commands.load import one_at_a_time
from services.eoffice.models import Chain

T = TypeVar("T")

_WHOSE = frozenset({"opened_by", "diarised_by", "added_by", "proposed_by", "file_id"})
"""The columns that say whose a row is, or of which file."""


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
