"""An e-mail is kept as it came, as a paper without pages."""

from alembic import op

revision = "eoffice_0016"
down_revision = "eoffice_0015"


def upgrade() -> None:
    """Let an e-mail, and nothing else, be a paper without pages."""
    op.drop_constraint("ck_paper_pages", "paper", type_="check")
    op.create_check_constraint(
        "ck_paper_pages",
        "paper",
        "CASE source WHEN 'message/rfc822' THEN pages = 0 ELSE pages >= 1 END",
    )


def downgrade() -> None:
    """As it was; refused while an e-mail is kept as it came: what is recorded is not deleted."""
    op.drop_constraint("ck_paper_pages", "paper", type_="check")
    op.create_check_constraint("ck_paper_pages", "paper", "pages >= 1")
