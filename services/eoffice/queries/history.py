"""What was done with a file: its movement log, with who parked, closed or marked it, and why."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.eoffice.domain.organisation import Actor
from services.eoffice.models import Act
from services.eoffice.queries.sight import readable_file
from services.eoffice.reference import city_reporting
from services.eoffice.schemas.moving import ActView

_acts = ActView(many=True)


def history(session: Session, who: Actor, args: Mapping[str, Any]) -> dict[str, Any]:
    """The acts of the file's chain from the one after ``args["after"]`` on, the first first, each
    with its ``words`` (``mr``, ``en``).

    ``next`` is the ``after`` of the next page, or None.

    Raises:
        NotFound: no such file, or the post may not read it.
    """
    file, reporting = readable_file(session, who.post, args["id"]), city_reporting()
    found = session.scalars(
        select(Act)
        .where(Act.chain_id == file.id, Act.position > args["after"])
        .order_by(Act.position)
        .limit(args["limit"] + 1)
    ).all()
    shown = found[: args["limit"]]
    return {
        "items": [
            each | {"words": asdict(reporting.words("file", each["verb"]))}
            for each in _acts.dump(shown)
        ],
        "next": shown[-1].position if len(found) > len(shown) else None,
    }
