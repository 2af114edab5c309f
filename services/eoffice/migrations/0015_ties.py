"""A file belongs to matters of several services."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0015"
down_revision = "eoffice_0014"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "tie",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("correlation_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("thing_id", sa.Uuid, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("tied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tied_by", sa.Text, nullable=False),
        sa.Column("untied_at", sa.DateTime(timezone=True)),
        sa.Column("untied_by", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("rev", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tie"),
        sa.CheckConstraint("num_nonnulls(untied_at, untied_by) IN (0, 2)", name="ck_tie_untied"),
    )
    op.create_index(
        "uq_tie_live",
        "tie",
        ["correlation_id", "kind", "thing_id"],
        unique=True,
        postgresql_where=sa.text("untied_at IS NULL"),
    )
    op.create_index("ix_tie_correlation_id", "tie", ["correlation_id", "tied_at"])
    op.create_index("ix_tie_thing", "tie", ["thing_id", "tied_at"])
