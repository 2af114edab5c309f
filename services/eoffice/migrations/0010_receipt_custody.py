"""Receipts of a vacant or abolished post go to another, as its files do."""

from alembic import op

revision = "eoffice_0010"
down_revision = "eoffice_0009"


def upgrade() -> None:
    """Let a receipt's move be of that kind."""
    op.drop_constraint("ck_receipt_movement_kind", "receipt_movement", type_="check")
    op.create_check_constraint(
        "ck_receipt_movement_kind", "receipt_movement", "kind IN ('send', 'pull_back', 'transfer')"
    )
