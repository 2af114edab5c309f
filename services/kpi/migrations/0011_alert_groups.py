"""Of what was told with other alerts is known in which group, so that one message tells all."""

import sqlalchemy as sa
from alembic import op

revision = "kpi_0011"
down_revision = "kpi_0010"


def upgrade() -> None:
    """Add the column; what was told before it was told alone."""
    op.add_column("alert", sa.Column("told_group", sa.Uuid))
    op.create_index(
        "ix_alert_group",
        "alert",
        ["told_group"],
        postgresql_where=sa.text("told_group IS NOT NULL"),
    )
