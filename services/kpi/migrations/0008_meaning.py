"""A reading says in how many decimals it is stored and for which places its measure was entered; a
muting is of a KPI and a kind, and a row of its own."""

import sqlalchemy as sa
from alembic import op

revision = "kpi_0008"
down_revision = "kpi_0007"


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column("reading", sa.Column("decimals", sa.SmallInteger))
    op.add_column("reading", sa.Column("by", sa.Text))
    _say_what_was_meant()
    op.alter_column("reading", "decimals", nullable=False)
    op.alter_column("reading", "by", nullable=False)
    op.create_table(
        "alert_mute",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("code", "kind")),
        sa.Column("until", sa.Date, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("muted_by", "reason")),
        sa.Column("muted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", "kind", name="pk_alert_mute"),
    )
    # What the owner has said last holds, and not what was said to last longest.
    op.execute("""
        INSERT INTO alert_mute (code, kind, until, muted_by, reason, muted_at)
        SELECT DISTINCT ON (code, kind) code, kind, muted_until, muted_by, mute_reason, muted_at
        FROM alert WHERE muted_until IS NOT NULL ORDER BY code, kind, muted_at DESC, began_at DESC
    """)
    op.drop_index("ix_alert_muted", table_name="alert")
    for name in ("muted_until", "muted_by", "muted_at", "mute_reason"):
        op.drop_column("alert", name)


def _say_what_was_meant() -> None:
    """The catalogue alone knows it, and it is what the values were entered by until now."""
    connection = op.get_bind()
    if connection.scalar(sa.text("SELECT 1 FROM reading LIMIT 1")) is None:
        return
    from services.kpi.reference import city_catalogue, city_places

    measures = [each for each in city_catalogue().measures.values() if each.manual]
    connection.execute(
        sa.text("""
            UPDATE reading SET decimals = said.decimals
            FROM unnest(CAST(:codes AS text[]), CAST(:decimals AS int[])) AS said (code, decimals)
            WHERE said.code = reading.measure
        """),
        {
            "codes": [each.code for each in measures],
            "decimals": [each.decimals for each in measures],
        },
    )
    connection.execute(
        sa.text("""
            UPDATE reading SET decimals = coalesce(decimals, 0), by = CASE
            WHEN place = '' THEN '' WHEN place = ANY (:zones) THEN 'zone' ELSE 'ward' END
        """),
        {"zones": list(city_places().zones)},
    )
