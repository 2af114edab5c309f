"""How money comes: online, at counters, by bank; receipts; what waits in suspense."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "tax_0003"
down_revision = "tax_0002"

APPEND_ONLY = ("bank_statement", "cheque_step")
REFUSES = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""
# What a bank leaves of a property's number in a note: capitals and digits.
BARE_NUMBER = "regexp_replace(upper(number), '[^0-9A-Z]', '', 'g')"


def upgrade() -> None:
    """Create the tables, and the index by which a note's numbers are looked up."""
    moment = sa.DateTime(timezone=True)
    op.execute("CREATE SEQUENCE payment_order_serial")
    _online(moment)
    _counter(moment)
    _bank(moment)
    _cheques(moment)
    for table in APPEND_ONLY:
        op.execute(REFUSES.format(table=table))
    op.execute(f"CREATE INDEX ix_property_bare_number ON property (({BARE_NUMBER}))")


def _online(moment: sa.DateTime) -> None:
    op.create_table(
        "payment_order",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("bill_id", sa.Uuid, nullable=False),
        sa.Column("amount_paise", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("gateway_id", sa.Text),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("next_ask_at", moment),
        sa.Column("asked", sa.Integer, nullable=False),
        sa.Column("payment_id", sa.Uuid),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_payment_order"),
        sa.CheckConstraint("amount_paise > 0", "ck_payment_order_amount"),
        sa.CheckConstraint(
            "state IN ('new', 'open', 'paid', 'expired', 'refused', 'held')",
            "ck_payment_order_state",
        ),
        _key("payment_order", "bill_id", "bill.id"),
        _key("payment_order", "payment_id", "payment.id"),
        _key("payment_order", "property_id", "property.id"),
        sa.UniqueConstraint("gateway_id", name="uq_payment_order_gateway_id"),
        sa.UniqueConstraint("key", name="uq_payment_order_key"),
        sa.UniqueConstraint("number", name="uq_payment_order_number"),
    )
    op.create_index(
        "ix_payment_order_next_ask_at",
        "payment_order",
        ["next_ask_at"],
        postgresql_where=sa.text("next_ask_at IS NOT NULL"),
    )
    op.create_index("ix_payment_order_property_id", "payment_order", ["property_id"])
    op.create_table(
        "gateway_notice",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("event_id", sa.Text),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("last_at", moment, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("order_ref", sa.Text),
        sa.Column("payment_ref", sa.Text),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("digest", name="pk_gateway_notice"),
    )
    op.create_index("ix_gateway_notice_received_at", "gateway_notice", ["received_at"])
    op.create_table(
        "gateway_refusal",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("last_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("day", "rule", name="pk_gateway_refusal"),
    )
    op.create_table(
        "gateway_refund",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("payment_id", sa.Uuid),
        sa.Column("payment_ref", sa.Text, nullable=False),
        sa.Column("gateway_id", sa.Text),
        sa.Column("amount_paise", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("next_ask_at", moment),
        sa.Column("asked", sa.Integer, nullable=False),
        sa.Column("entry_id", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_gateway_refund"),
        sa.CheckConstraint("amount_paise > 0", "ck_gateway_refund_amount"),
        sa.CheckConstraint(
            "state IN ('asked', 'sent', 'processed', 'failed', 'foreign')",
            "ck_gateway_refund_state",
        ),
        _key("gateway_refund", "entry_id", "ledger_entry.id"),
        _key("gateway_refund", "payment_id", "payment.id"),
        sa.UniqueConstraint("gateway_id", name="uq_gateway_refund_gateway_id"),
        sa.UniqueConstraint("key", name="uq_gateway_refund_key"),
    )
    op.create_index(
        "ix_gateway_refund_next_ask_at",
        "gateway_refund",
        ["next_ask_at"],
        postgresql_where=sa.text("next_ask_at IS NOT NULL"),
    )
    op.create_index("ix_gateway_refund_payment_id", "gateway_refund", ["payment_id"])
    op.create_table(
        "gateway_dispute",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("payment_ref", sa.Text, nullable=False),
        sa.Column("amount_paise", sa.BigInteger, nullable=False),
        sa.Column("phase", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("told_at", moment, nullable=False),
        sa.Column("entry_id", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_gateway_dispute"),
        _key("gateway_dispute", "entry_id", "ledger_entry.id"),
    )
    op.create_index("ix_gateway_dispute_payment_ref", "gateway_dispute", ["payment_ref"])


def _counter(moment: sa.DateTime) -> None:
    op.create_table(
        "receipt_series",
        sa.Column("year", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("year", "place", name="pk_receipt_series"),
    )
    op.create_table(
        "receipt",
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("year", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("serial", sa.Integer, nullable=False),
        sa.Column("payment_id", sa.Uuid, nullable=False),
        sa.Column("given_at", moment, nullable=False),
        sa.Column("cancelled_at", moment),
        sa.Column("cancelled_by", sa.Text),
        sa.Column("cancelled_for", sa.Text),
        sa.PrimaryKeyConstraint("number", name="pk_receipt"),
        sa.CheckConstraint(
            "(cancelled_at IS NULL) = (cancelled_by IS NULL)"
            " AND (cancelled_at IS NULL) = (cancelled_for IS NULL)",
            "ck_receipt_cancelled",
        ),
        _key("receipt", "payment_id", "payment.id"),
        sa.UniqueConstraint("payment_id", name="uq_receipt_payment_id"),
        sa.UniqueConstraint("year", "place", "serial", name="uq_receipt_year_place_serial"),
    )
    op.create_table(
        "counter_session",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("counter", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("cashier", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("counted_at", moment),
        sa.Column("counted", postgresql.JSONB),
        sa.Column("differences", postgresql.JSONB),
        sa.Column("explanation", sa.Text),
        sa.Column("closed_at", moment),
        sa.Column("closed_by", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_counter_session"),
        sa.CheckConstraint("state IN ('open', 'counted', 'closed')", "ck_counter_session_state"),
    )
    op.create_index("ix_counter_session_day", "counter_session", ["day"])
    op.create_index(
        "uq_counter_session_cashier",
        "counter_session",
        ["cashier"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "uq_counter_session_counter",
        "counter_session",
        ["place", "counter"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "counter_payment",
        sa.Column("payment_id", sa.Uuid, nullable=False),
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("payment_id", name="pk_counter_payment"),
        _key("counter_payment", "payment_id", "payment.id"),
        _key("counter_payment", "session_id", "counter_session.id"),
    )
    op.create_index("ix_counter_payment_session_id", "counter_payment", ["session_id"])


def _bank(moment: sa.DateTime) -> None:
    op.create_table(
        "bank_statement",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("layout", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("opening_paise", sa.BigInteger, nullable=False),
        sa.Column("closing_paise", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("taken_at", moment, nullable=False),
        sa.Column("taken_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bank_statement"),
        sa.UniqueConstraint("digest", name="uq_bank_statement_digest"),
    )
    op.create_index("ix_bank_statement_account", "bank_statement", ["account", "last_day"])
    op.create_table(
        "bank_line",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("statement_id", sa.Uuid, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("booked_on", sa.Date, nullable=False),
        sa.Column("value_date", sa.Date, nullable=False),
        sa.Column("narration", sa.Text, nullable=False),
        sa.Column("utr", sa.Text),
        sa.Column("debit_paise", sa.BigInteger, nullable=False),
        sa.Column("credit_paise", sa.BigInteger, nullable=False),
        sa.Column("balance_paise", sa.BigInteger, nullable=False),
        sa.Column("purpose", sa.Text),
        sa.Column("payment_id", sa.Uuid),
        sa.Column("entry_id", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_bank_line"),
        sa.CheckConstraint("(debit_paise > 0) <> (credit_paise > 0)", "ck_bank_line_sides"),
        _key("bank_line", "entry_id", "ledger_entry.id"),
        _key("bank_line", "payment_id", "payment.id"),
        _key("bank_line", "statement_id", "bank_statement.id"),
        sa.UniqueConstraint("statement_id", "line", name="uq_bank_line_statement_id_line"),
    )
    op.create_index("ix_bank_line_booked_on", "bank_line", ["account", "booked_on"])
    op.create_index("ix_bank_line_payment_id", "bank_line", ["payment_id"])
    op.create_index(
        "uq_bank_line_utr",
        "bank_line",
        ["account", "utr", sa.text("(credit_paise > 0)")],
        unique=True,
        postgresql_where=sa.text("utr IS NOT NULL"),
    )
    op.create_table(
        "suspense_use",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("payment_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("amount_paise", sa.BigInteger, nullable=False),
        sa.Column("made_id", sa.Uuid),
        sa.Column("entry_id", sa.Uuid),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_suspense_use"),
        sa.CheckConstraint("amount_paise > 0", "ck_suspense_use_amount"),
        sa.CheckConstraint("kind IN ('identified', 'returned', 'refund')", "ck_suspense_use_kind"),
        _key("suspense_use", "entry_id", "ledger_entry.id"),
        _key("suspense_use", "made_id", "payment.id"),
        _key("suspense_use", "payment_id", "payment.id"),
        sa.UniqueConstraint("key", name="uq_suspense_use_key"),
    )
    op.create_index("ix_suspense_use_payment_id", "suspense_use", ["payment_id"])


def _cheques(moment: sa.DateTime) -> None:
    op.create_table(
        "deposit_slip",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("amount_paise", sa.BigInteger, nullable=False),
        sa.Column("deposited_on", sa.Date, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("recorded_at", moment, nullable=False),
        sa.Column("entry_id", sa.Uuid),
        sa.Column("bank_line_id", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_deposit_slip"),
        sa.CheckConstraint("kind IN ('cash', 'cheque')", "ck_deposit_slip_kind"),
        sa.CheckConstraint("amount_paise > 0", "ck_deposit_slip_amount"),
        _key("deposit_slip", "bank_line_id", "bank_line.id"),
        _key("deposit_slip", "entry_id", "ledger_entry.id"),
        sa.UniqueConstraint("number", name="uq_deposit_slip_number"),
    )
    op.create_table(
        "cheque",
        sa.Column("payment_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("micr", sa.Text, nullable=False),
        sa.Column("ifsc", sa.Text),
        sa.Column("bank", sa.Text, nullable=False),
        sa.Column("dated", sa.Date, nullable=False),
        sa.Column("amount_paise", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("slip_id", sa.Uuid),
        sa.PrimaryKeyConstraint("payment_id", name="pk_cheque"),
        sa.CheckConstraint(
            "state IN ('in_hand', 'deposited', 'cleared', 'bounced', 'given_back')",
            "ck_cheque_state",
        ),
        _key("cheque", "payment_id", "payment.id"),
        _key("cheque", "slip_id", "deposit_slip.id"),
    )
    op.create_index("ix_cheque_slip_id", "cheque", ["slip_id"])
    op.create_index("ix_cheque_state", "cheque", ["state"])
    op.create_index(
        "uq_cheque_number",
        "cheque",
        ["micr", "number"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('bounced', 'given_back')"),
    )
    op.create_table(
        "cheque_step",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("payment_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("on_day", sa.Date, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("entry_id", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_cheque_step"),
        _key("cheque_step", "entry_id", "ledger_entry.id"),
        _key("cheque_step", "payment_id", "cheque.payment_id"),
    )
    op.create_index("ix_cheque_step_payment_id", "cheque_step", ["payment_id"])


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{target.partition('.')[0]}"
    return sa.ForeignKeyConstraint([column], [target], name=name)
