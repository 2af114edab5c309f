"""The words of what can be found. ``palika eoffice reindex`` fills it with what is there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "eoffice_0008"
down_revision = "eoffice_0007"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "search_words",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("thing", sa.Uuid, nullable=False),
        sa.Column("page", sa.Integer, nullable=False),
        sa.Column("file_id", sa.Uuid),
        sa.Column("receipt_id", sa.Uuid),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("grade", sa.Integer, nullable=False),
        sa.Column("secrecy", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("words", ARRAY(sa.Text), nullable=False),
        sa.Column("tokens", ARRAY(sa.Text), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_search_words"),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_search_words_file_id_file"),
        sa.CheckConstraint("grade BETWEEN 0 AND 3", "ck_search_words_grade"),
        sa.CheckConstraint("secrecy BETWEEN grade AND 3", "ck_search_words_secrecy"),
    )
    op.create_index("ix_search_words_tokens", "search_words", ["tokens"], postgresql_using="gin")
    op.create_index("ix_search_words_at", "search_words", ["at", "id"])
    op.create_index("ix_search_words_thing", "search_words", ["kind", "thing", "page"], unique=True)
    op.create_index("ix_search_words_file", "search_words", ["file_id"])
    op.create_index(
        "ix_search_words_suggested",
        "search_words",
        ["at"],
        postgresql_where=sa.text("words <> '{}'::text[]"),
    )
