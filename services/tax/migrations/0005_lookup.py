"""Finding a property by a part of its number, an owner's telephone number, or words of a name."""

import sqlalchemy as sa
from alembic import op

revision = "tax_0005"
down_revision = "tax_0004"

# One way to fold a name, for what is kept and for what is asked: small letters without accents,
# digits of either script as 0 to 9; in Devanagari long and short i and u are one, and so are the
# dot and the half-moon of the nasal; the dot below (of क़, ड़) and the invisible joiners fall away.
# Apostrophes are dropped (D'Souza is dsouza); other signs part words.
WORDS = r"""
CREATE FUNCTION name_words(name text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT word), '{}')
    FROM regexp_split_to_table(
        translate(
            regexp_replace(
                lower(normalize(name, NFKD)),
                '[\u0300-\u036f\u093c\u200b-\u200d''’`]', '', 'g'
            ),
            U&'\0940\0942\0908\090A\0901\0966\0967\0968\0969\096A\096B\096C\096D\096E\096F',
            U&'\093F\0941\0907\0909\09020123456789'
        ),
        '[\s!-/:-@\[-`{-~।॥–—]+'
    ) AS word
    WHERE word <> ''
$$
"""
# A trigger, so that whoever writes owners (a clerk, an import, a demo) need not think of it.
KEEP = """
CREATE FUNCTION keep_owner_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO owner_word (word, property_id, order_id)
    SELECT DISTINCT word, property_id, order_id FROM fresh, unnest(name_words(name)) AS word;
    RETURN NULL;
END $$
"""
KEPT = """
CREATE TRIGGER keep_words AFTER INSERT ON owner
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION keep_owner_words()
"""
OLD = """
INSERT INTO owner_word (word, property_id, order_id)
SELECT DISTINCT word, property_id, order_id FROM owner, unnest(name_words(name)) AS word
"""
# Words and numbers are compared by their bytes: only so does an index find what begins with them.
BYTES = "C"


def upgrade() -> None:
    """Create the table of words, and fill it: some seconds for each lakh of properties."""
    op.execute(WORDS)
    op.create_table(
        "owner_word",
        sa.Column("word", sa.Text(collation=BYTES), nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("word", "property_id", "order_id", name="pk_owner_word"),
    )
    op.execute(OLD)
    op.create_index("ix_owner_word_property_id", "owner_word", ["property_id", "order_id", "word"])
    op.execute(KEEP)
    op.execute(KEPT)
    op.create_index(
        "ix_property_number_begins",
        "property",
        ["number"],
        postgresql_ops={"number": "text_pattern_ops"},
    )
    # Who has many properties (a builder, a housing board) is paged through too.
    op.drop_index("ix_owner_phone", "owner")
    op.create_index("ix_owner_phone", "owner", ["phone", "property_id"])
