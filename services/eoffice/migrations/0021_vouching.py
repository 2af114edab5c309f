"""A second officer agrees to an archive that nobody known has signed."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0021"
down_revision = "eoffice_0020"


def upgrade() -> None:
    """What was brought in before stays as it is."""
    op.create_table(
        "vouching",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("manifest", sa.Text, nullable=False),
        sa.Column("certificate", sa.Text),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("remark", sa.Text, nullable=False),
        sa.Column("agreed_by", sa.Text, nullable=False),
        sa.Column("agreed_person", sa.Text, nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rev", sa.Integer, nullable=False),
    )
    op.create_index("ix_vouching_manifest", "vouching", ["manifest"])


def downgrade() -> None:
    """Who agreed stands in the acts still."""
    op.drop_table("vouching")
