"""Receipts that were closed without a file are weeded too, by lists, and held back."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0019"
down_revision = "eoffice_0018"

_MOMENT = sa.DateTime(timezone=True)
_STATES = "'open', 'filed', 'closed'"


def upgrade() -> None:
    """Let a receipt be weeded, and create the tables of what holds it back, of which list it is on
    and of its papers that are still in the store.

    They are not columns of the tables for files: the record has a digest over all columns of each
    row that is there.
    """
    _states(f"{_STATES}, 'weeded'")
    op.create_index(
        *("ix_receipt_closed", "receipt", ["ended_at", "id"]),
        postgresql_where=sa.text("state = 'closed'"),
    )
    op.create_table(
        "receipt_hold",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("receipt_id", sa.Uuid, nullable=False),
        *_text("kind", "remark", "placed_by"),
        sa.Column("placed_person", sa.Text),
        sa.Column("placed_at", _MOMENT, nullable=False),
        sa.Column("lifted_by", sa.Text),
        sa.Column("lifted_person", sa.Text),
        sa.Column("lifted_at", _MOMENT),
        sa.Column("lifted_remark", sa.Text),
        sa.Column("rev", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_receipt_hold"),
        _of_receipt("receipt_hold"),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by IS NULL)", name="ck_receipt_hold_lifted"
        ),
    )
    op.create_index("ix_receipt_hold_receipt", "receipt_hold", ["receipt_id"])
    _lines()
    op.create_table(
        "weeded_receipt_paper",
        sa.Column("paper_id", sa.Uuid, nullable=False),
        sa.Column("receipt_id", sa.Uuid, nullable=False),
        *_text("key", "sha256"),
        sa.Column("pages", sa.Integer, nullable=False),
        sa.Column("removed_at", _MOMENT),
        sa.Column("rev", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("paper_id", name="pk_weeded_receipt_paper"),
        _of_receipt("weeded_receipt_paper"),
    )
    op.create_index(
        *("ix_weeded_receipt_paper_left", "weeded_receipt_paper", ["paper_id"]),
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_index("ix_weeded_receipt_paper_receipt", "weeded_receipt_paper", ["receipt_id"])


def downgrade() -> None:
    """As it was; refused while a receipt is weeded or on a list, or was held: what is recorded is
    not deleted."""
    for table in ("weeding_receipt", "receipt_hold", "weeded_receipt_paper"):
        if op.get_bind().scalar(sa.text(f"SELECT EXISTS (SELECT FROM {table})")):  # noqa: S608 constants of the code alone, values are bound
            raise RuntimeError(f"{table} is not empty: what is recorded is not deleted")
        op.drop_table(table)
    op.drop_index("ix_receipt_closed", "receipt")
    _states(_STATES)


def _lines() -> None:
    op.create_table(
        "weeding_receipt",
        sa.Column("weeding_id", sa.Uuid, nullable=False),
        sa.Column("receipt_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        *_text("state"),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_person", sa.Text),
        sa.Column("decided_at", _MOMENT),
        sa.Column("remark", sa.Text),
        sa.Column("rev", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("weeding_id", "receipt_id", name="pk_weeding_receipt"),
        sa.ForeignKeyConstraint(
            ["weeding_id"], ["weeding.id"], name="fk_weeding_receipt_weeding_id_weeding"
        ),
        _of_receipt("weeding_receipt"),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'refused')", name="ck_weeding_receipt_state"
        ),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_at IS NULL)", name="ck_weeding_receipt_decided"
        ),
    )
    op.create_index("ix_weeding_receipt_receipt", "weeding_receipt", ["receipt_id"])
    op.create_index(
        *("ix_weeding_receipt_open", "weeding_receipt", ["receipt_id"]),
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )


def _states(named: str) -> None:
    op.drop_constraint("ck_receipt_state", "receipt", type_="check")
    op.create_check_constraint("ck_receipt_state", "receipt", f"state IN ({named})")


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _of_receipt(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["receipt_id"], ["receipt.id"], name=f"fk_{table}_receipt_id_receipt"
    )
