"""Indexes of the reports: what is pending, what was closed or moved in a period."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0009"
down_revision = "eoffice_0008"


def upgrade() -> None:
    """Create them."""
    pending = sa.text("state <> 'closed'")
    op.create_index("ix_file_pending", "file", ["held_by", "held_since"], postgresql_where=pending)
    op.create_index(
        "ix_file_opened_by", "file", ["opened_by", "held_since", "id"], postgresql_where=pending
    )
    op.create_index(
        "ix_file_closed_at",
        "file",
        ["closed_at"],
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
    op.create_index("ix_movement_moved_at", "movement", ["moved_at"])
