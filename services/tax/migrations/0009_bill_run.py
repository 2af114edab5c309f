"""Bill runs: their chunks, their problems, and serials that are reserved in a block."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "tax_0009"
down_revision = "tax_0008"

# While the block is taken nobody else gets a serial: ALTER SEQUENCE locks it until the commit. A
# single bill waits for that moment, and the numbers of a run are in the order of its properties.
BLOCK = """
CREATE FUNCTION bill_serial_block(first_year integer, count integer) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    serials text := format('bill_serial_%s', first_year);
    first bigint;
BEGIN
    IF to_regclass(serials) IS NULL THEN
        PERFORM bill_serials(first_year, 0);
    END IF;
    EXECUTE format('ALTER SEQUENCE %I INCREMENT BY 1', serials);
    first := nextval(serials::regclass);
    IF count > 1 THEN
        PERFORM setval(serials::regclass, first + count - 1);
    END IF;
    RETURN first;
END $$
"""


def upgrade() -> None:
    """Create the tables and the function."""
    moment = sa.DateTime(timezone=True)
    op.execute(BLOCK)
    op.create_table(
        "bill_run",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("wards", postgresql.ARRAY(sa.Text)),
        sa.Column("billed_at", moment, nullable=False),
        sa.Column("known_on", sa.Date, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("billed_before", sa.Integer, nullable=False),
        sa.Column("totals", postgresql.JSONB),
        sa.Column("ended_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_bill_run"),
        sa.CheckConstraint("state IN ('open', 'finished', 'abandoned')", "ck_bill_run_state"),
    )
    op.create_index(
        "uq_bill_run_open",
        "bill_run",
        ["period"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "bill_run_chunk",
        sa.Column("run_id", sa.Uuid, nullable=False),
        sa.Column("no", sa.Integer, nullable=False),
        sa.Column("first_serial", sa.BigInteger, nullable=False),
        sa.Column("property_ids", postgresql.ARRAY(sa.Uuid), nullable=False),
        sa.Column("properties", sa.Integer, nullable=False),
        sa.Column("done_at", moment),
        sa.Column("bills", sa.Integer, nullable=False),
        sa.Column("demanded_paise", sa.BigInteger, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("nothing", sa.Integer, nullable=False),
        sa.Column("billed_before", sa.Integer, nullable=False),
        sa.Column("problems", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "no", name="pk_bill_run_chunk"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["bill_run.id"], name="fk_bill_run_chunk_run_id_bill_run"
        ),
    )
    op.create_index(
        "ix_bill_run_chunk_open",
        "bill_run_chunk",
        ["run_id", "no"],
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "bill_run_problem",
        sa.Column("run_id", sa.Uuid, nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "property_id", name="pk_bill_run_problem"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["bill_run.id"], name="fk_bill_run_problem_run_id_bill_run"
        ),
        sa.ForeignKeyConstraint(
            ["property_id"], ["property.id"], name="fk_bill_run_problem_property_id_property"
        ),
    )
    op.create_index("ix_bill_run_problem_property_id", "bill_run_problem", ["property_id"])
