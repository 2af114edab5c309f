"""Scorecards as PDF and slides, and at the terminal."""

import base64
import io
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from pptx import Presentation
from pptx.util import Inches
from pypdf import PdfReader
from rich.cells import cell_len

from palika.auth import Identity
from palika.errors import Unavailable
from palika.india import in_digits
from palika.slides.parts import RAG, width
from services.kpi import cli, scoring_schemas
from services.kpi.domain.scorecard import card
from services.kpi.reference import city_corporation
from services.kpi.scorecards import reading
from services.kpi.scorecards.report import report
from tests.support.scorecards import HEAD, PROGRAMME, TODAY, days_ago, kpis, result

IT_HEAD = "officer:information-technology-head"


@pytest.fixture
def reviewed(ask_kpi, give_mark, on, monkeypatch):
    """A scorecard with something of everything."""
    kpis(monkeypatch, {"ga-eoffice-disposal": 45})
    on(9)
    give_mark(10)
    on(8)
    ask_kpi("hold_score_review", HEAD, programme=PROGRAMME)
    on(0)
    give_mark(12)
    give_mark(9, HEAD, assessor="QCI")
    ask_kpi("compute_marks", programme=PROGRAMME, subject="corporation")
    ask_kpi("enter_results", HEAD, programme=PROGRAMME, results=[result()])


def exported(ask_kpi, language: str, form: str) -> bytes:
    answer = ask_kpi("scorecard_export", programme=PROGRAMME, language=language, format=form)
    assert answer["file"] == f"150-days-corporation-{TODAY}-{language}.{form}"
    return base64.b64decode(answer["content_base64"])


def test_the_slides_have_the_counter_the_marks_what_changed_what_is_missing_and_the_ranks(
    ask_kpi, reviewed
):
    deck = Presentation(io.BytesIO(exported(ask_kpi, "en", "pptx")))
    titles = [slide.shapes.title.text for slide in deck.slides]
    for part in ("150-day e-governance", "Marks by criterion", "What changed", "What is missing"):
        assert any(part in each for each in titles), titles
    said = "\n".join(
        shape.text_frame.text
        for slide in deck.slides
        for shape in slide.shapes
        if shape.has_text_frame
    )
    assert "ended on " in said
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


def test_the_pages_have_the_same_and_a_glyph_for_every_character(ask_kpi, reviewed):
    said = {}
    for language in ("en", "mr"):
        pdf = PdfReader(io.BytesIO(exported(ask_kpi, language, "pdf")))
        said[language] = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
        assert "U+" not in said[language]
    for part in (
        "ended on ",
        "What is missing",
        "Panvel",
        "Quality Council",
        "12 (before 10)",
    ):
        assert part in said["en"], part
    assert "Page 1 / 2" in said["en"]
    # A reader of PDF puts a vowel sign beside the cluster it belongs to.
    assert "ष्ठ १ / २" in said["mr"]


def test_a_mark_that_was_backdated_after_the_review_is_told_with_its_day(
    ask_kpi, reviewed, give_mark
):
    give_mark(6, HEAD, assessor="QCI", day=days_ago(9), criterion="gis")
    deck = Presentation(io.BytesIO(exported(ask_kpi, "en", "pptx")))
    cells = [
        cell.text
        for slide in deck.slides
        for shape in slide.shapes
        if shape.has_table
        for row in shape.table.rows
        for cell in row.cells
    ]
    assert f"6 (before –), from {in_digits(TODAY - timedelta(days=9))} on" in cells


def test_a_period_of_twelve_months_is_not_broken_and_the_own_rank_has_no_status(ask_kpi, reviewed):
    for language, heading in (("en", "KPI"), ("mr", "निर्देशांक")):
        deck = Presentation(io.BytesIO(exported(ask_kpi, language, "pptx")))
        tables = [shape.table for slide in deck.slides for shape in slide.shapes if shape.has_table]
        (basis,) = [each for each in tables if each.cell(0, 0).text == heading]
        # With the margins of the cell, and in 13 points, as tables are set.
        assert basis.columns[1].width / Inches(1) >= width("2025-11/2026-10", 13) + 0.18
        own = [
            row.cells[1].fill.fore_color.rgb
            for table in tables
            for row in table.rows
            if row.cells[1].text == getattr(city_corporation(), language)
        ]
        assert own == [RAG["grey"][0]]


def test_in_marathi_words_and_digits_are_marathi(ask_kpi, reviewed):
    deck = Presentation(io.BytesIO(exported(ask_kpi, "mr", "pptx")))
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


def test_another_corporation_keeps_its_name_whatever_its_code(ask_kpi, reviewed):
    other = result(corporation="corporation", name_en="Thane Municipal Corporation", marks=180)
    ask_kpi("enter_results", HEAD, programme=PROGRAMME, results=[other])
    deck = Presentation(io.BytesIO(exported(ask_kpi, "en", "pptx")))
    named = [
        (row.cells[0].text, row.cells[1].text)
        for slide in deck.slides
        for shape in slide.shapes
        if shape.has_table and shape.table.cell(0, 0).text == "Rank"
        for row in shape.table.rows
    ]
    assert ("2", "Thane Municipal Corporation") in named
    assert ("3", "Pune Municipal Corporation") in named


def test_the_same_scorecard_gives_the_same_pages(ask_kpi, reviewed):
    assert exported(ask_kpi, "mr", "pdf") == exported(ask_kpi, "mr", "pdf")


def test_a_scorecard_without_any_marks_can_be_shown_too(ask_kpi):
    assert exported(ask_kpi, "mr", "pdf").startswith(b"%PDF")
    deck = Presentation(io.BytesIO(exported(ask_kpi, "mr", "pptx")))
    assert len(deck.slides) >= 5


@pytest.mark.parametrize(
    ("language", "first", "no_ranking"),
    [
        ("en", "are not computed yet either", "not enough marks for a ranking"),
        ("mr", "गुणही अद्याप काढलेले नाहीत", "क्रमवारीसाठी पुरेसे गुण"),
    ],
)
def test_an_official_paper_has_no_command_and_no_section_without_content(
    ask_kpi, language, first, no_ranking
):
    of = reading.programme(PROGRAMME)
    said = report(card(of, "corporation", TODAY, (), (), None), {}, language)
    assert any(first in each for each in said.notes)
    assert any(no_ranking in each for each in said.notes)
    assert not any("palika" in each for each in [*said.notes, *said.words.values()])
    pdf = PdfReader(io.BytesIO(exported(ask_kpi, language, "pdf")))
    lines = " ".join(page.extract_text() for page in pdf.pages).splitlines()
    assert said.words["ranking"] not in [each.strip() for each in lines]
    deck = Presentation(io.BytesIO(exported(ask_kpi, language, "pptx")))
    titles = [slide.shapes.title.text for slide in deck.slides]
    assert said.words["ranking"] not in titles


def nobody_is_named(codes: Any) -> dict[str, Any]:
    raise Unavailable("eoffice: the service is not running")


def test_the_terminal_shows_gives_and_exports(ask_kpi, monkeypatch, tmp_path):
    class Client:
        def __init__(self, identity: Identity, **_: Any) -> None:
            self.kpi = self
            self.eoffice = SimpleNamespace(posts=nobody_is_named)
            self.identity = identity

        def __enter__(self) -> "Client":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def __getattr__(self, method: str) -> Any:
            return lambda **arguments: ask_kpi(method, self.identity, **arguments)

    monkeypatch.setattr("palika.rpc.Client", Client)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> str:
        outcome = CliRunner().invoke(cli.group, ["scorecard", *arguments], catch_exceptions=False)
        assert outcome.exit_code == 0, outcome.output
        return outcome.output

    assert "ended on " in run("list")
    run("mark", PROGRAMME, "dashboard", "20", "--by", IT_HEAD)
    run("mark", PROGRAMME, "dashboard", "15", "--by", "supervisor:b", "--third-party", "QCI")
    run("evidence", PROGRAMME, "gis", "map", "--url", "https://a.example", "--by", IT_HEAD)
    shown = run("show", PROGRAMME)
    (row,) = [each for each in shown.splitlines() if "Dashboard of the office" in each]
    assert "-5" in row
    assert "no evidence" in row
    # A narrow terminal breaks no word, and leaves none out.
    monkeypatch.setenv("COLUMNS", "80")
    narrow = run("show", PROGRAMME)
    assert "…" not in narrow
    assert max(map(cell_len, narrow.splitlines())) <= 80
    for word in ("self-assessed", "intelligence", "difference"):
        assert word in narrow, narrow
    monkeypatch.setenv("COLUMNS", "200")
    assert "QCI" in run("history", PROGRAMME, "dashboard")
    table = tmp_path / "results.csv"
    table.write_text(
        "corporation,name_mr,name_en,marks,out_of,day,source\n"
        f"panvel,पनवेल,Panvel,190,200,{days_ago(1)},CMO\n"
    )
    assert "1 entered" in run("results", PROGRAMME, str(table), "--by", "supervisor:b")
    assert "Panvel" in run("rank", PROGRAMME)
    run("review", PROGRAMME, "--by", "supervisor:b")
    assert "0 new marks" in run("compute", PROGRAMME, "--subject", "corporation", "--by", IT_HEAD)
    path = run("export", PROGRAMME, "--format", "pptx", "--out", str(tmp_path)).strip()
    assert len(Presentation(path).slides) > 4


def test_a_file_of_results_without_its_columns_is_wrong_usage(tmp_path):
    table = tmp_path / "results.csv"
    table.write_text("corporation,marks\npanvel,190\n")
    asked = ["scorecard", "results", PROGRAMME, str(table), "--by", "supervisor:b"]
    outcome = CliRunner().invoke(cli.group, asked)
    assert outcome.exit_code == 2
    assert "name_mr" in outcome.output


def test_a_mark_that_is_no_number_is_refused_by_its_schema():
    wrong = scoring_schemas.OwnMark().validate(
        {"programme": "p", "criterion": "c", "marks": float("nan")}
    )
    assert "marks" in wrong
