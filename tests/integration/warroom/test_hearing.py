"""What the war room hears of KPIs: a red one is on the agenda until it has recovered."""

import json
from base64 import b64decode
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest

from palika.errors import Invalid, NotFound, Unavailable
from palika.events import Event
from palika.text import Name
from services.kpi.describing import outlined
from services.kpi.reference import city_catalogue
from services.kpi.schemas import ALERTED, RECOVERED
from services.warroom.commands.hear_alerts import HEARD, hear_alerts
from services.warroom.commands.hold_reviews import cancel
from services.warroom.commands.link import link
from services.warroom.commands.set_agenda import make_agenda
from services.warroom.commands.take_minutes import assign, attend, close, minute
from services.warroom.documents.briefing import pack
from services.warroom.domain.red_kpis import KnownKpi, Newest, standing
from services.warroom.domain.reviews import Item
from services.warroom.kpis import check_kpi, known_red
from services.warroom.queries import subjects
from services.warroom.queries.packs import find_pack, pack_content
from services.warroom.queries.subjects import red_kpis
from services.warroom.schemas import asking
from services.warroom.schemas import reviewing as schemas
from tests.support.warroom_reviews import CHAIR, FIRST, SECOND, ReviewRoom

ABOUT: dict[str, Any] = {
    "correlation_id": uuid4(),
    "code": "water.nrw",
    "department": "water-supply",
    "owner": "water-ce",
    "kind": "red",
    "reason": "missed",
    "period": "2026-05",
}


def alerted(room: ReviewRoom, alert: UUID, **given: Any) -> Event:
    nothing = dict.fromkeys(("target_high", "band_low", "band_high"))
    data = ABOUT | {"alert_id": alert, "began_at": room.now, "running": False, "value": 41.0}
    data |= {"target": 30.0, **nothing, "alerted_at": room.now, **given}
    return ALERTED.new(subject=str(alert), sequence=1, time=room.now, data=data)


def recovered(room: ReviewRoom, alert: UUID, **given: Any) -> Event:
    data = ABOUT | {"alert_id": alert, "began_at": room.now, "value": 29.0}
    data |= {"recovered_at": room.now, **given}
    return RECOVERED.new(subject=str(alert), sequence=2, time=room.now, data=data)


def hear(room: ReviewRoom, *events: Event) -> None:
    for each in events:
        with room.sessions.begin() as session:
            hear_alerts(session, [each])


def agenda(room: ReviewRoom, **given: Any) -> list[str]:
    made = room.on(make_agenda, schemas.WritingReview, **given)
    return [each.why[0].text.en for each in made.items.values()]


def test_a_red_kpi_is_on_the_agenda_until_it_recovers(room):
    assert set(HEARD) == {"kpi.alerted.v1", "kpi.recovered.v1"}
    alert = uuid4()
    hear(room, alerted(room, alert))
    assert agenda(room) == ["the KPI is red (2026-05): 41, green begins at 30"]
    room.later(hours=1)
    # That it stagnates besides does not end it.
    hear(room, alerted(room, uuid4(), kind="stagnant"))
    assert len(agenda(room)) == 1
    hear(room, recovered(room, alert))
    assert agenda(room) == []


def test_its_end_may_come_first_and_both_twice(room):
    alert = uuid4()
    began = alerted(room, alert)
    room.later(hours=1)
    ended = recovered(room, alert, value=None)
    for order in permutations([began, ended]):
        hear(room, *order, *order)
        assert agenda(room) == []
    room.later(hours=1)
    hear(room, alerted(room, uuid4(), period="2026-06"))
    assert agenda(room) == ["the KPI is red (2026-06): 41, green begins at 30"]


def test_an_alert_that_came_after_the_review_it_was_told_before_is_on_the_next(room):
    room.at("2026-06-09", "05:00")
    late = alerted(room, uuid4())
    room.later(minutes=10)
    room.promised()
    room.later(days=1)
    hear(room, late)
    assert late.time < room.now - timedelta(days=1)
    room.at("2026-06-22")
    assert agenda(room, review=SECOND) == ["the KPI is red (2026-05): 41, green begins at 30"]


def test_a_kpi_that_is_still_red_is_on_the_next_agenda_too(room):
    alert = uuid4()
    room.at("2026-06-02")
    hear(room, alerted(room, alert))
    room.at("2026-06-09", "05:00")
    room.promised()
    room.at("2026-06-22")
    assert agenda(room, review=SECOND) == ["the KPI is red (2026-05): 41, green begins at 30"]
    hear(room, recovered(room, alert))
    assert agenda(room, review=SECOND) == []


def test_the_owner_of_a_red_kpi_is_told_of_the_review_and_its_projects_stand_with_it(room):
    added = room.add()
    room.do(link, asking.Linking, {"id": str(added.id), "kind": "kpi", "target": "water.nrw"})
    hear(room, alerted(room, uuid4(), value=83.33333333333333, target=95.0))
    made = room.on(make_agenda, schemas.WritingReview)
    (item,) = made.items.values()
    assert [each.text.en for each in item.why] == [
        "the KPI is red (2026-05): 83.33, green begins at 95",
        "linked projects: RD-01",
    ]
    room.on(cancel, schemas.Cancelling, reason="floods")
    (told,) = room.told("review_cancelled")
    assert "water-ce" in told["to"]


# ---- what the KPI service is asked


def item_of(room: ReviewRoom, known: KnownKpi | None = None) -> Item:
    with room.sessions.begin() as session:
        args = schemas.WritingReview().load({"review_id": str(FIRST)})
        kpis = {} if known is None else {"water.nrw": known}
        made = make_agenda(session, CHAIR, args, room.now, kpis)
    (item,) = made.items.values()
    return item


def dashboard() -> dict[str, Any]:
    known = city_catalogue()
    now = {"target": 30.0, "period": "2026-06", "value": 29.5, "status": "green"}
    kpis = [outlined(each, known) | now for each in known.indicators.values()]
    return {"kpis": kpis}


def away(**_: Any) -> Any:
    raise Unavailable("kpi: the service is not running")


def test_a_red_kpi_is_called_by_its_name_with_its_unit_in_both_languages(room):
    asked: list[int] = []

    def ask() -> dict[str, Any]:
        asked.append(1)
        return dashboard()

    assert known_red(room.sessions.begin, ask) == {}
    # Nobody is asked while no KPI is red.
    assert asked == []
    code, one = next(iter(city_catalogue().indicators.items()))
    unit = city_catalogue().units[one.unit]
    hear(room, alerted(room, uuid4(), code=code), alerted(room, uuid4(), code="of.before"))
    found = known_red(room.sessions.begin, ask)
    assert {key: (each.name, each.decimals, each.target) for key, each in found.items()} == {
        code: (
            Name(f"{one.name.mr} ({unit.mr})", f"{one.name.en} ({unit.en})"),
            one.decimals,
            (30.0,),
        ),
    }
    assert found[code].now == Newest("2026-06", "29.5", "green")


def test_a_kpi_is_called_by_its_code_while_its_service_is_away_and_keeps_a_name_that_it_had(room):
    hear(room, alerted(room, uuid4()))
    assert known_red(room.sessions.begin, away) == {}
    assert item_of(room).title.en == "KPI water.nrw"
    name = Name("गळती (टक्के)", "Leakage (%)")
    item = item_of(room, KnownKpi(name, Name("%", "%"), 1, (28.0,)))
    assert item.title == name
    # The target is the dashboard's, with unit and decimals; the alert tells where green begins.
    assert item.why[0].text == Name(
        "निर्देशांक लाल (2026-05): मूल्य 41.0 %, लक्ष्य 28.0 %, हिरवे 30.0 % पासून",
        "the KPI is red (2026-05): 41.0 %, target 28.0 %, green begins at 30.0 %",
    )
    assert item_of(room).title == name


def test_a_link_is_to_a_kpi_of_the_catalogue():
    def none(code: str) -> Any:
        raise NotFound("no KPI has that code", {"code": code})

    check_kpi(lambda code: {"code": code}, "water.nrw")
    with pytest.raises(Invalid) as refusal:
        check_kpi(none, "water.nwr")
    assert refusal.value.details == {"target": ["there is no KPI water.nwr"]}
    with pytest.raises(Unavailable):
        check_kpi(away, "water.nrw")


def test_of_a_kpi_no_alert_is_read_that_is_over(room, monkeypatch):
    for _ in range(30):
        alert = uuid4()
        hear(room, alerted(room, alert))
        room.later(hours=1)
        hear(room, recovered(room, alert))
        room.later(hours=1)
    hear(room, alerted(room, uuid4()))
    read: list[int] = []

    def counted(told: Any) -> Any:
        found = list(told)
        read.append(len(found))
        return standing(found)

    monkeypatch.setattr(subjects, "standing", counted)
    assert len(agenda(room)) == 1
    assert read == [1]


def test_minutes_and_actions_may_be_about_a_kpi_on_the_agenda_and_are_followed(room):
    hear(room, alerted(room, uuid4()))
    room.begin()
    about = {"code": "water.nrw", "post": "water-ce"}
    said = {"kind": "statement", "text": "Meters are old"}
    found = room.on(minute, schemas.Minuting, **said, **about)
    assert [(each.code, each.project_id) for each in found.minutes.values()] == [
        ("water.nrw", None)
    ]
    held = {"kind": "decision", "text": "Stop", "about": "hold"}
    with pytest.raises(Invalid) as refusal:
        room.on(minute, schemas.Minuting, **held, **about)
    assert "about" in refusal.value.fields
    promised = {"title": "Change the meters", "due_on": "2026-06-12"}
    with pytest.raises(NotFound):
        room.on(assign, schemas.Assigning, **promised, **about | {"code": "water.none"})
    room.on(assign, schemas.Assigning, **promised, **about)
    room.on(attend, schemas.Attending, post="water-ce", presence="present")
    closed = room.on(close, schemas.WritingReview)
    (action,) = closed.actions.values()
    assert (action.department, action.project_owner) == ("water-supply", "water-ce")
    room.at("2026-06-23")
    made = room.on(make_agenda, schemas.WritingReview, review=SECOND)
    (item,) = made.items.values()
    assert [each.code for each in item.why] == ["red_kpi", "overdue_action"]
    assert item.weight == sum(each.weight for each in item.why)
    room.snapshot(SECOND)
    given = {"review_id": str(SECOND), "form": "json"}
    with room.sessions() as session:
        pack_row = find_pack(session, schemas.ReadingPack().load(given), room.now)
    content = json.loads(b64decode(pack_content(room.store, *pack_row)["content_base64"]))
    (promise,) = pack(content, "en")["promises"]
    assert promise["title"] == "Change the meters"
    assert promise["code"].startswith("water.nrw KPI water.nrw")


def test_of_a_target_that_is_a_band_both_ends_are_kept(room):
    hear(room, alerted(room, uuid4(), target=20.0, target_high=30.0))
    with room.sessions() as session:
        (kpi,) = red_kpis(session)
    assert kpi.target == "20.0 – 30.0"
