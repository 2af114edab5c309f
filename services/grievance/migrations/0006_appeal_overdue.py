"""The moment at which an appeal that is not decided is told to be overdue."""

import sqlalchemy as sa
from alembic import op

revision = "grievance_0006"
down_revision = "grievance_0005"

# Of each grievance the appeal to the highest level, if that is pending: those below are superseded.
PENDING = """
UPDATE grievance
SET appeal_decide_by = pending.decide_by,
    next_clock_at = least(next_clock_at, pending.decide_by)
FROM (
    SELECT DISTINCT ON (grievance_id) grievance_id, decide_by, decided_at FROM appeal
    ORDER BY grievance_id, level DESC
) pending
WHERE grievance.id = pending.grievance_id AND pending.decided_at IS NULL
"""


def upgrade() -> None:
    """Add the column, filled from the appeals that are pending.

    Those whose time has passed already are told once, by the scheduler, with the day on which it
    had.
    """
    op.add_column("grievance", sa.Column("appeal_decide_by", sa.DateTime(timezone=True)))
    op.execute(PENDING)
