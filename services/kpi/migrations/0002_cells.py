"""Cells of sketches, and the roll-up of the measures by month.

Stop the processes of the release before first: they cannot write into a table whose key has a cell,
and what they try meanwhile is tried again later.
"""

import sqlalchemy as sa
from alembic import op

revision = "kpi_0002"
down_revision = "kpi_0001"

_MONTHS = ("m04", "m05", "m06", "m07", "m08", "m09", "m10", "m11", "m12", "m01", "m02", "m03")


def upgrade() -> None:
    """A cell in the key of `measure`; `measure_year`, made of what `measure` has."""
    op.add_column("measure", sa.Column("cell", sa.Integer, nullable=False, server_default="0"))
    op.alter_column("measure", "cell", server_default=None)
    op.drop_constraint("pk_measure", "measure")
    op.create_primary_key("pk_measure", "measure", ["measure", "department", "ward", "day", "cell"])
    op.create_table(
        "measure_year",
        sa.Column("measure", sa.Text, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("year", sa.SmallInteger, nullable=False),
        sa.Column("cell", sa.Integer, nullable=False),
        *(sa.Column(month, sa.BigInteger) for month in _MONTHS),
        sa.PrimaryKeyConstraint("measure", "department", "year", "cell", name="pk_measure_year"),
        postgresql_with={"fillfactor": 50},
    )
    sums = ", ".join(
        f"sum(value) FILTER (WHERE extract(month FROM day) = {int(month[1:])})" for month in _MONTHS
    )
    op.execute(
        f"""
        INSERT INTO measure_year (measure, department, year, cell, {", ".join(_MONTHS)})
        SELECT measure, department, extract(year FROM day - interval '3 months')::smallint, cell,
               {sums}
        FROM measure GROUP BY 1, 2, 3, 4
        """  # noqa: S608 constants of the code alone, values are bound
    )
