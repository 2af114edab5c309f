"""`palika kpi rebuild` against a real broker and database: exact, safe, alone."""

import json
import random
import threading
from collections import Counter

import pika
import pytest
from sqlalchemy import text

from palika import topology
from palika.config import settings
from palika.database import create_engine
from palika.errors import Conflict
from services.kpi.commands.rebuild import SUBSCRIPTION
from services.kpi.domain.projection import KINDS, RULES
from tests.support.kpi_rebuild import Platform, some_event
from tests.support.kpi_rebuild import kpi as kpi

pytestmark = pytest.mark.slow


def test_the_live_projection_equals_the_truth(kpi):
    kpi.happen(500)
    kpi.consume()
    assert kpi.is_true()


def test_what_was_damaged_is_repaired_to_the_last_unit(kpi):
    kpi.happen(1_500)
    kpi.consume()
    assert {event.type for event in kpi.published} == RULES.keys()
    assert {KINDS.get(key[0]) for key in kpi.truth()} >= {"sum", "distribution", "distinct"}
    with kpi.sessions.begin() as session:
        session.execute(text("UPDATE measure SET value = value + 1 WHERE measure = 'tax.paid'"))
        session.execute(text("DELETE FROM measure WHERE measure = 'eoffice.moved'"))
        session.execute(text("UPDATE measure_year SET m12 = 7 WHERE measure = 'tax.billed'"))
    outcome = kpi.rebuild()
    assert kpi.is_true()
    assert outcome.counted == len(kpi.published)
    assert outcome.events > outcome.counted
    assert outcome.ahead == 0
    assert outcome.rows == len(kpi.truth())
    kinds = Counter(key[0] for key in kpi.truth())
    assert outcome.rows_changed == kinds["tax.paid"] + kinds["eoffice.moved"]
    assert outcome.months_changed == len({y for m, _, y, *_ in kpi.months() if m == "tax.billed"})


def test_rebuilding_what_is_right_changes_nothing(kpi):
    kpi.happen(300)
    kpi.consume()
    for _ in range(2):
        outcome = kpi.rebuild()
        assert (outcome.rows_changed, outcome.months_changed) == (0, 0)
    assert kpi.is_true()


def test_what_the_queue_has_not_delivered_yet_is_counted_once(kpi):
    kpi.happen(200)
    kpi.consume()
    kpi.happen(100)
    outcome = kpi.rebuild()
    assert outcome.ahead == 100
    assert kpi.is_true()
    kpi.consume()
    assert kpi.is_true()


def test_it_is_exact_while_events_flow(kpi):
    kpi.happen(500)
    stopped = threading.Event()
    live = threading.Thread(target=kpi.consume_until, args=(stopped,))
    live.start()
    publishing = threading.Event()
    outcomes: list = []

    def rebuild_twice() -> None:
        publishing.wait(10)
        outcomes.extend(kpi.rebuild() for _ in range(2))

    rebuilding = threading.Thread(target=rebuild_twice)
    rebuilding.start()
    try:
        kpi.happen(100)
        publishing.set()
        while rebuilding.is_alive():
            kpi.happen(50)
    finally:
        rebuilding.join()
        stopped.set()
        live.join()
    kpi.consume()
    assert len(outcomes) == 2
    assert kpi.is_true()
    assert kpi.seen() == len(kpi.published)


def test_events_that_the_logs_have_lost_stop_it_and_leave_the_live_tables(kpi):
    kpi.happen(50)
    kpi.consume()
    with kpi.sessions.begin() as session:
        session.execute(
            text("INSERT INTO inbox (subscription, event_id) SELECT :name, gen_random_uuid() "
                 "FROM generate_series(1, 3)"),
            {"name": SUBSCRIPTION},
        )  # fmt: skip
    before = kpi.measures()
    with pytest.raises(Conflict, match=r"3 event\(s\)") as error:
        kpi.rebuild(patience_s=0.5)
    assert error.value.details == {"missing": 3}
    assert kpi.measures() == before
    assert kpi.seen() == 53


def test_a_log_without_its_beginning_stops_it(kpi):
    kpi.close()
    cut = Platform(
        kpi.uri, {"x-max-length-bytes": 20_000, "x-stream-max-segment-size-bytes": 10_000}
    )
    try:
        cut.happen(800)
        cut.consume()
        with cut.sessions.begin() as session:
            # Long ago, so that the inbox has forgotten it.
            session.execute(text("DELETE FROM inbox"))
        with pytest.raises(Conflict, match="cut the beginning"):
            cut.rebuild()
        assert cut.is_true()
    finally:
        cut.close()
    kpi.connection = pika.BlockingConnection(pika.URLParameters(kpi.uri))


def test_only_one_runs_at_a_time(kpi):
    kpi.happen(20)
    kpi.consume()
    second: list = []

    def try_another(done: int, total: int) -> None:
        with pytest.raises(Conflict, match="Another rebuild"):
            kpi.rebuild()
        second.append(done)

    kpi.rebuild(progress=try_another)
    assert second
    assert kpi.is_true()


def test_an_interruption_changes_nothing_and_it_can_be_run_again(kpi):
    kpi.happen(100)
    kpi.consume()
    before = kpi.measures()

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kpi.rebuild(progress=interrupt)
    assert kpi.measures() == before
    kpi.happen(10)
    kpi.rebuild()
    assert kpi.is_true()


def test_what_cannot_be_counted_is_left_out_as_it_is_live(kpi):
    kpi.happen(30)
    bad = some_event(random.Random(1))
    bad.data = {"department": "water"}
    kpi.publish(bad)
    kpi.channel.basic_publish("tax.events", "paid", b"not an event")
    kpi.consume()
    outcome = kpi.rebuild()
    assert list(outcome.refused) == [bad.id]
    assert "missing" in outcome.refused[bad.id]
    assert outcome.failed == 1
    assert kpi.is_true()
    assert json.loads(json.dumps(outcome.to_dict()))["refused"][0]["event"] == bad.id


def test_types_that_the_measures_do_not_count_are_no_failure_and_not_remembered(kpi):
    kpi.happen(10)
    other = some_event(kpi.rng)
    other.type = "grievance.translated.v1"
    kpi.channel.queue_bind(topology.log_of("grievance"), "grievance.events", "translated")
    kpi.publish(other)
    kpi.consume()
    outcome = kpi.rebuild()
    assert (outcome.failed, outcome.refused, outcome.rows_changed) == (0, {}, 0)
    assert outcome.counted == kpi.seen() == 10


def test_the_new_tables_are_made_as_the_old_ones_and_others_keep_their_inbox(kpi):
    kpi.happen(10)
    kpi.consume()
    with kpi.sessions.begin() as session:
        session.execute(text("INSERT INTO inbox VALUES ('kpi.other', gen_random_uuid(), now())"))
    before = structure()
    kpi.rebuild()
    assert structure() == before
    with kpi.sessions() as session:
        kept = session.execute(text("SELECT count(*) FROM inbox WHERE subscription = 'kpi.other'"))
        assert kept.scalar_one() == 1
        left = session.execute(text("SELECT count(*) FROM pg_namespace WHERE nspname = 'rebuild'"))
        assert left.scalar_one() == 0


def test_what_the_inbox_has_forgotten_is_not_called_ahead(kpi):
    kpi.happen(150)
    kpi.consume()
    with kpi.sessions.begin() as session:
        # As it is pruned after PALIKA_INBOX_KEEP_DAYS.
        session.execute(text("DELETE FROM inbox"))
    kpi.happen(50)
    kpi.consume()
    kpi.happen(30)
    outcome = kpi.rebuild()
    assert (outcome.counted, outcome.ahead, outcome.forgotten) == (230, 30, 150)
    assert kpi.is_true()
    kpi.consume()
    assert kpi.is_true()


def structure() -> list:
    """Columns, indexes, constraints and storage options of the tables."""
    engine = create_engine(settings("kpi"))
    tables = "('inbox', 'measure', 'measure_year')"
    queries = (
        "SELECT table_name, column_name, data_type, is_nullable, column_default "
        f"FROM information_schema.columns WHERE table_name IN {tables}",
        f"SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN {tables}",
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid IN ('inbox'::regclass, 'measure'::regclass, 'measure_year'::regclass)",
        f"SELECT relname, reloptions FROM pg_class WHERE relname IN {tables}",
    )
    with engine.connect() as connection:
        found = [sorted(map(str, connection.execute(text(query)))) for query in queries]
    engine.dispose()
    return found
