"""Transfers of title, objections, holds, and a rule's way back: what the register's desk keeps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "tax_0004"
down_revision = "tax_0003"

OPEN = "state IN ('filed', 'hearing_set', 'heard')"
APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON objection_step
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    """Create the tables; they are empty, so nothing is held."""
    moment = sa.DateTime(timezone=True)
    op.execute("CREATE SEQUENCE mutation_serial")
    op.execute("CREATE SEQUENCE objection_serial")
    _mutation(moment)
    _hold(moment)
    _objection(moment)
    _revision(moment)


def _mutation(moment: sa.DateTime) -> None:
    op.create_table(
        "mutation",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("effective_from", sa.Date, nullable=False),
        sa.Column("owners", postgresql.JSONB, nullable=False),
        sa.Column("transfers", postgresql.JSONB),
        sa.Column("facts", postgresql.JSONB, nullable=False),
        sa.Column("stands", postgresql.JSONB, nullable=False),
        sa.Column("owners_order_id", sa.Uuid, nullable=False),
        sa.Column("fee_paise", sa.BigInteger, nullable=False),
        sa.Column("objections_until", sa.Date),
        sa.Column("applied_at", moment, nullable=False),
        sa.Column("applied_by", sa.Text, nullable=False),
        sa.Column("order_id", sa.Uuid),
        sa.Column("ended_at", moment),
        sa.Column("ended_by", sa.Text),
        sa.Column("remark", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mutation"),
        _key("mutation", "property_id", "property"),
        _key("mutation", "owners_order_id", "register_order"),
        _key("mutation", "order_id", "register_order"),
        sa.CheckConstraint(
            "state IN ('applied', 'ordered', 'refused', 'withdrawn')", "ck_mutation_state"
        ),
        sa.CheckConstraint("(state = 'ordered') = (order_id IS NOT NULL)", "ck_mutation_ordered"),
        sa.CheckConstraint("fee_paise >= 0", "ck_mutation_fee"),
    )
    op.create_index("uq_mutation_number", "mutation", ["number"], unique=True)
    op.create_index("ix_mutation_property_id", "mutation", ["property_id"])
    op.create_index(
        "uq_mutation_open",
        "mutation",
        ["property_id"],
        unique=True,
        postgresql_where=sa.text("state = 'applied'"),
    )


def _hold(moment: sa.DateTime) -> None:
    op.create_table(
        "hold",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("property_id", sa.Uuid),
        sa.Column("zone", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date),
        sa.Column("half_years", postgresql.ARRAY(sa.SmallInteger)),
        sa.Column("remark", sa.Text),
        sa.Column("recorded_at", moment, nullable=False),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.Column("lifted_at", moment),
        sa.Column("lifted_by", sa.Text),
        sa.Column("lifted_reference", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_hold"),
        _key("hold", "property_id", "property"),
        sa.CheckConstraint("(property_id IS NULL) <> (zone IS NULL)", "ck_hold_whose"),
        sa.CheckConstraint("last_day IS NULL OR last_day >= since", "ck_hold_days"),
        sa.CheckConstraint(
            "kind IN ('stay', 'court_case', 'dispute', 'merged_village')", "ck_hold_kind"
        ),
    )
    op.create_index(
        "uq_hold_reference",
        "hold",
        ["kind", "reference", "property_id", "zone"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_hold_property_id", "hold", ["property_id"])
    op.create_index("ix_hold_zone", "hold", ["zone"], postgresql_where=sa.text("zone IS NOT NULL"))


def _objection(moment: sa.DateTime) -> None:
    op.create_table(
        "objection",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("bill_id", sa.Uuid),
        sa.Column("order_id", sa.Uuid),
        sa.Column("objector", sa.Text, nullable=False),
        sa.Column("grounds", sa.Text, nullable=False),
        sa.Column("disputed_paise", sa.BigInteger),
        sa.Column("received_on", sa.Date, nullable=False),
        sa.Column("filed_at", moment, nullable=False),
        sa.Column("filed_by", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("hearing_at", moment),
        sa.Column("adjourned", sa.Integer, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("decided_order_id", sa.Uuid),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_objection"),
        _key("objection", "property_id", "property"),
        _key("objection", "bill_id", "bill"),
        _key("objection", "order_id", "register_order"),
        _key("objection", "decided_order_id", "register_order"),
        sa.CheckConstraint("(bill_id IS NULL) <> (order_id IS NULL)", "ck_objection_against"),
        sa.CheckConstraint(
            "state IN ('filed', 'hearing_set', 'heard', 'decided', 'withdrawn')",
            "ck_objection_state",
        ),
        sa.CheckConstraint("(state = 'decided') = (outcome IS NOT NULL)", "ck_objection_decided"),
    )
    op.create_index("uq_objection_number", "objection", ["number"], unique=True)
    op.create_index("ix_objection_property_id", "objection", ["property_id"])
    for name, columns in (
        ("uq_objection_bill", ["bill_id"]),
        ("uq_objection_order", ["order_id", "property_id"]),
    ):
        op.create_index(name, "objection", columns, unique=True, postgresql_where=sa.text(OPEN))
    op.create_table(
        "objection_step",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("objection_id", sa.Uuid, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("details", postgresql.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_objection_step"),
        _key("objection_step", "objection_id", "objection"),
    )
    op.create_index("ix_objection_step_objection_id", "objection_step", ["objection_id"])
    op.execute(APPEND_ONLY)


def _revision(moment: sa.DateTime) -> None:
    op.create_table(
        "rule_revision",
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("begun_at", moment, nullable=False),
        sa.Column("after_id", sa.Uuid),
        sa.Column("seen", sa.Integer, nullable=False),
        sa.Column("changed", sa.Integer, nullable=False),
        sa.Column("lowered_paise", sa.BigInteger, nullable=False),
        sa.Column("raised_paise", sa.BigInteger, nullable=False),
        sa.Column("promised_paise", sa.BigInteger, nullable=False),
        sa.Column("done_at", moment),
        sa.PrimaryKeyConstraint("order_id", name="pk_rule_revision"),
        _key("rule_revision", "order_id", "register_order"),
    )
    op.create_table(
        "refund_instalment",
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("paise", sa.BigInteger, nullable=False),
        sa.Column("credited_paise", sa.BigInteger),
        sa.Column("credited_at", moment),
        sa.PrimaryKeyConstraint("property_id", "order_id", "year", name="pk_refund_instalment"),
        _key("refund_instalment", "property_id", "property"),
        _key("refund_instalment", "order_id", "register_order"),
        sa.CheckConstraint("paise > 0", "ck_refund_instalment_paise"),
    )
    op.create_index("ix_refund_instalment_year", "refund_instalment", ["year", "property_id"])


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")
