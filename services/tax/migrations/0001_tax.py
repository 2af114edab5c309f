"""Properties, bills, payments, and the bills' serials."""

import sqlalchemy as sa
from alembic import op

revision = "tax_0001"
down_revision = None

# A sequence a period, made when its first serial is asked for. The advisory lock is taken then
# only: two first bills of a period must not both make it.
SERIALS = """
CREATE FUNCTION bill_serials(first_year integer, count integer) RETURNS SETOF bigint
LANGUAGE plpgsql AS $$
DECLARE
    serials text := format('bill_serial_%s', first_year);
BEGIN
    IF to_regclass(serials) IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtext('bill_serials'));
        EXECUTE format('CREATE SEQUENCE IF NOT EXISTS %I', serials);
    END IF;
    RETURN QUERY SELECT nextval(serials::regclass) FROM generate_series(1, count);
END $$
"""


def upgrade() -> None:
    """Create the tables and the function that gives serials."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "property",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("ward", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("owner_name", sa.Text, nullable=False),
        sa.Column("owner_phone", sa.Text),
        sa.Column("owner_email", sa.Text),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("registered_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_property"),
        sa.UniqueConstraint("number", name="uq_property_number"),
    )
    op.create_table(
        "bill",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("amount_paise", sa.BigInteger, nullable=False),
        sa.Column("paid_paise", sa.BigInteger, nullable=False),
        sa.Column("billed_at", moment, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bill"),
        sa.UniqueConstraint("number", name="uq_bill_number"),
        sa.UniqueConstraint("property_id", "period", name="uq_bill_property_id_period"),
        sa.ForeignKeyConstraint(
            ["property_id"], ["property.id"], name="fk_bill_property_id_property"
        ),
        sa.CheckConstraint("amount_paise > 0", "ck_bill_amount"),
        sa.CheckConstraint("paid_paise BETWEEN 0 AND amount_paise", "ck_bill_paid"),
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("bill_id", sa.Uuid, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("amount_paise", sa.BigInteger, nullable=False),
        sa.Column("balance_paise", sa.BigInteger, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("paid_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_payment"),
        sa.UniqueConstraint("reference", name="uq_payment_reference"),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name="fk_payment_bill_id_bill"),
        sa.CheckConstraint("amount_paise > 0", "ck_payment_amount"),
    )
    op.create_index("ix_payment_bill_id", "payment", ["bill_id"])
    op.execute(SERIALS)
