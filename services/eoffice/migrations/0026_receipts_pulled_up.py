"""Receipts that a post up the line has taken, and of whom else there is one like it."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0026"
down_revision = "eoffice_0025"


def upgrade() -> None:
    """A kind of move more; the letters of a sender are found by their day."""
    op.drop_constraint("ck_receipt_movement_kind", "receipt_movement", type_="check")
    op.create_check_constraint(
        "ck_receipt_movement_kind",
        "receipt_movement",
        "kind IN ('send', 'pull_back', 'pull_up', 'transfer')",
    )
    op.create_index("ix_receipt_sender", "receipt", [sa.text("lower(sender_name)"), "dated"])


def downgrade() -> None:
    """As it was; refused while one was pulled up: what is recorded is not changed."""
    pulled = sa.text("SELECT EXISTS (SELECT FROM receipt_movement WHERE kind = 'pull_up')")
    if op.get_bind().scalar(pulled):
        raise RuntimeError("receipts were pulled up: what is recorded is not changed")
    op.drop_index("ix_receipt_sender", "receipt")
    op.drop_constraint("ck_receipt_movement_kind", "receipt_movement", type_="check")
    op.create_check_constraint(
        "ck_receipt_movement_kind",
        "receipt_movement",
        "kind IN ('send', 'pull_back', 'transfer')",
    )
