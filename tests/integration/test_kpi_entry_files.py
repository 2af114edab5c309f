"""Templates and their import, reminders, the data-quality score: on a real database."""

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from click.testing import CliRunner
from sqlalchemy import insert, text
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid
from palika.rpc import CallContext
from palika.tables import inbox
from palika.topology import queue_of
from services.kpi import cli
from services.kpi.commands.remind import remind
from services.kpi.commands.sign_off import sign_off
from services.kpi.entered.form import form
from services.kpi.entered.quality import counted_until, quality_of
from services.kpi.reference import city_places
from tests.support.kpi_entry import (
    NOW,
    OWNER,
    TABLES,
    TODAY,
    approved,
    at,
    brought,
    entered,
    filled_csv,
    given,
    line,
    table_of,
    waiting,
)

HEAD = {"mr": "मुख्य अभियंता, पाणीपुरवठा", "en": "Chief Engineer, Water"}
SUM, BY_WARD = "water.produced_kl", "water.tanker_trips"


@pytest.fixture
def database(kpi_sessions) -> Any:
    """The KPI service's database, with nothing entered."""
    with kpi_sessions.begin() as session:
        session.execute(text(f"TRUNCATE {TABLES}, inbox"))
    return kpi_sessions


def test_a_template_shows_what_is_there_in_both_languages(database):
    approved(database, entered(database, line(SUM, "2026-09", 70), line(SUM, "2026-10", 80))["id"])
    header, *rows = table_of(given(database, "csv"))
    assert header[0] == "विभाग / Department"
    (row,) = [each for each in rows if each[1] == SUM]
    assert (row[4], row[8], row[9], row[10]) == ("2026-10", "70", "80", "")
    assert len([each for each in rows if each[1] == BY_WARD]) == len(city_places().wards)
    sheet = openpyxl.load_workbook(io.BytesIO(given(database, "xlsx"))).active
    assert [cell.value for cell in sheet[1]] == header
    assert sheet.max_row == len(rows) + 1


def test_a_filled_csv_is_one_batch_with_numbers_as_people_write_them(database):
    content = filled_csv(
        given(database, "csv"), {(SUM, ""): "१,१५,०००", (BY_WARD, "bibwewadi"): "1,200"}
    )
    answer = brought(database, content, "csv", dry_run=True)
    assert (answer["dry_run"], waiting(database)) == (True, 0)
    answer = brought(database, content, "csv")
    assert {(each["measure"], each["value"]) for each in answer["lines"]} == {
        (SUM, 115000),
        (BY_WARD, 1200),
    }
    assert (answer["via"], answer["file_name"], answer["state"]) == (
        "csv",
        "water.csv",
        "submitted",
    )
    with pytest.raises(Invalid, match="waits for a decision"):
        brought(database, content, "csv")


def test_the_same_file_under_one_id_is_entered_once(database):
    content = filled_csv(given(database, "csv"), {(SUM, ""): "5"})
    key = uuid7()
    first = brought(database, content, "csv", id=key)
    assert brought(database, content, "csv", id=key) == first
    other = filled_csv(given(database, "csv"), {(SUM, ""): "6"})
    with pytest.raises(Conflict):
        brought(database, other, "csv", id=key)


def test_every_mistake_of_a_workbook_is_told_with_its_cell_and_nothing_is_entered(database):
    book = openpyxl.load_workbook(io.BytesIO(given(database, "xlsx")))
    sheet = book.active
    rows = {(row[1].value, row[5].value): row for row in sheet.iter_rows(min_row=2)}
    wards = [row for (measure, _), row in rows.items() if measure == BY_WARD]
    bad = iter(wards)
    told: dict[str, str] = {}

    def spoil(column: int, value: Any, name: str, rule: str, new: Any = 5) -> None:
        row = next(bad)
        row[10].value = new
        row[column].value = value
        told[f"{sheet.title}, row {row[0].row}, {name}"] = rule

    spoil(10, "many", "New value", "must be a number")
    spoil(10, "=1+1", "New value", "not a formula")
    spoil(10, -3, "New value", "must be at least 0")
    spoil(10, 2.5, "New value", "must be a whole number")
    spoil(10, datetime(2026, 10, 1), "New value", "not a date")  # noqa: DTZ001 - as Excel has it
    spoil(5, "mars", "Place", "is no ward of the city")
    spoil(4, "2019-10", "Period", "another year")
    spoil(4, "soon", "Period", "is no period")
    made = datetime(2026, 10, 1)  # noqa: DTZ001 - as Excel has it, where 2026-10 was written
    spoil(4, made, "Period", "is a date in the spreadsheet, 01-10-2026, which has made one")
    spoil(0, "roads", "Department", "must be water-supply")
    spoil(1, "water.nothing", "Measure", "there is no such measure")
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(Invalid) as refused:
        brought(database, out.getvalue(), "xlsx", department="water-supply")
    found = {place: "; ".join(rules) for place, rules in refused.value.fields.items()}
    assert set(found) == set(told)
    assert all(rule in found[place] for place, rule in told.items())
    assert waiting(database) == 0


def test_a_row_that_is_there_twice_names_the_other_one(database):
    content = filled_csv(given(database, "csv"), {(SUM, ""): "5"})
    rows = table_of(content)
    (at,) = [n for n, each in enumerate(rows, 1) if each[1] == SUM]
    again = content + content.splitlines(keepends=True)[at - 1]
    with pytest.raises(Invalid) as refused:
        brought(database, again, "csv")
    assert refused.value.fields == {
        f"row {len(rows) + 1}, Measure": [f"is there twice: also in row {at}"]
    }


@pytest.mark.parametrize(
    ("content", "ending", "rule"),
    [
        (b"", "csv", "is empty"),
        (b"a,b\n1,2\n", "csv", "there is no column"),
        (b"PK\x03\x04", "csv", "is a workbook"),
        (b"a,b\n", "xlsx", "is no workbook"),
        (b"x", "pdf", "must end with .csv or .xlsx"),
        ("विभाग".encode("utf-16"), "csv", "UTF-16"),
    ],
)
def test_what_is_no_template_is_refused(database, content, ending, rule):
    with pytest.raises(Invalid, match=rule):
        brought(database, content, ending)


def test_the_file_of_another_department_is_refused(database):
    content = filled_csv(given(database, "csv"), {(SUM, ""): "5"})
    roads = Identity.of("officer:roads-je", "officer")
    with pytest.raises(Invalid, match="must be roads"):
        brought(database, content, "csv", by=roads, department="roads")
    with pytest.raises(Forbidden):
        brought(database, content, "csv", by=roads)


@pytest.mark.parametrize(
    ("reason", "rule"), [("x" * 1_001, "Longer than maximum length 1000"), ("a\x07b", "U+0007")]
)
def test_a_reason_is_no_longer_in_a_file_than_in_a_call(database, reason, rule):
    header, *rows = table_of(given(database, "csv"))
    (at,) = [n for n, each in enumerate(rows) if each[1] == SUM]
    rows[at][10:12] = ["5", reason]
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    with pytest.raises(Invalid) as refused:
        brought(database, out.getvalue().encode(), "csv")
    (told,) = refused.value.fields.items()
    assert told[0] == f"row {at + 2}, Reason of a correction"
    assert rule in told[1][0]
    assert waiting(database) == 0


# ---- reminders


def published(database: Any, kind: str) -> list[dict[str, Any]]:
    with database() as session:
        bodies = session.scalars(text("SELECT body FROM outbox WHERE type = :t"), {"t": kind})
        return [json.loads(each)["data"] for each in bodies]


def test_a_deadline_is_told_once_before_and_once_after_by_however_many(database):
    def sweep(now: datetime) -> int:
        with ThreadPoolExecutor(3) as pool:
            return sum(pool.map(lambda _: remind(database.begin, now, lambda: False), range(3)))

    assert sweep(at("2026-11-08")) > 0
    due = published(database, "kpi.reading_due.v1")
    keys = [(each["department"], each["period"], each["due_on"]) for each in due]
    assert len(set(keys)) == len(keys)
    (water,) = [
        each
        for each in due
        if (each["department"], each["period"]) == ("water-supply", "2026-10")
        and each["due_on"] == "2026-11-10"
    ]
    assert water["post"] == "water-ce"
    assert 0 < water["missing"] == water["expected"]
    assert sweep(at("2026-11-08")) == 0
    sweep(at("2026-11-11"))
    late = published(database, "kpi.reading_overdue.v1")
    assert ("water-supply", "2026-11-10") in {(x["department"], x["due_on"]) for x in late}
    before = len(late)
    assert sweep(at("2026-11-11")) == 0
    assert len(published(database, "kpi.reading_overdue.v1")) == before


def test_what_was_missing_when_a_period_was_signed_off_is_not_asked_for_again(database):
    with database.begin() as session:
        args = {"department": "water-supply", "period": "2026-10", "note": "meter broken"}
        assert sign_off(session, OWNER, args, at("2026-11-03")).missing > 0
    for day in ("2026-11-08", "2026-11-28"):
        remind(database.begin, at(day), lambda: False)
    told = published(database, "kpi.reading_due.v1") + published(database, "kpi.reading_overdue.v1")
    of = {(each["department"], each["period"]) for each in told}
    assert ("water-supply", "2026-10") not in of
    assert ("roads", "2026-10") in of


def test_who_has_entered_everything_is_not_reminded(database):
    with database() as session:
        asked = form(session, {"department": "water-supply", "period": "2026-10"}, TODAY)
    lines = [
        line(each["measure"], "2026-10", each["min"] or 0, place["place"])
        for each in asked["measures"]
        if each["due_on"] == "2026-11-10"
        for place in each["places"]
    ]
    entered(database, *lines, now=at("2026-11-05"))
    remind(database.begin, at("2026-11-08"), lambda: False)
    due = published(database, "kpi.reading_due.v1")
    assert due
    assert ("water-supply", "2026-11-10") not in {(x["department"], x["due_on"]) for x in due}


# ---- the score


def test_the_score_tells_what_is_missing_late_corrected_and_unusual(database):
    wards = list(city_places().wards)
    early = [line(BY_WARD, "2026-10", n, ward) for n, ward in enumerate(wards[:10])]
    batch = entered(database, *early, now=at("2026-11-10"))
    approved(database, batch["id"], outliers=(3,), now=at("2026-11-11"))
    late = entered(database, line(BY_WARD, "2026-10", 3, wards[10]), now=at("2026-11-11"))
    fixed = line(BY_WARD, "2026-10", 77, wards[0], "चूक")
    approved(database, entered(database, fixed, now=NOW)["id"])
    args = {"department": "water-supply", "period": "2026-10"}
    with database() as session:
        answer = quality_of(session, args, TODAY)
    assert late["state"] == "submitted"
    (found,) = [each for each in answer["measures"] if each["measure"] == BY_WARD]
    words = {name: part["words"]["en"] for name, part in found["parts"].items()}
    assert words == {
        "completeness": "11 of 15 values are entered.",
        "timeliness": "10 of 15 values were entered in time.",
        "corrections": "1 of 10 approved values were corrected afterwards.",
        "outliers": "1 of 10 approved values were marked as unusual by their checker, "
        "or are above their whole.",
    }
    assert found["score"] == pytest.approx(0.4 * 1100 / 15 + 0.3 * 1000 / 15 + 0.3 * 90, abs=0.05)
    assert found["fresh"] == NOW.isoformat().replace("+00:00", "Z")
    assert answer["score"] < found["score"]


def test_how_far_the_events_have_come_is_told_by_the_newest_that_counts(database):
    with database() as session:
        assert counted_until(session) is None
    ids = ["019aba5e-5c00-7000-8000-000000000001", "019aba5e-5800-7000-8000-000000000009"]
    rows = [{"subscription": queue_of("kpi", "measures"), "event_id": UUID(each)} for each in ids]
    with database.begin() as session:
        session.execute(insert(inbox), rows)
        until = counted_until(session)
    made = datetime.fromtimestamp(0x019ABA5E5C00 / 1000, UTC)
    assert datetime.fromisoformat(until) == made


# ---- at a terminal


def test_the_commands_go_from_a_template_to_approved_values(database, monkeypatch, tmp_path):
    from services.kpi import service
    from services.kpi.schemas import entry

    class Client:
        """Calls the service's methods, as the wire would."""

        eoffice = SimpleNamespace(
            posts=lambda codes: {"posts": dict.fromkeys(codes, HEAD), "unknown": {}}
        )

        def __init__(self, identity: Identity, timeout_s: float | None = None) -> None:
            self.kpi = self
            self._service = service.KpiService()
            self._service.db = database
            self._service.caller = CallContext.within("kpi", identity)

        def __enter__(self) -> "Client":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def __getattr__(self, name: str) -> Any:
            schema = {
                "template": entry.TemplateArgs,
                "import_file": entry.ImportArgs,
                "approve": entry.ApproveArgs,
                "send_back": entry.SendBackArgs,
                "sign_off": entry.SignOffArgs,
                "form": entry.FormArgs,
                "batches": entry.BatchesArgs,
                "batch": entry.BatchArgs,
                "quality": entry.QualityArgs,
            }[name]
            method = getattr(self._service, name)
            return lambda **given: method.__wrapped__(self._service, schema().load(given))

    monkeypatch.setattr("palika.rpc.Client", Client)

    def run(*words: str) -> Any:
        return CliRunner().invoke(cli.group, words, catch_exceptions=False)

    path = tmp_path / "water.csv"
    assert run("template", "water-supply", "--output", str(path)).exit_code == 0
    rows = table_of(path.read_bytes())
    period = next(each[4] for each in rows if each[1] == SUM)
    wrong = filled_csv(path.read_bytes(), {(SUM, ""): "lots"})
    path.write_bytes(wrong)
    refused = run("import", str(path), "--by", "water-clerk")
    assert refused.exit_code == 2
    assert "New value: must be a number, such as 1,15,000 or 12.5" in refused.output
    path.write_bytes(filled_csv(wrong, {(SUM, ""): "1,15,000"}))
    assert (
        "Nothing was entered" in run("import", str(path), "--by", "water-clerk", "--dry-run").output
    )
    done = json.loads(run("import", str(path), "--by", "water-clerk", "--json").output)
    with database.begin() as session:
        session.execute(text("UPDATE batch SET entered_at = '2026-11-29T19:30:00Z'"))
    assert done["id"] in (listed := run("batches", "--state", "submitted").output)
    assert "30 Nov 2026, 01:00" in listed
    run("send-back", done["id"], "--by", "water-ce", "--remark", "मीटर तपासा")
    shown = run("batch", done["id"]).output
    called = "Chief Engineer, Water / मुख्य अभियंता, पाणीपुरवठा"
    assert f"sent back by / परत पाठवले: {called}: मीटर तपासा" in shown
    done = json.loads(run("import", str(path), "--by", "water-clerk", "--json").output)
    assert run("approve", done["id"], "--by", OWNER.subject).output.endswith("1 approved\n")
    assert "115000" in run("batch", done["id"]).output
    entered = run("form", "water-supply", "--period", period).output
    assert SUM in entered
    assert entered.startswith(f"water-supply: {HEAD['en']} / {HEAD['mr']}\n")
    assert json.loads(run("form", "water-supply", "--json").output)["owner"] == "water-ce"
    assert "values are entered." in run("quality", "water-supply", period).output
    # What is signed off a supervisor corrects, and nobody who only says so of an officer.
    assert run("sign-off", "water-supply", period, "--by", "water-ce").exit_code == 0
    rows = table_of(path.read_bytes())
    at = next(n for n, each in enumerate(rows) if each[1] == SUM)
    rows[at][10:12] = ["1,15,001", "मीटर"]
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    path.write_text(out.getvalue(), "utf-8")
    assert "is signed off" in run("import", str(path), "--by", "water-clerk").output
    mended = run("import", str(path), "--by", "supervisor:it-head", "--json")
    assert json.loads(mended.output)["entered_by"] == "supervisor:it-head"


@pytest.mark.parametrize("by", ["citizen:9", "supervisor:", ""])
def test_who_acts_is_an_officer_a_supervisor_or_an_administrator(by):
    refused = CliRunner().invoke(cli.group, ["sign-off", "water-supply", "2026-10", "--by", by])
    assert refused.exit_code == 2
    assert "--by: must be NAME or KIND:NAME" in refused.output
