"""Signed roots over the record."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0007"
down_revision = "eoffice_0002"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "root",
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("chains", sa.Integer, nullable=False),
        sa.Column("entries", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_root"),
    )
    op.create_table(
        "root_entry",
        sa.Column("root", sa.Integer, nullable=False),
        sa.Column("chain_id", sa.Uuid, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("root", "chain_id", name="pk_root_entry"),
    )
