"""Who puts a due date off, and against which day reports count."""

from datetime import date

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Conflict, Forbidden, Invalid
from services.eoffice.commands.continue_file import open_part
from services.eoffice.commands.root import begin_record
from services.eoffice.domain.chaining import digest
from services.eoffice.domain.reporting import Reader
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Act, File
from services.eoffice.queries import late, reports
from services.eoffice.schemas.filing import OpeningPart
from services.eoffice.schemas.reports import Overdue, Reporting
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import verify
from tests.support.eoffice import CE, DE, JE, NOW, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_moves import DAY, LAW, file_of, opened, read, take
from tests.support.receipts import Desk

__all__ = ["database"]

ALL = Reader(None, Secrecy.TOP_SECRET)
WHY = {"remark": "The survey is late"}


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


def dates(sessions, file) -> tuple[str | None, str | None, str | None]:
    """The date now, the first, and who has set it."""
    found = file_of(sessions, file)
    shown = [each and str(each)[8:] for each in (found.due_on, found.first_due_on)]
    return (*shown, found.due_by)


def due(sessions, file, day: int | None, by=JE, now=NOW, **said) -> File:
    on = None if day is None else f"2026-07-{day:02}"
    return take(sessions, "due", file, by, now, due_on=on, **said)


def test_what_a_senior_has_set_is_put_off_by_who_set_it_and_up_the_line_with_a_reason(sessions):
    file = opened(sessions)
    due(sessions, file, 9, CE)
    assert dates(sessions, file) == ("09", None, "roads-ce")
    for day in (10, None):
        with pytest.raises(Forbidden, match="bring the due date 09-07-2026 forward") as refused:
            due(sessions, file, day, **WHY)
        assert refused.value.details["may"] == ["roads-ce", "addl-commissioner", "commissioner"]
        # The post between is up the line from who has the file, and below who has set the date.
        with pytest.raises(Forbidden, match="that is for roads-ce or addl-commissioner"):
            due(sessions, file, day, DE, **WHY)
        with pytest.raises(Invalid) as refused:
            due(sessions, file, day, CE)
        assert refused.value.fields == {"remark": ["is needed to put a due date off"]}
    assert due(sessions, file, 12, CE, **WHY).version == 3
    assert dates(sessions, file) == ("12", "09", "roads-ce")
    with sessions() as session:
        said = session.get_one(Act, (file.id, 3)).data
    assert said["reason"] == WHY["remark"]
    assert (said["from"], said["to"], said["first"]) == ("2026-07-09", "2026-07-12", "2026-07-09")


def test_who_has_the_file_brings_the_date_forward_and_not_back_again(sessions):
    file = opened(sessions)
    due(sessions, file, 9, CE)
    due(sessions, file, 5)
    assert dates(sessions, file) == ("05", "09", "roads-ce")
    with pytest.raises(Forbidden, match="that is for roads-ce"):
        due(sessions, file, 9, **WHY)


def test_a_day_of_a_charter_is_put_off_up_the_line_alone(sessions):
    desk = Desk(sessions)
    receipt = desk.receive(desk.send(desk.diarise(), "roads-je"))
    _, file = desk.start(receipt)
    assert dates(sessions, file) == ("16", None, None)
    with pytest.raises(Forbidden, match="that is for roads-de or roads-ce"):
        due(sessions, file, 20, **WHY)
    due(sessions, file, 20, DE, **WHY)
    assert dates(sessions, file) == ("20", "16", "roads-de")


def test_ones_own_date_is_ones_own_to_put_off_and_reports_count_against_the_first(sessions):
    file = opened(sessions, due_on="2026-07-03")
    due(sessions, file, 3)
    due(sessions, file, 20, **WHY)
    due(sessions, file, 25, **WHY)
    assert dates(sessions, file) == ("25", "03", "roads-je")
    now = NOW + 9 * DAY
    with sessions() as session:
        (item,) = late.overdue(session, Overdue().load({}), ALL, now)["items"]
        told = reports.report(session, Reporting().load({"name": "pendency"}), ALL, now)
    assert (item["due_on"], item["first_due_on"], item["days_over"]) == (
        *("2026-07-25", "2026-07-03"),
        7,
    )
    assert told["total"]["overdue"] == 1


def test_a_date_that_is_taken_away_counts_still(sessions):
    file = opened(sessions, due_on="2026-07-03")
    due(sessions, file, None, **WHY)
    due(sessions, file, 30)
    assert dates(sessions, file) == ("30", "03", "roads-je")
    first = file_of(sessions, file).promised_on
    assert first == date(2026, 7, 3)


def test_overdue_files_are_paged_by_the_day_that_counts(sessions):
    files = [opened(sessions, due_on=f"2026-07-0{day}") for day in (2, 3, 4)]
    due(sessions, files[1], 30, **WHY)
    found, cursor = [], None
    with sessions() as session:
        for _ in files:
            asked = Overdue().load({"limit": 1, **({"cursor": cursor} if cursor else {})})
            page = late.overdue(session, asked, ALL, NOW + 9 * DAY)
            found += [each["id"] for each in page["items"]]
            cursor = page["next"]
    assert (found, cursor) == ([str(each.id) for each in files], None)


def test_who_has_set_it_puts_it_off_wherever_the_file_is(sessions):
    file = opened(sessions, CE, due_on="2026-07-09")
    take(sessions, "forward", file, CE, NOW, to="law")
    with pytest.raises(Forbidden, match="that is for roads-ce"):
        due(sessions, file, 12, LAW, **WHY)
    due(sessions, file, 12, CE, **WHY)
    with pytest.raises(Forbidden, match="cannot set due"):
        due(sessions, file, 11, JE)


def test_on_the_day_there_is_nothing_left_to_bring_forward_and_legal_says_so(sessions):
    file = opened(sessions)
    due(sessions, file, 9, CE)
    assert "set_due" in read(sessions, file)["legal"]
    late_now = NOW + 8 * DAY
    assert "set_due" not in read(sessions, file, now=late_now)["legal"]
    with pytest.raises(Conflict, match="its due date 09-07-2026 can only be put off") as refused:
        due(sessions, file, 9, now=late_now)
    assert refused.value.details["may"][0] == "roads-ce"
    due(sessions, file, 12, CE, late_now, **WHY)


def test_a_part_is_not_the_way_around_it(sessions):
    file = opened(sessions)
    due(sessions, file, 9, CE)
    with sessions.begin() as session:
        part = open_part(session, JE, OpeningPart().load({"file_id": str(file.id)}), NOW)
    assert dates(sessions, part) == ("09", None, "roads-ce")


def test_what_was_written_down_before_there_were_first_dates_is_as_it_was(sessions):
    """Columns that came later are left out of a row's digest while they say nothing."""
    with sessions.begin() as session:
        begin_record(session, NOW)
    file, changed = opened(sessions), opened(sessions, due_on="2026-07-03")
    due(sessions, changed, 9, **WHY)
    with sessions() as session:
        row = session.get_one(File, file.id)
        columns = {each.name: getattr(row, each.name) for each in File.__table__.columns}
        before = {k: each for k, each in columns.items() if k not in ("first_due_on", "due_by")}
        rows = session.get_one(Act, (file.id, 1)).rows
    assert rows[f"file:{file.id}"] == [1, digest(before)]
    assert findings(sessions) == []
    with sessions.begin() as session:
        # And nobody says something in them unseen.
        session.connection().exec_driver_sql(
            "UPDATE file SET first_due_on = '2026-07-30' WHERE id = %s", (file.id,)
        )
        session.connection().exec_driver_sql(
            "UPDATE file SET first_due_on = NULL WHERE id = %s", (changed.id,)
        )
    assert findings(sessions) == sorted([f"file:{file.id}", f"file:{changed.id}"])


def findings(sessions) -> list[str]:
    found: list = []
    with sessions() as session:
        verify(session, city_keys_of_record(), found.append)
    return sorted(each.row for each in found)
