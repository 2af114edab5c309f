"""Telephone calls, their turns, and what was promised in them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "notify_0006"
down_revision = "notify_0005"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create `call`, `call_turn` and `promise`."""
    op.create_table(
        "call",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("request_id", sa.Uuid),
        sa.Column("delivery_id", sa.Uuid),
        sa.Column("flow", sa.Text, nullable=False),
        sa.Column("property_id", sa.Uuid),
        sa.Column("recipient_key", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("contact", sa.LargeBinary),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("tries", sa.SmallInteger, nullable=False, server_default="0"),
        sa.Column("next_try_at", _MOMENT, nullable=False),
        sa.Column("of_use_until", _MOMENT, nullable=False),
        sa.Column("attempt_id", sa.Uuid),
        sa.Column("reference", sa.Text),
        sa.Column("place", sa.Text, nullable=False, server_default=""),
        sa.Column("turn", sa.SmallInteger, nullable=False, server_default="0"),
        sa.Column("talk", sa.LargeBinary),
        sa.Column("answer", sa.LargeBinary),
        sa.Column("deeds", ARRAY(sa.Text), nullable=False, server_default="{}"),
        sa.Column("outcome", sa.Text),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("dialled_at", _MOMENT),
        sa.Column("taken_at", _MOMENT),
        sa.Column("ended_at", _MOMENT),
        sa.CheckConstraint(
            "state IN ('due', 'dialling', 'ringing', 'talking', 'ended', 'not_reached', 'skipped')",
            name=op.f("ck_call_state"),
        ),
    )
    for column in ("request_id", "attempt_id", "reference"):
        op.create_index(f"uq_call_{column}", "call", [column], unique=True)
    op.create_index(
        "ix_call_due", "call", ["next_try_at", "id"], postgresql_where=sa.text("state = 'due'")
    )
    op.create_index(
        "ix_call_open",
        "call",
        ["changed_at"],
        postgresql_where=sa.text("state IN ('dialling', 'ringing', 'talking')"),
    )
    op.create_index(
        "ix_call_answer", "call", ["changed_at"], postgresql_where=sa.text("answer IS NOT NULL")
    )
    op.create_index("ix_call_recipient_key", "call", ["recipient_key", "id"])
    op.create_index("ix_call_property_id", "call", ["property_id", "id"])
    op.create_table(
        "call_turn",
        sa.Column(
            "call_id", sa.Uuid, sa.ForeignKey("call.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("turn", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("ear", sa.Text, nullable=False),
        sa.Column("understood", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("said", ARRAY(sa.Text), nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
    )
    op.create_table(
        "promise",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("call_id", sa.Uuid, sa.ForeignKey("call.id"), nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("promised_on", sa.Date, nullable=False),
        sa.Column("amount_paise", sa.BigInteger, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
    )
    op.create_index("uq_promise_call_id", "promise", ["call_id"], unique=True)
    op.create_index("ix_promise_property_id", "promise", ["property_id", "id"])
    op.create_index("ix_promise_promised_on", "promise", ["promised_on", "id"])
