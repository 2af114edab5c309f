"""Acts that an officer has chosen for many grievances."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "portal_0004"
down_revision = "portal_0003"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "bulk_act",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("post", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("chosen", postgresql.JSONB, nullable=False),
        sa.Column("given", sa.LargeBinary),
        sa.Column("outcomes", postgresql.JSONB, nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True)),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bulk_act"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_bulk_act_account_id_account"
        ),
    )
    op.create_index("ix_bulk_act_until", "bulk_act", ["until"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("bulk_act")
