"""With a word about consent is kept what the citizen was shown."""

import sqlalchemy as sa
from alembic import op

revision = "notify_0010"
down_revision = "notify_0009"


def upgrade() -> None:
    """Of what was said before, nobody knows it."""
    op.add_column("consent", sa.Column("wording", sa.Text))


def downgrade() -> None:
    """It is lost."""
    op.drop_column("consent", "wording")
