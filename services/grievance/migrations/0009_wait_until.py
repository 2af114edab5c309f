"""Until when each citizen is waited for: a changed policy holds for who is asked afterwards."""

import sqlalchemy as sa
from alembic import op

revision = "grievance_0009"
down_revision = "grievance_0008"

# The scheduler knew already, unless an appeal comes first, or it was yet to find out: those keep to
# the policy.
WAITING = """
UPDATE grievance SET wait_until = next_clock_at - interval '1 microsecond'
WHERE state = 'waiting' AND next_clock_at > now() AND appeal_decide_by IS NULL
"""


def upgrade() -> None:
    """Add the column, filled from what the scheduler knew."""
    op.add_column("grievance", sa.Column("wait_until", sa.DateTime(timezone=True)))
    op.execute(WAITING)
