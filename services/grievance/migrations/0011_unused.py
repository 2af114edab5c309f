"""Which contents of the attachments' store are in use, for the sweep of the others."""

from alembic import op

revision = "grievance_0011"
down_revision = "grievance_0010"


def upgrade() -> None:
    """Add the indexes; who attaches waits meanwhile."""
    for column in ("key", "thumbnail_key"):
        op.create_index(f"ix_attachment_{column}", "attachment", [column], postgresql_using="hash")
