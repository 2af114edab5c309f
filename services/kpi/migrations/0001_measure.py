"""The measures that events add up to."""

import sqlalchemy as sa
from alembic import op

revision = "kpi_0001"
down_revision = None


def upgrade() -> None:
    """Create `measure`, with room on its pages for updates in place."""
    op.create_table(
        "measure",
        sa.Column("measure", sa.Text, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("ward", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("measure", "department", "ward", "day", name="pk_measure"),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("ix_measure_day", "measure", ["day"])
