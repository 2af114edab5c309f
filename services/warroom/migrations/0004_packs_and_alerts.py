"""Packs whose pages are to be set, and how that goes; which alerts of KPIs have ended."""

import sqlalchemy as sa
from alembic import op

revision = "warroom_0004"
down_revision = "warroom_0003"

# What was frozen before, and has its snapshot and no pages.
WAITING = """
INSERT INTO unset_pack (review_id, frozen_at, next_at, attempts)
SELECT review_id, max((content ->> 'frozen_at')::timestamptz), now(), 0
FROM review_version
WHERE kind = 'pack' AND until = '2200-01-01T00:00:00Z'
GROUP BY review_id
HAVING bool_and(content ->> 'form' = 'json')
"""


def upgrade() -> None:
    """Create the table with what waits, and the columns of alerts."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "unset_pack",
        sa.Column("review_id", sa.Uuid, nullable=False),
        sa.Column("frozen_at", moment, nullable=False),
        sa.Column("next_at", moment, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("failed_at", moment),
        sa.PrimaryKeyConstraint("review_id", name="pk_unset_pack"),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], "fk_unset_pack_review_id_review"),
    )
    op.create_index("ix_unset_pack_next_at", "unset_pack", ["next_at"])
    op.execute(WAITING)
    op.add_column("kpi_alert", sa.Column("alert_id", sa.Uuid))
    op.add_column(
        "kpi_alert", sa.Column("ended", sa.Boolean, nullable=False, server_default=sa.false())
    )
    # Of those that are there already it is not known any more: as if over, since nobody had
    # listened for their ends.
    op.execute("UPDATE kpi_alert SET ended = true")


def downgrade() -> None:
    """Take it back; that alerts have ended is lost, and so the ends are taken out."""
    op.execute("DELETE FROM kpi_alert WHERE ended")
    for column in ("alert_id", "ended"):
        op.drop_column("kpi_alert", column)
    op.drop_table("unset_pack")
