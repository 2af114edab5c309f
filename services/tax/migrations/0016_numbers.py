"""The numbers of properties are kept in one way: see ``domain/numbers.py``."""

from alembic import op

revision = "tax_0016"
down_revision = "tax_0015"

PLAIN = r"""
WITH written AS (
    SELECT id, number, upper(translate(
        btrim(regexp_replace(number, '[[:cntrl:]]', '', 'g')), '०१२३४५६७८९', '0123456789'
    )) AS plain
    FROM property
), one AS (
    SELECT plain FROM written GROUP BY plain HAVING count(*) = 1
)
UPDATE property SET number = plain FROM written JOIN one USING (plain)
WHERE written.id = property.id AND plain <> property.number
"""


def upgrade() -> None:
    """Two that are one number now stay as they are: a person has to say which is which."""
    op.execute(PLAIN)
