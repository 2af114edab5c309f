"""The chatbot: conversations, what is heard, properties that are linked, questions for people."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "notify_0005"
down_revision = "notify_0004"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Nothing is there to be taken over."""
    _conversations()
    _links()
    _handovers()


def _conversations() -> None:
    op.create_table(
        "conversation",
        sa.Column("recipient_key", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False, server_default=""),
        sa.Column("language", sa.Text, nullable=False, server_default=""),
        sa.Column("memory", sa.LargeBinary),
        sa.Column("contact", sa.LargeBinary),
        sa.Column("tenure", sa.Integer, nullable=False, server_default="1"),
        sa.Column("began_at", _MOMENT, nullable=False),
        sa.Column("heard_at", _MOMENT, nullable=False),
        sa.Column("nudged_at", _MOMENT),
        sa.Column("due_at", _MOMENT),
        sa.Column("reminded_at", _MOMENT),
        sa.Column("turn", sa.Uuid),
        sa.Column("turn_until", _MOMENT),
    )
    op.create_index(
        "ix_conversation_due_at",
        "conversation",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "conversation_message",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column(
            "recipient_key",
            sa.Text,
            sa.ForeignKey("conversation.recipient_key", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="waiting"),
        sa.Column("heard", sa.LargeBinary),
        sa.Column("replies", sa.LargeBinary),
        sa.Column("said", sa.SmallInteger, nullable=False, server_default="0"),
        sa.Column("tries", sa.SmallInteger, nullable=False, server_default="0"),
        sa.CheckConstraint(
            "state IN ('waiting', 'saying', 'done', 'dropped')",
            name=op.f("ck_conversation_message_state"),
        ),
    )
    op.create_index(
        "ix_conversation_message_queue",
        "conversation_message",
        ["recipient_key", "number"],
        postgresql_where=sa.text("state IN ('waiting', 'saying')"),
    )
    op.create_index("ix_conversation_message_received_at", "conversation_message", ["received_at"])


def _links() -> None:
    op.create_table(
        "property_link",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("recipient_key", sa.Text, nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("phone_key", sa.Text, nullable=False),
        sa.Column("linked_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT),
        sa.Column("ended_why", sa.Text),
    )
    op.create_index(
        "uq_property_link_current",
        "property_link",
        ["recipient_key", "property_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "link_code",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("recipient_key", sa.Text, nullable=False),
        sa.Column("phone_key", sa.Text, nullable=False),
        sa.Column("properties", JSONB, nullable=False),
        sa.Column("code_hash", sa.Text, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("tries", sa.SmallInteger, nullable=False, server_default="0"),
        sa.Column("used_at", _MOMENT),
        sa.Column("used_by", sa.Text),
    )
    op.create_index("ix_link_code_recipient_key", "link_code", ["recipient_key", "made_at"])
    op.create_index("ix_link_code_phone_key", "link_code", ["phone_key", "made_at"])
    op.create_index("uq_link_code_asked_by", "link_code", ["asked_by"], unique=True)


def _handovers() -> None:
    op.create_table(
        "handover",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("recipient_key", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="open"),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("contact", sa.LargeBinary),
        sa.Column("words", sa.LargeBinary),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("answered_by", ARRAY(sa.Text), nullable=False, server_default="{}"),
        sa.Column("ended_at", _MOMENT),
        sa.CheckConstraint(
            "state IN ('open', 'answered', 'closed', 'taken_back', 'expired')",
            name=op.f("ck_handover_state"),
        ),
    )
    op.create_index(
        "uq_handover_current",
        "handover",
        ["recipient_key"],
        unique=True,
        postgresql_where=sa.text("state IN ('open', 'answered')"),
    )
    op.create_index("ix_handover_state", "handover", ["state", "asked_at", "id"])
