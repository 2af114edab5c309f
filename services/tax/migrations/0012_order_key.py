"""The key of an order is its caller's own."""

from alembic import op

revision = "tax_0012"
down_revision = "tax_0011"


def upgrade() -> None:
    """Of two callers the same key is two orders."""
    op.drop_constraint("uq_payment_order_key", "payment_order")
    op.create_unique_constraint("uq_payment_order_made_by_key", "payment_order", ["made_by", "key"])
