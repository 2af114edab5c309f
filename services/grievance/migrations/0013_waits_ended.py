"""The end of a wait is known of what waits alone."""

from alembic import op

revision = "grievance_0013"
down_revision = "grievance_0012"

ENDED = "UPDATE grievance SET wait_until = NULL WHERE state <> 'waiting' AND wait_until IS NOT NULL"


def upgrade() -> None:
    """Repair what processes of the release before have left, which do not know the column."""
    op.execute(ENDED)
