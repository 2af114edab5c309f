"""Of a campaign is known which person has made it, for whatever post."""

import sqlalchemy as sa
from alembic import op

revision = "notify_0011"
down_revision = "notify_0010"


def upgrade() -> None:
    """Of those that are there, only the post is known."""
    op.add_column("campaign", sa.Column("created_by_person", sa.Text))


def downgrade() -> None:
    """It is lost."""
    op.drop_column("campaign", "created_by_person")
