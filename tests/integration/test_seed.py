"""The demo's year: deterministic, restartable, and shaped like one."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.demo import CITIZEN, CITIZEN_LOGIN, is_made_up
from palika.errors import Forbidden, Invalid
from palika.events import Event
from palika.india import INDIA, normal_phone
from palika.local import Postgres
from palika.tables import outbox
from services.eoffice import organisation_store
from services.eoffice import seed as eoffice
from services.eoffice.models import File, Movement
from services.grievance import seed as grievance
from services.grievance.commands.assign import assign_grievance
from services.grievance.commands.contact import read_contact
from services.grievance.commands.officers import set_all
from services.grievance.commands.resolve import resolve_grievance
from services.grievance.domain.lifecycle import OPEN, State, Step
from services.grievance.files.city import SHIPPED
from services.grievance.files.posts import posts_in
from services.grievance.models import Attachment, Grievance, Officer, Timeline
from services.grievance.promises import needs_evidence
from services.grievance.queries import attachments, mine
from services.grievance.reference import city, matrix, policy
from services.grievance.schemas import Assigning, Filing, Resolving
from services.tax import seed as tax
from services.tax.models import Bill, Payment, Property, Receipt
from services.tax.queries import properties
from services.warroom import seed as warroom
from services.warroom.models import Change, ReviewChange
from services.warroom.queries import photos
from tests.support.databases import service_database

NOW = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
SAMPLE = SHIPPED / "posts.yaml"
RANDOM = {
    "id",
    "entry_id",
    "owners_order_id",
    "file_id",
    "property_id",
    "bill_id",
    "grievance_id",
    "project_id",
    "merged_into",
}


@pytest.fixture(scope="module", autouse=True)
def album(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The city's store of attachments, in a folder."""
    folder = tmp_path_factory.mktemp("city")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PALIKA_VAR", str(folder))
        attachments.store.cache_clear()
        photos.store.cache_clear()
        yield folder / "attachments"
    attachments.store.cache_clear()
    photos.store.cache_clear()


@pytest.fixture(scope="module")
def filed(postgres: Postgres, album: Path) -> Iterator[sessionmaker[Session]]:
    """3,000 grievances."""
    with service_database(postgres, "grievance") as sessions:
        assert grievance.seed(sessions, 3_000, 7, NOW) == 3_000
        yield sessions


@pytest.fixture(scope="module")
def billed(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """1,000 properties."""
    with service_database(postgres, "tax") as sessions:
        assert tax.seed(sessions, 1_000, 7, NOW) == 1_000
        yield sessions


@pytest.fixture(scope="module")
def opened(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """1,000 files."""
    with service_database(postgres, "eoffice") as sessions:
        assert eoffice.seed(sessions, 1_000, 7, NOW) == 1_000
        yield sessions


def rows(sessions: sessionmaker[Session], model: Any) -> list[Any]:
    with sessions() as session:
        return list(session.scalars(select(model)))


def told(sessions: sessionmaker[Session]) -> list[Event]:
    with sessions() as session:
        return [Event.from_json(body) for body in session.scalars(select(outbox.c.body))]


def picture(sessions: sessionmaker[Session], *models: Any) -> list[tuple[Any, ...]]:
    """All that the demo decides, without the random ids."""
    return sorted(
        (model.__tablename__, *(str(getattr(row, name)) for name in names))
        for model in models
        for names in [[c.key for c in model.__table__.columns if c.key not in RANDOM]]
        for row in rows(sessions, model)
    )


@pytest.mark.parametrize(
    ("service", "module", "models", "count"),
    [
        ("grievance", grievance, [Grievance, Timeline, Attachment], 120),
        ("tax", tax, [Property, Bill, Payment], 120),
        ("eoffice", eoffice, [File, Movement], 120),
        # Reviews look at each of them every fortnight.
        ("warroom", warroom, [Change, ReviewChange], 12),
    ],
)
def test_the_same_seed_gives_the_same_city_and_another_seed_another(
    postgres, service, module, models, count
):
    pictures = []
    for seed in (3, 3, 4):
        with service_database(postgres, service) as sessions:
            module.seed(sessions, count, seed, NOW)
            pictures.append(picture(sessions, *models))
    assert pictures[0] == pictures[1]
    assert pictures[0] != pictures[2]


@pytest.mark.parametrize(
    ("module", "fixture", "model"),
    [(grievance, "filed", Grievance), (tax, "billed", Property), (eoffice, "opened", File)],
)
def test_seeding_again_adds_nothing(request, module, fixture, model):
    sessions = request.getfixturevalue(fixture)
    before, events = len(rows(sessions, model)), len(told(sessions))
    assert module.seed(sessions, 500, 7, NOW) == 0
    assert (len(rows(sessions, model)), len(told(sessions))) == (before, events)


@pytest.mark.parametrize("fixture", ["filed", "billed", "opened"])
def test_nothing_happens_after_now_and_each_aggregates_events_are_in_order(request, fixture):
    events = told(request.getfixturevalue(fixture))
    assert max(event.time for event in events) <= NOW
    by_subject: dict[str, list[Event]] = {}
    for event in events:
        by_subject.setdefault(event.subject, []).append(event)
    for history in by_subject.values():
        history.sort(key=lambda event: event.sequence or 0)
        assert [event.sequence for event in history] == list(range(1, len(history) + 1))
        times = [event.time for event in history]
        assert times == sorted(times)


def test_the_demo_files_what_a_citizen_could_have_filed(filed):
    import random

    for index in range(50):
        made = grievance.filing(random.Random(index), NOW.astimezone(INDIA))
        assert Filing().load(made) | made == Filing().load(made)


def test_the_monsoon_brings_water_and_potholes(filed):
    wet: Counter[str] = Counter()
    dry: Counter[str] = Counter()
    for each in rows(filed, Grievance):
        if NOW - each.filed_at < timedelta(days=7):
            continue  # Of the last days there is more, whatever the month.
        month = each.filed_at.astimezone(INDIA).month
        (wet if month in (6, 7, 8, 9) else dry)[each.category] += 1
    for category in ("water-logging", "pothole", "tree-fall", "drainage-choked"):
        # Four wet months against eight dry ones.
        assert wet[category] > dry[category]
    assert wet["no-water"] < dry["no-water"]


def test_people_file_by_day_on_weekdays_and_from_wards_of_unequal_size(filed):
    everything = rows(filed, Grievance)
    hours = Counter(each.filed_at.astimezone(INDIA).hour for each in everything)
    assert hours[11] > 5 * (hours[3] + 1)
    days = Counter(each.filed_at.astimezone(INDIA).weekday() for each in everything)
    assert days[0] > 1.5 * days[6]
    wards = Counter(each.ward for each in everything)
    assert len(wards) == 15
    assert wards["hadapsar-mundhwa"] > 1.8 * wards["bhavani-peth"]


def test_most_are_closed_some_late_some_reopened_some_open(filed):
    everything = rows(filed, Grievance)
    states = Counter(each.state for each in everything)
    assert states["closed"] > 0.75 * len(everything)
    # Whether one was filed so late that nobody has read it yet is chance.
    assert states.keys() | {"filed"} == set(State) - {"withdrawn"}
    for state in ("rejected", "merged"):
        assert 0.01 < states[state] / len(everything) < 0.08
    on_time = [each.on_time for each in everything if each.on_time is not None]
    assert 0.5 < sum(on_time) / len(on_time) < 0.95
    assert 0.01 < sum(each.times_reopened > 0 for each in everything) / len(everything) < 0.1
    rated = [each.rating for each in everything if each.rating is not None]
    assert 0.25 < len(rated) / len(everything) < 0.6


def test_every_step_of_the_demo_is_on_a_timeline_in_its_order(filed):
    versions = sum(each.version for each in rows(filed, Grievance))
    entries = rows(filed, Timeline)
    notes = [each for each in entries if each.step == Step.ABSORB]
    assert len(entries) - len(notes) == versions == len(told(filed))
    histories: dict[Any, list[Timeline]] = {}
    for each in sorted(entries, key=lambda each: each.id):
        histories.setdefault(each.grievance_id, []).append(each)
    for history in histories.values():
        assert [each.at for each in history] == sorted(each.at for each in history)


def test_the_demo_obeys_the_rules_of_the_steps(filed, album):
    entries = rows(filed, Timeline)
    for each in entries:
        if each.step in (Step.RESOLVE, Step.REJECT):
            assert each.note
    rejected = [each for each in entries if each.step == Step.REJECT]
    assert {each.data["rejection"] for each in rejected} <= policy().rejections.keys()
    photographs = rows(filed, Attachment)
    shown: dict[Any, list[datetime]] = {}
    for each in photographs:
        shown.setdefault(each.grievance_id, []).append(each.added_at)
    attached = [each.data["attachment"] for each in entries if each.step == Step.ATTACH]
    assert sorted(attached) == sorted(str(each.id) for each in photographs)
    done = [each for each in rows(filed, Grievance) if each.resolved_at is not None]
    needy = [each for each in done if needs_evidence(each.category)]
    assert len(needy) > 100
    for each in needy:
        assert max(shown[each.id]) >= (each.reopened_at or each.filed_at)
    for row in photographs[:1]:
        assert (album / row.key).stat().st_size == row.bytes
        assert (album / row.thumbnail_key).exists()


def test_in_a_city_with_posts_the_demo_gives_work_to_these(postgres):
    with service_database(postgres, "grievance") as sessions:
        with sessions.begin() as session:
            set_all(session, posts_in(SAMPLE))
        grievance.seed(sessions, 300, 7, NOW)
        posts = {each.code: each for each in rows(sessions, Officer)}
        given = [each for each in rows(sessions, Grievance) if each.officer is not None]
        assert len(given) > 200
        for each in given:
            post = posts[each.officer]
            assert post.department == each.department
            assert not post.wards or each.ward in post.wards


def test_a_demo_city_has_the_posts_of_the_shipped_organisation_and_who_is_none_decides_nothing(
    filed,
):
    shipped = {each["code"]: each for each in organisation_store.shipped("posts")}
    posts = {each.code: each for each in rows(filed, Officer)}
    for each in posts.values():
        assert each.department == shipped[each.code]["department"]
    for department in city().departments:
        levels = {each.level for each in posts.values() if each.department == department}
        assert {0, matrix().top} <= levels
    given = {each.officer for each in rows(filed, Grievance)} - {None}
    assert given <= posts.keys()
    assert "roads-je" in given
    gardens = next(
        each
        for each in rows(filed, Grievance)
        if each.department == "garden" and each.state in (State.ASSIGNED, State.IN_PROGRESS)
    )
    args = Resolving().load({"id": str(gardens.id), "remark": "done"})
    for subject, roles in (("officer:roads-je", {"officer"}), ("officer:roads-ce", {"supervisor"})):
        with filed() as session, pytest.raises(Forbidden, match="garden"):
            resolve_grievance(session, Identity.of(subject, *roles), args, NOW)
    to_nobody = Assigning().load({"id": str(gardens.id), "officer": "xyz"})
    with filed() as session, pytest.raises(Invalid) as refused:
        assign_grievance(session, Identity.of("officer:garden-head", "officer"), to_nobody, NOW)
    assert "xyz" in refused.value.fields["officer"][0]
    roads = next(each for each in rows(filed, Grievance) if each.department == "roads")
    for subject in ("officer:roads-je", "officer:roads-ce"):
        with filed() as session:
            caller = Identity.of(subject, "officer")
            found = read_contact(session, caller, {"id": None, "number": roads.number}, NOW)
            assert found.citizen_phone == roads.citizen_phone


def test_what_is_open_in_the_demo_is_mostly_new_and_nothing_lies_for_a_year(filed):
    open_ones = [each for each in rows(filed, Grievance) if each.state in OPEN]
    ages = sorted((NOW - each.filed_at).days for each in open_ones)
    assert ages[0] == 0
    assert ages[len(ages) // 2] < 10
    assert ages[-1] < 120
    at_roads = [each for each in open_ones if each.officer == "roads-je"]
    assert {each.state for each in at_roads} >= {State.ASSIGNED, State.IN_PROGRESS}


def test_the_demos_duplicates_are_of_what_they_are_merged_into(filed):
    by_id = {each.id: each for each in rows(filed, Grievance)}
    merged = [each for each in by_id.values() if each.merged_into is not None]
    for each in merged:
        original = by_id[each.merged_into]
        assert (each.category, each.ward) == (original.category, original.ward)
        assert original.duplicates == 1
    absorbed = {each.grievance_id for each in rows(filed, Timeline) if each.step == Step.ABSORB}
    assert absorbed == {each.merged_into for each in merged}
    ends = [e for e in told(filed) if e.name in ("grievance.resolved", "grievance.rejected")]
    for each in ends:
        key = UUID(each.subject)
        if key in absorbed:
            assert each.data["merged"] == [str(m.id) for m in merged if m.merged_into == key]


def test_phone_numbers_of_the_demo_can_be_nobodys(filed, billed):
    phones = [each.citizen_phone for each in rows(filed, Grievance)]
    phones += [each.owner_phone for each in rows(billed, Property)]
    assert all(phone.startswith("+911") and len(phone) == 13 for phone in phones)


def test_in_a_city_that_palika_up_has_made_who_tries_it_out_has_work_of_their_own(
    postgres, tmp_path, monkeypatch
):
    """The citizen of the hints: a property with bills, a receipt and dues, and grievances; and all
    others' numbers are of the form of a mobile."""
    monkeypatch.setattr("palika.demo.started_here", lambda config: True)
    with service_database(postgres, "tax") as sessions:
        tax.seed(sessions, 20, 7, NOW)
        [own] = [each for each in rows(sessions, Property) if each.owner_phone == CITIZEN]
        bills = [each for each in rows(sessions, Bill) if each.property_id == own.id]
        paid = [each.bill_id for each in rows(sessions, Payment) if each.property_id == own.id]
        assert {each.period for each in bills} == {"2025-26", "2026-27"}
        assert paid == [each.id for each in bills if each.period == "2025-26"]
        [receipt] = rows(sessions, Receipt)
        [payment] = [each for each in rows(sessions, Payment) if each.property_id == own.id]
        assert (receipt.payment_id, receipt.given_at) == (payment.id, payment.paid_at)
        assert payment.receipt_number == receipt.number
        for each in rows(sessions, Property):
            assert normal_phone(each.owner_phone.removeprefix("+91")) == each.owner_phone
    with service_database(postgres, "grievance") as sessions:
        grievance.seed(sessions, 300, 7, NOW)
        phones = [each.citizen_phone for each in rows(sessions, Grievance)]
        assert phones.count(CITIZEN) == 3
        citizen = Identity.of(f"citizen:{CITIZEN_LOGIN}", "citizen")
        with sessions() as session:
            asked = {"cursor": None, "limit": 50, "status": None}
            found = mine.page(session, citizen, asked)["items"]
            assert {each["number"] for each in found} == {
                each.number for each in rows(sessions, Grievance) if each.citizen_phone == CITIZEN
            }
        assert all(is_made_up(phone) for phone in phones)


def test_bills_are_of_1_april_and_payments_peak_before_the_rebate_ends_and_in_march(billed):
    bills = rows(billed, Bill)
    assert {each.period for each in bills} == {"2025-26", "2026-27"}
    days = {each.billed_at.astimezone(INDIA).strftime("%d %B") for each in bills}
    assert days == {"01 April"}
    last_year = {each.id for each in bills if each.period == "2025-26"}
    payments = [each for each in rows(billed, Payment) if each.bill_id in last_year]
    months = Counter(each.paid_at.astimezone(INDIA).month for each in payments)
    assert months.most_common(1)[0][0] == 5
    assert months[3] > 1.5 * months[2]
    assert len({each.mode for each in payments}) == 5


def test_some_owners_pay_in_parts_and_some_not_at_all(billed):
    bills = [each for each in rows(billed, Bill) if each.period == "2025-26"]
    now = datetime(2026, 3, 31, 12, tzinfo=UTC)
    with billed() as session:
        shown = [
            properties.get(session, {"id": each.property_id, "number": None}, now, staff=False)
            for each in bills[:300]
        ]
    status = Counter(each["bills"][-1]["status"] for each in shown)
    assert 0.1 < status["unpaid"] / len(shown) < 0.3
    assert status["part_paid"] > 0
    with billed() as session:
        # What came in is what the ledger has.
        received, booked = session.execute(
            text(
                "SELECT (SELECT sum(amount_paise) FROM payment), (SELECT sum(paise) FROM"
                " ledger_line WHERE account IN ('cash', 'gateway', 'cheques_in_hand'))"
            )
        ).one()
    assert received == booked > 0


def test_the_desks_that_are_tried_out_have_files_that_are_new(opened):
    new = [each for each in rows(opened, File) if NOW - each.opened_at < timedelta(days=7)]
    held = Counter(each.held_by for each in new if each.state == "open")
    assert held.keys() >= {"roads-je", "commissioner", "registry-clerk"}


def test_files_are_numbered_without_gaps_and_move_until_they_are_closed(opened):
    files = rows(opened, File)
    by_prefix: dict[str, list[int]] = {}
    for each in files:
        prefix, _, serial = each.number.rpartition("/")
        by_prefix.setdefault(prefix, []).append(int(serial))
    for serials in by_prefix.values():
        assert sorted(serials) == list(range(1, len(serials) + 1))
    states = Counter(each.state for each in files)
    assert states["closed"] > states["open"] > 0
    moves = Counter(each.file_id for each in rows(opened, Movement))
    assert all(moves[each.id] == each.moves for each in files)
