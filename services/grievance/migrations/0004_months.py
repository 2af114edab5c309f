"""When each was filed, beside its words: a search finds the hits of some months, in order."""

import sqlalchemy as sa
from alembic import op

revision = "grievance_0004"
down_revision = "grievance_0003"

# As `month_token` of domain/words.py: India's one offset, whatever it was long ago.
_MONTH = """to_char(filed_at AT TIME ZONE INTERVAL '+05:30', '"@"YYYY-MM')"""
# What a process of the release before files comes without; it goes on until it is replaced.
FUNCTION = f"""
CREATE FUNCTION search_words_filed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT filed_at, {_MONTH} || NEW.tokens INTO NEW.filed_at, NEW.tokens
    FROM grievance WHERE id = NEW.grievance_id;
    RETURN NEW;
END
$$
"""  # noqa: S608 constants of the code alone, values are bound
TRIGGER = """
CREATE TRIGGER search_words_filed BEFORE INSERT ON search_words FOR EACH ROW
WHEN (NEW.filed_at IS NULL) EXECUTE FUNCTION search_words_filed()
"""
FILED = f"""
UPDATE search_words SET filed_at = filed.filed_at, tokens = filed.month || tokens
FROM (SELECT id, filed_at, {_MONTH} AS month FROM grievance) AS filed
WHERE id = grievance_id
"""  # noqa: S608 constants of the code alone, values are bound


def upgrade() -> None:
    """Add the moment and the month of all there are; who files or searches waits meanwhile."""
    op.add_column("search_words", sa.Column("filed_at", sa.DateTime(timezone=True)))
    op.execute(FUNCTION)
    op.execute(TRIGGER)
    # To make the index anew takes less time than to put every row's words into it once more.
    op.drop_index("ix_search_words_tokens", "search_words")
    op.execute(FILED)
    op.alter_column("search_words", "filed_at", nullable=False)
    op.create_index("ix_search_words_tokens", "search_words", ["tokens"], postgresql_using="gin")
    # The statistics of the words are gone with their old rows.
    op.execute("ANALYZE search_words")
