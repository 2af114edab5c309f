"""To whom each version of a letter is."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0023"
down_revision = "eoffice_0022"
_TO = ("to_name", "to_address", "to_email", "to_phone")


def upgrade() -> None:
    """Of a version from before it was not kept, but of the newest, which is to whom the letter is:
    that is put down when the letter is revised."""
    for name in _TO:
        op.add_column("letter_version", sa.Column(name, sa.Text))


def downgrade() -> None:
    """As it was: to whom the newest is stands in the letter."""
    for name in reversed(_TO):
        op.drop_column("letter_version", name)
