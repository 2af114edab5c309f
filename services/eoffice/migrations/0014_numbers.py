"""One register of the numbers of all files: opened here, or brought in."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0014"
down_revision = "eoffice_0013"


def upgrade() -> None:
    """Create the register, and enter what there is.

    Where two files have one number already, the one that was opened here has it; ``palika eoffice
    verify`` names the other.
    """
    op.create_table(
        "file_number",
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("file_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_file_number"),
    )
    for table in ("file", "imported"):
        op.execute(
            f"INSERT INTO file_number (number, file_id) SELECT number, id FROM {table} "  # noqa: S608 constants of the code alone, values are bound
            "ON CONFLICT DO NOTHING"
        )
