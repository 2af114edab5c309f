"""What a caller asks for twice, by an id of its own making, is made once."""

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from palika.errors import Conflict
from services.eoffice.commands.load import one_at_a_time

T = TypeVar("T")


def made_before(
    session: Session, model: type[T], key: UUID | None, asked: Mapping[str, Any]
) -> T | None:
    """The row that an earlier call with this id has made; None: there is none yet.

    Two calls at once wait for each other: the second finds what the first has made.

    Args:
        session: in a transaction, which then makes the row.
        model: of the row; its key is ``id``.
        key: the caller's; None: it made none.
        asked: what the row would say, by column.

    Raises:
        Conflict: the row says something else; ``differs`` names the columns.
    """
    if key is None:
        return None
    one_at_a_time(session, key)
    found = session.get(model, key)
    if found is None:
        return None
    if differs := sorted(name for name, value in asked.items() if getattr(found, name) != value):
        raise Conflict(
            f"{key} was asked for before with other content: {', '.join(differs)}",
            {"id": str(key), "differs": differs},
        )
    return found
