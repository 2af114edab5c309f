"""What a notice said stays with it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "tax_0013"
down_revision = "tax_0012"


def upgrade() -> None:
    """Add the columns; of notices that were issued earlier nobody kept what they said."""
    op.add_column("notice", sa.Column("dues", postgresql.JSONB))
    op.add_column("notice", sa.Column("fees_paise", sa.BigInteger))
    op.add_column("notice", sa.Column("earlier", postgresql.JSONB))
