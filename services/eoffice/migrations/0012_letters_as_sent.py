"""A file is returned with an amount; letters are counted by the month in which they went out."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0012"
down_revision = "eoffice_0011"


def upgrade() -> None:
    """Let a decision be a return, and find letters by the day."""
    op.drop_constraint("ck_approval_decision", "approval", type_="check")
    op.create_check_constraint(
        "ck_approval_decision", "approval", "decision IN ('approved', 'refused', 'returned')"
    )
    op.create_check_constraint(
        "ck_approval_returned", "approval", "decision <> 'returned' OR power IS NOT NULL"
    )
    op.create_index(
        "ix_letter_dispatched_at",
        "letter",
        ["dispatched_at"],
        postgresql_where=sa.text("dispatched_at IS NOT NULL"),
    )
