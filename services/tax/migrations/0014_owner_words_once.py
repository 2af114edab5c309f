"""A word of several owners' names is kept once, in however many statements they are written."""

from alembic import op

revision = "tax_0014"
down_revision = "tax_0013"

KEEP = """
CREATE OR REPLACE FUNCTION keep_owner_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO owner_word (word, property_id, order_id)
    SELECT DISTINCT word, property_id, order_id FROM fresh, unnest(name_words(name)) AS word
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Owners who differ in what is empty came in a statement each, and the second one failed."""
    op.execute(KEEP)
