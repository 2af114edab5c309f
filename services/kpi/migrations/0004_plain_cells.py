"""An index of the months that a dashboard reads: all but the cells of sketches."""

import sqlalchemy as sa
from alembic import op

revision = "kpi_0004"
down_revision = "kpi_0003"


def upgrade() -> None:
    """Index them; there are few, however much was ever counted."""
    op.create_index(
        "ix_measure_year_plain",
        "measure_year",
        ["measure", "department", "year"],
        postgresql_where=sa.text("cell <= 0"),
    )
