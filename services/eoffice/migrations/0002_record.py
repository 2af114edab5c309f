"""The organisation in tables, files with all that they carry, and the record of acts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "eoffice_0002"
down_revision = "eoffice_0001"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create and widen the tables."""
    _record()
    _organisation()
    _files()


def _record() -> None:
    op.create_table(
        "chain",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("rooted", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_chain"),
    )
    op.create_table(
        "act",
        sa.Column("chain_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("verb", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("post", sa.Text),
        sa.Column("person", sa.Text),
        sa.Column("capacity", sa.Text),
        sa.Column("data", JSONB, nullable=False),
        sa.Column("rows", JSONB, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("mac", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "position", name="pk_act"),
        sa.ForeignKeyConstraint(["chain_id"], ["chain.id"], name="fk_act_chain_id_chain"),
    )
    op.create_index("ix_act_post", "act", ["post", "at"])


def _dated(until_nullable: bool = True) -> list[sa.Column[object]]:
    return [
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("until", sa.Date, nullable=until_nullable),
        sa.Column("rev", sa.Integer, nullable=False),
    ]


def _organisation() -> None:
    days = "until IS NULL OR until >= since"
    named = [("mr", sa.Text), ("en", sa.Text)]
    op.create_table(
        "department",
        sa.Column("code", sa.Text, nullable=False),
        *[sa.Column(name, kind, nullable=False) for name, kind in named],
        *_dated(),
        sa.PrimaryKeyConstraint("code", name="pk_department"),
        sa.CheckConstraint(days, "ck_department_days"),
    )
    op.create_table(
        "section",
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        *[sa.Column(name, kind, nullable=False) for name, kind in named],
        *_dated(),
        sa.PrimaryKeyConstraint("code", name="pk_section"),
        sa.ForeignKeyConstraint(
            ["department"], ["department.code"], name="fk_section_department_department"
        ),
        sa.CheckConstraint(days, "ck_section_days"),
    )
    op.create_table(
        "post",
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("section", sa.Text),
        *[sa.Column(name, kind, nullable=False) for name, kind in named],
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("reports_to", sa.Text),
        sa.Column("clearance", sa.Integer, nullable=False),
        *_dated(),
        sa.PrimaryKeyConstraint("code", name="pk_post"),
        sa.ForeignKeyConstraint(
            ["department"], ["department.code"], name="fk_post_department_department"
        ),
        sa.ForeignKeyConstraint(["section"], ["section.code"], name="fk_post_section_section"),
        sa.CheckConstraint(days, "ck_post_days"),
        sa.CheckConstraint("clearance BETWEEN 0 AND 3", "ck_post_clearance"),
    )
    op.create_table(
        "person",
        sa.Column("code", sa.Text, nullable=False),
        *[sa.Column(name, kind, nullable=False) for name, kind in named],
        sa.Column("phone", sa.Text),
        sa.Column("email", sa.Text),
        *_dated(),
        sa.PrimaryKeyConstraint("code", name="pk_person"),
        sa.CheckConstraint(days, "ck_person_days"),
    )
    op.create_table(
        "holding",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("post", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("order_ref", sa.Text),
        *_dated(),
        sa.PrimaryKeyConstraint("id", name="pk_holding"),
        sa.ForeignKeyConstraint(["post"], ["post.code"], name="fk_holding_post_post"),
        sa.ForeignKeyConstraint(["person"], ["person.code"], name="fk_holding_person_person"),
        sa.CheckConstraint(days, "ck_holding_days"),
        sa.CheckConstraint("kind IN ('regular', 'additional')", "ck_holding_kind"),
    )
    op.create_index("ix_holding_post", "holding", ["post", "since"])
    op.create_table(
        "leave",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("linked", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT),
        *_dated(until_nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_leave"),
        sa.ForeignKeyConstraint(["person"], ["person.code"], name="fk_leave_person_person"),
        sa.ForeignKeyConstraint(["linked"], ["person.code"], name="fk_leave_linked_person"),
        sa.CheckConstraint("until >= since", "ck_leave_days"),
    )
    op.create_table(
        "delegation",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("from_post", sa.Text, nullable=False),
        sa.Column("to_post", sa.Text, nullable=False),
        sa.Column("what", ARRAY(sa.Text), nullable=False),
        sa.Column("most_paise", sa.BigInteger),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("revoked_at", _MOMENT),
        *_dated(),
        sa.PrimaryKeyConstraint("id", name="pk_delegation"),
        sa.ForeignKeyConstraint(["from_post"], ["post.code"], name="fk_delegation_from_post_post"),
        sa.ForeignKeyConstraint(["to_post"], ["post.code"], name="fk_delegation_to_post_post"),
        sa.CheckConstraint(days, "ck_delegation_days"),
        sa.CheckConstraint("from_post <> to_post", "ck_delegation_posts"),
    )


def _files() -> None:
    def add(table: str, column: sa.Column[object], value: str | None = None) -> None:
        """A column that the rows of before have a value for."""
        column.server_default = None if value is None else sa.DefaultClause(sa.text(value))
        op.add_column(table, column)
        if value is not None:
            op.alter_column(table, column.name, server_default=None)

    add("file", sa.Column("section", sa.Text))
    add("file", sa.Column("head", sa.Text, nullable=False), "'general'")
    add("file", sa.Column("language", sa.Text, nullable=False), "'mr'")
    add("file", sa.Column("secrecy", sa.Integer, nullable=False), "0")
    add("file", sa.Column("priority", sa.Integer, nullable=False), "0")
    add("file", sa.Column("public", sa.Boolean, nullable=False), "false")
    add("file", sa.Column("due_on", sa.Date))
    add("file", sa.Column("part_of", sa.Uuid))
    add("file", sa.Column("part", sa.Integer, nullable=False), "1")
    add("file", sa.Column("volume", sa.Integer, nullable=False), "1")
    add("file", sa.Column("seen_at", _MOMENT))
    add("file", sa.Column("sent_by", sa.Text))
    add("file", sa.Column("wake_on", sa.Date))
    add("file", sa.Column("rev", sa.Integer, nullable=False), "1")
    op.drop_constraint("ck_file_state", "file")
    op.create_check_constraint("ck_file_state", "file", "state IN ('open', 'parked', 'closed')")
    op.create_check_constraint(
        "ck_file_parked", "file", "(state = 'parked') = (wake_on IS NOT NULL)"
    )
    op.create_check_constraint("ck_file_secrecy", "file", "secrecy BETWEEN 0 AND 3")
    op.create_check_constraint("ck_file_priority", "file", "priority BETWEEN 0 AND 2")
    op.create_foreign_key("fk_file_part_of_file", "file", "file", ["part_of"], ["id"])
    op.drop_index("ix_file_desk", "file")
    op.create_index(
        "ix_file_inbox",
        "file",
        ["held_by", sa.text("priority DESC"), "held_since", "id"],
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_file_wake", "file", ["wake_on"], postgresql_where=sa.text("state = 'parked'")
    )
    op.create_index(
        "ix_file_due", "file", ["due_on"], postgresql_where=sa.text("state <> 'closed'")
    )
    op.create_index("ix_file_part_of", "file", ["part_of"])
    add("movement", sa.Column("kind", sa.Text, nullable=False), "'forward'")
    add("movement", sa.Column("by_post", sa.Text))
    add("movement", sa.Column("by_person", sa.Text))
    add("movement", sa.Column("seen_at", _MOMENT))
    add("movement", sa.Column("rev", sa.Integer, nullable=False), "1")
    op.create_index("ix_movement_from_post", "movement", ["from_post", "moved_at"])
    op.create_table(
        "counter",
        sa.Column("prefix", sa.Text, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("prefix", name="pk_counter"),
    )
    # The numbers of the thin version were made of the department and the year alone.
    op.execute(
        "INSERT INTO counter (prefix, last) "
        "SELECT 'file:' || upper(department) || '/' || year || '/', last FROM file_counter"
    )
    op.drop_table("file_counter")
