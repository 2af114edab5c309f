"""Credit that was given back by bank."""

import sqlalchemy as sa
from alembic import op

revision = "tax_0011"
down_revision = "tax_0010"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "credit_refund",
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("amount_paise", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("reference", name="pk_credit_refund"),
        sa.ForeignKeyConstraint(
            ["property_id"], ["property.id"], name="fk_credit_refund_property_id_property"
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger_entry.id"], name="fk_credit_refund_entry_id_ledger_entry"
        ),
        sa.CheckConstraint("amount_paise > 0", name="ck_credit_refund_amount"),
    )
    op.create_index("ix_credit_refund_property_id", "credit_refund", ["property_id"])
