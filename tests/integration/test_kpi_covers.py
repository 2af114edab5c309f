"""Which wards a value covers, as pages, parts, marks, papers and the terminal tell it."""

import base64
import io
from datetime import date
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import text

from palika.auth import Identity
from services.kpi import queries
from services.kpi.cli import pages
from services.kpi.domain.insight import Point
from services.kpi.domain.scorecard import CITY
from services.kpi.printed import exported
from services.kpi.queries.drill import drill
from services.kpi.queries.outlook import forecast, stories
from services.kpi.queries.standing import standings
from services.kpi.reference import (
    city_alerts,
    city_catalogue,
    city_corporation,
    city_places,
    city_programmes,
)
from services.kpi.schemas.reading import DashboardArgs, DrillArgs, KpiArgs
from services.kpi.scorecards.values import readings
from tests.support.kpi_entry import SENIOR, TABLES, TODAY, approved, at, entered, line

FLOODS, SPOTS = "drainage-flooding", "waste-black-spots"
DRAINS = {"department": "drainage", "by": Identity.of("officer:drainage-clerk", "officer")}
WASTE = {"department": "solid-waste", "by": Identity.of("officer:waste-clerk", "officer")}
WARDS = list(city_places().wards)


@pytest.fixture
def database(kpi_sessions) -> Any:
    """The KPI service's database, with nothing entered."""
    with kpi_sessions.begin() as session:
        session.execute(text(f"TRUNCATE {TABLES}, inbox"))
    return kpi_sessions


def put(database: Any, measure: str, period: str, values: dict[str, int], **of: Any) -> None:
    lines = [line(measure, period, value, ward) for ward, value in values.items()]
    approved(database, entered(database, *lines, **of)["id"], by=SENIOR, now=of["now"])


def floods(database: Any, period: str, values: dict[str, int]) -> None:
    put(database, "drainage.flood_incidents", period, values, **DRAINS, now=at("2026-11-05"))


def spots(database: Any, period: str, values: dict[str, int]) -> None:
    put(database, "waste.black_spots", period, values, **WASTE, now=at("2026-11-05"))


def told(database: Any, code: str, period: str = "2026-10", today: date = TODAY) -> dict[str, Any]:
    """One KPI; the page and the whole of its parts say the same."""
    args = {"code": code, "period": period}
    with database() as session:
        one = queries.kpi(session, KpiArgs().load(args), today)
        page = queries.dashboard(session, DashboardArgs().load({"period": period}), today)
        whole = drill(session, DrillArgs().load(args | {"by": "ward"}), today)["whole"]
    (of_page,) = [each for each in page["kpis"] if each["code"] == code]
    for name in ("value", "status", "judged", "covers", "partial"):
        assert of_page[name] == one[name] == whole[name]
    return one


def by(database: Any, code: str, kind: str, **args: Any) -> dict[str, dict[str, Any]]:
    asked = DrillArgs().load({"code": code, "by": kind, "period": "2026-10"} | args)
    with database() as session:
        answer = drill(session, asked, TODAY)
    return {each["key"]: each for each in answer["parts"]} | {"whole": answer["whole"]}


def test_a_sum_of_some_wards_says_which_are_missing_since_when_and_is_not_judged(database):
    floods(database, "2026-08", dict.fromkeys(WARDS[:14], 0))
    floods(database, "2026-10", dict.fromkeys(WARDS[:13], 0))
    found = told(database, FLOODS)
    # All that is known of is green; of two wards nobody knows.
    assert (found["value"], found["status"], found["short"]) == (0, "not judged", None)
    covers = found["covers"]
    assert (covers["by"], covers["has"], covers["of"]) == ("ward", 13, 15)
    assert [(each["place"], each["since"]) for each in covers["missing"]] == [
        (WARDS[13], "2026-09"),
        (WARDS[14], None),
    ]
    assert found["judged"] == found["partial"]
    assert covers["words"]["en"] == (
        "13 of 15 wards; without Wanawadi-Ramtekadi (since 2026-09), "
        "Kondhwa-Yewalewadi (never entered)"
    )
    # An alert takes it as no data, and so do metrics.
    indicator = city_catalogue().indicator(FLOODS)
    with database() as session:
        (story,) = stories(session, [indicator], TODAY, city_alerts()).values()
        (standing,) = standings(session, [indicator], TODAY)
    assert [each.value for each in story.ended if each.period.code == "2026-10"] == [None]
    assert standing.judged.status == "not judged"
    # What is too much already is so whatever the others say.
    floods(database, "2026-09", {WARDS[0]: 40})
    found = told(database, FLOODS, "2026-09")
    assert (found["status"], found["covers"]["has"]) == ("red", 1)
    floods(database, "2026-10", dict.fromkeys(WARDS[13:], 0))
    found = told(database, FLOODS)
    assert (found["status"], found["partial"]) == ("green", None)
    assert found["covers"]["words"] == {"mr": "सर्व 15 प्रभाग", "en": "all 15 wards"}


def in_october(database: Any, code: str) -> Point:
    """What alerts see of it."""
    with database() as session:
        asked = [city_catalogue().indicator(code)]
        (story,) = stories(session, asked, TODAY, city_alerts()).values()
    (found,) = [each for each in story.ended if each.period.code == "2026-10"]
    return found


def test_alerts_see_no_uneven_rate_though_it_is_not_judged_for_another_reason(database):
    fire = {"department": "fire", "by": Identity.of("officer:fire-clerk", "officer")}
    fire["now"] = at("2026-11-05")
    both = [
        *(line("fire.calls", "2026-10", 10, ward) for ward in WARDS[:11]),
        *(line("fire.calls_within_7", "2026-10", 9, ward) for ward in WARDS),
    ]
    approved(database, entered(database, *both, **fire)["id"], by=SENIOR, now=fire["now"])
    found = told(database, "fire-within-7-minutes")
    assert found["value"] > 100
    assert "above 100 %" in found["judged"]["en"]
    assert in_october(database, "fire-within-7-minutes").value is None


def test_amber_of_some_wards_may_be_red_and_red_and_green_that_stand_are_partial(database):
    floods(database, "2026-10", dict.fromkeys(WARDS[:5], 1))
    assert told(database, FLOODS)["status"] == "not judged"
    assert in_october(database, FLOODS).value is None
    floods(database, "2026-10", dict.fromkeys(WARDS[5:10], 2))
    assert told(database, FLOODS)["status"] == "red"
    found = in_october(database, FLOODS)
    assert (found.value, found.partial) == (15, True)
    floods(database, "2026-10", dict.fromkeys(WARDS[10:], 0))
    assert in_october(database, FLOODS).partial is False


def test_what_lacks_wards_is_not_told_to_be_better_or_worse(database):
    floods(database, "2026-09", dict.fromkeys(WARDS, 2))
    floods(database, "2026-10", dict.fromkeys(WARDS[:14], 0))
    trend = told(database, FLOODS)["trend"]["previous"]
    assert (trend["value"], trend["change"], trend["trend"]) == (30, None, None)
    with database() as session:
        page = queries.dashboard(session, DashboardArgs().load({"period": "2026-10"}), TODAY)
    (of_page,) = [each for each in page["kpis"] if each["code"] == FLOODS]
    assert of_page["trend"]["previous"] == trend
    floods(database, "2026-10", dict.fromkeys(WARDS[14:], 0))
    trend = told(database, FLOODS)["trend"]["previous"]
    assert (trend["value"], trend["change"], trend["trend"]) == (30, -30, "better")


def test_a_forecast_does_not_go_by_what_lacks_wards(database):
    def why() -> str:
        with database() as session:
            return str(forecast(session, FLOODS, "year", TODAY)["why"]["en"])

    floods(database, "2026-10", dict.fromkeys(WARDS[:14], 0))
    assert why() == "there are no data"
    floods(database, "2026-10", dict.fromkeys(WARDS[14:], 0))
    assert why() != "there are no data"


def test_what_a_ward_is_told_by_itself_is_what_it_counts_for_in_the_whole(database):
    """Of a level the last value of each ward counts, though it is out of date."""
    spots(database, "2026-08", dict.fromkeys(WARDS[:-1], 7))
    spots(database, "2026-10", dict.fromkeys(WARDS[1:-1], 2))
    parts = by(database, SPOTS, "ward")
    stale, never = parts[WARDS[0]], parts[WARDS[-1]]
    assert (stale["value"], stale["status"]) == (7, "not judged")
    assert stale["covers"]["words"]["en"] == (
        "0 of 1 wards; without Aundh-Baner (since 2026-09; its last value counts)"
    )
    assert (never["value"], never["status"]) == (None, "no data")
    assert parts[WARDS[1]]["covers"]["missing"] == []
    whole = parts.pop("whole")
    assert whole["value"] == sum(each["value"] or 0 for each in parts.values()) == 33
    zones = by(database, SPOTS, "zone")
    assert zones.pop("whole") == whole
    assert sum(each["value"] for each in zones.values()) == 33
    assert (zones["zone-2"]["covers"]["has"], zones["zone-2"]["covers"]["of"]) == (2, 3)
    found = told(database, SPOTS)
    assert found["status"] == "not judged"
    missing = [(each["place"], each["stands"]) for each in found["covers"]["missing"]]
    assert missing == [(WARDS[0], True), (WARDS[-1], False)]


def test_months_of_one_ward_say_whether_it_was_there(database):
    spots(database, "2026-08", dict.fromkeys(WARDS, 7))
    spots(database, "2026-10", dict.fromkeys(WARDS[1:], 2))
    asked = {"ward": WARDS[0], "period": "2026-Q3"}
    months = by(database, SPOTS, "month", **asked)
    assert (months["2026-10"]["value"], months["2026-10"]["covers"]["has"]) == (7, 0)
    months = by(database, SPOTS, "month", **asked | {"ward": WARDS[1]})
    assert (months["2026-10"]["value"], months["2026-10"]["covers"]["has"]) == (2, 1)


def read(database: Any, programme: str, criterion: str, day: date) -> Any:
    of = city_programmes()[programme].criterion(criterion)
    with database() as session:
        (found,) = readings(session, of, CITY, day)
    return found


def test_a_value_of_some_wards_gives_no_marks_and_until_it_is_due_the_month_before_counts(database):
    year = [f"2025-{month:02}" for month in range(10, 13)]
    for month in [*year, *(f"2026-{month:02}" for month in range(1, 10))]:
        floods(database, month, dict.fromkeys(WARDS, 0))
    floods(database, "2026-10", dict.fromkeys(WARDS[:13], 0))
    # Its values are due on 7 November.
    found = read(database, "slb", "drainage-flooding", date(2026, 11, 7))
    assert (found.period, found.share, found.covers) == ("2025-10/2026-09", 1, None)
    found = read(database, "slb", "drainage-flooding", date(2026, 11, 8))
    assert (found.period, found.value, found.share) == ("2025-11/2026-10", 0, None)
    assert (found.status, found.covers) == ("not judged", (13, 15))
    assert "without Wanawadi-Ramtekadi (since 2026-10)" in found.why
    assert "2026-10 पासून" in found.why_mr
    floods(database, "2026-10", dict.fromkeys(WARDS[13:], 1))
    found = read(database, "slb", "drainage-flooding", date(2026, 11, 8))
    assert (found.value, found.covers, found.why) == (2, None, None)
    assert found.share is not None


def test_a_rate_of_some_wards_gives_marks_and_says_of_how_many(database):
    water = {"department": "water-supply", "now": at("2026-11-05")}
    for measure, value in (("water.samples_tested", 10), ("water.samples_fit", 9)):
        put(database, measure, "2026-10", dict.fromkeys(WARDS[:5], value), **water)
    found = read(database, "slb", "water-quality", date(2026, 11, 20))
    assert (found.value, found.covers, found.why) == (90, (5, 15), None)
    assert found.share is not None


def test_the_terminal_and_the_paper_say_what_is_missing(database, capsys):
    floods(database, "2026-10", dict.fromkeys(WARDS[:14], 0))
    one = told(database, FLOODS)
    said = "14 of 15 wards; without Kondhwa-Yewalewadi (never entered)"
    assert f"covers        {said}" in pages.lines(one)
    with database() as session:
        asked = DashboardArgs().load({"period": "2026-10", "department": "drainage"})
        page = queries.dashboard(session, asked, TODAY)
        of_wards = DrillArgs().load({"code": FLOODS, "by": "ward", "period": "2026-10"})
        parts = drill(session, of_wards, TODAY)
    for table in (pages.page(page), pages.parts(parts)):
        cells = [cell for column in table.columns for cell in column.cells]
        assert any(said in cell for cell in cells)
    page |= {"kpis": [each for each in page["kpis"] if each["code"] == FLOODS]}
    # Of Marathi a reader gets the digits right.
    for language, words in (("en", [said]), ("mr", ["१५", "१४"])):
        made = exported(page, city_corporation(), language, whole=False)
        paper = PdfReader(io.BytesIO(base64.b64decode(made["content_base64"])))
        printed = " ".join(paper.pages[0].extract_text().split())
        assert all(each in printed for each in words)
