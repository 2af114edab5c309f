"""The register with its orders, and the ledger; bills and payments stand on it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "tax_0002"
down_revision = "tax_0001"

BALANCES = """
CREATE FUNCTION ledger_balances(
    accounts text[], half_years smallint[], heads text[], paise bigint[]
) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT cardinality(paise) >= 2
        AND cardinality(accounts) = cardinality(paise)
        AND cardinality(half_years) = cardinality(paise)
        AND cardinality(heads) = cardinality(paise)
        AND (SELECT sum(each) = 0 AND bool_and(each <> 0) FROM unnest(paise) AS each)
$$
"""
LINES = """
CREATE VIEW ledger_line AS
SELECT entry.id AS entry_id, line.no, entry.property_id, entry.kind, entry.value_date,
    entry.posted_at, entry.reference, line.account, line.half_year, line.head, line.paise
FROM ledger_entry AS entry, unnest(entry.accounts, entry.half_years, entry.heads, entry.paise)
    WITH ORDINALITY AS line (account, half_year, head, paise, no)
"""
REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: what was wrong is put right by another row', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
"""
REFUSES = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""
APPEND_ONLY = ("ledger_entry", "register_order", "property_state", "owner")

# What was registered, billed and paid before there was a ledger: each bill is the demand of its
# year's first half, under the head of the general tax, late after its due day.
OLD_ORDERS = """
INSERT INTO register_order (id, kind, number, dated, effective_from, recorded_at, by, details)
SELECT id, 'registration', 'REG-' || number, registered_on, registered_on, registered_at,
    'migration', '{}'
FROM (
    SELECT *, (registered_at AT TIME ZONE 'Asia/Kolkata')::date AS registered_on FROM property
) AS found
"""
OLD_OWNERS = """
INSERT INTO owner (property_id, order_id, position, name, kind, share_of, share_in, phone, email,
    language)
SELECT id, id, 1, owner_name, 'person', 1, 1, owner_phone, owner_email, language FROM property
"""
OLD_BILLS = """
INSERT INTO ledger_entry (id, property_id, kind, value_date, posted_at, reference, late_from,
    half_year, accounts, half_years, heads, paise)
SELECT id, property_id, 'demand', billed_on, billed_at, number, greatest(due_on, billed_on) + 1,
    half_year, '{receivable,income}', ARRAY[half_year, half_year], '{general,general}',
    ARRAY[amount_paise, -amount_paise]
FROM (
    SELECT *, (billed_at AT TIME ZONE 'Asia/Kolkata')::date AS billed_on,
        (left(period, 4) || '1')::smallint AS half_year
    FROM bill
) AS found
"""
OLD_PAYMENTS = """
INSERT INTO ledger_entry (id, property_id, kind, value_date, posted_at, reference,
    accounts, half_years, heads, paise)
SELECT payment.id, bill.property_id, 'payment',
    (paid_at AT TIME ZONE 'Asia/Kolkata')::date, paid_at, reference,
    ARRAY[CASE mode WHEN 'cash' THEN 'cash' WHEN 'cheque' THEN 'bank' ELSE 'gateway' END,
        'receivable'],
    ARRAY[NULL, (left(period, 4) || '1')::smallint], '{"",general}',
    ARRAY[payment.amount_paise, -payment.amount_paise]
FROM payment JOIN bill ON bill.id = payment.bill_id
"""


def upgrade() -> None:
    """Create the tables, and carry over what there is."""
    moment = sa.DateTime(timezone=True)
    op.execute(BALANCES)
    op.execute(REFUSE)
    _register(moment)
    _ledger(moment)
    op.add_column("bill", sa.Column("arrears_paise", sa.BigInteger, server_default="0"))
    op.add_column("bill", sa.Column("advance_paise", sa.BigInteger, server_default="0"))
    op.add_column("bill", sa.Column("rateable_value_paise", sa.BigInteger, server_default="0"))
    op.add_column("bill", sa.Column("lines", postgresql.JSONB, server_default="{}"))
    op.add_column("bill", sa.Column("known_on", sa.Date))
    op.add_column("payment", sa.Column("property_id", sa.Uuid))
    op.add_column("payment", sa.Column("channel", sa.Text, server_default="office"))
    op.add_column("payment", sa.Column("received_on", sa.Date))
    op.add_column("payment", sa.Column("entry_id", sa.Uuid))
    op.add_column("payment", sa.Column("state", sa.Text, server_default="received"))
    op.add_column("payment", sa.Column("receipt_number", sa.Text))
    for statement in (OLD_ORDERS, OLD_OWNERS, OLD_BILLS, OLD_PAYMENTS):
        op.execute(statement)
    op.execute("UPDATE property SET owners_order_id = id")
    op.execute("UPDATE bill SET known_on = (billed_at AT TIME ZONE 'Asia/Kolkata')::date")
    op.execute(
        "UPDATE payment SET entry_id = payment.id, property_id = bill.property_id,"
        " received_on = (paid_at AT TIME ZONE 'Asia/Kolkata')::date"
        " FROM bill WHERE bill.id = payment.bill_id"
    )
    _finish()


def _register(moment: sa.DateTime) -> None:
    op.create_table(
        "register_order",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("dated", sa.Date, nullable=False),
        sa.Column("effective_from", sa.Date, nullable=False),
        sa.Column("recorded_at", moment, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("details", postgresql.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_register_order"),
        sa.UniqueConstraint("number", name="uq_register_order_number"),
    )
    op.add_column("property", sa.Column("zone", sa.Text))
    op.add_column("property", sa.Column("use", sa.Text))
    op.add_column("property", sa.Column("status", sa.Text, server_default="active"))
    op.add_column("property", sa.Column("owners_order_id", sa.Uuid))
    op.add_column("property", sa.Column("version", sa.Integer, server_default="1"))
    op.create_table(
        "property_state",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("effective_from", sa.Date, nullable=False),
        sa.Column("recorded_at", moment, nullable=False),
        sa.Column("ward", sa.Text, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("floors", postgresql.JSONB, nullable=False),
        sa.Column("claims", postgresql.ARRAY(sa.Text), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_property_state"),
        _key("property_state", "property_id", "property"),
        _key("property_state", "order_id", "register_order"),
    )
    op.create_index("ix_property_state_property_id", "property_state", ["property_id"])
    op.create_index("ix_property_state_order_id", "property_state", ["order_id"])
    op.create_table(
        "owner",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("share_of", sa.Integer, nullable=False),
        sa.Column("share_in", sa.Integer, nullable=False),
        sa.Column("phone", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("language", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_owner"),
        sa.UniqueConstraint(
            "property_id", "order_id", "position", name="uq_owner_property_id_order_id_position"
        ),
        sa.CheckConstraint("share_of > 0 AND share_of <= share_in", "ck_owner_share"),
        _key("owner", "property_id", "property"),
        _key("owner", "order_id", "register_order"),
    )
    op.create_index("ix_owner_order_id", "owner", ["order_id"])
    op.create_index("ix_owner_phone", "owner", ["phone"])


def _ledger(moment: sa.DateTime) -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("property_id", sa.Uuid),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("value_date", sa.Date, nullable=False),
        sa.Column("posted_at", moment, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("late_from", sa.Date),
        sa.Column("if_paid_to", sa.SmallInteger),
        sa.Column("undoes", sa.Uuid),
        sa.Column("half_year", sa.SmallInteger),
        sa.Column("accounts", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("half_years", postgresql.ARRAY(sa.SmallInteger), nullable=False),
        sa.Column("heads", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("paise", postgresql.ARRAY(sa.BigInteger), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_entry"),
        _key("ledger_entry", "property_id", "property"),
        _key("ledger_entry", "undoes", "ledger_entry"),
        sa.CheckConstraint(
            "ledger_balances(accounts, half_years, heads, paise)", "ck_ledger_entry_balances"
        ),
        sa.CheckConstraint("(kind = 'demand') = (half_year IS NOT NULL)", "ck_ledger_entry_demand"),
    )
    op.create_index("ix_ledger_entry_property_id", "ledger_entry", ["property_id"])
    op.create_index(
        "uq_ledger_entry_demand",
        "ledger_entry",
        ["property_id", "half_year"],
        unique=True,
        postgresql_where=sa.text("half_year IS NOT NULL"),
    )
    op.create_index(
        "uq_ledger_entry_undoes",
        "ledger_entry",
        ["undoes"],
        unique=True,
        postgresql_where=sa.text("undoes IS NOT NULL"),
    )
    op.execute(LINES)


def _finish() -> None:
    """What holds from now on, and what is not needed any more."""
    for table, columns in {
        "property": ("status", "version"),
        "bill": ("arrears_paise", "advance_paise", "rateable_value_paise", "lines", "known_on"),
        "payment": ("channel", "received_on", "entry_id", "state"),
    }.items():
        for column in columns:
            op.alter_column(table, column, nullable=False, server_default=None)
    op.create_check_constraint(
        "ck_property_status", "property", "status IN ('active', 'split', 'merged', 'demolished')"
    )
    op.create_foreign_key(
        "fk_property_owners_order_id_register_order",
        "property",
        "register_order",
        ["owners_order_id"],
        ["id"],
    )
    op.drop_constraint("ck_bill_paid", "bill")
    op.drop_column("bill", "paid_paise")
    op.create_check_constraint(
        "ck_bill_others", "bill", "arrears_paise >= 0 AND advance_paise >= 0"
    )
    op.alter_column("payment", "bill_id", nullable=True)
    op.create_foreign_key(
        "fk_payment_property_id_property", "payment", "property", ["property_id"], ["id"]
    )
    op.create_foreign_key(
        "fk_payment_entry_id_ledger_entry", "payment", "ledger_entry", ["entry_id"], ["id"]
    )
    op.create_check_constraint(
        "ck_payment_state", "payment", "state IN ('received', 'bounced', 'reversed')"
    )
    op.create_unique_constraint("uq_payment_receipt_number", "payment", ["receipt_number"])
    op.create_index("ix_payment_property_id", "payment", ["property_id"])
    for table in APPEND_ONLY:
        op.execute(REFUSES.format(table=table))


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")
