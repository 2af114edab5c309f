"""Who has read a file from outside, and what of it."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0017"
down_revision = "eoffice_0016"


def upgrade() -> None:
    """Add the table of readings; it refers to files, and to those that were brought in."""
    op.create_table(
        "reading",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("file_id", sa.Uuid, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("post", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rev", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reading"),
        sa.UniqueConstraint("file_id", "day", "reader", name="uq_reading_file_id_day_reader"),
        sa.CheckConstraint(
            "what IN ('note_sheet', 'contents', 'paper', 'letter', 'archive')",
            name="ck_reading_what",
        ),
    )
    op.create_index("ix_reading_newest", "reading", ["file_id", "read_at", "id"])
