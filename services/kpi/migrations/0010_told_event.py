"""Of what is told of an alert is known by which event, so that notify can say what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "kpi_0010"
down_revision = "kpi_0009"


def upgrade() -> None:
    """Add the column; of what was told before it is not known."""
    op.add_column("alert", sa.Column("told_event", sa.Uuid))
