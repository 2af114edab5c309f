"""An alert says whom it was told to, how often, and whether it began silently."""

import sqlalchemy as sa
from alembic import op

revision = "kpi_0009"
down_revision = "kpi_0008"


def upgrade() -> None:
    """Add the columns; what was told was told once, to its owner."""
    op.add_column("alert", sa.Column("told_to", sa.Text))
    op.add_column("alert", sa.Column("tellings", sa.SmallInteger))
    op.add_column("alert", sa.Column("silent", sa.Boolean))
    op.execute("""
        UPDATE alert SET silent = false, tellings = CASE WHEN told_at IS NULL THEN 0 ELSE 1 END,
        told_to = CASE WHEN told_at IS NOT NULL THEN owner END
    """)
    for name in ("tellings", "silent"):
        op.alter_column("alert", name, nullable=False)
