"""What the clock has to know besides: who has spoken, and waits in both kinds of minutes."""

import sqlalchemy as sa
from alembic import op

revision = "grievance_0003"
down_revision = "grievance_0002"

# The citizen's last word; the timeline has all of them since there are any.
SPOKEN = """
UPDATE grievance SET spoken_at = said.at
FROM (
    SELECT grievance_id, max(at) AS at FROM timeline
    WHERE (actor_role = 'citizen' AND step <> 'file') OR step IN ('rate', 'appeal')
    GROUP BY grievance_id
) said
WHERE grievance.id = said.grievance_id
"""
# What has stood for the citizen so far, in minutes of the clock. For a promise in working time that
# is the other kind; of one that runs day and night the working minutes are not known to SQL, and it
# keeps the time that it had.
STOOD = """
UPDATE grievance SET paused_otherwise = stood.minutes
FROM (
    SELECT grievance_id, sum(floor(extract(epoch FROM until - at) / 60)) AS minutes
    FROM (
        SELECT grievance_id, step, at,
            lead(at) OVER (PARTITION BY grievance_id ORDER BY id) AS until
        FROM timeline
        WHERE step IN ('wait', 'answer', 'transfer', 'reject', 'withdraw', 'merge')
    ) waits
    WHERE step = 'wait' AND until IS NOT NULL
    GROUP BY grievance_id
) stood
WHERE grievance.id = stood.grievance_id
"""


def upgrade() -> None:
    """Add the columns, filled from the timeline, and the index of the daily draw."""
    op.add_column("grievance", sa.Column("spoken_at", sa.DateTime(timezone=True)))
    op.add_column(
        "grievance",
        sa.Column("paused_otherwise", sa.Integer, nullable=False, server_default="0"),
    )
    op.execute(SPOKEN)
    op.execute(STOOD)
    op.create_index(
        "ix_grievance_resolved_at",
        "grievance",
        ["resolved_at", "id"],
        postgresql_where=sa.text("resolved_at IS NOT NULL"),
    )
