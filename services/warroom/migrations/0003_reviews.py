"""Reviews, their changes, and the versions of what is known of them; alerts of KPIs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "warroom_0003"
down_revision = "warroom_0002"

# The functions are those of 0001: what was minuted is rewritten by nobody.
KEPT = """
CREATE TRIGGER review_version_is_kept BEFORE UPDATE OR DELETE ON review_version
    FOR EACH ROW EXECUTE FUNCTION version_is_kept();
CREATE TRIGGER review_change_is_kept BEFORE UPDATE OR DELETE ON review_change
    FOR EACH ROW EXECUTE FUNCTION change_is_kept();
"""


def upgrade() -> None:
    """Create the tables, and the triggers that keep the past."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "review",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("series", sa.Text, nullable=False),
        sa.Column("occurs_on", sa.Date, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_review"),
        sa.UniqueConstraint("series", "occurs_on", name="uq_review_series_occurs_on"),
    )
    op.create_table(
        "review_change",
        sa.Column("review_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("review_id", "position", name="pk_review_change"),
        sa.UniqueConstraint("review_id", "at", name="uq_review_change_review_id_at"),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], "fk_review_change_review_id_review"),
    )
    op.create_table(
        "review_version",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("review_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("entity_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("until", moment, nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_review_version"),
        sa.UniqueConstraint("entity_id", "until", name="uq_review_version_entity_id_until"),
        sa.CheckConstraint("since < until", "ck_review_version_order"),
        sa.ForeignKeyConstraint(
            ["review_id", "position"],
            ["review_change.review_id", "review_change.position"],
            "fk_review_version_review_id_review_change",
        ),
    )
    op.create_index("ix_review_version_review_id_until", "review_version", ["review_id", "until"])
    op.create_index("ix_review_version_kind_until", "review_version", ["kind", "until"])
    op.create_table(
        "kpi_alert",
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("value", sa.Text),
        sa.Column("target", sa.Text),
        sa.Column("correlation_id", sa.Uuid),
        sa.PrimaryKeyConstraint("event_id", name="pk_kpi_alert"),
    )
    op.create_index("ix_kpi_alert_at", "kpi_alert", ["at"])
    op.execute(KEPT)
