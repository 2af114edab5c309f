"""Linked files that cannot be read are asked for ever later; alerts are found by their KPI."""

import sqlalchemy as sa
from alembic import op

revision = "warroom_0006"
down_revision = "warroom_0005"


def upgrade() -> None:
    """Create the table and the indexes."""
    op.create_table(
        "unread_file",
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("post", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", "post", name="pk_unread_file"),
    )
    op.create_index("ix_kpi_alert_code_at", "kpi_alert", ["code", "at"])
    op.create_index("ix_kpi_alert_alert_id", "kpi_alert", ["alert_id"])


def downgrade() -> None:
    """Take them back."""
    op.drop_index("ix_kpi_alert_alert_id", "kpi_alert")
    op.drop_index("ix_kpi_alert_code_at", "kpi_alert")
    op.drop_table("unread_file")
