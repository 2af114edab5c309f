"""Parts of measures, and that the order and the batches of events change nothing."""

import json
import random
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.india import start_of
from services.kpi.domain.projection import (
    EARLY,
    MEASURES,
    RULES,
    Projector,
)
from services.kpi.domain.sketches import bucket
from tests.support.projection import (
    FILED,
    PLACE,
    PLAIN,
    RESOLVED,
    SAMPLES,
    aggregate,
)
from tests.support.samples import golden

# ---- parts


PARTS = {
    "pothole.filed": {"of": "grievance.filed", "where": {"category": ["pothole"]}},
    "app.filed": {"of": "grievance.filed", "where": {"channel": ["app", "web"]}},
    "pothole.app": {
        "of": "grievance.filed",
        "where": {"category": ["pothole"], "channel": ["app"]},
    },
    "unsaid.filed": {"of": "grievance.filed", "where": {"priority": [None]}},
    "pothole.time": {"of": "grievance.resolution_time", "where": {"category": ["pothole"]}},
}


@pytest.mark.parametrize(
    ("said", "fed"),
    [
        ({"category": "pothole", "channel": "app"}, {"pothole.filed", "app.filed", "pothole.app"}),
        ({"category": "pothole", "channel": "phone"}, {"pothole.filed"}),
        ({"category": "leak", "channel": "web", "priority": "high"}, {"app.filed"}),
        ({}, set()),
    ],
)
def test_an_event_feeds_the_parts_that_it_is_told_by(said, fed):
    data = {"department": "roads", "ward": None, "filed_at": "2026-04-01T04:00:00Z", **said}
    projector = Projector(PARTS)
    for _ in range(2):
        changes = dict(projector.deltas("grievance.filed.v1", data))
        found = {key[0] for key in changes} - MEASURES
        assert found == fed | (set() if "priority" in said else {"unsaid.filed"})
        assert {key[1:] for key in changes} == {("roads", "", "2026-04-01", 0)}


def test_a_part_of_a_distribution_has_its_cells():
    data = {**RESOLVED, "category": "pothole"}
    changes = Projector(PARTS).deltas("grievance.resolved.v1", data)
    assert (("pothole.time", "water", "W1", "2026-04-03", bucket(90)), 1) in changes


def test_parts_are_taken_back_with_the_whole():
    data = {**RESOLVED, "category": "pothole", "reopened_at": "2026-04-09T00:00:00Z"}
    events = [("1", "grievance.resolved.v1", data), ("2", "grievance.reopened.v1", data)]
    totals = aggregate(events, Projector(PARTS)).totals
    assert {v for key, v in totals.items() if key[0] == "pothole.time"} == {0}


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"of": "grievance.lost", "where": {}}, "'grievance.lost'"),
        ({"of": "grievance.resolved", "where": {"channel": ["app"]}}, "does not tell 'channel'"),
        ({"of": "grievance.resolved", "where": {"category": "leak"}}, "category: not a list"),
    ],
)
def test_a_part_of_nothing_is_named(part, message):
    with pytest.raises(ValueError, match=f"a.b: .*{message}"):
        Projector({"a.b": part})


@pytest.mark.parametrize("kind", sorted(RULES))
def test_what_is_told_before_it_happens_says_how_early(kind):
    sample = json.loads(golden(kind).read_text("utf-8"))
    told = datetime.fromisoformat(sample["time"])
    for (measure, _, _, day, _), _ in PLAIN.deltas(kind, sample["data"]):
        early = EARLY.get(measure, timedelta(0))
        assert start_of(date.fromisoformat(day)) - early <= told, measure


def test_only_base_measures_say_how_early_they_are_told():
    assert EARLY.keys() <= MEASURES


def test_a_base_measure_is_no_part():
    with pytest.raises(ValueError, match=r"tax\.paid: is a base measure"):
        Projector({"tax.paid": {"of": "tax.billed", "where": {}}})


def test_an_event_that_tells_a_part_by_no_word_is_refused_whole():
    odd = {**FILED, "category": ["pothole"], "channel": "app"}
    batch = aggregate([("a", "grievance.filed.v1", odd)], Projector(PARTS))
    assert batch.totals == {}
    assert batch.refused == {"a": "category: neither a word nor a number"}


# ---- order


@given(
    st.lists(st.sampled_from(sorted(SAMPLES)), max_size=60),
    st.lists(st.integers(1, 20), min_size=1, max_size=60),
    st.randoms(use_true_random=False),
)
def test_order_and_batching_do_not_change_the_totals(kinds, sizes, rng: random.Random):
    projector = Projector(PARTS)
    events = [(str(place), kind, SAMPLES[kind]) for place, kind in enumerate(kinds)]
    shuffled = rng.sample(events, len(events))
    summed: dict = {}
    while shuffled:
        size = rng.choice(sizes)
        for key, value in projector.aggregate(shuffled[:size]).totals.items():
            summed[key] = summed.get(key, 0) + value
        del shuffled[:size]
    assert summed == projector.aggregate(events).totals


@given(st.lists(st.sampled_from(["resolve", "breach", "transfer", "reject", "withdraw", "merge"]),
                max_size=12), st.randoms(use_true_random=False))  # fmt: skip
def test_stocks_are_what_is_open_and_late_at_the_end_of_every_day_in_whatever_order(steps, rng):
    events, truth = a_life(steps)
    rng.shuffle(events)
    totals = aggregate((str(n), *event) for n, event in enumerate(events)).totals
    stock: Counter = Counter()
    for day in range(1, len(truth) + 1):
        for department in ("water", "roads"):
            place = department, "W1", f"2026-04-{day:02}", 0
            filed, ended, late = (
                totals.get((f"grievance.{name}", *place), 0)
                for name in ("filed", "ended", "overdue_open")
            )
            stock["open", department] += filed - ended
            stock["overdue_open", department] += late
        assert {key for key, value in stock.items() if value} == truth[day - 1]
        assert set(stock.values()) <= {0, 1}


def a_life(steps: list[str]) -> tuple[list, list]:
    """The events of a grievance that takes a step a day, as the service tells them; and what is
    open and late, and where, at the end of each day."""
    here, there, late, ended = "water", "roads", None, None
    events = [("grievance.filed.v1", {**PLACE, "filed_at": "2026-04-01T04:00:00Z"})]
    truth = [{("open", here)}]
    for day, step in enumerate(steps, start=2):
        at = f"2026-04-{day:02}T04:00:00Z"
        data = {**PLACE, "department": here, "breached_at": late}
        if ended is not None:
            # Whatever it is that was to come, it is opened again first.
            undo, given_ = ended
            events.append((f"grievance.{undo}.v1", {**data, **given_, f"{undo}_at": at}))
            ended = None
        elif step == "breach" and late is None:
            late = at
            events.append(("grievance.breached.v1", {**data, "breached_at": at}))
        elif step == "transfer":
            move = {"transferred_at": at, "from_department": here, "from_category": "leak"}
            stays = late is not None and day % 2 == 0
            events.append(
                ("grievance.transferred.v1",
                 {**data, **move, "department": there, "stays_breached": stays})
            )  # fmt: skip
            here, there, late = there, here, late if stays else None
        elif step == "resolve":
            given_ = {"on_time": late is None, "minutes_taken": day, "resolved_at": at}
            events.append(("grievance.resolved.v1", {**data, **given_}))
            ended = "reopened", given_
        elif step in ("reject", "merge"):
            name, undo = {"reject": ("rejected", "restored"), "merge": ("merged", "unmerged")}[step]
            given_ = {f"{name}_at": at}
            events.append((f"grievance.{name}.v1", {**data, **given_}))
            ended = undo, given_
        elif step == "withdraw":
            events.append(("grievance.withdrawn.v1", {**data, "withdrawn_at": at}))
            truth.append(set())
            break
        open_now = set() if ended else {("open", here)}
        truth.append(open_now | ({("overdue_open", here)} if late and not ended else set()))
    return events, truth
