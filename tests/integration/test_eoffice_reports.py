"""The e-office's reports on a real database: counted from the rows, and only what may be read."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from marshmallow import ValidationError
from sqlalchemy import event, insert, text
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Invalid
from palika.india import day_of
from palika.store import Folder
from services.eoffice.commands import letter as steps
from services.eoffice.commands.dispatch import dispatch_letter
from services.eoffice.commands.issue_letter import Outward
from services.eoffice.commands.open_file import open_file
from services.eoffice.domain.reporting import Reader
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import File, Movement
from services.eoffice.queries import mis, reports
from services.eoffice.schemas import Opening
from services.eoffice.schemas.letters import Dispatching, DraftingLetter, LetterStep
from services.eoffice.schemas.reports import Reporting
from tests.support.eoffice import CE, CLERK, DE, JE, NOW, cleared, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_keys import store_in
from tests.support.eoffice_reports import ALL, DAY, as_reader, asked, close, forward, opened, rows
from tests.support.receipts import Desk

__all__ = ["database"]


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


# ---- pendency


def test_pendency_is_by_the_post_that_has_it_and_by_age_on_its_desk(sessions):
    forward(sessions, opened(sessions, back=100), "accounts", back=3)
    opened(sessions, back=20)
    opened(sessions, back=8, due_on="2026-06-30", priority="urgent")
    close(sessions, opened(sessions, back=50))
    answer = asked(sessions, "pendency")
    columns = ("pending", "0-7", "8-15", "16-30", "overdue", "urgent", "unseen")
    assert rows(answer, *columns) == {
        "accounts": (1, 1, 0, 0, 0, 0, 1),
        "roads-je": (2, 0, 1, 1, 1, 1, 0),
    }
    assert (answer["total"]["pending"], answer["total"]["91+"]) == (3, 0)
    assert answer["rows"][0]["name"] == {"mr": "मुख्य लेखापाल", "en": "Chief Accountant"}
    of_files = asked(sessions, "pendency", age_of="file")
    assert rows(of_files, "91+")["accounts"] == (1,)
    assert of_files["total"]["oldest"] == (NOW - 100 * DAY).isoformat()


def test_pendency_is_of_sections_departments_and_priorities_too(sessions):
    forward(sessions, opened(sessions), "accounts")
    opened(sessions, priority="most_urgent")
    by_section = asked(sessions, "pendency", by="section")
    assert rows(by_section, "pending") == {"est": (1,), None: (1,)}
    assert by_section["rows"][-1]["name"] is None
    by_department = rows(asked(sessions, "pendency", by="department"), "pending")
    assert by_department == {"general-administration": (1,), "roads": (1,)}
    by_priority = rows(asked(sessions, "pendency", by="priority"), "pending")
    assert by_priority == {"ordinary": (1,), "most_urgent": (1,)}


def test_a_report_of_a_part_has_only_that_part(sessions):
    forward(sessions, opened(sessions), "accounts")
    opened(sessions)
    of_roads = asked(sessions, "pendency", department=["roads"])
    assert (rows(of_roads, "pending"), of_roads["total"]["pending"]) == ({"roads-je": (1,)}, 1)
    assert asked(sessions, "pendency", desk=["law"])["total"]["pending"] == 0
    assert rows(asked(sessions, "pendency", section=["est"]), "pending") == {"roads-je": (1,)}


def test_what_a_post_may_not_read_is_not_counted(sessions):
    opened(sessions, caller=CE, secrecy="secret")
    with cleared(sessions, "roads-je", Secrecy.SECRET):
        opened(sessions, caller=JE, secrecy="secret")
    opened(sessions)
    for caller, pending in ((DE, 1), (JE, 2), (CE, 3)):
        answer = asked(sessions, "pendency", as_reader(sessions, caller))
        assert answer["total"]["pending"] == pending, caller
    assert rows(asked(sessions, "flow", as_reader(sessions, DE)), "opened") == {"2026-07": (1,)}


def test_nothing_at_all_is_a_report_too(sessions):
    answer = asked(sessions, "pendency")
    assert (answer["rows"], answer["total"]["pending"]) == ([], 0)
    assert asked(sessions, "stay")["total"]["median_days"] is None


# ---- stay and flow


def test_stay_is_how_long_files_were_on_the_desks_that_they_left(sessions):
    for days in (1, 3, 8):
        file = opened(sessions, back=days + 2)
        forward(sessions, file, "roads-de", back=2)
        close(sessions, file, back=0, caller=DE)
    opened(sessions, back=60)
    columns = ("stays", "mean_days", "median_days", "p90_days", "longest_days")
    answer = asked(sessions, "stay")
    assert rows(answer, *columns) == {
        "roads-de": (3, 2.0, 2.0, 2.0, 2.0),
        "roads-je": (3, 4.0, 3.0, 7.0, 8.0),
    }
    assert (answer["total"]["stays"], answer["total"]["longest_days"]) == (6, 8.0)
    assert rows(asked(sessions, "stay", by="department"), "stays") == {"roads": (6,)}


def test_stay_is_counted_on_the_day_when_the_file_left(sessions):
    forward(sessions, opened(sessions, back=9), "roads-de", back=5)
    day = day_of(NOW - 5 * DAY)
    for first, last, stays in ((0, 0, 1), (1, 2, 0), (-2, -1, 0)):
        period = {"from_day": f"{day + first * DAY}", "to_day": f"{day + last * DAY}"}
        assert asked(sessions, "stay", **period)["total"]["stays"] == stays, period


def test_stay_of_what_may_not_be_read_is_not_counted(sessions):
    secret = opened(sessions, back=4, caller=CE, secrecy="secret")
    forward(sessions, secret, "law", back=2, caller=CE)
    assert asked(sessions, "stay")["total"]["stays"] == 1
    assert asked(sessions, "stay", as_reader(sessions, DE))["total"]["stays"] == 0


def test_flow_is_in_the_months_of_india(sessions):
    late_evening = datetime(2026, 5, 31, 18, 45, tzinfo=UTC)
    with sessions.begin() as session:
        file = open_file(session, JE, Opening().load({"subject": "x"}), late_evening)
    close(sessions, file)
    opened(sessions, head="tender")
    assert rows(asked(sessions, "flow"), "opened", "closed") == {
        "2026-06": (1, 0),
        "2026-07": (1, 1),
    }
    by_head = asked(sessions, "flow", by="head")
    assert rows(by_head, "opened") == {"general": (1,), "tender": (1,)}
    assert by_head["rows"][1]["name"]["mr"] == "निविदा"


def test_flow_counts_receipts_diarised_and_letters_dispatched_in_their_month(sessions, tmp_path):
    desk = Desk(sessions)
    desk.diarise()
    desk.diarise(CLERK, secrecy="secret")
    file = opened(sessions)
    _dispatched(sessions, file, Folder(tmp_path), NOW)
    _dispatched(sessions, file, Folder(tmp_path), NOW - 20 * DAY)
    columns = ("opened", "closed", "diarised", "dispatched")
    answer = asked(sessions, "flow")
    assert rows(answer, *columns) == {"2026-06": (0, 0, 0, 1), "2026-07": (1, 0, 2, 1)}
    assert {each: answer["total"][each] for each in columns} == {
        "opened": 1,
        "closed": 0,
        "diarised": 2,
        "dispatched": 2,
    }
    by_section = rows(asked(sessions, "flow", by="section"), *columns)
    assert by_section == {"cr": (0, 0, 1, 0), "est": (1, 0, 1, 2)}
    assert rows(asked(sessions, "flow", by="head"), *columns)[None] == (0, 0, 2, 0)
    roads = asked(sessions, "flow", department=["roads"])
    assert rows(roads, *columns)["2026-07"] == (1, 0, 1, 1)
    # The secret one is counted for who has it, and for who is cleared.
    for caller, diarised in ((CLERK, 2), (JE, 1)):
        told = asked(sessions, "flow", as_reader(sessions, caller))
        assert told["total"]["diarised"] == diarised
    header = mis.lines(answer, "en")[0]
    assert header == ["Month", "Opened", "Closed", "Receipts diarised", "Letters dispatched"]


def _dispatched(sessions, file, papers, at) -> None:
    asked_for = {"file_id": str(file.id), "to_name": "A", "body": "Done.", "language": "en"}
    with sessions.begin() as session:
        letter = steps.draft_letter(session, JE, DraftingLetter().load(asked_for), at)
    step = {"id": str(letter.id), "version": 1}
    with sessions.begin() as session:
        steps.approve_letter(session, JE, LetterStep().load(step), at)
    with sessions.begin() as session:
        outward = Outward(lambda **_: {}, papers, store_in(Path("/nowhere")))
        sent = Dispatching().load(step | {"channel": "hand"})
        dispatch_letter(session, JE, sent, at, outward)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "pendency", "by": "month"},
        {"name": "stay", "by": "priority"},
        {"name": "flow", "desk": ["law"]},
        {"name": "pendency", "from_day": "2026-04-01"},
        {"name": "stay", "from_day": "yesterday"},
        {"name": "secrets"},
        {"name": "stay", "department": []},
    ],
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValidationError):
        Reporting().load(wrong)


def test_a_period_ends_after_it_begins_and_is_not_for_ever(sessions):
    with pytest.raises(Invalid, match="ends before"):
        asked(sessions, "stay", from_day="2026-05-02", to_day="2026-05-01")
    with pytest.raises(Invalid, match="too many"):
        asked(sessions, "flow", from_day="1990-01-01")


def test_pendency_reads_no_closed_file(sessions):
    _archive(sessions, 20_000)
    pending = [opened(sessions) for _ in range(5)]
    with sessions.begin() as session:
        session.execute(text("ANALYZE file"))
    for who in (ALL, as_reader(sessions, JE)):
        plan = _plan(sessions, "pendency", who)
        assert "Seq Scan on file" not in plan, plan
        assert _read(plan) <= len(pending), plan


def test_a_period_reads_nothing_of_other_times(sessions):
    _archive(sessions, 20_000)
    with sessions.begin() as session:
        session.execute(text("ANALYZE file"))
        session.execute(text("ANALYZE movement"))
    for name in ("stay", "flow"):
        plan = _plan(sessions, name, ALL, from_day="2026-06-30", to_day="2026-07-01")
        assert "Seq Scan on file" not in plan, plan
        assert "Seq Scan on movement" not in plan, plan


def _archive(sessions, count: int) -> None:
    """So many closed files, of ten years and before, each of which moved once."""
    ids = [uuid.uuid4() for _ in range(count)]
    moments = [NOW - timedelta(days=10 + at % 3_600) for at in range(count)]
    with sessions.begin() as session:
        file = (
            {"department": "roads", "section": "est", "head": "general", "subject": "x"}
            | {"language": "mr", "secrecy": 0, "priority": 0, "public": False, "part": 1}
            | {"volume": 1, "state": "closed", "held_by": "roads-de", "opened_by": "roads-je"}
            | {"moves": 1, "version": 3, "rev": 3}
        )
        session.execute(
            insert(File.__table__),
            [
                {
                    **file,
                    "id": key,
                    "number": f"OLD/{at}",
                    "held_since": moment - DAY,
                    "opened_at": moment - 2 * DAY,
                    "closed_at": moment,
                }
                for at, (key, moment) in enumerate(zip(ids, moments, strict=True))
            ],
        )
        move = {"position": 1, "kind": "forward", "from_post": "roads-je", "to_post": "roads-de"}
        move |= {"minutes_held": 1_440, "rev": 1}
        session.execute(
            insert(Movement.__table__),
            [
                {**move, "file_id": key, "moved_at": moment - DAY}
                for key, moment in zip(ids, moments, strict=True)
            ],
        )


def _plan(sessions, name: str, who: Reader, **args: Any) -> str:
    """How PostgreSQL carries out the report's own statement."""
    with sessions() as session:
        seen: list[str] = []
        connection = session.connection()

        def note(_connection, cursor, statement, parameters, *_rest) -> None:
            seen.append(cursor.mogrify(statement, parameters).decode())

        event.listen(connection, "before_cursor_execute", note)
        try:
            reports.report(session, Reporting().load({"name": name, **args}), who, NOW)
        finally:
            event.remove(connection, "before_cursor_execute", note)
        explained = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) " + seen[0].replace("%", "%%")
        return "\n".join(each[0] for each in connection.exec_driver_sql(explained))


def _read(plan: str) -> int:
    """Rows of files that were read."""
    (line,) = [each for each in plan.splitlines() if " on file" in each and "Scan" in each]
    return int(line.partition("rows=")[2].split()[0].rstrip(")").split(".")[0])
