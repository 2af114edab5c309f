"""Scorecards: marks, evidence, reviews, and the results of other corporations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "kpi_0006"
down_revision = "kpi_0005"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the four tables."""
    op.create_table(
        "scorecard_mark",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("programme", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("criterion", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("marks", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("given_at", _MOMENT, nullable=False),
        sa.Column("given_by", sa.Text, nullable=False),
        sa.Column("assessor", sa.Text),
        sa.Column("remark", sa.Text),
        sa.Column("readings", postgresql.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_scorecard_mark"),
    )
    op.create_index(
        "ix_scorecard_mark_card", "scorecard_mark", ["programme", "subject", "criterion", "day"]
    )
    op.create_table(
        "scorecard_evidence",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("programme", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("criterion", sa.Text, nullable=False),
        sa.Column("exhibit", sa.Text),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("key", sa.Text),
        sa.Column("content_type", sa.Text),
        sa.Column("bytes", sa.Integer),
        sa.Column("sha256", sa.Text),
        sa.Column("added_at", _MOMENT, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("removed_at", _MOMENT),
        sa.Column("removed_by", sa.Text),
        sa.Column("removed_reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_scorecard_evidence"),
    )
    op.create_index(
        "ix_scorecard_evidence_card", "scorecard_evidence", ["programme", "subject", "criterion"]
    )
    op.create_index("ix_scorecard_evidence_key", "scorecard_evidence", ["key"])
    op.create_table(
        "scorecard_review",
        sa.Column("programme", sa.Text, nullable=False),
        sa.Column("held_on", sa.Date, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("recorded_at", _MOMENT, nullable=False),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("programme", "held_on", name="pk_scorecard_review"),
    )
    op.create_table(
        "scorecard_result",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("programme", sa.Text, nullable=False),
        sa.Column("corporation", sa.Text, nullable=False),
        sa.Column("name_mr", sa.Text, nullable=False),
        sa.Column("name_en", sa.Text, nullable=False),
        sa.Column("marks", sa.Integer, nullable=False),
        sa.Column("out_of", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("entered_at", _MOMENT, nullable=False),
        sa.Column("entered_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_scorecard_result"),
    )
    op.create_index(
        "ix_scorecard_result_programme", "scorecard_result", ["programme", "corporation", "day"]
    )
