"""What was approved and refused."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0003"
down_revision = "eoffice_0002"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "approval",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("file_id", sa.Uuid, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("power", sa.Text),
        sa.Column("amount_paise", sa.BigInteger),
        sa.Column("post", sa.Text, nullable=False),
        sa.Column("person", sa.Text),
        sa.Column("capacity", sa.Text, nullable=False),
        sa.Column("delegated_by", sa.Text),
        sa.Column("most_paise", sa.BigInteger),
        sa.Column("remark", sa.Text),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rev", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_approval"),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_approval_file_id_file"),
        sa.CheckConstraint("decision IN ('approved', 'refused')", name="ck_approval_decision"),
        sa.CheckConstraint("(power IS NULL) = (amount_paise IS NULL)", name="ck_approval_sanction"),
        sa.CheckConstraint("amount_paise > 0", name="ck_approval_amount"),
    )
    op.create_index("ix_approval_file_id", "approval", ["file_id", "decided_at"])
