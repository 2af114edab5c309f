"""A delivery may take several attempts, over several channels; consent, and what is known of
providers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "notify_0003"
down_revision = "notify_0002"

_MOMENT = sa.DateTime(timezone=True)
_STATES = (
    "'created', 'sending', 'sent', 'delivered', 'read', 'failed_temporary', 'failed_permanent', "
    "'expired', 'skipped', 'cancelled'"
)


def upgrade() -> None:
    """What was tried and refused for now is due as before; a failure was for good."""
    _deliveries()
    _attempts()
    _people()
    op.create_table(
        "provider_state",
        sa.Column("provider", sa.Text, primary_key=True),
        sa.Column("tokens", sa.Float, nullable=False),
        sa.Column("filled_at", _MOMENT, nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        *(
            sa.Column(name, sa.Integer, nullable=False)
            for name in ("good", "bad", "slow", "opened")
        ),
        sa.Column("open_until", _MOMENT),
    )


def _deliveries() -> None:
    for index in ("ix_delivery_due", "ix_delivery_sending", "ix_delivery_recipient_ref"):
        op.drop_index(index, "delivery")
    op.drop_constraint("ck_delivery_state", "delivery")
    columns = (
        sa.Column("template_version", sa.Integer),
        sa.Column("purpose", sa.Text),
        sa.Column("lane", sa.Text),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("turn", sa.SmallInteger, nullable=False, server_default="0"),
        sa.Column("of_use_until", _MOMENT),
        sa.Column("fallback_at", _MOMENT),
        sa.Column("spent", ARRAY(sa.Text), nullable=False, server_default="{}"),
        sa.Column("skipped", JSONB, nullable=False, server_default="{}"),
        sa.Column("recipient_key", sa.Text),
        sa.Column("delivered_at", _MOMENT),
        sa.Column("read_at", _MOMENT),
    )
    for column in columns:
        op.add_column("delivery", column)
    op.execute("""
        UPDATE delivery SET
            purpose = CASE WHEN audience = 'tax' THEN 'tax' ELSE 'service' END,
            lane = 'transactional',
            of_use_until = created_at + interval '48 hours',
            tries = attempts,
            channel = CASE channel WHEN 'smtp' THEN 'email' ELSE channel END,
            state = CASE
                WHEN state = 'failed' THEN 'failed_permanent'
                WHEN state = 'created' AND attempts > 0 THEN 'failed_temporary'
                ELSE state
            END
    """)
    for column in ("purpose", "lane", "of_use_until"):
        op.alter_column("delivery", column, nullable=False)
    op.alter_column("delivery", "audience", nullable=True)
    op.create_check_constraint(op.f("ck_delivery_state"), "delivery", f"state IN ({_STATES})")
    op.create_check_constraint(
        op.f("ck_delivery_lane"), "delivery", "lane IN ('urgent', 'transactional', 'bulk')"
    )
    op.create_check_constraint(
        op.f("ck_delivery_purpose"),
        "delivery",
        "purpose IN ('code', 'service', 'tax', 'reminder', 'news')",
    )
    op.create_index(
        "ix_delivery_due",
        "delivery",
        ["lane", "next_attempt_at", "id"],
        postgresql_where=sa.text("state IN ('created', 'failed_temporary')"),
    )
    op.create_index(
        "ix_delivery_sending",
        "delivery",
        ["sending_at"],
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index(
        "ix_delivery_fallback",
        "delivery",
        ["fallback_at"],
        postgresql_where=sa.text("state = 'sent' AND fallback_at IS NOT NULL"),
    )
    op.create_index(
        "ix_delivery_sealed",
        "delivery",
        ["of_use_until"],
        postgresql_where=sa.text("sealed IS NOT NULL"),
    )
    op.create_index("ix_delivery_recipient_ref", "delivery", ["recipient_ref"])
    op.create_index("ix_delivery_recipient_key", "delivery", ["recipient_key", "id"])


def _attempts() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column(
            "delivery_id", sa.Uuid, sa.ForeignKey("delivery.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("units", sa.SmallInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("detail", sa.Text),
        sa.Column("reference", sa.Text),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("answered_at", _MOMENT),
        sa.Column("delivered_at", _MOMENT),
        sa.Column("read_at", _MOMENT),
        sa.CheckConstraint(
            "state IN ('sending', 'unknown', 'sent', 'failed', 'delivered', 'read')",
            name=op.f("ck_attempt_state"),
        ),
    )
    # What was sent before has its reference with the delivery: it becomes the delivery's attempt.
    op.execute("""
        INSERT INTO attempt (
            id, delivery_id, channel, provider, units, state, reference, made_at, answered_at
        )
        SELECT id, id, channel, CASE channel WHEN 'email' THEN 'smtp' ELSE channel END, 1, 'sent',
            reference, coalesce(sending_at, sent_at, created_at), sent_at
        FROM delivery WHERE reference IS NOT NULL AND channel IS NOT NULL
    """)
    op.drop_column("delivery", "reference")
    op.create_index(
        "uq_attempt_reference",
        "attempt",
        ["provider", "reference"],
        unique=True,
        postgresql_where=sa.text("reference IS NOT NULL"),
    )
    op.create_index("ix_attempt_delivery_id", "attempt", ["delivery_id", "id"])
    op.create_index("ix_attempt_made_at", "attempt", ["made_at"])
    op.create_table(
        "receipt",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("permanent", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("detail", sa.Text),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("attempt_id", sa.Uuid, sa.ForeignKey("attempt.id", ondelete="CASCADE")),
        sa.UniqueConstraint("provider", "reference", "told", name="uq_receipt_told"),
        sa.CheckConstraint(
            "told IN ('sent', 'delivered', 'read', 'failed')", name=op.f("ck_receipt_told")
        ),
    )
    op.create_index("ix_receipt_attempt_id", "receipt", ["attempt_id"])
    op.create_index(
        "ix_receipt_unmatched",
        "receipt",
        ["received_at"],
        postgresql_where=sa.text("attempt_id IS NULL"),
    )


def _people() -> None:
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("recipient_key", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("agreed", sa.Boolean, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("said_at", _MOMENT, nullable=False),
    )
    op.create_index("ix_consent_recipient_key", "consent", ["recipient_key", "purpose", "id"])
    op.create_table(
        "preference",
        sa.Column("recipient_key", sa.Text, primary_key=True),
        sa.Column("channels", ARRAY(sa.Text), nullable=False),
        sa.Column("language", sa.Text),
        sa.Column("changed_at", _MOMENT, nullable=False),
    )
    op.create_table(
        "day_count",
        sa.Column("recipient_key", sa.Text, primary_key=True),
        sa.Column("purpose", sa.Text, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("sent", sa.Integer, nullable=False),
    )
