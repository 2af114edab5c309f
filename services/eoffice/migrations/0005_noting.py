"""The note sheet, the correspondence side, and letters."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0005"
down_revision = "eoffice_0004"

_MOMENT = sa.DateTime(timezone=True)
_LANGUAGE = "language IN ('mr', 'en')"


def upgrade() -> None:
    """Create the tables."""
    _notes()
    _letters()
    _correspondence()


def _column(name: str, kind: object, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, kind, nullable=nullable)  # type: ignore[arg-type]


def _notes() -> None:
    op.create_table(
        "note_draft",
        _column("id", sa.Uuid),
        _column("file_id", sa.Uuid),
        _column("post", sa.Text),
        _column("by_post", sa.Text),
        _column("by_person", sa.Text, nullable=True),
        _column("language", sa.Text),
        _column("markup", sa.Text),
        _column("begun_at", _MOMENT),
        _column("saved_at", _MOMENT),
        _column("version", sa.Integer),
        _column("mac", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_note_draft"),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_note_draft_file_id_file"),
        sa.CheckConstraint(_LANGUAGE, "ck_note_draft_language"),
    )
    op.create_index("ix_note_draft_file", "note_draft", ["file_id", "post"])
    op.create_index("ix_note_draft_post", "note_draft", ["post", "saved_at", "id"])
    op.create_index("ix_note_draft_by_post", "note_draft", ["by_post", "saved_at", "id"])
    op.create_table(
        "note",
        _column("id", sa.Uuid),
        _column("file_id", sa.Uuid),
        _column("number", sa.Integer),
        _column("post", sa.Text),
        _column("person", sa.Text, nullable=True),
        _column("capacity", sa.Text),
        _column("by_post", sa.Text),
        _column("by_person", sa.Text, nullable=True),
        _column("language", sa.Text),
        _column("markup", sa.Text),
        _column("confirmed_at", _MOMENT),
        _column("moves", sa.Integer),
        _column("rev", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_note"),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_note_file_id_file"),
        sa.UniqueConstraint("file_id", "number", name="uq_note_file_id_number"),
        sa.CheckConstraint("number >= 1", "ck_note_number"),
        sa.CheckConstraint(_LANGUAGE, "ck_note_language"),
    )


def _letters() -> None:
    op.create_table(
        "letter",
        _column("id", sa.Uuid),
        _column("file_id", sa.Uuid),
        _column("template", sa.Text),
        _column("language", sa.Text),
        _column("state", sa.Text),
        _column("version", sa.Integer),
        _column("to_name", sa.Text),
        *[_column(name, sa.Text, nullable=True) for name in ("to_address", "to_email", "to_phone")],
        _column("begun_by", sa.Text),
        _column("begun_at", _MOMENT),
        _column("approved_by", sa.Text, nullable=True),
        _column("approved_person", sa.Text, nullable=True),
        _column("approved_at", _MOMENT, nullable=True),
        *[
            _column(name, sa.Text, nullable=True)
            for name in ("number", "channel", "tracking", "dispatched_by")
        ],
        _column("dispatched_at", _MOMENT, nullable=True),
        _column("rev", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_letter"),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_letter_file_id_file"),
        sa.UniqueConstraint("number", name="uq_letter_number"),
        sa.CheckConstraint(
            "state IN ('draft', 'approved', 'dispatched', 'discarded')", "ck_letter_state"
        ),
        sa.CheckConstraint("(state = 'dispatched') = (number IS NOT NULL)", "ck_letter_dispatched"),
        sa.CheckConstraint(_LANGUAGE, "ck_letter_language"),
    )
    op.create_index("ix_letter_file", "letter", ["file_id", "begun_at", "id"])
    op.create_table(
        "letter_version",
        _column("letter_id", sa.Uuid),
        _column("version", sa.Integer),
        _column("subject", sa.Text),
        _column("body", sa.Text),
        _column("by_post", sa.Text),
        _column("by_person", sa.Text, nullable=True),
        _column("saved_at", _MOMENT),
        _column("rev", sa.Integer),
        sa.PrimaryKeyConstraint("letter_id", "version", name="pk_letter_version"),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letter.id"], name="fk_letter_version_letter_id_letter"
        ),
    )


def _correspondence() -> None:
    op.create_table(
        "correspondence",
        _column("id", sa.Uuid),
        _column("file_id", sa.Uuid),
        _column("position", sa.Integer),
        _column("kind", sa.Text),
        _column("title", sa.Text),
        _column("paper_id", sa.Uuid, nullable=True),
        _column("first_page", sa.Integer),
        _column("last_page", sa.Integer),
        _column("receipt_id", sa.Uuid, nullable=True),
        _column("letter_id", sa.Uuid, nullable=True),
        _column("added_at", _MOMENT),
        _column("added_by", sa.Text),
        _column("rev", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_correspondence"),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_correspondence_file_id_file"),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letter.id"], name="fk_correspondence_letter_id_letter"
        ),
        sa.UniqueConstraint("file_id", "position", name="uq_correspondence_file_id_position"),
        sa.CheckConstraint(
            "kind IN ('receipt', 'issued', 'enclosure', 'note')", "ck_correspondence_kind"
        ),
        sa.CheckConstraint(
            "first_page >= 1 AND last_page >= first_page", "ck_correspondence_pages"
        ),
        sa.CheckConstraint("position >= 1", "ck_correspondence_position"),
    )
    op.create_index("ix_correspondence_page", "correspondence", ["file_id", "last_page"])
    op.create_index(
        "ix_correspondence_receipt",
        "correspondence",
        ["receipt_id"],
        postgresql_where=sa.text("receipt_id IS NOT NULL"),
    )
    op.create_index(
        "ix_correspondence_paper",
        "correspondence",
        ["paper_id"],
        postgresql_where=sa.text("paper_id IS NOT NULL"),
    )
