"""Messages that citizens read on the city's own pages; who has sent what again; months that are
kept when their messages are not."""

import sqlalchemy as sa
from alembic import op

revision = "notify_0007"
down_revision = "notify_0006"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Nothing of it is there yet."""
    op.create_table(
        "inbox_message",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("attempt_id", sa.Uuid, nullable=False),
        sa.Column("recipient_key", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("read_at", _MOMENT),
    )
    op.create_index("ix_inbox_message_recipient_key", "inbox_message", ["recipient_key", "id"])
    op.create_index("ix_inbox_message_created_at", "inbox_message", ["created_at"])
    op.create_table(
        "resend",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("original_id", sa.Uuid, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.UniqueConstraint("original_id", name="uq_resend_original_id"),
    )
    op.create_table(
        "provider_month",
        sa.Column("month", sa.Date, primary_key=True),
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("provider", sa.Text, primary_key=True),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("attempts", "accepted", "delivered", "failed", "units")
        ),
    )
