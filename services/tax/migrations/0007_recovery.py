"""Models of recovery with their scores, and what stops it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "tax_0007"
down_revision = "tax_0006"

REFUSES = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    """Create the tables."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "recovery_model",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.Column("trained_at", moment, nullable=False),
        sa.Column("data_until", sa.Date, nullable=False),
        sa.Column("figures", postgresql.JSONB, nullable=False),
        sa.Column("card", postgresql.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_model"),
        sa.UniqueConstraint("version", name="uq_recovery_model_version"),
        sa.UniqueConstraint("sha256", name="uq_recovery_model_sha256"),
    )
    op.create_table(
        "recovery_score",
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("scored_on", sa.Date, nullable=False),
        sa.Column("model_id", sa.Uuid, nullable=False),
        sa.Column("owed_paise", sa.BigInteger, nullable=False),
        sa.Column("chances", postgresql.ARRAY(sa.Float), nullable=False),
        sa.Column("paise", postgresql.ARRAY(sa.BigInteger), nullable=False),
        sa.Column("reasons", postgresql.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("property_id", "scored_on", "model_id", name="pk_recovery_score"),
        _key("recovery_score", "property_id", "property"),
        _key("recovery_score", "model_id", "recovery_model"),
    )
    op.create_index("ix_recovery_score_model_id", "recovery_score", ["model_id"])
    op.create_table(
        "recovery_promise",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("from_day", sa.Date, nullable=False),
        sa.Column("until", sa.Date, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("recorded_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_promise"),
        sa.UniqueConstraint("property_id", "until", name="uq_recovery_promise_property_id_until"),
        _key("recovery_promise", "property_id", "property"),
    )
    op.execute(REFUSES.format(table="recovery_model"))


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")
