"""How often a telephone has tried numbers that it might only guess."""

import sqlalchemy as sa
from alembic import op

revision = "notify_0008"
down_revision = "notify_0007"


def upgrade() -> None:
    """Nothing of it is there yet."""
    op.create_table(
        "number_try",
        sa.Column("recipient_key", sa.Text, primary_key=True),
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("hour", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "what IN ('property_number', 'call_check')", name=op.f("ck_number_try_what")
        ),
    )
