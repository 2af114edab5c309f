"""Which changes of projects and reviews a frozen pack has seen."""

import sqlalchemy as sa
from alembic import op

revision = "warroom_0005"
down_revision = "warroom_0004"

# Of what was frozen before only the moment is known: what was recorded until then.
FROZEN = """
INSERT INTO seen (review_id, subject_id, position)
SELECT meeting.entity_id, done.subject_id, max(done.position)
FROM review_version AS meeting
JOIN (
    SELECT project_id AS subject_id, position, at FROM change
    UNION ALL
    SELECT review_id, position, at FROM review_change
) AS done ON done.at <= (meeting.content ->> 'frozen_at')::timestamptz
WHERE meeting.kind = 'meeting' AND meeting.until = '2200-01-01T00:00:00Z'
GROUP BY meeting.entity_id, done.subject_id
"""


def upgrade() -> None:
    """Create the table, with what the packs of before have seen."""
    op.create_table(
        "seen",
        sa.Column("review_id", sa.Uuid, nullable=False),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("review_id", "subject_id", name="pk_seen"),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], "fk_seen_review_id_review"),
    )
    op.execute(FROZEN)


def downgrade() -> None:
    """Take it back."""
    op.drop_table("seen")
