"""When a resolution is closed by silence: after the citizen's last word on it, too."""

import sqlalchemy as sa
from alembic import op

revision = "grievance_0008"
down_revision = "grievance_0007"

# Of which nobody has spoken: the scheduler knew already, unless an appeal comes first.
SILENT = """
UPDATE grievance SET closes_at = next_clock_at - interval '1 microsecond'
WHERE state = 'resolved' AND officer IS NOT NULL AND next_clock_at IS NOT NULL
    AND appeal_decide_by IS NULL AND (spoken_at IS NULL OR spoken_at < resolved_at)
"""
# Of which something was said, and not that it is not put right: none of them was ever to be closed
# so far. They have the days of the shipped policy from now on.
SPOKEN_OF = """
UPDATE grievance SET closes_at = now() + interval '7 days',
    next_clock_at = least(next_clock_at, now() + interval '7 days')
WHERE state = 'resolved' AND officer IS NOT NULL AND spoken_at >= resolved_at
    AND NOT EXISTS (
        SELECT FROM timeline
        WHERE grievance_id = grievance.id AND at >= resolved_at
            AND (step = 'appeal' OR (step = 'rate' AND data ->> 'satisfied' = 'false'))
    )
"""


def upgrade() -> None:
    """Add the column, filled from what the scheduler knew and from the timeline."""
    op.add_column("grievance", sa.Column("closes_at", sa.DateTime(timezone=True)))
    op.execute(SILENT)
    op.execute(SPOKEN_OF)
