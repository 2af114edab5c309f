"""Which call recorded an event: the same call records it once."""

import sqlalchemy as sa
from alembic import op

revision = "backbone_0002"
down_revision = "backbone_0001"


def upgrade() -> None:
    """Add the call to the outbox; processes of the release before go on without it."""
    op.add_column("outbox", sa.Column("call", sa.Text))
    op.create_index(
        "uq_outbox_call",
        "outbox",
        ["call"],
        unique=True,
        postgresql_where=sa.text("call IS NOT NULL"),
    )
