"""Alerts: what the owners of KPIs are told of."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "kpi_0005"
down_revision = "kpi_0004"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "alert",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("correlation_id", sa.Uuid, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("code", "kind", "department", "owner", "reason", "period")
        ),
        sa.Column("running", sa.Boolean, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        *_numbers("target", "target_high", "band_low", "band_high"),
        sa.Column("facts", JSONB, nullable=False),
        sa.Column("began_at", _MOMENT, nullable=False),
        sa.Column("told_at", _MOMENT),
        sa.Column("ended_at", _MOMENT),
        sa.Column("end_reason", sa.Text),
        sa.Column("end_period", sa.Text),
        *_numbers("end_value", "end_target", "end_target_high", "end_band_low", "end_band_high"),
        sa.Column("end_facts", JSONB),
        sa.Column("acknowledged_by", sa.Text),
        sa.Column("acknowledged_at", _MOMENT),
        sa.Column("note", sa.Text),
        sa.Column("muted_until", sa.Date),
        sa.Column("muted_by", sa.Text),
        sa.Column("muted_at", _MOMENT),
        sa.Column("mute_reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
    )
    op.create_index(
        "uq_alert_open",
        "alert",
        ["code", "kind"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_alert_began", "alert", ["began_at", "id"])
    op.create_index("ix_alert_department", "alert", ["department", "began_at"])
    op.create_index(
        "ix_alert_muted",
        "alert",
        ["muted_until"],
        postgresql_where=sa.text("muted_until IS NOT NULL"),
    )


def _numbers(*names: str) -> list[sa.Column[float]]:
    return [sa.Column(name, sa.Double) for name in names]
