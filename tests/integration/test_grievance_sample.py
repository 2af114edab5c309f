"""The sample: drawn once by lot when the day is over, and checked by an officer who had no part."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.dialects import postgresql

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, NotFound
from services.grievance.commands import sample
from services.grievance.domain import sampling
from services.grievance.models import SampleCheck, SampleDraw
from services.grievance.queries import samples
from services.grievance.schemas import OpenChecks
from tests.support.grievances import CITIZEN, HOUR, NOW, OFFICER, fill

DAY = timedelta(days=1)
TODAY = date(2026, 7, 1)
TOMORROW = NOW + DAY
CHECKER = Identity.of("officer:roads-ward-officer", "officer")


@pytest.fixture
def share(monkeypatch):
    """Sets the policy's share of resolutions that are looked at."""
    from dataclasses import replace

    def to(percent: float) -> None:
        changed = replace(sample.policy(), sample_percent=Fraction(str(percent)))
        monkeypatch.setattr(sample, "policy", lambda: changed)

    to(100)
    return to


def draw(desk, day: date = TODAY, now=TOMORROW) -> Any:
    with desk.sessions.begin() as session:
        return sample.draw(session, day, now)


def drawn(desk, day: date = TODAY) -> dict[str, Any]:
    with desk.sessions() as session:
        return samples.the_draw(session, CHECKER, day)


def test_a_days_resolutions_are_found_by_an_index_however_long_the_past_is(desk):
    fill(desk.sessions, 20_000)
    statement = sample.resolved_on(date(2026, 6, 1))
    compiled = statement.compile(
        dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}
    )
    with desk.sessions() as session:
        plan = "\n".join(session.connection().exec_driver_sql(f"EXPLAIN {compiled}").scalars())
    assert "ix_grievance_resolved_at" in plan


def open_checks(desk, caller=CHECKER, **filters: Any) -> dict[str, Any]:
    with desk.sessions() as session:
        return samples.open_checks(session, caller, OpenChecks().load(filters))


def results(desk) -> list[dict[str, Any]]:
    with desk.sessions() as session:
        return samples.check_results(session, TODAY, TODAY + DAY)


def sampled(desk, **args: Any) -> Any:
    done = desk.resolved(**args)
    draw(desk)
    return done


# ---- drawing


def test_a_day_is_drawn_once_when_it_is_over_and_its_seed_is_kept(desk, share):
    done = desk.resolved()
    with pytest.raises(Conflict, match="2026-07-01 is not over"):
        draw(desk, now=NOW + HOUR)
    assert draw(desk).picked == 1
    seed = drawn(desk)["seed"]
    assert len(seed) == 32
    assert draw(desk) is None
    assert drawn(desk)["seed"] == seed
    told = desk.events(done)[-1]
    assert (told.type, told.data["officer"]) == ("grievance.sampled.v1", "roads-je")
    assert told.sequence == desk.stored(done).version == 4
    # Nobody of the public is told, and the state is as it was.
    assert desk.timeline(done, CITIZEN)[-1]["step"] == "resolve"
    assert desk.timeline(done)[-1]["step"] == "sample"


def test_whoever_draws_again_with_the_kept_seed_finds_the_same(desk, share):
    share(50)
    done = [desk.resolved() for _ in range(12)]
    draw(desk)
    said = drawn(desk)
    assert (said["drawn_from"], said["percent"]) == (12, 50)
    again = [
        str(each.id)
        for each in done
        if sampling.lot(said["seed"], each.id, each.resolved_at) < sampling.LOTS / 2
    ]
    assert [each["id"] for each in said["items"]] == sorted(again)
    assert said["picked"] == len(again)
    assert all(each["lot"] < 0.5 for each in said["items"])


def test_two_days_have_two_seeds(desk, share):
    draw(desk)
    draw(desk, TODAY + DAY, TOMORROW + DAY)
    assert drawn(desk)["seed"] != drawn(desk, TODAY + DAY)["seed"]
    with pytest.raises(NotFound, match="no draw was made for 2026-07-05"):
        drawn(desk, TODAY + 4 * DAY)


def test_of_many_processes_that_draw_at_once_one_does(desk, share):
    for _ in range(3):
        desk.resolved()
    start = threading.Barrier(4)

    def act(_number: int) -> None:
        start.wait(timeout=20)
        sample.draw_missing(desk.sessions.begin, TOMORROW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, range(4)))
    with desk.sessions() as session:
        assert session.scalar(select(func.count()).select_from(SampleDraw)) == 1
        assert session.scalar(select(func.count()).select_from(SampleCheck)) == 3
    assert [each.type for each in desk.events()].count("grievance.sampled.v1") == 3


def test_days_that_were_missed_are_drawn_one_by_one(desk, share):
    draw(desk)
    desk.resolved(now=NOW + 2 * DAY)
    sample.draw_missing(desk.sessions.begin, NOW + 4 * DAY)
    sample.draw_missing(desk.sessions.begin, NOW + 4 * DAY)
    assert [drawn(desk, TODAY + each * DAY)["picked"] for each in (1, 2, 3)] == [0, 1, 0]


def test_only_what_stands_as_resolved_that_day_is_drawn_from(desk, share):
    stands = desk.resolved()
    desk.take("rate", stands, CITIZEN, NOW + HOUR)
    desk.resolved(now=NOW + DAY)
    desk.take("reopen", desk.resolved(), CITIZEN, NOW + HOUR)
    desk.take("reject", desk.file())
    settled, here = desk.resolved(), desk.resolved()
    imported = "UPDATE grievance SET channel = 'import', officer = :officer WHERE id = :id"
    with desk.sessions.begin() as session:
        # Another system has resolved the one; the other came here open, and was put right here.
        session.execute(text(imported), {"id": settled.id, "officer": None})
        session.execute(text(imported), {"id": here.id, "officer": "roads-je"})
    draw(desk, now=NOW + 2 * DAY)
    assert {each["id"] for each in drawn(desk)["items"]} == {str(stands.id), str(here.id)}
    assert drawn(desk)["drawn_from"] == 2


def test_a_share_of_nothing_picks_nobody(desk, share):
    share(0)
    desk.resolved()
    assert (draw(desk).drawn_from, drawn(desk)["picked"]) == (1, 0)


# ---- checking


def test_another_officer_confirms_and_nothing_changes(desk, share):
    done = sampled(desk)
    left = desk.take("check_sample", done, CHECKER, NOW + DAY)
    assert (left.state, left.times_reopened) == ("resolved", 0)
    told = desk.events(done)[-1]
    assert (told.type, told.data["outcome"]) == ("grievance.checked.v1", "confirmed")
    assert "filled" not in told.to_json()
    assert desk.timeline(done, CITIZEN)[-1]["step"] == "resolve"
    with pytest.raises(Conflict, match="was checked at"):
        desk.take("check_sample", done, CHECKER, NOW + DAY)


def test_what_was_not_done_is_reopened_whatever_the_limits(desk, share):
    done = desk.resolved()
    for times in (1, 2):
        desk.take("reopen", done, CITIZEN, NOW + times * HOUR)
        desk.take("resolve", done, now=NOW + times * HOUR)
    draw(desk)
    desk.take("rate", done, CITIZEN, NOW + DAY)
    again = desk.take(
        "check_sample", done, CHECKER, NOW + 9 * DAY, outcome="not_done", note="Still a hole"
    )
    assert (again.state, again.officer, again.times_reopened) == ("assigned", "roads-je", 3)
    checked, reopened = desk.events(done)[-2:]
    assert (checked.data["outcome"], checked.data["officer"]) == ("not_done", "roads-je")
    assert reopened.data["reason"] == "sample"
    assert desk.timeline(done, CITIZEN)[-1]["note"] == "Still a hole"


def test_nobody_checks_their_own_work(desk, share):
    done = desk.file()
    desk.take("assign", done)
    desk.take("resolve", done, Identity.of("officer:roads-clerk", "officer"))
    draw(desk)
    for own in (OFFICER, Identity.of("supervisor:roads-clerk", "supervisor")):
        with pytest.raises(Forbidden, match="another officer than the one who resolved it"):
            desk.take("check_sample", done, own, NOW + DAY)
        assert open_checks(desk, own)["items"][0]["mine"] is True
    assert open_checks(desk)["items"][0]["mine"] is False
    assert desk.take("check_sample", done, CHECKER, NOW + DAY).state == "resolved"


def test_nobody_picks_by_hand(desk, share):
    share(0)
    done = sampled(desk)
    with pytest.raises(Conflict, match="was not picked"):
        desk.take("check_sample", done, CHECKER, NOW + DAY)
    with pytest.raises(Conflict, match="was not picked"):
        desk.take("check_sample", desk.file(), CHECKER)


def test_what_was_taken_back_since_is_not_checked_and_the_next_resolution_is_another(desk, share):
    done = sampled(desk)
    desk.take("reopen", done, CITIZEN, NOW + DAY)
    assert open_checks(desk)["items"] == []
    with pytest.raises(Conflict, match="was not picked"):
        desk.take("check_sample", done, CHECKER, NOW + DAY)
    desk.take("resolve", done, now=NOW + DAY)
    with pytest.raises(Conflict, match="was not picked"):
        desk.take("check_sample", done, CHECKER, NOW + DAY)
    draw(desk, TODAY + DAY, NOW + 2 * DAY)
    assert len(open_checks(desk)["items"]) == 1
    assert desk.take("check_sample", done, CHECKER, NOW + 2 * DAY).state == "resolved"


def test_the_checks_are_listed_page_by_page_and_counted_by_department(desk, share):
    done = [desk.resolved() for _ in range(4)]
    desk.resolved(category="no-water")
    draw(desk)
    page = open_checks(desk, department="roads", limit=3)
    rest = open_checks(desk, department="roads", limit=3, cursor=page["next"])
    listed = [each["id"] for each in page["items"] + rest["items"]]
    assert sorted(listed) == sorted(str(each.id) for each in done)
    assert rest["next"] is None
    desk.take("check_sample", done[0], CHECKER, NOW + DAY)
    desk.take("check_sample", done[1], CHECKER, NOW + DAY, outcome="not_done")
    desk.take("reopen", done[2], CITIZEN, NOW + DAY)
    assert results(desk) == [
        {"department": "roads", "picked": 4, "confirmed": 1, "not_done": 1, "open": 1,
         "taken_back": 1},
        {"department": "water-supply", "picked": 1, "confirmed": 0, "not_done": 0, "open": 1,
         "taken_back": 0},
    ]  # fmt: skip


def test_who_filed_it_or_appealed_against_it_does_not_check_it(desk, share):
    own = desk.resolved(caller=Identity.of(CHECKER.subject, "officer", "citizen"))
    other = desk.resolved()
    desk.take("appeal", other, Identity.of("admin:helpline", "admin"), NOW + HOUR)
    draw(desk)
    with pytest.raises(Forbidden, match="who filed it"):
        desk.take("check_sample", own, CHECKER, TOMORROW)
    with pytest.raises(Forbidden, match="who appealed"):
        desk.take("check_sample", other, Identity.of("officer:helpline", "officer"), TOMORROW)
    assert {each["id"]: each["mine"] for each in open_checks(desk)["items"]} == {
        str(own.id): True,
        str(other.id): False,
    }
    desk.take("check_sample", other, CHECKER, TOMORROW)
