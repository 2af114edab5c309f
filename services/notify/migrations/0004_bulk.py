"""Campaigns: one message to many."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "notify_0004"
down_revision = "notify_0003"

_MOMENT = sa.DateTime(timezone=True)
_STATES = "'loading', 'draft', 'scheduled', 'running', 'paused', 'done', 'cancelled'"


def upgrade() -> None:
    """Nothing that is there changes."""
    op.create_table(
        "campaign",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("problem", sa.Text),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("template_version", sa.Integer, nullable=False),
        sa.Column("channels", ARRAY(sa.Text), nullable=False),
        sa.Column("fields", JSONB, nullable=False),
        sa.Column("audience", sa.Text),
        sa.Column("query", JSONB),
        sa.Column("query_after", sa.Text),
        sa.Column("digest", sa.Text),
        sa.Column("rows", sa.Integer),
        sa.Column("loaded_to", sa.Integer, nullable=False),
        sa.Column("recipients", sa.Integer, nullable=False),
        sa.Column("rejected", sa.Integer, nullable=False),
        sa.Column("sample", sa.LargeBinary),
        sa.Column("estimate", JSONB),
        sa.Column("estimated_at", _MOMENT),
        sa.Column("start_at", _MOMENT),
        sa.Column("hours_from", sa.Time),
        sa.Column("hours_to", sa.Time),
        sa.Column("per_minute", sa.Integer),
        sa.Column("tokens", sa.Float, nullable=False),
        sa.Column("filled_at", _MOMENT, nullable=False),
        sa.Column("fed_to", sa.Integer, nullable=False),
        sa.Column("fed", sa.Integer, nullable=False),
        sa.Column("window_at", _MOMENT),
        sa.Column("window_fed", sa.Integer, nullable=False),
        sa.Column("last_rate", sa.Float),
        sa.Column("tests", sa.Integer, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("approved_by", sa.Text),
        sa.Column("approved_at", _MOMENT),
        sa.Column("started_at", _MOMENT),
        sa.Column("ended_by", sa.Text),
        sa.Column("ended_at", _MOMENT),
        sa.UniqueConstraint("name", name=op.f("uq_campaign_name")),
        sa.CheckConstraint(f"state IN ({_STATES})", name=op.f("ck_campaign_state")),
        sa.CheckConstraint("approved_by <> created_by", name=op.f("ck_campaign_two_people")),
        sa.CheckConstraint(
            "(hours_from IS NULL) = (hours_to IS NULL)", name=op.f("ck_campaign_hours")
        ),
    )
    op.create_index("ix_campaign_state", "campaign", ["state", "id"])
    op.create_table(
        "campaign_recipient",
        _of_campaign(),
        sa.Column("row_no", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("recipient_ref", sa.Text, nullable=False),
        sa.Column("recipient_key", sa.Text),
        sa.Column("other_key", sa.Text),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("units", ARRAY(sa.SmallInteger), nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("fields", JSONB),
        sa.UniqueConstraint("campaign_id", "recipient_ref", name="uq_campaign_recipient_once"),
    )
    op.create_table(
        "campaign_rejection",
        _of_campaign(),
        sa.Column("row_no", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("place", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
    )
    # The states of a campaign's deliveries are counted from the index alone.
    op.create_index(
        "ix_delivery_campaign",
        "delivery",
        ["event_id", "state"],
        postgresql_where=sa.text("event_type = 'campaign'"),
    )


def _of_campaign() -> sa.Column[object]:
    return sa.Column(
        "campaign_id", sa.Uuid, sa.ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True
    )
