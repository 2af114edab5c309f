"""In which language an officer is written to."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0022"
down_revision = "eoffice_0021"


def upgrade() -> None:
    """All of before are written to in Marathi, as until now."""
    op.add_column(
        "person", sa.Column("language", sa.Text, nullable=False, server_default=sa.text("'mr'"))
    )
    op.alter_column("person", "language", server_default=None)
    op.create_check_constraint("ck_person_language", "person", "language IN ('mr', 'en')")


def downgrade() -> None:
    """As it was."""
    op.drop_constraint("ck_person_language", "person", type_="check")
    op.drop_column("person", "language")
