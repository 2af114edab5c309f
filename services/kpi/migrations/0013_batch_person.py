"""Of a batch is known which person has entered it, for whatever post, and who has submitted it."""

import sqlalchemy as sa
from alembic import op

revision = "kpi_0013"
down_revision = "kpi_0012"


def upgrade() -> None:
    """Of those that are there, only the post is known."""
    op.add_column("batch", sa.Column("entered_by_person", sa.Text))
    op.add_column("batch", sa.Column("submitted_by_person", sa.Text))


def downgrade() -> None:
    """It is lost."""
    op.drop_column("batch", "submitted_by_person")
    op.drop_column("batch", "entered_by_person")
