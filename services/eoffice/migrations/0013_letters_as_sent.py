"""A file is returned with an amount."""

from alembic import op

revision = "eoffice_0013"
down_revision = "eoffice_0009"


def upgrade() -> None:
    """Let a decision be a return."""
    op.drop_constraint("ck_approval_decision", "approval", type_="check")
    op.create_check_constraint(
        "ck_approval_decision", "approval", "decision IN ('approved', 'refused', 'returned')"
    )
    op.create_check_constraint(
        "ck_approval_returned", "approval", "decision <> 'returned' OR power IS NOT NULL"
    )
