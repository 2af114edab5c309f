"""Projects, their changes, and the versions of what is known of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "warroom_0001"
down_revision = None

# What was known on a past day is what people have decided by: nobody rewrites it, not even we.
KEPT = """
CREATE FUNCTION version_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.until = '2200-01-01 00:00:00+00' AND NEW.until < OLD.until
       AND to_jsonb(NEW) - 'until' = to_jsonb(OLD) - 'until' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a version of the past is kept as it is'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE FUNCTION change_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a change of the past is kept as it is'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER version_is_kept BEFORE UPDATE OR DELETE ON version
    FOR EACH ROW EXECUTE FUNCTION version_is_kept();
CREATE TRIGGER change_is_kept BEFORE UPDATE OR DELETE ON change
    FOR EACH ROW EXECUTE FUNCTION change_is_kept();
"""


def upgrade() -> None:
    """Create the tables, and the triggers that keep the past."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "project",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("judged_on", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_project"),
        sa.UniqueConstraint("code", name="uq_project_code"),
    )
    op.create_index("ix_project_judged_on", "project", ["judged_on"])
    op.create_table(
        "change",
        sa.Column("project_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("valid_on", sa.Date, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("own", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_change"),
        sa.UniqueConstraint("project_id", "at", name="uq_change_project_id_at"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], "fk_change_project_id_project"),
    )
    op.create_index(
        "ix_change_people", "change", ["project_id", "at"], postgresql_where=sa.text("NOT own")
    )
    op.create_table(
        "version",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("project_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("entity_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("until", moment, nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_version"),
        # Of what is known of one thing, one version is open, and no two end at once.
        sa.UniqueConstraint("entity_id", "until", name="uq_version_entity_id_until"),
        sa.CheckConstraint("since < until", "ck_version_order"),
        sa.ForeignKeyConstraint(
            ["project_id", "position"],
            ["change.project_id", "change.position"],
            "fk_version_project_id_change",
        ),
    )
    op.create_index("ix_version_project_id_until", "version", ["project_id", "until"])
    op.create_index("ix_version_kind_until", "version", ["kind", "until"])
    op.execute(KEPT)
