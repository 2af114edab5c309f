"""Receipts are kept first and applied soon after: which ones nobody has looked at yet; the login
codes that were asked for of late."""

import sqlalchemy as sa
from alembic import op

revision = "notify_0009"
down_revision = "notify_0008"


def upgrade() -> None:
    """What is there has been looked at."""
    op.add_column("receipt", sa.Column("own_id", sa.Uuid))
    op.add_column("receipt", sa.Column("looked_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE receipt SET looked_at = received_at")
    op.drop_constraint("uq_receipt_told", "receipt", type_="unique")
    op.create_unique_constraint(
        "uq_receipt_told",
        "receipt",
        ["provider", "reference", "told", "own_id"],
        postgresql_nulls_not_distinct=True,
    )
    op.drop_index("ix_receipt_unmatched", "receipt")
    op.create_index(
        "ix_receipt_unmatched",
        "receipt",
        ["received_at"],
        postgresql_where=sa.text("attempt_id IS NULL AND looked_at IS NOT NULL"),
    )
    op.create_index(
        "ix_receipt_new",
        "receipt",
        ["received_at"],
        postgresql_where=sa.text("looked_at IS NULL"),
    )
    op.create_index(
        "ix_delivery_codes",
        "delivery",
        ["created_at"],
        postgresql_where=sa.text("lane = 'urgent'"),
    )
