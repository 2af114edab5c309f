"""The whole life of a grievance: its columns, and the tables around it."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "grievance_0002"
down_revision = "grievance_0001"

STATES = (
    "'filed', 'acknowledged', 'assigned', 'in_progress', 'waiting', "
    "'resolved', 'closed', 'rejected', 'withdrawn', 'merged'"
)
DONE = "'resolved', 'closed'"
ENDED = "'closed', 'rejected', 'withdrawn', 'merged'"
OPEN = sa.text("state IN ('filed', 'acknowledged', 'assigned', 'in_progress', 'waiting')")
OTHERWISE = sa.text("state IN ('resolved', 'rejected', 'withdrawn', 'merged')")
MOMENT = sa.DateTime(timezone=True)


def text(name: str, **options: Any) -> sa.Column[Any]:
    """A text column; empty by default."""
    return sa.Column(name, sa.Text, **options)


def moment(name: str, **options: Any) -> sa.Column[Any]:
    """A time; empty by default."""
    return sa.Column(name, MOMENT, **options)


def whole(name: str, **options: Any) -> sa.Column[Any]:
    """A count."""
    return sa.Column(name, sa.Integer, **options)


def flag(name: str, default: str = "false") -> sa.Column[Any]:
    """Yes or no."""
    return sa.Column(name, sa.Boolean, nullable=False, server_default=default)


def facts(name: str) -> sa.Column[Any]:
    """A JSON object."""
    return sa.Column(name, JSONB, nullable=False, server_default="{}")


def of_grievance(table: str, name: str = "grievance_id") -> list[Any]:
    """A reference to a grievance; the row is gone with it."""
    return [
        sa.Column(name, sa.Uuid, nullable=False),
        sa.ForeignKeyConstraint(
            [name], ["grievance.id"], f"fk_{table}_{name}_grievance", ondelete="CASCADE"
        ),
    ]


def upgrade() -> None:
    """Add what the thin version had not."""
    _columns()
    # The scheduler looks at all that is not ended, and finds out when it is to look again.
    op.execute(f"UPDATE grievance SET next_clock_at = now() WHERE state NOT IN ({ENDED})")  # noqa: S608 constants of the code alone, values are bound
    _checks()
    _indexes()
    _history()
    _desk()
    _review()


def _columns() -> None:
    for column in (
        text("parent_category"),
        text("priority", nullable=False, server_default="normal"),
        facts("attributes"),
        text("media_url"),
        flag("private"),
        sa.Column("lat", sa.Double),
        sa.Column("lon", sa.Double),
        sa.Column("cell", sa.BigInteger),
        flag("anonymous"),
        sa.Column("token_hash", sa.LargeBinary),
        moment("acknowledged_at"),
        moment("started_at"),
        text("rejection"),
        sa.Column(
            "merged_into",
            sa.Uuid,
            sa.ForeignKey("grievance.id", name="fk_grievance_merged_into_grievance"),
        ),
        whole("duplicates", nullable=False, server_default="0"),
        moment("closed_at"),
        text("closed_by"),
        sa.Column("rating", sa.SmallInteger),
        text("rating_comment"),
        moment("rated_at"),
        whole("promised_minutes"),
        moment("paused_at"),
        text("paused_state"),
        whole("paused_minutes", nullable=False, server_default="0"),
        sa.Column("escalation_level", sa.SmallInteger, nullable=False, server_default="0"),
        moment("due_soon_at"),
        moment("breached_at"),
        moment("escalated_at"),
        moment("next_clock_at"),
    ):
        op.add_column("grievance", column)


def _checks() -> None:
    for name in ("state", "resolved", "assigned"):
        op.drop_constraint(f"ck_grievance_{name}", "grievance")
    for name, rule in (
        ("state", f"state IN ({STATES})"),
        ("resolved", f"(state IN ({DONE})) = (resolved_at IS NOT NULL)"),
        ("ended", f"(state IN ({ENDED})) = (closed_at IS NOT NULL)"),
        ("assigned", "state NOT IN ('assigned', 'in_progress') OR officer IS NOT NULL"),
        ("paused", "(state = 'waiting') = (paused_at IS NOT NULL)"),
        ("rejected", "(state = 'rejected') = (rejection IS NOT NULL)"),
        ("merged", "(state = 'merged') = (merged_into IS NOT NULL)"),
        ("merged_elsewhere", "merged_into <> id"),
        ("place", "(lat IS NULL) = (lon IS NULL)"),
        ("rating", "rating BETWEEN 1 AND 5"),
    ):
        op.create_check_constraint(f"ck_grievance_{name}", "grievance", rule)


def _indexes() -> None:
    for name in ("open", "open_department", "open_ward"):
        op.drop_index(f"ix_grievance_{name}", "grievance")
    in_order = ["filed_at", "id"]
    op.create_index("ix_grievance_filed_by", "grievance", ["filed_by", *in_order])
    op.create_index(
        "ix_grievance_ended", "grievance", ["state", *in_order], postgresql_where=OTHERWISE
    )
    op.create_index("ix_grievance_open", "grievance", in_order, postgresql_where=OPEN)
    due = ["due_at", "id"]
    for name, columns in (
        ("department", ["department", *in_order]),
        ("ward", ["ward", *in_order]),
        ("due", due),
        ("department_due", ["department", *due]),
        ("officer", ["officer", *due]),
    ):
        op.create_index(f"ix_grievance_open_{name}", "grievance", columns, postgresql_where=OPEN)
    op.create_index(
        "ix_grievance_open_cell", "grievance", ["cell", "category"], postgresql_where=OPEN
    )
    for name, columns in (
        ("ix_grievance_next_clock_at", ["next_clock_at", "id"]),
        ("ix_grievance_merged_into", ["merged_into"]),
        ("uq_grievance_token_hash", ["token_hash"]),
    ):
        op.create_index(
            name,
            "grievance",
            columns,
            unique=name.startswith("uq"),
            postgresql_where=sa.text(f"{columns[0]} IS NOT NULL"),
        )


def _serial(table: str) -> list[Any]:
    return [
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    ]


def _key(table: str) -> list[Any]:
    return [
        sa.Column("id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    ]


def _history() -> None:
    op.create_table(
        "timeline",
        *_serial("timeline"),
        *of_grievance("timeline"),
        moment("at", nullable=False),
        text("step", nullable=False),
        text("actor", nullable=False),
        text("actor_role", nullable=False),
        sa.Column("public", sa.Boolean, nullable=False),
        text("from_state"),
        text("to_state", nullable=False),
        text("note"),
        facts("data"),
    )
    op.create_index("ix_timeline_grievance_id", "timeline", ["grievance_id", "id"])
    op.create_table(
        "link",
        *of_grievance("link"),
        *of_grievance("link", "other_id"),
        moment("linked_at", nullable=False),
        text("linked_by", nullable=False),
        sa.PrimaryKeyConstraint("grievance_id", "other_id", name="pk_link"),
        sa.CheckConstraint("grievance_id < other_id", "ck_link_ordered"),
    )
    op.create_index("ix_link_other_id", "link", ["other_id"])
    op.create_table(
        "follower",
        *_key("follower"),
        *of_grievance("follower"),
        text("subject"),
        text("name"),
        text("phone"),
        text("email"),
        text("language", nullable=False),
        moment("followed_at", nullable=False),
        sa.CheckConstraint("phone IS NOT NULL OR email IS NOT NULL", "ck_follower_reachable"),
        *(
            sa.UniqueConstraint("grievance_id", name, name=f"uq_follower_grievance_id_{name}")
            for name in ("phone", "email", "subject")
        ),
    )
    op.create_table(
        "search_words",
        *of_grievance("search_words"),
        sa.Column("tokens", ARRAY(sa.Text), nullable=False),
        sa.PrimaryKeyConstraint("grievance_id", name="pk_search_words"),
    )
    op.create_index("ix_search_words_tokens", "search_words", ["tokens"], postgresql_using="gin")


def _desk() -> None:
    op.create_table(
        "officer",
        text("code", nullable=False),
        text("department", nullable=False),
        sa.Column("level", sa.SmallInteger, nullable=False, server_default="0"),
        sa.Column("wards", ARRAY(sa.Text), nullable=False, server_default="{}"),
        sa.Column("categories", ARRAY(sa.Text), nullable=False, server_default="{}"),
        sa.Column("capacity", sa.SmallInteger, nullable=False, server_default="50"),
        flag("active", "true"),
        sa.PrimaryKeyConstraint("code", name="pk_officer"),
        sa.CheckConstraint("level BETWEEN 0 AND 9", "ck_officer_level"),
        sa.CheckConstraint("capacity > 0", "ck_officer_capacity"),
    )
    op.create_index(
        "ix_officer_department",
        "officer",
        ["department", "level"],
        postgresql_where=sa.text("active"),
    )
    of_officer = "fk_leave_{}_officer"
    op.create_table(
        "leave",
        *_serial("leave"),
        text("officer", nullable=False),
        moment("from_at", nullable=False),
        moment("to_at", nullable=False),
        text("substitute"),
        sa.ForeignKeyConstraint(
            ["officer"], ["officer.code"], of_officer.format("officer"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["substitute"], ["officer.code"], of_officer.format("substitute")),
        sa.CheckConstraint("from_at < to_at", "ck_leave_order"),
    )
    op.create_index("ix_leave_officer", "leave", ["officer", "to_at"])
    op.create_index("ix_leave_substitute", "leave", ["substitute"])
    op.create_table(
        "saved_view",
        *_key("saved_view"),
        text("owner", nullable=False),
        text("name", nullable=False),
        text("department"),
        facts("filters"),
        flag("shared"),
        moment("created_at", nullable=False),
        sa.UniqueConstraint("owner", "name", name="uq_saved_view_owner_name"),
    )
    op.create_index(
        "ix_saved_view_department",
        "saved_view",
        ["department"],
        postgresql_where=sa.text("shared"),
    )


def _review() -> None:
    op.create_table(
        "attachment",
        *_key("attachment"),
        *of_grievance("attachment"),
        text("kind", nullable=False),
        text("phase"),
        flag("public", "true"),
        text("key", nullable=False),
        text("thumbnail_key"),
        text("content_type", nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        text("sha256", nullable=False),
        whole("width"),
        whole("height"),
        moment("taken_at"),
        sa.Column("lat", sa.Double),
        sa.Column("lon", sa.Double),
        moment("added_at", nullable=False),
        text("added_by", nullable=False),
        text("added_role", nullable=False),
        moment("detached_at"),
        text("detached_by"),
        text("detach_reason"),
        sa.CheckConstraint("phase IN ('before', 'after')", "ck_attachment_phase"),
    )
    op.create_index("ix_attachment_grievance_id", "attachment", ["grievance_id", "added_at"])
    op.create_table(
        "appeal",
        *_key("appeal"),
        *of_grievance("appeal"),
        sa.Column("level", sa.SmallInteger, nullable=False),
        text("against", nullable=False),
        text("grounds", nullable=False),
        text("delay"),
        moment("appealed_at", nullable=False),
        text("appealed_by", nullable=False),
        moment("decide_by", nullable=False),
        moment("decided_at"),
        text("decided_by"),
        text("outcome"),
        text("order_text"),
        sa.UniqueConstraint("grievance_id", "level", name="uq_appeal_grievance_id_level"),
        sa.CheckConstraint("level BETWEEN 1 AND 3", "ck_appeal_level"),
        sa.CheckConstraint("(decided_at IS NULL) = (outcome IS NULL)", "ck_appeal_decided"),
    )
    op.create_index(
        "ix_appeal_decide_by",
        "appeal",
        ["decide_by", "id"],
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_table(
        "sample_draw",
        sa.Column("day", sa.Date, nullable=False),
        text("seed", nullable=False),
        sa.Column("percent", sa.Numeric(8, 5), nullable=False),
        moment("drawn_at", nullable=False),
        whole("drawn_from", nullable=False, server_default="0"),
        whole("picked", nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("day", name="pk_sample_draw"),
    )
    op.create_table(
        "sample_check",
        *_key("sample_check"),
        *of_grievance("sample_check"),
        text("department", nullable=False),
        moment("resolved_at", nullable=False),
        text("resolved_by"),
        moment("picked_at", nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        text("checker"),
        moment("checked_at"),
        text("outcome"),
        text("note"),
        sa.UniqueConstraint(
            "grievance_id", "resolved_at", name="uq_sample_check_grievance_id_resolved_at"
        ),
        sa.ForeignKeyConstraint(["day"], ["sample_draw.day"], "fk_sample_check_day_sample_draw"),
        sa.CheckConstraint("(checked_at IS NULL) = (outcome IS NULL)", "ck_sample_check_checked"),
    )
    op.create_index("ix_sample_check_day", "sample_check", ["day"])
    op.create_index(
        "ix_sample_check_open",
        "sample_check",
        ["department", "picked_at", "id"],
        postgresql_where=sa.text("checked_at IS NULL"),
    )
