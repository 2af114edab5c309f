"""What the citizen was asked and has not answered: an answer is taken after the wait, too."""

import sqlalchemy as sa
from alembic import op

revision = "grievance_0007"
down_revision = "grievance_0006"

ASKED = """
UPDATE grievance SET asked_at = last.at
FROM (
    SELECT DISTINCT ON (grievance_id) grievance_id, step, at FROM timeline
    WHERE step IN ('wait', 'answer') ORDER BY grievance_id, id DESC
) last
WHERE grievance.id = last.grievance_id AND last.step = 'wait'
"""


def upgrade() -> None:
    """Add the column, filled from the timeline."""
    op.add_column("grievance", sa.Column("asked_at", sa.DateTime(timezone=True)))
    op.execute(ASKED)
