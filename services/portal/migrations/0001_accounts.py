"""Accounts, citizens, sessions, codes, limits, tokens; who looked at whose data."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "portal_0001"
down_revision = None

_MOMENT = sa.DateTime(timezone=True)
_TABLES = (
    *("data_read_of", "data_read", "api_token", "taken", "failure", "web_session"),
    *("one_time_code", "citizen", "invitation", "recovery_code", "account"),
)


def _moment(name: str, *, needed: bool = False) -> "sa.Column[object]":
    return sa.Column(name, _MOMENT, nullable=not needed)


def _text(name: str, *, needed: bool = True) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, nullable=not needed)


def _account(*, needed: bool) -> "sa.Column[object]":
    return sa.Column("account_id", sa.Uuid, nullable=not needed)


def _of_account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["account_id"], ["account.id"], name=f"fk_{table}_account_id_account"
    )


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid, nullable=False),
        _text("person"),
        sa.Column("names", postgresql.JSONB, nullable=False),
        _moment("created_at", needed=True),
        _text("created_by"),
        _text("language"),
        _text("password", needed=False),
        _moment("password_at"),
        sa.Column("totp", sa.LargeBinary),
        _moment("totp_at"),
        sa.Column("totp_step", sa.BigInteger),
        sa.Column("posts", postgresql.JSONB, nullable=False),
        _moment("posts_asked_at"),
        _moment("signed_in_at"),
        _moment("disabled_at"),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("person", name="uq_account_person"),
    )
    op.create_table(
        "recovery_code",
        _account(needed=True),
        _text("digest"),
        _moment("used_at"),
        sa.PrimaryKeyConstraint("account_id", "digest", name="pk_recovery_code"),
        _of_account("recovery_code"),
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid, nullable=False),
        _account(needed=True),
        _text("digest"),
        _moment("created_at", needed=True),
        _text("created_by"),
        _moment("until", needed=True),
        _moment("used_at"),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sa.UniqueConstraint("digest", name="uq_invitation_digest"),
        _of_account("invitation"),
    )
    op.create_index("ix_invitation_account_id", "invitation", ["account_id"])
    op.create_table(
        "citizen",
        sa.Column("id", sa.Uuid, nullable=False),
        _text("phone_digest", needed=False),
        sa.Column("phone", sa.LargeBinary),
        _text("language"),
        _moment("created_at", needed=True),
        _moment("seen_at", needed=True),
        _moment("ended_at"),
        sa.PrimaryKeyConstraint("id", name="pk_citizen"),
    )
    op.create_index(
        "uq_citizen_phone_digest",
        "citizen",
        ["phone_digest"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "one_time_code",
        sa.Column("id", sa.Uuid, nullable=False),
        _text("phone_digest"),
        sa.Column("phone", sa.LargeBinary, nullable=False),
        _text("digest"),
        _moment("created_at", needed=True),
        _moment("until", needed=True),
        sa.Column("tries", sa.Integer, nullable=False),
        _moment("used_at"),
        sa.PrimaryKeyConstraint("id", name="pk_one_time_code"),
    )
    op.create_index("ix_one_time_code_phone_digest", "one_time_code", ["phone_digest"])
    op.create_index("ix_one_time_code_until", "one_time_code", ["until"])
    _sessions()
    _counters()
    _tokens_and_reads()


def downgrade() -> None:
    """Everybody is signed out, and the accounts are gone."""
    for table in _TABLES:  # the triggers go with their tables
        op.drop_table(table)
    op.execute("DROP FUNCTION data_read_stays()")


def _sessions() -> None:
    op.create_table(
        "web_session",
        sa.Column("id", sa.Uuid, nullable=False),
        _text("digest"),
        _text("before", needed=False),
        _moment("rotated_at", needed=True),
        _account(needed=False),
        sa.Column("citizen_id", sa.Uuid),
        _text("stage"),
        _text("way"),
        _text("rights"),
        _text("post", needed=False),
        _text("language"),
        _text("device"),
        _text("place"),
        _moment("created_at", needed=True),
        _moment("seen_at", needed=True),
        _moment("until", needed=True),
        _moment("ended_at"),
        _text("ended_by", needed=False),
        sa.PrimaryKeyConstraint("id", name="pk_web_session"),
        sa.UniqueConstraint("digest", name="uq_web_session_digest"),
        sa.UniqueConstraint("before", name="uq_web_session_before"),
        _of_account("web_session"),
        sa.ForeignKeyConstraint(
            ["citizen_id"], ["citizen.id"], name="fk_web_session_citizen_id_citizen"
        ),
        sa.CheckConstraint(
            "(account_id IS NULL) <> (citizen_id IS NULL)", name=op.f("ck_web_session_whose")
        ),
    )
    op.create_index("ix_web_session_account_id", "web_session", ["account_id"])
    op.create_index("ix_web_session_citizen_id", "web_session", ["citizen_id"])
    op.create_index("ix_web_session_until", "web_session", ["until"])


def _counters() -> None:
    op.create_table(
        "failure",
        _text("scope"),
        _text("digest"),
        sa.Column("count", sa.Integer, nullable=False),
        _moment("last_at", needed=True),
        _moment("free_at", needed=True),
        sa.PrimaryKeyConstraint("scope", "digest", name="pk_failure"),
    )
    op.create_index("ix_failure_last_at", "failure", ["last_at"])
    op.create_table(
        "taken",
        _text("limit"),
        _text("digest"),
        _moment("since", needed=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("limit", "digest", "since", name="pk_taken"),
    )
    op.create_index("ix_taken_since", "taken", ["since"])


def _tokens_and_reads() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid, nullable=False),
        _text("name"),
        _text("digest"),
        sa.Column("scopes", postgresql.ARRAY(sa.Text), nullable=False),
        _account(needed=False),
        _text("post", needed=False),
        _moment("created_at", needed=True),
        _text("created_by"),
        _moment("until", needed=True),
        _moment("used_at"),
        _moment("ended_at"),
        sa.PrimaryKeyConstraint("id", name="pk_api_token"),
        sa.UniqueConstraint("name", name="uq_api_token_name"),
        sa.UniqueConstraint("digest", name="uq_api_token_digest"),
        _of_account("api_token"),
    )
    op.create_index("ix_api_token_account_id", "api_token", ["account_id"])
    op.create_table(
        "data_read",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        _moment("at", needed=True),
        _text("reader"),
        _text("post"),
        _text("what"),
        _text("why"),
        _text("note", needed=False),
        sa.Column("session_id", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_data_read"),
    )
    op.create_index("ix_data_read_at", "data_read", ["at"])
    op.create_index("ix_data_read_reader", "data_read", ["reader"])
    op.create_table(
        "data_read_of",
        sa.Column("read_id", sa.BigInteger, nullable=False),
        _text("whose"),
        sa.PrimaryKeyConstraint("read_id", "whose", name="pk_data_read_of"),
        sa.ForeignKeyConstraint(
            ["read_id"], ["data_read.id"], name="fk_data_read_of_read_id_data_read"
        ),
    )
    op.create_index("ix_data_read_of_whose", "data_read_of", ["whose", "read_id"])
    # What was read was read: nobody takes it back, whoever they are to the application.
    op.execute(
        """
        CREATE FUNCTION data_read_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the record of who looked at whose data is only added to';
        END $$
        """
    )
    for table in ("data_read", "data_read_of"):
        op.execute(
            f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION data_read_stays()"
        )
