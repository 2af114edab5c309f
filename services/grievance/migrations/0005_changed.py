"""When each was last changed, which never goes back; and a wait for the citizen that ends."""

import sqlalchemy as sa
from alembic import op

revision = "grievance_0005"
down_revision = "grievance_0004"

CHANGED = """
UPDATE grievance SET changed_at = greatest(filed_at, last.at)
FROM (SELECT grievance_id, max(at) AS at FROM timeline GROUP BY grievance_id) last
WHERE grievance.id = last.grievance_id
"""


def upgrade() -> None:
    """Add the column, filled from the timeline.

    Its default is for what processes of the release before file until they are replaced.
    """
    op.add_column(
        "grievance",
        sa.Column(
            "changed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
        ),
    )
    op.execute(CHANGED)
    # The scheduler looks at each, and finds when its wait is over.
    op.execute("UPDATE grievance SET next_clock_at = now() WHERE state = 'waiting'")
