"""Movement: marking to several, routes, desks with days of their own, what is overdue."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "eoffice_0006"
down_revision = "eoffice_0005"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Widen the file, create the tables."""
    op.add_column("file", sa.Column("desk_due_on", sa.Date))
    op.add_column("file", sa.Column("watch_on", sa.Date))
    op.execute("UPDATE file SET watch_on = due_on WHERE state <> 'closed'")
    op.create_index(
        "ix_file_watch",
        "file",
        ["watch_on", "id"],
        postgresql_where=sa.text("state = 'open' AND watch_on IS NOT NULL"),
    )
    op.create_index(
        "ix_file_parked",
        "file",
        ["held_by", "wake_on", "id"],
        postgresql_where=sa.text("state = 'parked'"),
    )
    _marking()
    _routes()


def _marking() -> None:
    op.create_table(
        "marking",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("file_id", sa.Uuid, nullable=False),
        sa.Column("round", sa.Uuid, nullable=False),
        sa.Column("post", sa.Text, nullable=False),
        sa.Column("by_post", sa.Text, nullable=False),
        sa.Column("by_person", sa.Text),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("due_on", sa.Date),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("answer", sa.Text),
        sa.Column("answered_at", _MOMENT),
        sa.Column("answered_by", sa.Text),
        sa.Column("gathered_at", _MOMENT),
        sa.Column("rev", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_marking"),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_marking_file_id_file"),
        sa.UniqueConstraint("file_id", "round", "post", name="uq_marking_file_id_round_post"),
        sa.CheckConstraint("state IN ('asked', 'answered', 'withdrawn')", "ck_marking_state"),
        sa.CheckConstraint(
            "(state = 'answered') = (answer IS NOT NULL AND answered_at IS NOT NULL)",
            "ck_marking_answered",
        ),
    )
    op.create_index(
        "ix_marking_waiting",
        "marking",
        ["post", "asked_at", "id"],
        postgresql_where=sa.text("state = 'asked'"),
    )


def _desks(name: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("posts", ARRAY(sa.Text), nullable=False),
        sa.Column("days", ARRAY(sa.Integer), nullable=False),
        sa.Column("rev", sa.Integer, nullable=False),
        sa.CheckConstraint("cardinality(posts) = cardinality(days)", f"ck_{name}_desks"),
    ]


def _routes() -> None:
    op.create_table(
        "route",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("post", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("removed_at", _MOMENT),
        *_desks("route"),
        sa.PrimaryKeyConstraint("id", name="pk_route"),
    )
    op.create_index(
        "ix_route_post", "route", ["post"], postgresql_where=sa.text("removed_at IS NULL")
    )
    op.create_table(
        "course",
        sa.Column("file_id", sa.Uuid, nullable=False),
        sa.Column("route", sa.Text, nullable=False),
        sa.Column("at", sa.Integer, nullable=False),
        sa.Column("begun_at", _MOMENT, nullable=False),
        *_desks("course"),
        sa.PrimaryKeyConstraint("file_id", name="pk_course"),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_course_file_id_file"),
        sa.CheckConstraint("at BETWEEN 0 AND cardinality(posts)", "ck_course_at"),
    )
