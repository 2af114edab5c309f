"""Issues are found by their matter; what happens around projects, and movements of their files."""

import sqlalchemy as sa
from alembic import op

revision = "warroom_0002"
down_revision = "warroom_0001"


def upgrade() -> None:
    """Create the index and the tables."""
    moment = sa.DateTime(timezone=True)
    op.create_index(
        "ix_version_matter",
        "version",
        [sa.text("(content ->> 'correlation_id')")],
        postgresql_where=sa.text("content ->> 'correlation_id' IS NOT NULL"),
    )
    op.create_table(
        "activity",
        sa.Column("link_id", sa.Uuid, nullable=False),
        sa.Column("measure", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("known_on", sa.Date, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("link_id", "measure", "day", "known_on", name="pk_activity"),
    )
    op.create_table(
        "followed_file",
        sa.Column("file_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("followed_at", moment, nullable=False),
        sa.Column("caught_up", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("file_id", name="pk_followed_file"),
        sa.UniqueConstraint("number", name="uq_followed_file_number"),
    )
    op.create_table(
        "file_move",
        sa.Column("file_id", sa.Uuid, nullable=False),
        sa.Column("moved_at", moment, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("from_post", sa.Text),
        sa.Column("to_post", sa.Text),
        sa.Column("known_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("file_id", "moved_at", "kind", name="pk_file_move"),
        sa.ForeignKeyConstraint(
            ["file_id"], ["followed_file.file_id"], "fk_file_move_file_id_followed_file"
        ),
    )
