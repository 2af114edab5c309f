"""Notices, what was served, certificates."""

import sqlalchemy as sa
from alembic import op

revision = "tax_0006"
down_revision = "tax_0005"

REFUSES = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    """Create the tables and the sequence of their numbers."""
    moment = sa.DateTime(timezone=True)
    op.execute("CREATE SEQUENCE document_serial")
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("prepared_at", moment, nullable=False),
        sa.Column("prepared_by", sa.Text, nullable=False),
        sa.Column("issued_on", sa.Date),
        sa.Column("owed_paise", sa.BigInteger, nullable=False),
        sa.Column("fee_paise", sa.BigInteger, nullable=False),
        sa.Column("fee_entry_id", sa.Uuid),
        sa.Column("signed_at", moment),
        sa.Column("signed_by", sa.Text),
        sa.Column("signatory", sa.Text),
        sa.Column("post", sa.Text),
        sa.Column("served_on", sa.Date),
        sa.Column("cancelled_why", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.UniqueConstraint("number", name="uq_notice_number"),
        sa.CheckConstraint(
            "state IN ('prepared', 'issued', 'served', 'cancelled')", "ck_notice_state"
        ),
        _of("notice", "property_id", "property"),
        _of("notice", "fee_entry_id", "ledger_entry"),
    )
    op.create_index("ix_notice_property_id", "notice", ["property_id"])
    op.create_table(
        "service",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("served_on", sa.Date, nullable=False),
        sa.Column("how", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("recorded_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_service"),
        sa.UniqueConstraint("kind", "number", name="uq_service_kind_number"),
        sa.CheckConstraint("kind IN ('bill', 'notice')", "ck_service_kind"),
        _of("service", "property_id", "property"),
    )
    op.create_index("ix_service_property_id", "service", ["property_id"])
    op.create_table(
        "certificate",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("paid_to", sa.Text, nullable=False),
        sa.Column("issued_on", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date, nullable=False),
        sa.Column("issued_at", moment, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_certificate"),
        sa.UniqueConstraint("number", name="uq_certificate_number"),
        _of("certificate", "property_id", "property"),
    )
    op.create_index("ix_certificate_property_id", "certificate", ["property_id"])
    for table in ("service", "certificate"):
        op.execute(REFUSES.format(table=table))


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")
