"""How often each ping was counted."""

import sqlalchemy as sa
from alembic import op

revision = "probe_0001"
down_revision = None


def upgrade() -> None:
    """Create the table of counts."""
    op.create_table(
        "ping",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("times", sa.Integer, nullable=False),
    )
