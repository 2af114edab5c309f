"""The outbox, the inbox and the heartbeat."""

import sqlalchemy as sa
from alembic import op

revision = "backbone_0001"
down_revision = None


def upgrade() -> None:
    """Create the backbone's tables, and the trigger that wakes the relay."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "outbox",
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("exchange", sa.Text, nullable=False),
        sa.Column("routing_key", sa.Text, nullable=False),
        sa.Column("mandatory", sa.Boolean, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("recorded_at", moment, nullable=False, server_default=sa.func.now()),
        sa.Column("sent_at", moment),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("not_before", moment),
        sa.Column("error", sa.Text),
    )
    op.create_index(
        "ix_outbox_unsent", "outbox", ["position"], postgresql_where=sa.text("sent_at IS NULL")
    )
    op.create_index(
        "ix_outbox_sent_at", "outbox", ["sent_at"], postgresql_where=sa.text("sent_at IS NOT NULL")
    )
    # A statement trigger wakes the relay for every way of inserting, COPY included; PostgreSQL
    # folds the notifications of one transaction into one.
    op.execute(
        """
        CREATE FUNCTION outbox_notify() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_notify('outbox', ''); RETURN NULL; END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER outbox_notify AFTER INSERT ON outbox
        FOR EACH STATEMENT EXECUTE FUNCTION outbox_notify()
        """
    )
    op.create_table(
        "inbox",
        sa.Column("subscription", sa.Text, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("seen_at", moment, nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("subscription", "event_id", name="pk_inbox"),
    )
    op.create_index("ix_inbox_seen_at", "inbox", ["seen_at"], postgresql_using="brin")
    op.create_table(
        "heartbeat",
        sa.Column("service", sa.Text, primary_key=True),
        sa.Column("beat_at", moment, nullable=False),
    )
