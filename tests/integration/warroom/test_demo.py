"""The life of the sample portfolio in the demo."""

import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from pptx import Presentation
from pypdf import PdfReader
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from palika.events import Event
from palika.local import Postgres
from palika.store import Folder
from palika.tables import outbox
from services.warroom import seed as demo
from services.warroom.commands.set_packs import set_packs
from services.warroom.models import Change, ReviewChange
from services.warroom.queries import forecasts, projects, review_views
from services.warroom.queries.reviews import actions_at, is_pending, review_at
from services.warroom.queries.states import NOW
from services.warroom.schemas.reading import Judging, Listing, Reading
from services.warroom.schemas.reviewing import ListingActions, ListingReviews, ReadingReview
from tests.support.databases import service_database
from tests.support.warroom import Room, emptied

LATER = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)


@pytest.fixture
def room(database: sessionmaker[Session]) -> Room:
    return Room(emptied(database))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Of the demo's packs."""
    return Folder(tmp_path_factory.mktemp("demo") / "store")


@pytest.fixture(scope="module")
def lived(postgres: Postgres, store: Folder) -> Iterator[sessionmaker[Session]]:
    """The demo's fifty projects."""
    with service_database(postgres, "warroom") as sessions:
        assert demo.seed(sessions, 50, 1, LATER, store=store) == 50
        yield sessions


def test_the_demo_is_as_red_as_a_city_and_for_reasons_that_differ(lived):
    with lived() as session:
        found = projects.page(session, Listing().load({}), LATER)["items"]
        whole = [projects.get(session, Reading().load({"code": e["code"]}), LATER) for e in found]
    colours = Counter(each["health"]["light"] for each in found)
    assert set(colours) == {"green", "amber", "red"}
    assert 0.12 <= colours["red"] / len(found) <= 0.25
    assert 0.2 <= colours["amber"] / len(found) <= 0.35
    # Of those that are red, and of those that are amber, not all for the same.
    for colour, least in (("red", 4), ("amber", 5)):
        why = {
            reason["code"]
            for each in whole
            if each["health"]["light"] == colour
            for reason in each["health"]["reasons"]
            if reason["light"] == colour
        }
        assert len(why) >= least, (colour, why)


def test_the_demo_has_forecasts_and_projects_of_which_none_can_be_told(lived):
    with lived() as session:
        found = projects.page(session, Listing().load({}), LATER)["items"]
    assert any(each["forecasts"]["pace"]["finish_on"] for each in found)
    assert any(each["forecasts"]["pace"]["cannot"] for each in found)


def test_nothing_of_the_demo_is_later_than_now(lived):
    with lived() as session:
        assert session.scalar(select(func.max(Change.at))) <= LATER
        assert session.scalar(select(func.max(ReviewChange.at))) <= LATER
        told = [Event.from_json(each) for each in session.scalars(select(outbox.c.body))]
    assert max(each.time for each in told) <= LATER
    by_subject: dict[str, list[Event]] = {}
    for each in told:
        by_subject.setdefault(each.subject, []).append(each)
    for events in by_subject.values():
        events.sort(key=lambda each: each.sequence or 0)
        assert [each.time for each in events] == sorted(each.time for each in events)


def reviews(lived: sessionmaker[Session], **asked: Any) -> list[dict[str, Any]]:
    with lived() as session:
        args = ListingReviews().load(asked)
        return review_views.list_reviews(session, args, LATER)["items"]


def review(lived: sessionmaker[Session], key: str, **asked: Any) -> dict[str, Any]:
    with lived() as session:
        args = ReadingReview().load({"review_id": key, **asked})
        return review_views.get_review(session, args, LATER)


def test_the_demo_has_held_its_reviews_and_has_one_to_come(lived):
    held = reviews(lived, phase="closed")
    assert len(held) >= 6
    for each in held:
        told = review(lived, each["id"])
        assert len(told["agenda"]) >= 10
        assert sum(one["minutes"] for one in told["agenda"]) <= told["minutes"]
        assert all(not one["minutes"] or one["minutes"] >= 8 for one in told["agenda"])
        assert told["minuted"]
        assert {one["presence"] for one in told["attendance"]} >= {"present"}
        assert "json" in [one["form"] for one in told["packs"]]
    decided = [one for each in held for one in review(lived, each["id"])["minuted"]]
    assert {one["about"] for one in decided} >= {None, "date", "escalation"}
    # The next is in the calendar, a rhythm after the last.
    coming = reviews(lived, phase="scheduled")
    first = date.fromisoformat(coming[-1]["occurs_on"])
    assert (first - date.fromisoformat(held[0]["occurs_on"])).days == 14
    assert datetime.fromisoformat(coming[-1]["starts_at"]) > LATER


def test_promises_of_the_demo_were_kept_kept_late_and_are_overdue(lived):
    with lived() as session:
        args = ListingActions().load({})
        counts = review_views.list_actions(session, args, LATER)["counts"]
        codes = {each.code for _, _, each in actions_at(session, NOW, is_pending())}
        shown = projects.get(session, Reading().load({"code": min(codes)}), LATER)
    for name in ("pending", "overdue", "kept", "late"):
        assert counts[name] >= 1, name
    assert counts["kept"] > counts["late"]
    assert shown["actions"]


def test_a_review_of_the_demo_has_looked_at_what_was_known_then(lived, store):
    last, before = reviews(lived, phase="closed")[:2]
    told = review(lived, last["id"])
    assert told["since"] == review(lived, before["id"])["frozen_at"]
    with lived() as session:
        (pack,) = review_at(session, UUID(last["id"])).packs.values()
        snapshot = json.loads(store.get(pack.key))
        asked = {"code": snapshot["projects"][0]["code"], "as_of": told["frozen_at"]}
        then = projects.get(session, Reading().load(asked), LATER)
    for name in ("version", "health", "spent_paise", "expected_end", "done_percent"):
        assert snapshot["projects"][0][name] == then[name]
    # While it was held its minutes were open, and nobody's action was assigned.
    middle = review(lived, last["id"], as_of=last["starts_at"])
    assert (middle["phase"], middle["actions"]) == ("open", [])


def test_a_pack_has_a_page_for_what_has_time_and_few_slides(lived, store):
    last = reviews(lived, phase="closed")[0]
    # The newest is set first.
    left = iter([False, True])
    assert set_packs(lived.begin, store, LATER, lambda: next(left)) == 1
    told = review(lived, last["id"])
    named = [each["code"] for each in told["agenda"] if each["minutes"]]
    assert len(named) < len(told["agenda"])
    with lived() as session:
        packs = {
            (each.form, each.language): each
            for each in review_at(session, UUID(last["id"])).packs.values()
        }
    assert len(packs) == 5
    for language in ("mr", "en"):
        content = store.get(packs["pdf", language].key)
        pages = PdfReader(io.BytesIO(content)).pages
        first = len(pages) - len(named)
        assert first <= 6
        shown = [each.extract_text().split()[0] for each in pages][first:]
        assert shown == named
        deck = Presentation(io.BytesIO(store.get(packs["pptx", language].key)))
        assert len(deck.slides) <= 40
        assert len(content) < 2_000_000
        assert packs["pptx", language].size < 2_000_000


def test_projects_that_are_added_to_others_have_no_part_in_past_reviews(room, tmp_path):
    store = Folder(tmp_path / "store")
    assert demo.seed(room.sessions, 2, 1, LATER, store=store) == 2
    with room.sessions() as session:
        before = session.scalar(select(func.count()).select_from(ReviewChange))
    assert demo.seed(room.sessions, 3, 1, LATER, store=store) == 1
    with room.sessions() as session:
        assert session.scalar(select(func.count()).select_from(ReviewChange)) == before
        assert len(projects.page(session, Listing().load({}), LATER)["items"]) == 3


def test_owners_of_the_demo_are_optimistic_and_the_less_the_nearer_the_day(lived):
    with lived() as session:
        found = forecasts.optimism(session, Judging().load({"months": [1, 6]}))["items"]
    official = [each for each in found if each["basis"] == "official"]
    by = {
        months: sum(
            each["mean_days"] * each["count"] for each in official if each["months"] == months
        )
        / sum(each["count"] for each in official if each["months"] == months)
        for months in (1, 6)
    }
    assert 0 < by[1] < by[6]


def test_a_second_run_adds_nothing(lived):
    assert demo.seed(lived, 50, 1, LATER) == 0
