"""A call that is delivered twice is written down once, whether it tells an event or not."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0018"
down_revision = "eoffice_0017"


def upgrade() -> None:
    """Acts are of one call each; those from before name none."""
    said = "(data ->> 'call')"
    op.create_index(
        "uq_act_call",
        "act",
        [sa.text(said)],
        unique=True,
        postgresql_where=sa.text(f"{said} IS NOT NULL"),
    )


def downgrade() -> None:
    """As it was: what tells no event may be written down twice."""
    op.drop_index("uq_act_call", "act")
