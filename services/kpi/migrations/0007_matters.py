"""Alerts are found by the matter that they have begun."""

from alembic import op

revision = "kpi_0007"
down_revision = "kpi_0006"


def upgrade() -> None:
    """Create the index."""
    op.create_index("ix_alert_matter", "alert", ["correlation_id"])
