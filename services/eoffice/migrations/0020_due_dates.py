"""Who has set a file's due date, and which was the first."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0020"
down_revision = "eoffice_0019"


def upgrade() -> None:
    """Of a date from before nobody knows who has set it: it is as one by a charter."""
    op.add_column("file", sa.Column("first_due_on", sa.Date))
    op.add_column("file", sa.Column("due_by", sa.Text))
    op.drop_index("ix_file_due", "file")
    op.create_index(
        "ix_file_due",
        "file",
        [sa.text("LEAST(first_due_on, due_on)"), "id"],
        postgresql_where=sa.text("state <> 'closed'"),
    )


def downgrade() -> None:
    """As it was: the first dates stand in the acts."""
    op.drop_index("ix_file_due", "file")
    op.create_index(
        "ix_file_due", "file", ["due_on"], postgresql_where=sa.text("state <> 'closed'")
    )
    op.drop_column("file", "due_by")
    op.drop_column("file", "first_due_on")
