"""What is corrected in a closed session; a difference of each mode has its own explanation."""

import sqlalchemy as sa
from alembic import op

revision = "tax_0017"
down_revision = "tax_0016"


def upgrade() -> None:
    """Add the column; the one explanation of a count goes to each of its differences."""
    op.add_column("counter_payment", sa.Column("corrected_in", sa.Uuid))
    op.create_foreign_key(
        "fk_counter_payment_corrected_in_counter_session",
        "counter_payment",
        "counter_session",
        ["corrected_in"],
        ["id"],
    )
    op.create_index(
        "ix_counter_payment_corrected_in",
        "counter_payment",
        ["corrected_in"],
        postgresql_where=sa.text("corrected_in IS NOT NULL"),
    )
    op.execute(
        """
        UPDATE counter_session SET differences = (
            SELECT jsonb_agg(
                each || jsonb_build_object(
                    'explanation',
                    CASE WHEN (each ->> 'difference_paise')::bigint <> 0 THEN explanation END
                ) ORDER BY at
            )
            FROM jsonb_array_elements(differences) WITH ORDINALITY AS found (each, at)
        )
        WHERE jsonb_typeof(differences) = 'array'
        """
    )
    op.drop_column("counter_session", "explanation")
    # What may be brought to the bank is what was counted, and no sum of the payments.
    op.drop_index("ix_payment_cash", "payment")
