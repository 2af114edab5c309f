"""One matter in several services: what each of them has tied to a correlation id (decision 0031).

Whoever begins a matter makes its id. A service keeps the ties of its own things, and shows of them
what the caller may read there; nobody keeps the whole. Beside its model a service has four methods,
whose arguments are the schemas here: ``tie``, ``untie``, ``tied`` and ``matters_of``.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from sqlalchemy import CheckConstraint, Index, Text, Uuid, func, or_, select, text
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column
from uuid6 import uuid7

from palika.errors import Conflict, NotFound
from palika.fields import Moment, Words

NOTE: Final = 500
"""Characters of a note, and of the reason of an untying."""
MOST_TIES: Final = 200
"""So many things of one service belong to a matter at a time: ``tied`` answers with all of them."""
MOST_MATTERS: Final = 20
"""To so many matters a thing belongs at a time."""
_VERSION: Final = 7


def new_id() -> UUID:
    """The id of a matter that begins now: a UUID of version 7."""
    return UUID(int=uuid7().int)


# ---- arguments


class CorrelationId(fields.UUID):
    """The id of a matter: a UUID of version 7, so that no other id is taken for one by mistake."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        found = super()._deserialize(value, attr, data, **kwargs)
        if found is not None and found.version != _VERSION:
            raise ValidationError("must be the id of a matter, a UUID of version 7")
        return found


def kind_of(*kinds: str) -> fields.String:
    """The field ``kind`` of a service that has these; where it has one, that need not be said."""
    options: dict[str, Any] = {"load_default": kinds[0]} if len(kinds) == 1 else {"required": True}
    return fields.String(validate=validate.OneOf(kinds), **options)


class OfThing(Schema):
    """One thing of a service, by its id or its number. A service gives ``kind`` its own kinds."""

    kind = fields.String(required=True)
    id = fields.UUID(load_default=None)
    number = Words(100, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def one_key(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one of the two."""
        if (data["id"] is None) == (data["number"] is None):
            raise ValidationError("give either id or number", "id")


class Tying(OfThing):
    """Tie a thing to a matter; without ``correlation_id`` one begins with it."""

    correlation_id = CorrelationId(load_default=None)
    note = Words(NOTE, load_default=None)


class Untying(OfThing):
    """Untie a thing from a matter; that it was tied is kept."""

    correlation_id = CorrelationId(required=True)
    reason = Words(NOTE, required=True)


class Tied(Schema):
    """What of this service belongs to a matter, or belonged to it at the moment ``as_of``."""

    correlation_id = CorrelationId(required=True)
    as_of = Moment(load_default=None)


class TieView(Schema):
    """A tie as others see it; ``id`` is the thing's."""

    correlation_id = fields.UUID()
    kind = fields.String()
    id = fields.UUID(attribute="thing_id")
    note = fields.String()
    tied_at = Moment()
    tied_by = fields.String()
    untied_at = Moment()
    untied_by = fields.String()
    reason = fields.String()


# ---- what is kept


class TieColumns:
    """The columns of a service's table ``tie``; its model is ``class Tie(TieColumns, Base)``.

    A row is made once; an untying adds when, by whom and why, and tied again there is a new row.
    """

    __tablename__ = "tie"

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805
        live = text("untied_at IS NULL")
        return (
            Index("uq_tie_live", "correlation_id", "kind", "thing_id", unique=True,
                  postgresql_where=live),
            Index("ix_tie_correlation_id", "correlation_id", "tied_at"),
            Index("ix_tie_thing", "thing_id", "tied_at"),
            CheckConstraint("num_nonnulls(untied_at, untied_by) IN (0, 2)", name="untied"),
        )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    correlation_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(Text)
    thing_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    note: Mapped[str | None] = mapped_column(Text)
    tied_at: Mapped[datetime]
    tied_by: Mapped[str] = mapped_column(Text)
    untied_at: Mapped[datetime | None]
    untied_by: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)


_T = TypeVar("_T", bound=TieColumns)
_view = TieView()


def view(tie: TieColumns) -> dict[str, Any]:
    """A tie as others see it; of one that holds, nothing about an untying."""
    shown: dict[str, Any] = _view.dump(tie)
    if tie.untied_at is None:
        for name in ("untied_at", "untied_by", "reason"):
            del shown[name]
    return shown


def bind(
    session: Session,
    model: type[_T],
    thing: tuple[str, UUID],
    wanted: tuple[UUID | None, str | None],
    by: str,
    now: datetime,
) -> tuple[_T, bool]:
    """Tie a thing to a matter, in the caller's transaction.

    Args:
        model: the service's.
        thing: its kind and id; the caller has locked it, so that two do not tie it at once.
        wanted: the matter's id (None: it begins with this thing) and the note.
        by: the subject of who ties it.
        now: aware.

    Returns:
        The tie, and whether it is new: asked again, it is there already.

    Raises:
        Conflict: it is tied already with another note, or the matter or the thing has as many ties
            as there may be.
    """
    (kind, key), (matter, note) = thing, wanted
    known = _live(session, model, kind, key)
    for each in known:
        if each.correlation_id != matter:
            continue
        if note is not None and note != each.note:
            raise Conflict(
                "it is tied to this matter already, with another note",
                {"correlation_id": str(matter), "id": str(key)},
            )
        return each, False
    if len(known) >= MOST_MATTERS:
        raise Conflict(
            f"it belongs to {MOST_MATTERS} matters, which is the limit", {"id": str(key)}
        )
    if matter is not None:
        _check_room(session, model, matter)
    made = model()
    made.id, made.correlation_id = uuid7(), matter or new_id()
    made.kind, made.thing_id, made.note = kind, key, note
    made.tied_at, made.tied_by = now, by
    made.untied_at = made.untied_by = made.reason = None
    session.add(made)
    return made, True


def loosen(
    session: Session,
    model: type[_T],
    thing: tuple[str, UUID],
    wanted: tuple[UUID, str],
    by: str,
    now: datetime,
) -> tuple[_T, bool]:
    """Untie a thing from a matter; arguments as ``bind``, of ``wanted`` the second is the reason.

    Returns:
        The tie, and whether it held until now: asked again by the same caller for the same reason,
        it is the one that they have untied.

    Raises:
        NotFound: it is not tied to this matter.
    """
    (kind, key), (matter, reason) = thing, wanted
    asked = (
        select(model)
        .where(model.thing_id == key, model.kind == kind, model.correlation_id == matter)
        .order_by(model.tied_at.desc(), model.id.desc())
        .limit(1)
    )
    last = session.scalars(asked).one_or_none()
    if last is None or (
        last.untied_at is not None and (last.untied_by, last.reason) != (by, reason)
    ):
        raise NotFound(
            "it is not tied to this matter", {"correlation_id": str(matter), "id": str(key)}
        )
    if last.untied_at is not None:
        return last, False
    last.untied_at, last.untied_by, last.reason = now, by, reason
    return last, True


def ties(
    session: Session, model: type[_T], correlation_id: UUID, as_of: datetime | None
) -> Sequence[_T]:
    """The ties of a matter that hold now, or held at a moment, in the order of their making."""
    held = (
        model.untied_at.is_(None)
        if as_of is None
        else (model.tied_at <= as_of) & or_(model.untied_at.is_(None), model.untied_at > as_of)
    )
    asked = select(model).where(model.correlation_id == correlation_id, held)
    return session.scalars(asked.order_by(model.tied_at, model.id)).all()


def matters(session: Session, model: type[_T], kind: str, thing_id: UUID) -> list[dict[str, Any]]:
    """The matters that a thing belongs to, the oldest tie first."""
    return [view(each) for each in _live(session, model, kind, thing_id)]


def _live(session: Session, model: type[_T], kind: str, thing_id: UUID) -> Sequence[_T]:
    asked = select(model).where(
        model.thing_id == thing_id, model.kind == kind, model.untied_at.is_(None)
    )
    return session.scalars(asked.order_by(model.tied_at, model.id)).all()


def _check_room(session: Session, model: type[_T], matter: UUID) -> None:
    """Two who tie the last at one instant may both: it is a bound for answers, no count of law."""
    held = session.scalar(
        select(func.count())
        .select_from(model)
        .where(model.correlation_id == matter, model.untied_at.is_(None))
    )
    if (held or 0) >= MOST_TIES:
        raise Conflict(
            f"{MOST_TIES} things here belong to this matter, which is the limit",
            {"correlation_id": str(matter)},
        )
