"""A past: so many grievances stored, as if the city had filed them one after the other until now.

The pace is the reference city's (``load.A_YEAR``): 10,000 are a month, 1,000,000 nearly nine years.
What is open now is among the last 10,000, the same whatever the past is, as in a city that keeps up
with its work; so the lists of what is open have as much to show with either.
"""

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Any

from psycopg2.extras import execute_values

from benchmarks.ground import Ground
from benchmarks.lives import LATITUDES, LONGITUDES
from benchmarks.load import A_YEAR
from benchmarks.pipeline import EMPTY, empty_database
from palika.words import search_tokens
from services.grievance.domain.place import cell
from services.grievance.reference import city
from services.grievance.seed import filing

RECENT = 10_000
"""Among so many of the last are those that are open."""
REPEATED = 20_000
"""After so many the older ones' texts begin anew."""
ACTIVE = "citizen:active"
"""A citizen, or an association of them, that has filed one in 150."""
MIDDLING = {"mr": "गणपतीसमोर", "en": "opposite the petrol pump"}
"""Where one in 50 is, in either language."""
SELDOM = {"mr": "सारसबागेजवळ", "en": "near the planetarium"}
"""Where one in 50 of the last 10,000 is, and none before: a hundred in either language."""
THIN = {"mr": "गुलमोहराजवळ", "en": "by the banyan tree"}
"""Where one in 20 of the last 10,000 is, and one in 250 before: 3,200 and 1,200 of 1,000,000."""
_SEED = 20260102

_TABLES = ("grievance", "timeline", "search_words")
_VARIANT = """
    CREATE TEMPORARY TABLE variant (
        number int PRIMARY KEY, category text, parent text, department text, priority text,
        private boolean, ward text, minutes int, due interval, description text, address text,
        name text, phone text, email text, language text, channel text,
        lat float8, lon float8, cell bigint, tokens text[]
    )
"""
_DESK = """
    CREATE TEMPORARY TABLE desk AS
    SELECT department, ward, array_agg(code ORDER BY code) AS posts
    FROM (SELECT DISTINCT department, ward FROM variant) AS place
    JOIN officer USING (department)
    WHERE level = 0 AND (wards = '{}' OR ward = ANY (wards))
    GROUP BY department, ward
"""
# One row each, with what chance says of it; `age` counts from the last one back.
_MADE = """
    CREATE TEMPORARY TABLE made AS
    SELECT *, row_number() OVER (PARTITION BY year ORDER BY number) AS serial,
        CASE
            WHEN age < 2000 AND chance < 0.8 OR age < 5000 AND chance < 0.5
                OR age < %(recent)s AND chance < 0.18 THEN
                CASE WHEN fate < 0.1 THEN 'filed' WHEN fate < 0.8 THEN 'assigned'
                    ELSE 'in_progress' END
            WHEN fate < 0.04 THEN 'rejected'
            WHEN fate < 0.05 THEN 'withdrawn'
            WHEN resolved_at > %(now)s - interval '7 days' AND fate > 0.5 THEN 'resolved'
            ELSE 'closed'
        END AS state
    FROM (
        SELECT number, age, at, chance, fate, uuidv7(at - clock_timestamp()) AS id,
            extract(year FROM at AT TIME ZONE 'Asia/Kolkata')::int AS year,
            CASE WHEN age < %(recent)s THEN %(repeated)s + age
                ELSE number %% %(repeated)s END AS variant,
            least(at + interval '1 hour' * exp(3 + chance * fate),
                at + (%(now)s - at) * 0.9) AS resolved_at
        FROM (
            SELECT number, %(count)s - number AS age, random() AS chance, random() AS fate,
                %(now)s - interval '1 second' * (%(count)s - number + 1) * %(step)s AS at
            FROM generate_series(1, %(count)s) AS number
        ) AS filed
    ) AS dated
"""
_GRIEVANCES = """
    INSERT INTO grievance (
        id, number, category, parent_category, department, priority, private, description, ward,
        address, lat, lon, cell, citizen_name, citizen_phone, citizen_email, language, channel,
        filed_by, token_hash, state, version, officer, filed_at, acknowledged_at, assigned_at,
        started_at, remark, rejection, times_reopened, closed_at, closed_by, rating, rated_at,
        promised_minutes, due_at, resolved_at, on_time, minutes_taken, escalation_level,
        due_soon_at, breached_at, escalated_at, next_clock_at
    )
    SELECT made.id, format('%%s-%%s-%%s', %(prefix)s::text, year, lpad(serial::text, 6, '0')),
        category, parent, department, priority, private, description, ward, address, lat, lon, cell,
        name, phone, email, language, channel,
        CASE WHEN made.number %% 150 = 0 THEN %(active)s
            ELSE 'citizen:' || (made.number::bigint * 7919 %% 500000) END,
        sha256(made.number::text::bytea), state, 4,
        CASE WHEN state NOT IN ('filed', 'rejected', 'withdrawn') THEN
            posts[1 + made.number %% cardinality(posts)] END,
        at, at + interval '1 hour',
        CASE WHEN state NOT IN ('filed', 'rejected', 'withdrawn') THEN at + interval '1 hour' END,
        CASE WHEN state = 'in_progress' THEN at + interval '2 hours' END,
        CASE WHEN state IN ('resolved', 'closed', 'rejected') THEN 'काम पूर्ण केले' END,
        CASE WHEN state = 'rejected' THEN 'no_fault_found' END, 0,
        CASE WHEN state IN ('rejected', 'withdrawn') THEN resolved_at
            WHEN state = 'closed' THEN resolved_at + (%(now)s - resolved_at) * 0.1 END,
        CASE WHEN state IN ('closed', 'withdrawn') THEN 'citizen'
            WHEN state = 'rejected' THEN 'office' END,
        CASE WHEN state = 'closed' AND chance < 0.45 THEN 3 + made.number %% 3 END,
        CASE WHEN state = 'closed' AND chance < 0.45 THEN
            resolved_at + (%(now)s - resolved_at) * 0.1 END,
        minutes, at + due,
        CASE WHEN state IN ('resolved', 'closed') THEN resolved_at END,
        CASE WHEN state IN ('resolved', 'closed') THEN resolved_at <= at + due END,
        CASE WHEN state IN ('resolved', 'closed') THEN
            extract(epoch FROM resolved_at - at)::int / 60 END,
        CASE WHEN open AND at + due < %(now)s THEN 3 ELSE 0 END,
        CASE WHEN open AND at + due * 0.8 < %(now)s THEN at + due * 0.8 END,
        CASE WHEN open AND at + due < %(now)s THEN at + due END,
        CASE WHEN open AND at + due < %(now)s THEN at + due END,
        CASE WHEN state = 'resolved' THEN resolved_at + interval '7 days'
            WHEN open AND at + due * 0.8 >= %(now)s THEN at + due * 0.8
            WHEN open AND at + due >= %(now)s THEN at + due END
    FROM (SELECT *, state IN ('filed', 'assigned', 'in_progress') AS open FROM made) AS made
    JOIN variant ON variant.number = made.variant
    JOIN desk USING (department, ward)
    ORDER BY made.number
"""
_WORDS = """
    INSERT INTO search_words (grievance_id, filed_at, tokens)
    SELECT id, at, to_char(at AT TIME ZONE 'Asia/Kolkata', '"@"YYYY-MM') || tokens
    FROM made JOIN variant ON variant.number = made.variant ORDER BY made.number
"""
_TIMELINE = """
    INSERT INTO timeline (grievance_id, at, step, actor, actor_role, public, from_state, to_state,
        data)
    SELECT id, step.* FROM grievance, LATERAL (VALUES
        (filed_at, 'file', filed_by, 'citizen', true, NULL, 'filed', '{}'::jsonb),
        (assigned_at, 'assign', 'service:grievance', 'service', true, 'filed', 'assigned',
            jsonb_build_object('officer', officer)),
        (resolved_at, 'resolve', 'officer:' || officer, 'officer', true, 'assigned', 'resolved',
            '{}'),
        (rated_at, 'rate', filed_by, 'citizen', true, 'resolved', 'resolved',
            jsonb_build_object('rating', rating, 'satisfied', true)),
        (closed_at, CASE state WHEN 'rejected' THEN 'reject' WHEN 'withdrawn' THEN 'withdraw'
            ELSE 'close' END, filed_by, 'citizen', true, 'resolved', state, '{}')
    ) AS step (at, step, actor, actor_role, public, from_state, to_state, data)
    WHERE step.at IS NOT NULL
    ORDER BY id, step.at
"""
_SERIALS = """
    SELECT grievance_serials(year, 1), setval('grievance_serial_' || year, most)
    FROM (SELECT year, max(serial) AS most FROM made GROUP BY year) AS years
"""
_INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
    FROM pg_index LEFT JOIN pg_constraint ON conindid = indexrelid AND contype IN ('p', 'u')
    WHERE indrelid = ANY (%s::regclass[]) AND conindid IS NULL
"""


def database_with(ground: Ground, count: int, now: datetime) -> str:
    """Make a database with so many grievances, the first time that it is asked for; its name.

    Args:
        ground: entered.
        count: at least ``RECENT``.
        now: aware; when the last one was filed.
    """
    name = f"{EMPTY}_{count}"
    if not ground.has_database(name):
        empty_database(ground)
        making = f"{name}_making"
        ground.copy_database(making, EMPTY)
        with closing(ground.connect_to(making)) as connection:
            _fill(connection, count, now)
        with closing(ground.connect("postgres")) as connection, connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {making} RENAME TO {name}")
    return name


def _fill(connection: Any, count: int, now: datetime) -> None:
    values = {
        "count": count,
        "now": now,
        "step": 365 * 86_400 / A_YEAR,
        "recent": RECENT,
        "repeated": REPEATED,
        "active": ACTIVE,
        "prefix": city().number_prefix,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute("SET work_mem = '64MB'")
        # No look at a foreign key for each row.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_VARIANT)
        execute_values(
            cursor, "INSERT INTO variant VALUES %s", list(_variants(now)), page_size=1_000
        )
        cursor.execute(_DESK)
        cursor.execute("ANALYZE variant, desk")
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(_MADE, values)
        # In the transaction that empties a table PostgreSQL writes no log of what is put into it.
        cursor.execute("BEGIN")
        cursor.execute(_INDEXES, (list(_TABLES),))
        indexes = cursor.fetchall()
        for index, _ in indexes:
            cursor.execute(f"DROP INDEX {index}")
        cursor.execute(f"TRUNCATE {', '.join(_TABLES)} CASCADE")
        for statement in (_GRIEVANCES, _WORDS, _TIMELINE):
            cursor.execute(statement, values if "%(" in statement else None)
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute(_SERIALS)
        cursor.execute("COMMIT")
        cursor.execute(f"VACUUM ANALYZE {', '.join(_TABLES)}")
        cursor.execute("CHECKPOINT")


def _variants(now: datetime) -> Iterator[tuple[Any, ...]]:
    """What citizens wrote: rows of ``variant``."""
    rng = random.Random(_SEED)
    for number in range(REPEATED + RECENT):
        told = filing(rng, now)
        language = told["language"]
        kind = city().subcategories[told["category"]]
        address = f"{number}, {told['address']}"
        if number % 25 == 0:
            address += f", {MIDDLING[language]}"
        if number >= REPEATED and number % 50 == 1:
            address += f", {SELDOM[language]}"
        if number % (20 if number >= REPEATED else 250) == 7:
            address += f", {THIN[language]}"
        placed = number % 2 == 0
        lat, lon = rng.uniform(*LATITUDES), rng.uniform(*LONGITUDES)
        hours = kind.sla_hours * (1.0 if kind.round_the_clock else 3.3)
        yield (
            number,
            kind.code,
            kind.parent,
            kind.department,
            kind.priority,
            kind.private,
            told["ward"],
            kind.sla_hours * 60,
            f"{hours} hours",
            told["description"],
            address,
            told["citizen_name"],
            told["citizen_phone"],
            told["citizen_email"],
            language,
            told["channel"],
            lat if placed else None,
            lon if placed else None,
            cell(lat, lon) if placed else None,
            search_tokens(told["description"], address),
        )
