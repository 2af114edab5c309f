"""Since when the definition of each KPI holds, and what it was before."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "kpi_0012"
down_revision = "kpi_0011"


def upgrade() -> None:
    """Add the table; the service fills it when it starts."""
    op.create_table(
        "definition",
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("exactly", sa.Boolean, nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("code", "since", name="pk_definition"),
    )
