"""Scorecards as the service has them: marks, evidence, reviews, ranks and papers, by RPC."""

import base64
import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from PIL import Image
from pptx import Presentation
from pypdf import PdfReader
from sqlalchemy import text

from palika.auth import Identity
from palika.config import settings
from palika.database import sessions
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.india import day_of
from palika.migrate import upgrade
from palika.store import key_of, open_store
from palika.typesetting import fonts
from services.kpi import cli, scoring, scoring_schemas
from services.kpi.commands import score
from services.kpi.commands.evidence import sweep_evidence
from services.kpi.commands.score import compute_marks
from services.kpi.domain.scorecard import Reading
from services.kpi.reference import city_programmes
from services.kpi.scorecards import values
from services.kpi.service import KpiService

OFFICER = Identity.of("officer:it-je", "officer")
HEAD = Identity.of("supervisor:it-head", "supervisor")
PROGRAMME = "150-days"
TODAY = day_of(datetime.now(UTC))


@pytest.fixture
def database(city, tmp_path, monkeypatch) -> Iterator[Any]:
    """The KPI service's database, with no scorecards; a store and fonts of the test's own."""
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path / "var"))
    for each in (settings, sessions, scoring.store, fonts.folder):
        each.cache_clear()
    upgrade("kpi")
    factory = sessions("kpi")
    with factory.begin() as session:
        session.execute(
            text(
                "TRUNCATE measure, measure_year, scorecard_mark, scorecard_evidence, "
                "scorecard_review, scorecard_result"
            )
        )
    yield factory
    factory.kw["bind"].dispose()
    for each in (sessions, scoring.store, fonts.folder):
        each.cache_clear()


@pytest.fixture
def call(database):
    """Calls a method of the service as somebody, with its arguments checked by its schema."""

    def ask(method: str, who: Identity = OFFICER, **arguments: Any) -> dict[str, Any]:
        service = KpiService()
        service.db = database
        service.caller = SimpleNamespace(identity=who)
        entry = getattr(KpiService, method)
        if not who.has_any(entry.rpc_method.roles):
            raise Forbidden(f"{method} is not for {who.subject}")
        args = entry.rpc_method.schema.load(arguments)
        answer: dict[str, Any] = entry.__wrapped__(service, args)
        json.dumps(answer)
        return answer

    return ask


@pytest.fixture
def give(call):
    """Gives a mark of the criterion `dashboard`, or of another one."""

    def mark(marks: float, who: Identity = OFFICER, **more: Any) -> dict[str, Any]:
        asked = {"programme": PROGRAMME, "criterion": "dashboard", "marks": marks} | more
        if "assessor" in more:
            return call("give_third_party_mark", who, **asked)
        return call("give_own_mark", who, **asked)

    return mark


def line(answer: dict[str, Any], code: str = "dashboard") -> dict[str, Any]:
    (found,) = [each for each in answer["criteria"] if each["code"] == code]
    return found


def days_ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


def test_own_and_third_party_marks_stand_beside_each_other_with_their_difference(call, give):
    give(20)
    give(15.5, HEAD, assessor="Quality Council of India", remark="links are broken")
    answer = call("scorecard", programme=PROGRAMME)
    found = line(answer)
    assert (found["own"]["marks"], found["third_party"]["marks"], found["difference"]) == (
        20, 15.5, -4.5
    )  # fmt: skip
    assert found["third_party"]["assessor"] == "Quality Council of India"
    assert (answer["own"]["marks"], answer["own"]["open"]) == (20, 6)
    assert answer["third_party"]["score"] == 7.75


def test_the_two_sides_are_given_by_different_people(give):
    give(20, HEAD)
    with pytest.raises(Forbidden):
        give(18, HEAD, assessor="QCI")
    other = Identity.of("supervisor:another", "supervisor")
    give(18, other, assessor="QCI")
    with pytest.raises(Forbidden):
        give(19, other)


def test_who_is_no_supervisor_enters_no_third_partys_marks(give):
    with pytest.raises(Forbidden):
        give(18, OFFICER, assessor="QCI")


def test_every_mark_stays_and_a_past_day_shows_what_counted_then(call, give):
    give(10, day=days_ago(9))
    give(20, day=days_ago(2))
    give(12, day=days_ago(9), remark="counted again")

    def own(day: str) -> Any:
        return line(call("scorecard", programme=PROGRAMME, day=day))["own"]

    assert own(days_ago(10)) is None
    assert own(days_ago(9))["marks"] == 12
    assert own(days_ago(0))["marks"] == 20
    history = call("scorecard_history", programme=PROGRAMME, criterion="dashboard")["marks"]
    assert [each["marks"] for each in history] == [10, 20, 12]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"marks": 31}, "marks"),
        ({"marks": 1.005}, "marks"),
        ({"day": "2025-05-05"}, "day"),
        ({"day": "2999-01-01"}, "day"),
        ({"subject": "lost"}, "subject"),
    ],
)
def test_a_mark_that_cannot_be_is_refused_by_field_and_nothing_is_kept(call, give, more, field):
    with pytest.raises(Invalid) as caught:
        give(**({"marks": 1} | more))
    assert field in caught.value.fields
    assert not call("scorecard_history", programme=PROGRAMME, criterion="dashboard")["marks"]


def test_what_is_not_there_is_not_found(call, give):
    with pytest.raises(NotFound):
        give(1, criterion="lost")
    with pytest.raises(NotFound):
        call("scorecard", programme="lost")
    with pytest.raises(NotFound):
        call("evidence", id=str(uuid4()))


def test_a_mark_asked_for_twice_is_given_once(call, give):
    key = str(uuid4())
    assert give(20, id=key) == give(20, id=key)
    with pytest.raises(Conflict) as caught:
        give(21, id=key)
    assert caught.value.details["differs"] == ["marks"]
    assert len(call("scorecard_history", programme=PROGRAMME, criterion="dashboard")["marks"]) == 1


def kpis(monkeypatch, found: dict[str, float | None]) -> None:
    """The KPIs have these values, in per cent of the marks; all others have no data."""

    def readings(session, criterion, subject, day):
        return [
            Reading(each.kpi, "2026-10", None, "no data", None, "no data")
            if found.get(each.kpi) is None
            else Reading(
                each.kpi, "2026-10", found[each.kpi], "red", each.rule.share(found[each.kpi], "red")
            )
            for each in criterion.links
        ]

    monkeypatch.setattr(score, "readings", readings)


def test_marks_follow_from_kpis_once_for_each_value_and_say_from_which(call, monkeypatch):
    kpis(monkeypatch, {"ga-eoffice-disposal": 72.5, "ga-eoffice-desk-days": 3})
    made = call("compute_marks", programme=PROGRAMME, subject="corporation")["marks"]
    assert [(each["criterion"], each["marks"]) for each in made] == [("e-office", 22.5)]
    assert call("compute_marks", programme=PROGRAMME, subject="corporation")["marks"] == []
    found = line(call("scorecard", programme=PROGRAMME), "e-office")["own"]
    assert found["kind"] == "computed"
    assert {each["kpi"]: each["share"] for each in found["kpis"]} == {
        "ga-eoffice-disposal": 0.5, "ga-eoffice-desk-days": 1.0, "it-desk-overdue": None
    }  # fmt: skip
    kpis(monkeypatch, {"ga-eoffice-disposal": 95})
    made = call("compute_marks", programme=PROGRAMME, subject="corporation")["marks"]
    assert [each["marks"] for each in made] == [30]
    kpis(monkeypatch, {})
    assert call("compute_marks", programme=PROGRAMME, subject="corporation")["marks"] == []


def test_marks_that_follow_from_kpis_are_not_given_by_hand_unless_there_is_no_data(
    give, monkeypatch
):
    kpis(monkeypatch, {})
    give(11, criterion="e-office")
    kpis(monkeypatch, {"ga-eoffice-disposal": 72.5})
    with pytest.raises(Invalid) as caught:
        give(12, criterion="e-office")
    assert "computed" in caught.value.fields["criterion"][0]
    give(12, HEAD, criterion="e-office", assessor="QCI")


def test_the_value_of_a_kpi_is_that_of_its_last_period_that_is_over(database, monkeypatch):
    asked = []

    def kpi(session, args):
        asked.append(args)
        return {"value": 72.5, "status": "amber", "why": None}

    monkeypatch.setattr(values.queries, "kpi", kpi)
    criterion = city_programmes()[PROGRAMME].criterion("e-office")
    with database() as session:
        for day in (date(2026, 4, 30), date(2026, 4, 29)):
            found = values.readings(session, criterion, "roads", day)
    months = {(each["from_day"].month, each["to_day"].month) for each in asked}
    assert months == {(4, 4), (3, 3)}
    assert {each["department"] for each in asked} == {"roads"}
    assert found[0].share == pytest.approx(0.5)


def test_without_measures_nothing_is_computed_for_anybody(database):
    with database.begin() as session:
        for of in city_programmes().values():
            assert compute_marks(session, of, "corporation", datetime.now(UTC)) == []


PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def show(call, **more: Any) -> dict[str, Any]:
    asked = {"programme": PROGRAMME, "criterion": "dashboard", "title": "The dashboard"} | more
    answer: dict[str, Any] = call("add_evidence", **asked)
    return answer


def test_a_document_is_kept_and_given_back_byte_for_byte(call):
    encoded = base64.b64encode(PDF).decode()
    kept = show(call, content_base64=encoded, exhibit="address")
    assert (kept["content_type"], kept["bytes"]) == ("application/pdf", len(PDF))
    assert call("evidence", id=kept["id"])["content_base64"] == encoded
    card = call("scorecard", programme=PROGRAMME)
    assert line(card)["evidence"] == ["The dashboard"]
    assert line(card)["lacking"] == []
    assert [each["id"] for each in card["evidence"]] == [kept["id"]]


def test_evidence_that_is_taken_away_stays_as_a_record(call):
    kept = show(call, url="https://city.example/dashboard", exhibit="address")
    call("remove_evidence", id=kept["id"], reason="the link is dead")
    card = call("scorecard", programme=PROGRAMME)
    assert line(card)["lacking"] == ["address"]
    assert card["evidence"][0]["removed_reason"] == "the link is dead"
    with pytest.raises(Conflict):
        call("remove_evidence", id=kept["id"], reason="again")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({}, "url"),
        ({"url": "https://a.example", "content_base64": base64.b64encode(PDF).decode()}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://"}, "url"),
        ({"content_base64": base64.b64encode(b"GIF89a").decode()}, "content_base64"),
        ({"content_base64": ""}, "content_base64"),
        ({"url": "https://a.example", "exhibit": "lost"}, "exhibit"),
    ],
)
def test_evidence_that_is_none_is_refused_by_field(call, more, field):
    with pytest.raises(Invalid) as caught:
        show(call, **more)
    assert field in caught.value.fields


def test_evidence_asked_for_twice_is_kept_once(call):
    key = str(uuid4())
    asked = {"id": key, "content_base64": base64.b64encode(PDF).decode()}
    assert show(call, **asked)["id"] == show(call, **asked)["id"] == key
    picture = io.BytesIO()
    Image.new("RGB", (2, 2)).save(picture, "PNG")
    with pytest.raises(Conflict):
        show(call, id=key, content_base64=base64.b64encode(picture.getvalue()).decode())


def test_what_no_row_names_is_swept_away_and_evidence_is_not(call, database):
    long_ago = datetime.now(UTC) - timedelta(days=3)
    kept = show(call, content_base64=base64.b64encode(PDF).decode())
    store = open_store(settings("kpi"), "evidence_url")
    stray = key_of(b"stray", long_ago, ".pdf")
    store.put(stray, b"stray", "application/pdf")
    swept = sweep_evidence(database.begin, store, datetime.now(UTC) + timedelta(days=3))
    assert swept.unused == 1
    with pytest.raises(NotFound):
        store.get(stray)
    assert call("evidence", id=kept["id"])["content_base64"]


def test_what_changed_is_told_from_the_last_review_on(call, give):
    give(10, day=days_ago(9))
    give(15, day=days_ago(7), criterion="gis")
    call("hold_score_review", HEAD, programme=PROGRAMME, held_on=days_ago(8))
    call("hold_score_review", HEAD, programme=PROGRAMME, held_on=days_ago(8), note="again")
    give(12, day=days_ago(3))
    answer = call("scorecard", programme=PROGRAMME)
    assert answer["since"] == days_ago(8)
    assert answer["changed"] == ["dashboard", "gis"]
    assert line(answer)["own_before"]["marks"] == 10
    before = call("scorecard", programme=PROGRAMME, day=days_ago(8))
    assert (before["since"], before["changed"]) == (None, [])
    with pytest.raises(Invalid):
        call("hold_score_review", HEAD, programme=PROGRAMME, held_on="2999-01-01")


def result(**more: Any) -> dict[str, Any]:
    return {
        "corporation": "panvel",
        "name_mr": "पनवेल महानगरपालिका",
        "name_en": "Panvel Municipal Corporation",
        "marks": 190.5,
        "out_of": 200,
        "day": days_ago(5),
        "source": "Chief Minister's Office",
    } | more


def test_corporations_are_ranked_by_the_third_partys_marks(call, give):
    results = [result(), result(corporation="nashik", marks=10, name_en="Nashik")]
    asked = {"programme": PROGRAMME, "results": results}
    assert call("enter_results", HEAD, **asked) == {"entered": 2, "known": 0}
    assert call("enter_results", HEAD, **asked) == {"entered": 0, "known": 2}
    give(25, HEAD, assessor="QCI")
    ranks = call("scorecard_ranking", programme=PROGRAMME)["corporations"]
    assert [(each["rank"], each["code"], each["own"]) for each in ranks] == [
        (1, "panvel", False), (2, "corporation", True), (3, "nashik", False)
    ]  # fmt: skip
    assert (ranks[0]["score"], ranks[1]["complete"]) == (95.25, False)
    before = call("scorecard_ranking", programme=PROGRAMME, day=days_ago(6))["corporations"]
    assert before == []


def test_results_are_entered_all_or_none(call):
    results = [result(), result(corporation="nashik", marks=201)]
    with pytest.raises(Invalid) as caught:
        call("enter_results", HEAD, programme=PROGRAMME, results=results)
    assert caught.value.fields == {"results, 2": ["marks must be from 0 to out_of"]}
    assert call("scorecard_ranking", programme=PROGRAMME)["corporations"] == []


def test_departments_are_ranked_among_each_other(call, give):
    for department, marks in (("roads", 10), ("fire", 20), ("health", 10)):
        give(marks, subject=department)
    ranks = call("scorecard_ranking", programme=PROGRAMME, side="own")["departments"]
    assert [(each["rank"], each["code"]) for each in ranks] == [
        (1, "fire"), (2, "health"), (2, "roads")
    ]  # fmt: skip


@pytest.fixture
def reviewed(call, give, monkeypatch):
    """A scorecard with something of everything."""
    kpis(monkeypatch, {"ga-eoffice-disposal": 72.5})
    give(10, day=days_ago(9))
    call("hold_score_review", HEAD, programme=PROGRAMME, held_on=days_ago(8))
    give(12)
    give(9, HEAD, assessor="QCI")
    call("compute_marks", programme=PROGRAMME, subject="corporation")
    call("enter_results", HEAD, programme=PROGRAMME, results=[result()])


def exported(call, language: str, form: str) -> bytes:
    answer = call("scorecard_export", programme=PROGRAMME, language=language, format=form)
    assert answer["file"] == f"150-days-corporation-{TODAY}-{language}.{form}"
    return base64.b64decode(answer["content_base64"])


def test_the_slides_have_the_counter_the_marks_what_changed_what_is_missing_and_the_ranks(
    call, reviewed
):
    deck = Presentation(io.BytesIO(exported(call, "en", "pptx")))
    titles = [slide.shapes.title.text for slide in deck.slides]
    for part in ("150-day e-governance", "Marks by criterion", "What changed", "What is missing"):
        assert any(part in each for each in titles), titles
    said = "\n".join(
        shape.text_frame.text
        for slide in deck.slides
        for shape in slide.shapes
        if shape.has_text_frame
    )
    assert "all 150 days are over" in said
    rows = [
        [cell.text for cell in row.cells]
        for slide in deck.slides
        for shape in slide.shapes
        if shape.has_table
        for row in shape.table.rows
    ]
    assert ["Dashboard of the office", "30", "12", "9", "−3", "30.0%"] in rows
    assert ["e-Office", "30", "15 *", "–", "–", "50.0%"] in rows
    assert ["Dashboard of the office", "12 (before 10)", "9 (before –)", ""] in rows
    assert ["Dashboard of the office", "marks below 60 %"] in rows
    panvel = ["1", "Panvel Municipal Corporation", "95.25%", "Chief Minister's Office"]
    assert panvel in rows


def test_the_pages_have_the_same_and_a_glyph_for_every_character(call, reviewed):
    said = {}
    for language in ("en", "mr"):
        pdf = PdfReader(io.BytesIO(exported(call, language, "pdf")))
        said[language] = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
        assert "U+" not in said[language]
    for part in (
        "all 150 days are over",
        "What is missing",
        "Panvel",
        "Quality Council",
        "12 (before 10)",
    ):
        assert part in said["en"], part


def test_in_marathi_words_and_digits_are_marathi(call, reviewed):
    deck = Presentation(io.BytesIO(exported(call, "mr", "pptx")))
    cells = {
        cell.text
        for slide in deck.slides
        for shape in slide.shapes
        if shape.has_table
        for row in shape.table.rows
        for cell in row.cells
    }
    assert {"निकष", "कार्यालयाचा डॅशबोर्ड", "१२ (आधी १०)", "पनवेल महानगरपालिका", "९५.२५%"} <= cells
    titles = [slide.shapes.title.text for slide in deck.slides]
    assert "काय बाकी आहे (१/२)" in titles


def test_the_same_scorecard_gives_the_same_pages(call, reviewed):
    assert exported(call, "mr", "pdf") == exported(call, "mr", "pdf")


def test_a_scorecard_without_any_marks_can_be_shown_too(call):
    assert exported(call, "mr", "pdf").startswith(b"%PDF")
    deck = Presentation(io.BytesIO(exported(call, "mr", "pptx")))
    assert len(deck.slides) >= 5


def test_the_terminal_shows_gives_and_exports(call, monkeypatch, tmp_path):
    class Client:
        def __init__(self, identity: Identity) -> None:
            self.kpi = self
            self.identity = identity

        def __enter__(self) -> "Client":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def __getattr__(self, method: str) -> Any:
            return lambda **arguments: call(method, self.identity, **arguments)

    monkeypatch.setattr("palika.rpc.Client", Client)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> str:
        outcome = CliRunner().invoke(cli.group, ["scorecard", *arguments], catch_exceptions=False)
        assert outcome.exit_code == 0, outcome.output
        return outcome.output

    assert "all 150 days are over" in run("list")
    run("mark", PROGRAMME, "dashboard", "20", "--as", "officer:it-je")
    run("mark", PROGRAMME, "dashboard", "15", "--as", "supervisor:b", "--third-party", "QCI")
    run("evidence", PROGRAMME, "gis", "map", "--url", "https://a.example", "--as", "officer:it-je")
    shown = run("show", PROGRAMME)
    (row,) = [each for each in shown.splitlines() if "Dashboard of the office" in each]
    assert "-5" in row
    assert "no evidence" in row
    assert "QCI" in run("history", PROGRAMME, "dashboard")
    table = tmp_path / "results.csv"
    table.write_text(
        "corporation,name_mr,name_en,marks,out_of,day,source\n"
        f"panvel,पनवेल,Panvel,190,200,{days_ago(1)},CMO\n"
    )
    assert "1 entered" in run("results", PROGRAMME, str(table), "--as", "supervisor:b")
    assert "Panvel" in run("rank", PROGRAMME)
    run("review", PROGRAMME, "--as", "supervisor:b")
    assert "0 new marks" in run(
        "compute", PROGRAMME, "--subject", "corporation", "--as", "officer:a"
    )
    path = run("export", PROGRAMME, "--format", "pptx", "--out", str(tmp_path)).strip()
    assert len(Presentation(path).slides) > 4


def test_a_file_of_results_without_its_columns_is_wrong_usage(tmp_path):
    table = tmp_path / "results.csv"
    table.write_text("corporation,marks\npanvel,190\n")
    asked = ["scorecard", "results", PROGRAMME, str(table), "--as", "supervisor:b"]
    outcome = CliRunner().invoke(cli.group, asked)
    assert outcome.exit_code == 2
    assert "name_mr" in outcome.output


def test_a_mark_that_is_no_number_is_refused_by_its_schema():
    wrong = scoring_schemas.OwnMark().validate(
        {"programme": "p", "criterion": "c", "marks": float("nan")}
    )
    assert "marks" in wrong
