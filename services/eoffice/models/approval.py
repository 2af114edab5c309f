"""What was approved and refused, by whom and by whose power."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from services.eoffice.models.base import WAS, Base, Sealed


class Approval(Sealed, Base):
    """A decision on a file.

    Attributes:
        decision: ``approved``, ``refused``, ``returned`` with the amount that would be approved, or
            ``cancelled``.
        power: the head of sanctions (``data/powers.yaml``); None: no money is sanctioned.
        amount_paise: what is sanctioned, was asked for, or would be sanctioned.
        person: who decided; None: a service for the post.
        capacity: in which the person acted for the post.
        delegated_by: the post by whose power it is sanctioned; None: the deciding post's own.
        most_paise: up to how much the post could sanction then.
        cancels: of a cancellation: the approval that does not count any more, whose ``power`` and
            ``amount_paise`` it has.
    """

    signed_columns = (
        *("file_id", "decision", "power", "amount_paise", "post", "person", "capacity"),
        *("delegated_by", "most_paise", "remark", "decided_at", "cancels"),
    )
    signed_by = "person"

    __tablename__ = "approval"
    __table_args__ = (
        CheckConstraint(
            "decision IN ('approved', 'refused', 'returned', 'cancelled')", name="decision"
        ),
        CheckConstraint("(decision = 'cancelled') = (cancels IS NOT NULL)", name="cancels"),
        CheckConstraint("(power IS NULL) = (amount_paise IS NULL)", name="sanction"),
        CheckConstraint("decision <> 'returned' OR power IS NOT NULL", name="returned"),
        CheckConstraint("amount_paise > 0", name="amount"),
        Index("ix_approval_file_id", "file_id", "decided_at"),
        # An approval is cancelled once.
        Index(
            "ix_approval_cancels",
            "cancels",
            unique=True,
            postgresql_where=text("cancels IS NOT NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("file.id"))
    decision: Mapped[str] = mapped_column(Text)
    power: Mapped[str | None] = mapped_column(Text)
    amount_paise: Mapped[int | None] = mapped_column(BigInteger)
    post: Mapped[str] = mapped_column(Text)
    person: Mapped[str | None] = mapped_column(Text)
    capacity: Mapped[str] = mapped_column(Text)
    delegated_by: Mapped[str | None] = mapped_column(Text)
    most_paise: Mapped[int | None] = mapped_column(BigInteger)
    remark: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime]
    cancels: Mapped[uuid.UUID | None] = mapped_column(Uuid, info={WAS: None})
