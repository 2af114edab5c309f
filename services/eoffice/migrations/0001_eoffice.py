"""Files, their movements, and the counters of their numbers."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "file",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("held_by", sa.Text, nullable=False),
        sa.Column("held_since", moment, nullable=False),
        sa.Column("opened_by", sa.Text, nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("closed_at", moment),
        sa.Column("moves", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_file"),
        sa.UniqueConstraint("number", name="uq_file_number"),
        sa.CheckConstraint("state IN ('open', 'closed')", "ck_file_state"),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", "ck_file_closed"),
    )
    op.create_index("ix_file_opened_at", "file", ["opened_at", "id"])
    op.create_index("ix_file_department", "file", ["department", "opened_at", "id"])
    op.create_index(
        "ix_file_desk",
        "file",
        ["held_by", "opened_at", "id"],
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "movement",
        sa.Column("file_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("from_post", sa.Text, nullable=False),
        sa.Column("to_post", sa.Text, nullable=False),
        sa.Column("moved_at", moment, nullable=False),
        sa.Column("minutes_held", sa.Integer, nullable=False),
        sa.Column("remark", sa.Text),
        sa.PrimaryKeyConstraint("file_id", "position", name="pk_movement"),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_movement_file_id_file"),
    )
    op.create_table(
        "file_counter",
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("department", "year", name="pk_file_counter"),
    )
