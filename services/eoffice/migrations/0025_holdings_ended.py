"""When a holding was ended in the course of its last day."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0025"
down_revision = "eoffice_0024"


def upgrade() -> None:
    """Those of before ended with their last day, as until now."""
    op.add_column("holding", sa.Column("ended_at", sa.DateTime(timezone=True)))
    op.create_check_constraint(
        "ck_holding_ended", "holding", "ended_at IS NULL OR until IS NOT NULL"
    )


def downgrade() -> None:
    """As it was."""
    op.drop_constraint("ck_holding_ended", "holding", type_="check")
    op.drop_column("holding", "ended_at")
