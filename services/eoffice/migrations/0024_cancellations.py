"""An approval is cancelled by a decision of its own."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0024"
down_revision = "eoffice_0023"
_DECISION, _BEFORE = "ck_approval_decision", "'approved', 'refused', 'returned'"


def upgrade() -> None:
    """Of before none is cancelled."""
    op.add_column("approval", sa.Column("cancels", sa.Uuid))
    op.drop_constraint(_DECISION, "approval", type_="check")
    op.create_check_constraint(_DECISION, "approval", f"decision IN ({_BEFORE}, 'cancelled')")
    op.create_check_constraint(
        "ck_approval_cancels", "approval", "(decision = 'cancelled') = (cancels IS NOT NULL)"
    )
    op.create_index(
        "ix_approval_cancels",
        "approval",
        ["cancels"],
        unique=True,
        postgresql_where=sa.text("cancels IS NOT NULL"),
    )


def downgrade() -> None:
    """As it was. A cancellation that is recorded is not taken back: there would be a sanction
    again."""
    there = sa.text("SELECT count(*) FROM approval WHERE cancels IS NOT NULL")
    if op.get_bind().scalar(there):
        raise RuntimeError("approvals were cancelled, and what is recorded is not deleted")
    op.drop_index("ix_approval_cancels", "approval")
    op.drop_constraint("ck_approval_cancels", "approval", type_="check")
    op.drop_constraint(_DECISION, "approval", type_="check")
    op.create_check_constraint(_DECISION, "approval", f"decision IN ({_BEFORE})")
    op.drop_column("approval", "cancels")
