"""Versions of templates, and what Meta says of those registered with it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "notify_0002"
down_revision = "notify_0001"

REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: what was wrong is put right by another row', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
"""
REFUSES = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON template_version
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    """Create `template_version`, which is append-only, and `whatsapp_template`."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "template_version",
        sa.Column("id", sa.Integer, sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("saved_by", sa.Text, nullable=False),
        sa.Column("saved_at", moment, nullable=False),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name="pk_template_version"),
        sa.UniqueConstraint("name", "version", name="uq_template_version_name"),
        sa.CheckConstraint("version > 0", name=op.f("ck_template_version_version")),
    )
    op.execute(REFUSE)
    op.execute(REFUSES)
    op.create_table(
        "whatsapp_template",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("category", sa.Text),
        sa.Column("body", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("changed_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("name", "language", name="pk_whatsapp_template"),
        sa.CheckConstraint(
            "category IN ('utility', 'authentication', 'marketing')",
            name=op.f("ck_whatsapp_template_category"),
        ),
        sa.CheckConstraint(
            "state IN ('approved', 'pending', 'rejected', 'paused', 'disabled')",
            name=op.f("ck_whatsapp_template_state"),
        ),
    )
