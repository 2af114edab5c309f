"""The record room: retention, holds, weeding; archives, made here or brought in."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0011"
down_revision = "eoffice_0010"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    _recording()
    _weeding()
    _archives()


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _of_file(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=f"fk_{table}_file_id_file")


def _recording() -> None:
    op.create_table(
        "recording",
        sa.Column("file_id", sa.Uuid, nullable=False),
        *_text("department", "record_class", "category"),
        sa.Column("years", sa.Integer),
        sa.Column("reason", sa.Text),
        sa.Column("due_on", sa.Date),
        *_text("recorded_by"),
        sa.Column("recorded_person", sa.Text),
        sa.Column("recorded_at", _MOMENT, nullable=False),
        sa.Column("weeded_at", _MOMENT),
        sa.Column("rev", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("file_id", name="pk_recording"),
        _of_file("recording"),
        sa.CheckConstraint("category IN ('A', 'B', 'C')", name="ck_recording_category"),
        sa.CheckConstraint("(category = 'C') = (years IS NOT NULL)", name="ck_recording_years"),
    )
    due = sa.text("due_on IS NOT NULL AND weeded_at IS NULL")
    op.create_index("ix_recording_due", "recording", ["due_on", "file_id"], postgresql_where=due)
    op.create_index(
        "ix_recording_department",
        "recording",
        ["department", "due_on", "file_id"],
        postgresql_where=due,
    )
    op.create_table(
        "hold",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("file_id", sa.Uuid, nullable=False),
        *_text("kind", "remark", "placed_by"),
        sa.Column("placed_person", sa.Text),
        sa.Column("placed_at", _MOMENT, nullable=False),
        sa.Column("lifted_by", sa.Text),
        sa.Column("lifted_person", sa.Text),
        sa.Column("lifted_at", _MOMENT),
        sa.Column("lifted_remark", sa.Text),
        sa.Column("rev", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hold"),
        _of_file("hold"),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="ck_hold_lifted"),
    )
    standing = sa.text("lifted_at IS NULL")
    op.create_index("ix_hold_file", "hold", ["file_id"], postgresql_where=standing)


def _weeding() -> None:
    op.create_table(
        "weeding",
        sa.Column("id", sa.Uuid, nullable=False),
        *_text("remark", "proposed_by"),
        sa.Column("proposed_person", sa.Text),
        sa.Column("proposed_at", _MOMENT, nullable=False),
        sa.Column("rev", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_weeding"),
    )
    op.create_table(
        "weeding_file",
        sa.Column("weeding_id", sa.Uuid, nullable=False),
        sa.Column("file_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        *_text("state"),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_person", sa.Text),
        sa.Column("decided_at", _MOMENT),
        sa.Column("remark", sa.Text),
        sa.Column("archive", sa.Text),
        sa.Column("rev", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("weeding_id", "file_id", name="pk_weeding_file"),
        sa.ForeignKeyConstraint(
            ["weeding_id"], ["weeding.id"], name="fk_weeding_file_weeding_id_weeding"
        ),
        _of_file("weeding_file"),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'refused')", name="ck_weeding_file_state"
        ),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_at IS NULL)", name="ck_weeding_file_decided"
        ),
    )
    op.create_index(
        "ix_weeding_file_open",
        "weeding_file",
        ["file_id"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_table(
        "weeded_paper",
        sa.Column("paper_id", sa.Uuid, nullable=False),
        sa.Column("file_id", sa.Uuid, nullable=False),
        *_text("key", "sha256"),
        sa.Column("pages", sa.Integer, nullable=False),
        sa.Column("removed_at", _MOMENT),
        sa.Column("rev", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("paper_id", name="pk_weeded_paper"),
        _of_file("weeded_paper"),
    )
    left = sa.text("removed_at IS NULL")
    op.create_index("ix_weeded_paper_left", "weeded_paper", ["paper_id"], postgresql_where=left)
    op.create_index("ix_weeded_paper_file", "weeded_paper", ["file_id"])


def _archives() -> None:
    op.create_table(
        "archive",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("file_id", sa.Uuid, nullable=False),
        sa.Column("acts", sa.Integer, nullable=False),
        *_text("sha256"),
        sa.Column("key", sa.Text),
        sa.Column("size", sa.BigInteger),
        *_text("made_by"),
        sa.Column("made_person", sa.Text),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("rev", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_archive"),
        _of_file("archive"),
        sa.CheckConstraint("(key IS NULL) = (size IS NULL)", name="ck_archive_kept"),
    )
    op.create_index("ix_archive_file", "archive", ["file_id", "made_at"])
    op.create_index("ix_archive_key", "archive", ["key"])
    op.create_table(
        "imported",
        sa.Column("id", sa.Uuid, nullable=False),
        *_text("number", "subject", "department", "head"),
        sa.Column("secrecy", sa.Integer, nullable=False),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("closed_at", _MOMENT, nullable=False),
        *_text("origin", "sha256", "codes", "text", "imported_by"),
        sa.Column("imported_person", sa.Text),
        sa.Column("imported_at", _MOMENT, nullable=False),
        sa.Column("rev", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_imported"),
        sa.UniqueConstraint("number", name="uq_imported_number"),
        sa.CheckConstraint("secrecy BETWEEN 0 AND 3", name="ck_imported_secrecy"),
    )
    op.create_table(
        "imported_part",
        sa.Column("imported_id", sa.Uuid, nullable=False),
        *_text("path", "key"),
        sa.Column("size", sa.BigInteger, nullable=False),
        *_text("sha256"),
        sa.Column("rev", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("imported_id", "path", name="pk_imported_part"),
        sa.ForeignKeyConstraint(
            ["imported_id"], ["imported.id"], name="fk_imported_part_imported_id_imported"
        ),
    )
    op.create_index("ix_imported_part_key", "imported_part", ["key"])
