"""What was filed with a telephone number, for the helpdesk that is called."""

import sqlalchemy as sa
from alembic import op

revision = "grievance_0010"
down_revision = "grievance_0009"


def upgrade() -> None:
    """Add the index; who files waits meanwhile."""
    op.create_index(
        "ix_grievance_citizen_phone",
        "grievance",
        ["citizen_phone", "filed_at", "id"],
        postgresql_where=sa.text("citizen_phone IS NOT NULL"),
    )
