"""What is entered by hand: batches, readings, sign-offs, and what was told."""

import sqlalchemy as sa
from alembic import op

revision = "kpi_0003"
down_revision = "kpi_0002"

_MOMENT = sa.DateTime(timezone=True)
_KEY = ["department", "measure", "place", "day"]


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "batch",
        sa.Column("id", sa.Uuid, nullable=False),
        *_texts("department", "state", "via"),
        sa.Column("file_name", sa.Text),
        sa.Column("note", sa.Text),
        *_texts("asked", "entered_by"),
        sa.Column("entered_at", _MOMENT, nullable=False),
        sa.Column("submitted_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_batch"),
    )
    op.create_index("ix_batch_department", "batch", ["department", "entered_at"])
    _reading()
    op.create_table(
        "sign_off",
        *_texts("department", "period", "signed_by"),
        sa.Column("signed_at", _MOMENT, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("missing", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("department", "period", name="pk_sign_off"),
    )
    op.create_table(
        "reading_told",
        *_texts("department", "period"),
        sa.Column("due_on", sa.Date, nullable=False),
        *_texts("kind"),
        sa.Column("missing", sa.SmallInteger, nullable=False),
        sa.Column("told_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("department", "period", "due_on", "kind", name="pk_reading_told"),
    )


def _reading() -> None:
    op.create_table(
        "reading",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("batch_id", sa.Uuid, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        *_texts("measure", "department", "place", "period"),
        sa.Column("day", sa.Date, nullable=False),
        *_texts("kind"),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("after_sign_off", sa.Boolean, nullable=False),
        *_texts("state"),
        sa.Column("version", sa.Integer),
        sa.Column("in_force", sa.Boolean, nullable=False),
        sa.Column("replaced", sa.BigInteger),
        sa.Column("outlier", sa.Boolean, nullable=False),
        sa.Column("submitted_at", _MOMENT),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", _MOMENT),
        sa.Column("remark", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_reading"),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name="fk_reading_batch_id_batch"),
    )
    op.create_index("uq_reading_line", "reading", ["batch_id", "line"], unique=True)
    for name, where in (("in_force", "in_force"), ("submitted", "state = 'submitted'")):
        op.create_index(
            f"uq_reading_{name}", "reading", _KEY, unique=True, postgresql_where=sa.text(where)
        )
    op.create_index("ix_reading_day", "reading", ["department", "day"])
