"""An order may be paid by a link."""

import sqlalchemy as sa
from alembic import op

revision = "tax_0018"
down_revision = "tax_0017"


def upgrade() -> None:
    """Add what is known of the link; the orders that are there have none."""
    op.add_column(
        "payment_order",
        sa.Column("is_link", sa.Boolean, nullable=False, server_default=sa.text("false")),
    )
    op.add_column("payment_order", sa.Column("link_id", sa.Text))
    op.add_column("payment_order", sa.Column("link_url", sa.Text))
    op.create_unique_constraint("uq_payment_order_link_id", "payment_order", ["link_id"])
