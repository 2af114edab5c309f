"""Grievances that somebody is about to file."""

import sqlalchemy as sa
from alembic import op

revision = "portal_0002"
down_revision = "portal_0001"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "grievance_draft",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("typed", sa.LargeBinary, nullable=False),
        sa.Column("photo", sa.LargeBinary),
        sa.Column("number", sa.Text),
        sa.Column("followed_by", sa.LargeBinary),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_grievance_draft"),
        sa.UniqueConstraint("token", name="uq_grievance_draft_token"),
    )
    op.create_index("ix_grievance_draft_until", "grievance_draft", ["until"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("grievance_draft")
