"""Search over the e-office: what a page costs with 10,000 files, and with a hundred times more."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from psycopg2.extras import execute_values
from sqlalchemy.orm import sessionmaker

from benchmarks.collecting import as_in_a_service
from benchmarks.ground import Ground
from benchmarks.measures.grievance_lists import p99
from benchmarks.rows import Result, Row
from benchmarks.trials import Pairs
from palika.auth import Identity
from palika.config import settings
from palika.database import create_engine
from palika.local.processes import LocalError
from services.eoffice.domain.office_words import office_tokens
from services.eoffice.domain.searching import suggested
from services.eoffice.organisation_store import current
from services.eoffice.queries import search
from services.eoffice.reference import read_data
from services.eoffice.schemas.search import Counting, Searching, Suggesting

FEW, MANY = 10_000, 1_000_000
A_MONTH = 10_000
"""So many files are opened in thirty days."""
ROUNDS = 3
WARM_UP = 10
FEWEST = 500
"""Calls of a round, at least, with either number stored."""
PAGE = 20
_VARIANTS = 20_000
NOTES, PAGES, WORDS_OF_A_PAGE = 3, 2, 120
"""Of every tenth file."""
_SEED = 20260103

_READERS = {
    "clerk": Identity.of("officer:roads-clerk", "officer"),
    "chief": Identity.of("officer:roads-ce", "officer"),
}
SEARCHES: dict[str, dict[str, Any]] = {
    "in every eighth, mr": {"words": "निविदा"},
    "in every eighth, en": {"words": "tender"},
    "two words, frequent": {"words": "निविदा मंजुरी"},
    "two words, mixed": {"words": "repairs गणपती"},
    "one in 50": {"words": "गणपती"},
    "one in 300": {"words": "गुलमोहर"},
    "of a department": {"words": "tender", "department": "roads"},
    "notes only": {"words": "गणपती", "kinds": ["note"]},
    "pages only": {"words": "गणपती", "kinds": ["paper"]},
    "receipts and letters": {"words": "गणपती", "kinds": ["receipt", "letter"]},
    "files and notes, rare": {"words": "गुलमोहर", "kinds": ["note", "file"]},
}
COUNTS: dict[str, dict[str, Any]] = {
    "frequent": {"words": "निविदा"},
    "one in 50": {"words": "गणपती"},
    "one in 300": {"words": "गुलमोहर"},
}
SUGGESTIONS: dict[str, dict[str, Any]] = {"mr": {"words": "निव"}, "en": {"words": "app"}}

HOW = f"""
Pages of {PAGE} of {len(SEARCHES)} searches, {len(COUNTS)} counts and {len(SUGGESTIONS)}
suggestions, asked of the service's own query functions by a post that reads normal files and by one
that reads secret ones, each in a transaction of its own on one connection, in this process: with
{FEW:,} files stored and, call by call in turn, with {MANY:,}. Every tenth file has {NOTES} notes, a
paper of {PAGES} pages with some {WORDS_OF_A_PAGE} words each, and a letter, and with every tenth
comes a receipt that is in no file; what is shown of each hit is read from its own row. {A_MONTH:,}
files are opened a month, so the smaller number is one month and the larger is more than eight
years; one in 20 is secret, one in 200 top secret. Every page of a list is full with either, or it
is an error. Counts are with those of each kind. Each of
{ROUNDS} rounds has at least {FEWEST} calls; a p99 is of all of a round's calls, the figures are the
medians of the rounds. {WARM_UP} calls of each kind before do not count. Python looks for garbage
as it does in a service (`palika/garbage.py`).
"""

_VARIANT = """
    CREATE TEMPORARY TABLE variant (
        number int PRIMARY KEY, subject text, department text, words text[], tokens text[],
        note text, note_tokens text[], said text, said_tokens text[]
    )
"""
_MADE = """
    CREATE TEMPORARY TABLE made AS
    SELECT *, uuidv7(at - clock_timestamp()) AS id,
        CASE WHEN number %% 200 = 0 THEN 3 WHEN number %% 20 = 0 THEN 2 ELSE 0 END AS secrecy,
        'ROADS/EST/GENERAL/' || extract(year FROM at)::int || '/' || lpad(number::text, 7, '0')
            AS name,
        ARRAY[to_char(at AT TIME ZONE 'Asia/Kolkata', '"@"YYYY-MM'),
            to_char(at AT TIME ZONE 'Asia/Kolkata', '"@"YYYY-MM-DD')] AS slots
    FROM (
        SELECT number, number %% %(variants)s AS variant, (number / 7) %% 10 = 3 AS has_more,
            %(now)s - interval '1 second' * (%(count)s - number + 1) * %(step)s AS at
        FROM generate_series(1, %(count)s) AS number
    ) AS opened
"""
# What is in the files: one row a note, a paper, a letter; and the receipts that came meanwhile.
_MORE = """
    CREATE TEMPORARY TABLE more AS
    SELECT uuidv7(at - clock_timestamp()) AS id, made.id AS file_id, made.number, kind, part,
        at, slots, secrecy, department, (variant + 7 * part) %% %(variants)s AS variant
    FROM made JOIN variant AS own ON own.number = made.variant, LATERAL (
        SELECT 'note' AS kind, generate_series(1, %(notes)s) AS part
        UNION ALL VALUES ('paper', 4), ('letter', 5), ('receipt', 6)
    ) AS parts
    WHERE has_more
"""
_FILES = """
    INSERT INTO file (id, number, department, head, subject, language, secrecy, priority, public,
        part, volume, state, held_by, held_since, opened_by, opened_at, closed_at, moves, version,
        rev)
    SELECT id, name, department, 'general', subject, 'mr', secrecy, 0, false, 1, 1,
        CASE WHEN over THEN 'closed' ELSE 'open' END, 'roads-de', at, 'roads-je', at,
        CASE WHEN over THEN at + interval '20 days' END, 3, 4, 1
    FROM (SELECT *, at < %(now)s - interval '20 days' AS over FROM made) AS made
    JOIN variant ON variant.number = made.variant ORDER BY made.number
"""
_THINGS = """
    INSERT INTO note (id, file_id, number, post, capacity, by_post, language, markup, confirmed_at,
        moves, rev)
    SELECT id, file_id, part, 'roads-je', 'regular', 'roads-je', 'mr', note, at, 0, 1
    FROM more JOIN variant ON variant.number = more.variant WHERE kind = 'note';
    INSERT INTO paper (id, name, key, source, size, pages, sha256, received_sha256, added_by,
        added_at, rev)
    SELECT id, 'scan', id::text, 'application/pdf', 1, %(pages)s, '', '', 'roads-je', at, 1
    FROM more WHERE kind = 'paper';
    INSERT INTO paper_text (paper_id, pages, cut, read_at, rev)
    SELECT id, array_fill(said, ARRAY[%(pages)s]), false, at, 1
    FROM more JOIN variant ON variant.number = more.variant WHERE kind = 'paper';
    INSERT INTO correspondence (id, file_id, position, kind, title, paper_id, first_page, last_page,
        added_at, added_by, rev)
    SELECT id, file_id, 1, 'enclosure', subject, id, 1, %(pages)s, at, 'roads-je', 1
    FROM more JOIN variant ON variant.number = more.variant WHERE kind = 'paper';
    INSERT INTO letter (id, file_id, template, language, state, version, to_name, begun_by,
        begun_at, rev)
    SELECT id, file_id, 'general', 'mr', 'draft', 1, 'Jadhav', 'roads-je', at, 1
    FROM more WHERE kind = 'letter';
    INSERT INTO letter_version (letter_id, version, subject, body, by_post, saved_at, rev)
    SELECT id, 1, subject, note, 'roads-je', at, 1
    FROM more JOIN variant ON variant.number = more.variant WHERE kind = 'letter';
    INSERT INTO receipt (id, number, office, department, medium, sender_kind, sender_name,
        received_on, subject, category, language, secrecy, priority, vip, state, held_by,
        held_since, diarised_by, diarised_at, moves, version, rev)
    SELECT id, 'DAK/CR/' || more.number, 'cr', more.department, 'letter', 'citizen', 'Jadhav',
        at::date, subject || ' ' || note, 'general', 'mr', secrecy, 0, false, 'open', 'roads-de',
        at, 'registry-clerk', at, 0, 1, 1
    FROM more JOIN variant ON variant.number = more.variant WHERE kind = 'receipt'
"""
_WORDS = """
    INSERT INTO search_words (id, kind, thing, page, file_id, receipt_id, department, grade,
        secrecy, at, title, words, tokens)
    SELECT id, 'file', id, 0, id, NULL, department, 0, secrecy, at, subject, words,
        slots || ('~file'::text) || ('#' || department) || tokens || ('=' || name)
    FROM made JOIN variant ON variant.number = made.variant ORDER BY made.number;
    INSERT INTO search_words (id, kind, thing, page, file_id, receipt_id, department, grade,
        secrecy, at, title, words, tokens)
    SELECT uuidv7(at - clock_timestamp()), kind, id, page,
        CASE WHEN kind <> 'receipt' THEN file_id END, CASE WHEN kind = 'receipt' THEN id END,
        more.department, CASE WHEN kind = 'receipt' THEN secrecy ELSE 0 END, secrecy, at, subject,
        CASE WHEN kind IN ('letter', 'receipt') THEN words ELSE '{}'::text[] END,
        slots || ('~' || kind) || ('#' || more.department)
            || CASE WHEN kind = 'paper' THEN said_tokens ELSE note_tokens END
    FROM more JOIN variant ON variant.number = more.variant,
        LATERAL (
            SELECT generate_series(1, %(pages)s) AS page WHERE kind = 'paper'
            UNION ALL SELECT 0 WHERE kind <> 'paper'
        ) AS parts
    ORDER BY more.number
"""
_TABLES = (
    *("file", "note", "paper", "paper_text", "correspondence", "letter", "letter_version"),
    *("receipt", "search_words"),
)
_FILLED = ", ".join(f"'{table}'" for table in _TABLES)
_INDEXES = f"""
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
    FROM pg_index LEFT JOIN pg_constraint ON conindid = indexrelid AND contype IN ('p', 'u')
    WHERE indrelid = ANY (ARRAY[{_FILLED}]::regclass[]) AND conindid IS NULL
"""


class Stored:
    """One of the databases, and how it is asked."""

    def __init__(self, ground: Ground, count: int, now: datetime) -> None:
        """Make it and connect; ``now`` is when the last file was opened."""
        name = f"eoffice_{count}"
        ground.use_database("eoffice", name)
        if not ground.has_database(name):
            ground.run("palika.cli", "migrate", "eoffice")
            with closing(ground.connect_to(name)) as connection:
                fill(connection, count, now)
        self._engine = create_engine(settings("eoffice"), pool_size=1, max_overflow=0)
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)
        self._now = now
        with self._sessions.begin() as session:
            current(session)

    def close(self) -> None:
        """Disconnect."""
        self._engine.dispose()

    def ask(self, what: str, kind: str, reader: str) -> float:
        """Ask once; the seconds that it took.

        Raises:
            LocalError: there is less than there should be.
        """
        caller = _READERS[reader]
        started = time.perf_counter()
        with self._sessions.begin() as session:
            if what == "searches":
                asked = Searching().load({**SEARCHES[kind], "limit": PAGE})
                found = search.page(session, caller, asked, self._now)
                enough = len(found["items"]) == PAGE and found["next"] is not None
            elif what == "counts":
                asked = Counting().load(COUNTS[kind])
                enough = search.count(session, caller, asked, self._now)["count"] > PAGE
            else:
                asked = Suggesting().load(SUGGESTIONS[kind])
                enough = bool(search.suggest(session, caller, asked, self._now)["words"])
        took = time.perf_counter() - started
        if not enough:
            raise LocalError(f"{what}, {kind}, {reader}: too little is found")
        return took


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """Either number stored, call by call in turn."""
    ground.enter("eoffice_search")
    now = datetime.now(UTC)
    tried: list[str] = []
    rows = []
    with ExitStack() as stack:
        stored = []
        for count in (FEW, MANY):
            say(f"filling {count:,}")
            on = Stored(ground, count, now)
            stack.callback(on.close)
            stored.append(on)
        stack.enter_context(as_in_a_service())
        for what, kinds in (
            ("searches", SEARCHES),
            ("counts", COUNTS),
            ("suggestions", SUGGESTIONS),
        ):
            pairs = _measure(what, list(kinds), stored, tried, say)
            rows.append(
                Row(
                    f"e-office: {what}, p99, {MANY:,} files",
                    f"the same, {FEW:,} files",
                    pairs.ours,
                    "ms",
                    2.0,
                    peer=pairs.peer,
                    ratio=pairs.ratio,
                    ceiling=True,
                )
            )
    return Result("eoffice_search", rows, HOW, tried)


def _measure(
    what: str, kinds: list[str], stored: list[Stored], tried: list[str], say: Callable[[str], None]
) -> Pairs:
    few, many = stored
    asked = [(kind, reader) for kind in kinds for reader in _READERS]
    for kind, reader in asked * WARM_UP:
        few.ask(what, kind, reader)
        many.ask(what, kind, reader)
    of_kind: dict[tuple[str, str], list[tuple[float, float]]] = {each: [] for each in asked}
    samples = []
    for number in range(1, ROUNDS + 1):
        taken = []
        for _ in range(-(-FEWEST // len(asked))):
            for each in asked:
                pair = many.ask(what, *each) * 1_000, few.ask(what, *each) * 1_000
                of_kind[each].append(pair)
                taken.append(pair)
        samples.append(p99(taken))
        say(
            f"{what} {number}/{ROUNDS}: {MANY:,} {samples[-1][0]:.1f} ms, "
            f"{FEW:,} {samples[-1][1]:.1f} ms"
        )
    for (kind, reader), pairs in of_kind.items():
        ours, theirs = (median(column) for column in zip(*pairs, strict=True))
        last, first = p99(pairs)
        tried.append(
            f"{what}, {kind}, {reader}: p50 {ours:.1f} ms and {theirs:.1f} ms, "
            f"p99 {last:.1f} ms and {first:.1f} ms ({MANY:,} and {FEW:,} stored)"
        )
    return Pairs.of(samples)


def fill(connection: Any, count: int, now: datetime) -> None:
    """Put so many files, the last opened ``now``, in place of all that are there."""
    step = timedelta(days=30).total_seconds() / A_MONTH
    values = {"count": count, "now": now, "step": step, "variants": _VARIANTS}
    values |= {"notes": NOTES, "pages": PAGES}
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        # No look at a foreign key for each row.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_VARIANT)
        execute_values(cursor, "INSERT INTO variant VALUES %s", list(_variants()), page_size=1_000)
        cursor.execute("ANALYZE variant")
        cursor.execute(_MADE, values)
        cursor.execute(_MORE, values)
        # In the transaction that empties a table PostgreSQL writes no log of what is put into it.
        cursor.execute("BEGIN")
        cursor.execute(_INDEXES)
        indexes = cursor.fetchall()
        for index, _ in indexes:
            cursor.execute(f"DROP INDEX {index}")
        cursor.execute(f"TRUNCATE {', '.join(_TABLES)} CASCADE")
        cursor.execute(_FILES, values)
        cursor.execute(_THINGS, values)
        cursor.execute(_WORDS, values)
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute("COMMIT")
        cursor.execute(f"VACUUM ANALYZE {', '.join(_TABLES)}")
        cursor.execute("CHECKPOINT")


def _variants() -> Iterator[tuple[Any, ...]]:
    """What files, notes and pages say: rows of ``variant``."""
    rng = random.Random(_SEED)
    subjects = read_data("seed.yaml")["subjects"]
    departments = ["roads", "drainage", "water-supply", "solid-waste", "property-tax"]
    filler = [f"शब्द{number} word{number}" for number in range(3_000)]
    for number in range(_VARIANTS):
        subject = f"{rng.choice(subjects)} {rng.choice(filler)}"
        note = " ".join(rng.choices(filler, k=12))
        said = " ".join(rng.choices(filler, k=WORDS_OF_A_PAGE // 2))
        if number % 25 == 1:
            subject += " गणपतीसमोर"
            note += " गणपती मंडळ"
            said += " गणपती उत्सव"
        if number % 150 == 2:
            subject += " गुलमोहर"
            note += " गुलमोहराजवळ"
            said += " गुलमोहराचे झाड"
        yield (
            number,
            subject,
            rng.choice(departments),
            suggested(subject),
            sorted(set(office_tokens(subject))),
            note,
            sorted(set(office_tokens(note))),
            said,
            sorted(set(office_tokens(said))),
        )
