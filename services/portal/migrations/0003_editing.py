"""Pages of the site that are edited here: drafts, what was saved of them, versions, files, acts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "portal_0003"
down_revision = "portal_0002"

_STAY = ("site_version", "site_act")


def _page() -> list[sa.Column]:
    return [
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
    ]


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "site_draft",
        sa.Column("id", sa.Uuid, nullable=False),
        *_page(),
        sa.Column("site", sa.Text),
        sa.Column("department", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("removal", sa.Boolean, nullable=False),
        sa.Column("typed", JSONB, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("based_on", sa.Text, nullable=False),
        sa.Column("authors", ARRAY(sa.Text), nullable=False),
        sa.Column("author", JSONB, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("rolls_back_to", sa.Integer),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_back", JSONB),
        sa.Column("publish_at", sa.DateTime(timezone=True)),
        sa.Column("reviewer", JSONB),
        sa.PrimaryKeyConstraint("id", name="pk_site_draft"),
        sa.UniqueConstraint("kind", "slug", name="uq_site_draft_kind_slug"),
    )
    op.create_index("ix_site_draft_department", "site_draft", ["department"])
    op.create_index("ix_site_draft_publish_at", "site_draft", ["publish_at"])
    op.create_table(
        "site_save",
        sa.Column("draft_id", sa.Uuid, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("typed", JSONB, nullable=False),
        sa.Column("author", JSONB, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("draft_id", "revision", name="pk_site_save"),
        sa.ForeignKeyConstraint(
            ["draft_id"],
            ["site_draft.id"],
            name="fk_site_save_draft_id_site_draft",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "site_version",
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
        *_page(),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("site", sa.Text),
        sa.Column("facts", sa.Text),
        sa.Column("mr", sa.Text),
        sa.Column("en", sa.Text),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", JSONB),
        sa.Column("reviewer", JSONB),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("rolls_back_to", sa.Integer),
        sa.PrimaryKeyConstraint("seq", name="pk_site_version"),
        sa.UniqueConstraint("kind", "slug", "number", name="uq_site_version_kind_slug_number"),
    )
    op.create_table(
        "site_file",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        *_page(),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_site_file"),
        sa.UniqueConstraint("folder", "name", name="uq_site_file_folder_name"),
    )
    op.create_table(
        "site_act",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *_page(),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("hand", JSONB),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_site_act"),
    )
    op.create_index("ix_site_act_page", "site_act", ["kind", "slug", "id"])
    # What was out was out, and who has put it out stays known.
    op.execute(
        """
        CREATE FUNCTION site_record_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'what was put onto the site, and by whom, is only added to';
        END $$
        """
    )
    for table in _STAY:
        op.execute(
            f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION site_record_stays()"
        )


def downgrade() -> None:
    """What was edited here is gone; the files that were written of it stay."""
    for table in ("site_act", "site_file", "site_version", "site_save", "site_draft"):
        op.drop_table(table)
    op.execute("DROP FUNCTION site_record_stays()")
