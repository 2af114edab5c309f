"""Who took a payment, why it was taken so, and in which ward; indexes for what is looked for."""

import sqlalchemy as sa
from alembic import op

revision = "tax_0010"
down_revision = "tax_0009"


def upgrade() -> None:
    """Add the columns; of earlier payments it is not known who took them, and their ward is taken
    to be that of today."""
    op.add_column(
        "payment", sa.Column("taken_by", sa.Text, nullable=False, server_default="unknown")
    )
    op.alter_column("payment", "taken_by", server_default=None)
    op.add_column("payment", sa.Column("reason", sa.Text))
    op.add_column("payment", sa.Column("ward", sa.Text))
    op.execute(
        "UPDATE payment SET ward = property.ward FROM property WHERE property.id = property_id"
    )
    # For what is looked for: a bill of an amount, an order that a person has to look at, all
    # payments that were made of one of the gateway's, the sum of the cash.
    op.create_index(
        "ix_bill_payable",
        "bill",
        [sa.text("(amount_paise + arrears_paise - advance_paise)"), "billed_at"],
    )
    op.create_index(
        "ix_payment_order_held",
        "payment_order",
        ["made_at"],
        postgresql_where=sa.text("state = 'held'"),
    )
    op.create_index(
        "ix_payment_came_as",
        "payment",
        [sa.text("split_part(reference, '#', 1)")],
        postgresql_where=sa.text("channel = 'online'"),
    )
    op.create_index(
        "ix_payment_cash",
        "payment",
        ["amount_paise"],
        postgresql_where=sa.text("mode = 'cash' AND state = 'received'"),
    )
