"""A letter is numbered first and sent then; a caller's id is looked for in all files."""

import sqlalchemy as sa
from alembic import op

revision = "eoffice_0013"
down_revision = "eoffice_0012"


def upgrade() -> None:
    """Let a letter wait to be sent, and find acts by the ids that callers made."""
    op.drop_constraint("ck_letter_state", "letter", type_="check")
    op.create_check_constraint(
        "ck_letter_state",
        "letter",
        "state IN ('draft', 'approved', 'sending', 'dispatched', 'discarded')",
    )
    op.drop_constraint("ck_letter_dispatched", "letter", type_="check")
    op.create_check_constraint(
        "ck_letter_dispatched",
        "letter",
        "(state IN ('sending', 'dispatched')) = (number IS NOT NULL)",
    )
    op.create_index(
        "ix_letter_sending",
        "letter",
        ["dispatched_at", "id"],
        postgresql_where=sa.text("state = 'sending'"),
    )
    for name, said in (
        ("step", "data ->> 'step'"),
        ("decision", "data ->> 'decision'"),
        ("away", "(data -> 'away') ->> 'id'"),
    ):
        op.create_index(
            f"ix_act_{name}",
            "act",
            [sa.text(f"({said})")],
            postgresql_where=sa.text(f"({said}) IS NOT NULL"),
        )
