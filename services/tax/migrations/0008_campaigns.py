"""Campaigns of recovery, and what was done about whom."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "tax_0008"
down_revision = "tax_0007"


def upgrade() -> None:
    """Create the tables."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "campaign",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("model_id", sa.Uuid, nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("wait_days", sa.Integer, nullable=False),
        sa.Column("figures", postgresql.JSONB, nullable=False),
        sa.Column("planned_by", sa.Text, nullable=False),
        sa.Column("planned_at", moment, nullable=False),
        sa.Column("approved_by", sa.Text),
        sa.Column("approved_at", moment),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_campaign"),
        sa.UniqueConstraint("name", name="uq_campaign_name"),
        sa.CheckConstraint(
            "state IN ('planned', 'approved', 'closed', 'cancelled')", "ck_campaign_state"
        ),
        sa.CheckConstraint(
            "state <> 'approved' OR approved_by IS NOT NULL", "ck_campaign_approved"
        ),
        _key("campaign", "model_id", "recovery_model"),
    )
    op.create_table(
        "campaign_item",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("campaign_id", sa.Uuid, nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("words", postgresql.JSONB, nullable=False),
        sa.Column("chance", sa.Float, nullable=False),
        sa.Column("gain_paise", sa.BigInteger, nullable=False),
        sa.Column("cost_paise", sa.BigInteger, nullable=False),
        sa.Column("owed_paise", sa.BigInteger, nullable=False),
        sa.Column("signed_by", sa.Text),
        sa.Column("signed_at", moment),
        sa.Column("stopped_by", sa.Text),
        sa.Column("paid_paise", sa.BigInteger),
        sa.Column("ended_on", sa.Date),
        sa.PrimaryKeyConstraint("id", name="pk_campaign_item"),
        sa.UniqueConstraint(
            "campaign_id", "property_id", name="uq_campaign_item_campaign_id_property_id"
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'control', 'sent', 'paid', 'not_paid', 'stopped')",
            "ck_campaign_item_state",
        ),
        sa.CheckConstraint(
            "(state = 'stopped') = (stopped_by IS NOT NULL)", "ck_campaign_item_stopped"
        ),
        sa.CheckConstraint(
            "action <> 'attachment' OR state IN ('planned', 'stopped') OR signed_by IS NOT NULL",
            "ck_campaign_item_signed",
        ),
        _key("campaign_item", "campaign_id", "campaign"),
        _key("campaign_item", "property_id", "property"),
    )
    op.create_index("ix_campaign_item_property_id", "campaign_item", ["property_id"])
    op.create_index(
        "ix_campaign_item_open",
        "campaign_item",
        ["day"],
        postgresql_where=sa.text("state IN ('planned', 'sent', 'control')"),
    )
    op.create_table(
        "recovery_act",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("taken_on", sa.Date, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("told_on", sa.Date),
        sa.Column("item_id", sa.Uuid),
        sa.Column("by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_act"),
        sa.CheckConstraint("(outcome IS NULL) = (told_on IS NULL)", "ck_recovery_act_told"),
        _key("recovery_act", "property_id", "property"),
        _key("recovery_act", "item_id", "campaign_item"),
    )
    op.create_index("ix_recovery_act_property_id", "recovery_act", ["property_id"])
    op.create_index("ix_recovery_act_taken_on", "recovery_act", ["taken_on"])
    op.create_index(
        "uq_recovery_act_item_id",
        "recovery_act",
        ["item_id"],
        unique=True,
        postgresql_where=sa.text("item_id IS NOT NULL"),
    )


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")
