"""Receipts with their movements, and papers with the text that is read of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "eoffice_0004"
down_revision = "eoffice_0003"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    _papers()
    _receipts()


def _column(name: str, kind: object, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, kind, nullable=null)  # type: ignore[arg-type]


def _papers() -> None:
    op.create_table(
        "paper",
        _column("id", sa.Uuid),
        _column("name", sa.Text),
        _column("key", sa.Text),
        _column("source", sa.Text),
        _column("size", sa.BigInteger),
        _column("pages", sa.Integer),
        _column("sha256", sa.Text),
        _column("received_sha256", sa.Text),
        _column("added_by", sa.Text),
        _column("added_at", _MOMENT),
        _column("rev", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_paper"),
        sa.CheckConstraint("pages >= 1", "ck_paper_pages"),
    )
    op.create_index("ix_paper_added_at", "paper", ["added_at", "id"])
    op.create_index("ix_paper_key", "paper", ["key"])
    op.create_table(
        "paper_text",
        _column("paper_id", sa.Uuid),
        _column("pages", ARRAY(sa.Text)),
        _column("cut", sa.Boolean),
        _column("read_at", _MOMENT),
        _column("rev", sa.Integer),
        sa.PrimaryKeyConstraint("paper_id", name="pk_paper_text"),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name="fk_paper_text_paper_id_paper"),
    )


def _receipts() -> None:
    op.create_table(
        "receipt",
        _column("id", sa.Uuid),
        _column("number", sa.Text),
        _column("office", sa.Text),
        _column("department", sa.Text),
        _column("medium", sa.Text),
        _column("sender_kind", sa.Text),
        _column("sender_name", sa.Text),
        _column("sender_address", sa.Text, null=True),
        _column("sender_phone", sa.Text, null=True),
        _column("sender_email", sa.Text, null=True),
        _column("ref", sa.Text, null=True),
        _column("dated", sa.Date, null=True),
        _column("received_on", sa.Date),
        _column("message_id", sa.Text, null=True),
        _column("subject", sa.Text),
        _column("body", sa.Text, null=True),
        _column("category", sa.Text),
        _column("language", sa.Text),
        _column("secrecy", sa.Integer),
        _column("priority", sa.Integer),
        _column("vip", sa.Boolean),
        _column("due_on", sa.Date, null=True),
        _column("remark", sa.Text, null=True),
        _column("state", sa.Text),
        _column("held_by", sa.Text),
        _column("held_since", _MOMENT),
        _column("seen_at", _MOMENT, null=True),
        _column("sent_by", sa.Text, null=True),
        _column("file_id", sa.Uuid, null=True),
        _column("follow_up_on", sa.Date, null=True),
        _column("end_remark", sa.Text, null=True),
        _column("diarised_by", sa.Text),
        _column("diarised_at", _MOMENT),
        _column("ended_at", _MOMENT, null=True),
        _column("moves", sa.Integer),
        _column("version", sa.Integer),
        _column("rev", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_receipt"),
        sa.UniqueConstraint("number", name="uq_receipt_number"),
        sa.UniqueConstraint("message_id", name="uq_receipt_message_id"),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_receipt_file_id_file"),
        sa.CheckConstraint("medium IN ('letter', 'email', 'hand')", "ck_receipt_medium"),
        sa.CheckConstraint("state IN ('open', 'filed', 'closed')", "ck_receipt_state"),
        sa.CheckConstraint("(state = 'filed') = (file_id IS NOT NULL)", "ck_receipt_filed"),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", "ck_receipt_ended"),
        sa.CheckConstraint("secrecy BETWEEN 0 AND 3", "ck_receipt_secrecy"),
        sa.CheckConstraint("priority BETWEEN 0 AND 2", "ck_receipt_priority"),
    )
    still_open = sa.text("state = 'open'")
    op.create_index("ix_receipt_diarised_at", "receipt", ["diarised_at", "id"])
    op.create_index(
        "ix_receipt_inbox",
        "receipt",
        ["held_by", sa.text("priority DESC"), "held_since", "id"],
        postgresql_where=still_open,
    )
    op.create_index("ix_receipt_due", "receipt", ["due_on"], postgresql_where=still_open)
    op.create_index("ix_receipt_file", "receipt", ["file_id"])
    _parts_of_receipts()


def _parts_of_receipts() -> None:
    op.create_table(
        "receipt_paper",
        _column("receipt_id", sa.Uuid),
        _column("position", sa.Integer),
        _column("paper_id", sa.Uuid),
        _column("rev", sa.Integer),
        sa.PrimaryKeyConstraint("receipt_id", "position", name="pk_receipt_paper"),
        sa.UniqueConstraint("paper_id", name="uq_receipt_paper_paper_id"),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["receipt.id"], name="fk_receipt_paper_receipt_id_receipt"
        ),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name="fk_receipt_paper_paper_id_paper"),
    )
    op.create_table(
        "receipt_movement",
        _column("receipt_id", sa.Uuid),
        _column("position", sa.Integer),
        _column("kind", sa.Text),
        _column("from_post", sa.Text),
        _column("to_post", sa.Text),
        _column("by_post", sa.Text),
        _column("by_person", sa.Text, null=True),
        _column("moved_at", _MOMENT),
        _column("seen_at", _MOMENT, null=True),
        _column("minutes_held", sa.Integer),
        _column("remark", sa.Text, null=True),
        _column("rev", sa.Integer),
        sa.PrimaryKeyConstraint("receipt_id", "position", name="pk_receipt_movement"),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["receipt.id"], name="fk_receipt_movement_receipt_id_receipt"
        ),
        sa.CheckConstraint("kind IN ('send', 'pull_back')", "ck_receipt_movement_kind"),
    )
    for side in ("from", "to"):
        op.create_index(
            f"ix_receipt_movement_{side}_post", "receipt_movement", [f"{side}_post", "receipt_id"]
        )
