"""The grievance and its serials."""

import sqlalchemy as sa
from alembic import op

revision = "grievance_0001"
down_revision = None

OPEN = sa.text("state <> 'resolved'")

# A sequence a year, made when its first serial is asked for. The advisory lock is taken then only:
# two first filings of a year must not both make it.
SERIALS = """
CREATE FUNCTION grievance_serials(year integer, count integer) RETURNS SETOF bigint
LANGUAGE plpgsql AS $$
DECLARE
    serials text := format('grievance_serial_%s', year);
BEGIN
    IF to_regclass(serials) IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtext('grievance_serials'));
        EXECUTE format('CREATE SEQUENCE IF NOT EXISTS %I', serials);
    END IF;
    RETURN QUERY SELECT nextval(serials::regclass) FROM generate_series(1, count);
END $$
"""


def upgrade() -> None:
    """Create the table, its indexes, and the function that gives serials."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "grievance",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("ward", sa.Text),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("address", sa.Text),
        sa.Column("citizen_name", sa.Text),
        sa.Column("citizen_phone", sa.Text),
        sa.Column("citizen_email", sa.Text),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("source", sa.Text),
        sa.Column("source_id", sa.Text),
        sa.Column("source_status", sa.Text),
        sa.Column("filed_by", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("filed_at", moment, nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("officer", sa.Text),
        sa.Column("assigned_at", moment),
        sa.Column("resolved_at", moment),
        sa.Column("on_time", sa.Boolean),
        sa.Column("minutes_taken", sa.Integer),
        sa.Column("remark", sa.Text),
        sa.Column("times_reopened", sa.Integer, nullable=False),
        sa.Column("reopened_at", moment),
        sa.Column("reopen_reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_grievance"),
        sa.UniqueConstraint("number", name="uq_grievance_number"),
        sa.UniqueConstraint("source", "source_id", name="uq_grievance_source_source_id"),
        sa.CheckConstraint("state IN ('filed', 'assigned', 'resolved')", "ck_grievance_state"),
        sa.CheckConstraint(
            "(state = 'resolved') = (resolved_at IS NOT NULL)", "ck_grievance_resolved"
        ),
        sa.CheckConstraint("state <> 'assigned' OR officer IS NOT NULL", "ck_grievance_assigned"),
        sa.CheckConstraint("(source IS NULL) = (source_id IS NULL)", "ck_grievance_source"),
    )
    op.create_index("ix_grievance_filed_at", "grievance", ["filed_at", "id"])
    for column in ("department", "ward", "category"):
        op.create_index(f"ix_grievance_{column}", "grievance", [column, "filed_at", "id"])
    op.create_index("ix_grievance_open", "grievance", ["filed_at", "id"], postgresql_where=OPEN)
    for column in ("department", "ward"):
        op.create_index(
            f"ix_grievance_open_{column}",
            "grievance",
            [column, "filed_at", "id"],
            postgresql_where=OPEN,
        )
    op.execute(SERIALS)
