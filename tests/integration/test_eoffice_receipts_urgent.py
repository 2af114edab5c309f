"""What a sender was told of a day holds in the file too that the receipt is put in."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from palika.errors import Forbidden
from services.eoffice.commands.clock import tell_overdue
from services.eoffice.domain.reporting import Reader
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Act, File
from services.eoffice.queries import late, reports
from services.eoffice.schemas.reports import Overdue, Reporting
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import verify
from tests.support.eoffice import CE, DE, JE, NOW
from tests.support.eoffice_databases import database, desk, sessions
from tests.support.eoffice_moves import file_of, read, take

__all__ = ["database", "desk", "sessions"]

ALL = Reader(None, Secrecy.TOP_SECRET)
TODAY = date(2026, 7, 1)


def put(desk, file, **said) -> tuple[str, str | None, str | None]:
    """What becomes of a file: its due date, the first, and who has set it."""
    receipt = desk.receive(desk.send(desk.diarise(**said), "roads-je"))
    desk.put(receipt, file)
    found = file_of(desk.sessions, file)
    return found.due_on, found.first_due_on, found.due_by


def acts(desk, file) -> list[tuple[str, dict]]:
    with desk.sessions() as session:
        found = select(Act).where(Act.chain_id == file.id).order_by(Act.position)
        said = session.scalars(found.where(Act.verb.in_(("due", "prioritised")))).all()
        return [
            (each.verb, {k: v for k, v in each.data.items() if k in ("from", "to", "receipt")})
            for each in said
        ]


def findings(desk) -> list[str]:
    found: list = []
    with desk.sessions() as session:
        verify(session, city_keys_of_record(), found.append)
    return [each.row for each in found]


def test_a_file_takes_the_earlier_day_and_the_higher_priority_of_what_is_put_in_it(desk):
    file = desk.file()
    soon, late_day = TODAY + timedelta(days=3), TODAY + timedelta(days=30)
    assert put(desk, file, due_on=soon, priority="most_urgent") == (soon, None, None)
    assert put(desk, file, due_on=late_day, priority="ordinary") == (soon, None, None)
    found = file_of(desk.sessions, file)
    assert found.priority == 2
    (due, urgent) = acts(desk, file)
    number = due[1]["receipt"]
    assert due == ("due", {"from": None, "to": "2026-07-04", "receipt": number})
    assert urgent[1] == {"from": "ordinary", "to": "most_urgent", "receipt": number}
    assert findings(desk) == []


def test_a_day_that_a_senior_had_set_is_brought_forward_and_stays_the_seniors(desk):
    file = desk.file(CE, due_on=TODAY + timedelta(days=20))
    take(desk.sessions, "forward", file, CE, NOW, to="roads-je")
    read(desk.sessions, file, JE, NOW)
    soon = TODAY + timedelta(days=5)
    assert put(desk, file, due_on=soon) == (soon, soon, "roads-ce")
    for who in (JE, DE):
        with pytest.raises(Forbidden):
            take(desk.sessions, "due", file, who, NOW, due_on="2026-08-30", remark="Late")
    # However far it is put off by who may, reports count against the promise.
    put_off = {"due_on": "2026-08-30", "remark": "the survey is late"}
    take(desk.sessions, "due", file, CE, NOW, **put_off)
    assert file_of(desk.sessions, file).promised_on == soon
    assert findings(desk) == []


def test_the_desks_own_day_that_is_brought_forward_is_not_its_own_to_put_off(desk):
    file = desk.file(due_on=TODAY + timedelta(days=20))
    soon = TODAY + timedelta(days=5)
    assert put(desk, file, due_on=soon) == (soon, soon, None)
    with pytest.raises(Forbidden):
        take(desk.sessions, "due", file, JE, NOW, due_on="2026-08-30", remark="Late")


def test_a_file_is_started_no_later_than_its_receipt_asks(desk):
    receipt = desk.diarise(due_on=TODAY + timedelta(days=5), priority="urgent")
    desk.receive(desk.send(receipt, "roads-je"))
    far = TODAY + timedelta(days=60)
    _, file = desk.start(receipt, due_on=far, priority="ordinary")
    found = file_of(desk.sessions, file)
    assert (found.due_on, found.priority, found.due_by) == (receipt.due_on, 1, None)


def test_what_is_late_already_stays_in_each_report_until_the_file_is_closed(desk):
    file = desk.file()
    receipt = desk.diarise(received_on=TODAY - timedelta(days=40))
    desk.receive(desk.send(receipt, "roads-je"))
    assert receipt.due_on < TODAY
    desk.put(receipt, file)
    assert desk.page("roads-je", overdue=True) == [receipt.number]
    assert desk.page("roads-je", overdue=False) == []
    with desk.sessions() as session:
        (item,) = late.overdue(session, Overdue().load({}), ALL, NOW)["items"]
        told = reports.report(session, Reporting().load({"name": "pendency"}), ALL, NOW)
    assert (item["id"], item["due_on"]) == (str(file.id), str(receipt.due_on))
    assert told["total"]["overdue"] == 1
    with desk.sessions.begin() as session:
        assert tell_overdue(session, NOW) == 1
    take(desk.sessions, "close", file, JE, NOW)
    assert desk.page("roads-je", overdue=True) == []
    assert desk.page("roads-je", overdue=False) == [receipt.number]


def test_who_may_not_read_the_file_is_not_told_whether_it_waits(desk):
    receipt = desk.diarise(received_on=TODAY - timedelta(days=40))
    desk.receive(desk.send(receipt, "roads-ce"), CE)
    desk.put(receipt, desk.file(CE, secrecy="secret", subject="Enquiry"), CE)
    assert desk.page("roads-ce", overdue=True) == [receipt.number]
    # The registry has had the receipt, and reads it for good; of the file it reads nothing.
    assert desk.page("registry-clerk", overdue=True) == []
    assert desk.page("registry-clerk") == [receipt.number]


def test_a_file_without_days_stays_so_by_a_receipt_without(desk):
    file = desk.file()
    with desk.sessions.begin() as session:
        before = session.get_one(File, file.id).version
    assert put(desk, file, category="invitation") == (None, None, None)
    assert file_of(desk.sessions, file).version == before + 1
