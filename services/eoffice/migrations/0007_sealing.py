"""Signed roots over the record; officers' certificates and what they have signed."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0007"
down_revision = "eoffice_0006"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    _roots()
    _signing()


def _roots() -> None:
    op.create_table(
        "root",
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("chains", sa.Integer, nullable=False),
        sa.Column("entries", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_root"),
    )
    op.create_table(
        "root_entry",
        sa.Column("root", sa.Integer, nullable=False),
        sa.Column("chain_id", sa.Uuid, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("root", "chain_id", name="pk_root_entry"),
    )


def _signing() -> None:
    op.create_table(
        "certificate",
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("person", sa.Text),
        sa.Column("issuer", sa.Text),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("serial", sa.Text, nullable=False),
        sa.Column("der", sa.LargeBinary, nullable=False),
        sa.Column("not_before", _MOMENT, nullable=False),
        sa.Column("not_after", _MOMENT, nullable=False),
        sa.Column("added_at", _MOMENT, nullable=False),
        sa.Column("revoked_at", _MOMENT),
        sa.Column("revoked_why", sa.Text),
        sa.Column("rev", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_certificate"),
        sa.ForeignKeyConstraint(["person"], ["person.code"], name="fk_certificate_person_person"),
        sa.ForeignKeyConstraint(
            ["issuer"], ["certificate.fingerprint"], name="fk_certificate_issuer_certificate"
        ),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revoked_why IS NULL)", "ck_certificate_revoked"
        ),
    )
    op.create_index("ix_certificate_person", "certificate", ["person"])
    op.create_table(
        "signature",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("file_id", sa.Uuid, nullable=False),
        sa.Column("row", sa.Text, nullable=False),
        sa.Column("post", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("capacity", sa.Text, nullable=False),
        sa.Column("certificate", sa.Text, nullable=False),
        sa.Column("statement", sa.LargeBinary, nullable=False),
        sa.Column("cms", sa.LargeBinary, nullable=False),
        sa.Column("signed_at", _MOMENT, nullable=False),
        sa.Column("rev", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_signature"),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_signature_file_id_file"),
        sa.ForeignKeyConstraint(
            ["certificate"],
            ["certificate.fingerprint"],
            name="fk_signature_certificate_certificate",
        ),
    )
    op.create_index("ix_signature_file", "signature", ["file_id", "signed_at"])
