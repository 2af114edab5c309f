"""Of a delivery is known in which trace it was asked for, if that is recorded."""

import sqlalchemy as sa
from alembic import op

revision = "notify_0012"
down_revision = "notify_0011"


def upgrade() -> None:
    """Those that are there were recorded in none."""
    op.add_column("delivery", sa.Column("traceparent", sa.Text))


def downgrade() -> None:
    """It is lost."""
    op.drop_column("delivery", "traceparent")
