"""`palika kpi rebuild --from DAY`, against what all events that ever happened come to."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pika
import pytest
from sqlalchemy import text

from palika.errors import Conflict
from palika.events import Event
from palika.india import day_of
from services.kpi.domain.projection import EARLY
from tests.integration.test_kpi_entry_rebuild import fill
from tests.support.kpi_entry import measures
from tests.support.kpi_rebuild import Platform, some_event
from tests.support.kpi_rebuild import kpi as kpi

pytestmark = pytest.mark.slow

_SMALL = {"x-max-length-bytes": 90_000, "x-stream-max-segment-size-bytes": 20_000}


@pytest.fixture
def cut(kpi) -> Iterator[Platform]:
    """Logs of which little more than half is left, and a live projection that has seen it all."""
    kpi.close()
    platform = Platform(kpi.uri, _SMALL)
    past = sorted((past_event(platform.rng) for _ in range(1_500)), key=lambda each: each.id)
    platform.published += past
    platform.publish(*past)
    platform.consume()
    yield platform
    platform.close()
    kpi.connection = pika.BlockingConnection(pika.URLParameters(kpi.uri))


def past_event(rng: random.Random) -> Event:
    """An event that was recorded a minute after the last of what it tells; but that a hearing was
    set is recorded weeks before it. Its id has the time, as those of the service have."""
    event = some_event(rng)
    told = [
        datetime.fromisoformat(value)
        for name, value in event.data.items()
        if isinstance(value, str) and (name.endswith("_at") or name == "at")
    ]
    recorded = max([event.time, *told]) + timedelta(minutes=1)
    if event.type == "tax.hearing_set.v1":
        recorded -= timedelta(days=25)
    return recorded_at(event, recorded, rng)


def recorded_at(event: Event, moment: datetime, rng: random.Random) -> Event:
    bits = int(moment.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | rng.getrandbits(60)
    event.id, event.time = str(UUID(int=bits)), moment
    return event


def first_possible(kpi: Platform) -> date:
    with pytest.raises(Conflict, match="--from") as error:
        kpi.rebuild()
    return date.fromisoformat(error.value.details["from"])


def late_events(kpi: Platform, count: int) -> None:
    """Events that no live projection has seen yet, of now; what they take back is of long ago."""
    for n in range(count):
        event = some_event(kpi.rng)
        moment = datetime(2026, 8, 1, tzinfo=UTC) + timedelta(minutes=n)
        kpi.published.append(recorded_at(event, moment, kpi.rng))
        kpi.publish(event)


def test_from_a_day_that_the_logs_have_whole_all_is_as_it_was_from_the_first(cut):
    assert cut.is_true()
    first = first_possible(cut)
    days = {key[3] for key in cut.truth()}
    assert min(days) < first.isoformat() < max(days)
    outcome = cut.rebuild(since=first)
    assert (outcome.rows_changed, outcome.months_changed, outcome.ahead) == (0, 0, 0)
    assert cut.is_true()
    assert 0 < outcome.events < len(cut.published)


@pytest.mark.parametrize("forgotten", [False, True])
def test_what_is_taken_back_of_days_before_is_taken_back_once(cut, forgotten):
    """Delivered or not; also when the inbox has forgotten what was delivered."""
    if forgotten:
        with cut.sessions.begin() as session:
            session.execute(
                text(
                    "DELETE FROM inbox WHERE event_id NOT IN "
                    "(SELECT event_id FROM inbox ORDER BY event_id DESC LIMIT 20)"
                )
            )
    late_events(cut, 60)
    first = first_possible(cut)
    outcome = cut.rebuild(since=first)
    assert outcome.ahead == 60
    assert cut.is_true()
    cut.consume()
    assert cut.is_true()
    cut.rebuild(since=first + timedelta(days=20))
    assert cut.is_true()


def test_damage_is_repaired_from_that_day_on_and_before_it_left_as_it_is(cut):
    first = first_possible(cut)
    with cut.sessions.begin() as session:
        session.execute(
            text("UPDATE measure SET value = value + 7 WHERE measure <> ALL(:early)"),
            {"early": sorted(EARLY)},
        )
    cut.rebuild(since=first)
    truth = cut.truth()
    for key, value in cut.measures().items():
        damaged = key[3] < first.isoformat() and key[0] not in EARLY
        assert value == truth[key] + (7 if damaged else 0), key


def test_an_earlier_day_is_refused_with_the_first_possible_one(cut):
    first = first_possible(cut)
    before = cut.measures()
    with pytest.raises(Conflict, match=str(first)):
        cut.rebuild(since=first - timedelta(days=1))
    assert cut.measures() == before


def test_an_event_that_is_live_and_should_be_in_the_logs_stops_it(cut):
    first = first_possible(cut)
    lost = recorded_at(some_event(cut.rng), datetime(2026, 7, 1, tzinfo=UTC), cut.rng)
    with cut.sessions.begin() as session:
        session.execute(
            text("INSERT INTO inbox (subscription, event_id) VALUES ('kpi.measures', :id)"),
            {"id": lost.id},
        )
    with pytest.raises(Conflict, match=r"1 event\(s\)"):
        cut.rebuild(since=first, patience_s=0.5)


def test_with_whole_logs_and_entered_values_any_day_will_do(kpi):
    kpi.happen(400)
    kpi.consume()
    fill(kpi)
    kpi.happen(40)
    middle = day_of(datetime(2026, 3, 20, tzinfo=UTC))
    outcome = kpi.rebuild(since=middle)
    assert outcome.ahead == 40
    kpi.consume()
    from_a_day = measures(kpi.sessions)
    outcome = kpi.rebuild()
    assert (outcome.rows_changed, outcome.months_changed) == (0, 0)
    assert measures(kpi.sessions) == from_a_day
