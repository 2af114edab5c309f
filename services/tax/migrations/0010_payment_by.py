"""Who took a payment, and why it was taken so."""

import sqlalchemy as sa
from alembic import op

revision = "tax_0010"
down_revision = "tax_0009"


def upgrade() -> None:
    """Add the columns; of earlier payments it is not known who took them."""
    op.add_column(
        "payment", sa.Column("taken_by", sa.Text, nullable=False, server_default="unknown")
    )
    op.alter_column("payment", "taken_by", server_default=None)
    op.add_column("payment", sa.Column("reason", sa.Text))
