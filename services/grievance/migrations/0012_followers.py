"""Followers by their login alone, and what a login follows."""

import sqlalchemy as sa
from alembic import op

revision = "grievance_0012"
down_revision = "grievance_0011"


def upgrade() -> None:
    """Let a login be enough. No follower there is breaks the new rule."""
    op.drop_constraint("ck_follower_reachable", "follower")
    op.create_check_constraint(
        "ck_follower_somebody", "follower", "num_nonnulls(subject, phone, email) > 0"
    )
    op.create_index(
        "ix_follower_subject",
        "follower",
        ["subject", "followed_at", "id"],
        postgresql_where=sa.text("subject IS NOT NULL"),
    )
