"""Deliveries: a message to a recipient because of an event."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "notify_0001"
down_revision = None


def upgrade() -> None:
    """Create `delivery`; the partial indexes hold only what still has to be done."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("recipient_ref", sa.Text, nullable=False),
        sa.Column("fields", JSONB, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("detail", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_attempt_at", moment, nullable=False),
        sa.Column("channel", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("address", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("reference", sa.Text),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("sending_at", moment),
        sa.Column("sent_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("event_id", "recipient_ref", "template", name="uq_delivery_message"),
        sa.CheckConstraint(
            "state IN ('created', 'sending', 'sent', 'failed', 'skipped')",
            name=op.f("ck_delivery_state"),
        ),
    )
    op.create_index(
        "ix_delivery_due",
        "delivery",
        ["next_attempt_at", "id"],
        postgresql_where=sa.text("state = 'created'"),
    )
    op.create_index(
        "ix_delivery_sending",
        "delivery",
        ["sending_at"],
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index("ix_delivery_recipient_ref", "delivery", ["recipient_ref"])
    op.create_index("ix_delivery_state", "delivery", ["state", "id"])
