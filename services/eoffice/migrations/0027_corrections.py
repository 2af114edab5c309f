"""What was entered wrongly is put right, and stays to be seen."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0027"
down_revision = "eoffice_0026"


def upgrade() -> None:
    """Nothing of before was corrected, struck out or moved; how secret a receipt was of itself is
    not known of those that their file had made more so already."""
    op.add_column("receipt", sa.Column("own_secrecy", sa.Integer))
    op.create_check_constraint("ck_receipt_own_secrecy", "receipt", "own_secrecy <= secrecy")
    for column in (
        sa.Column("struck_at", sa.DateTime(timezone=True)),
        sa.Column("struck_by", sa.Text),
        sa.Column("struck_why", sa.Text),
        sa.Column("moved_to", sa.Uuid),
    ):
        op.add_column("correspondence", column)
    op.create_foreign_key(
        *("fk_correspondence_moved_to_file", "correspondence", "file", ["moved_to"], ["id"])
    )
    op.create_check_constraint(
        "ck_correspondence_struck", "correspondence", "(struck_at IS NULL) = (struck_by IS NULL)"
    )
    op.create_table(
        "receipt_correction",
        sa.Column("receipt_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("was", sa.Text),
        sa.Column("became", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by_post", sa.Text, nullable=False),
        sa.Column("by_person", sa.Text),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rev", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("receipt_id", "position", name="pk_receipt_correction"),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["receipt.id"], name="fk_receipt_correction_receipt_id_receipt"
        ),
    )


def downgrade() -> None:
    """As it was; refused while something was corrected: what is recorded is not deleted."""
    for told in (
        "SELECT EXISTS (SELECT FROM receipt_correction)",
        "SELECT EXISTS (SELECT FROM correspondence WHERE struck_at IS NOT NULL)",
        "SELECT EXISTS (SELECT FROM receipt WHERE own_secrecy IS NOT NULL)",
    ):
        if op.get_bind().scalar(sa.text(told)):
            raise RuntimeError("something was corrected: what is recorded is not deleted")
    op.drop_table("receipt_correction")
    op.drop_constraint("ck_correspondence_struck", "correspondence", type_="check")
    for name in ("moved_to", "struck_why", "struck_by", "struck_at"):
        op.drop_column("correspondence", name)
    op.drop_constraint("ck_receipt_own_secrecy", "receipt", type_="check")
    op.drop_column("receipt", "own_secrecy")
