"""Files of an age, and reports of them: what the tests of the e-office's reports share."""

from datetime import timedelta
from typing import Any

from services.eoffice.commands.close import close_file
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.open_file import open_file
from services.eoffice.domain.reporting import Reader
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import File
from services.eoffice.queries import reports
from services.eoffice.reporting import reader
from services.eoffice.schemas import Closing, Forwarding, Opening
from services.eoffice.schemas.reports import Reporting
from tests.support.eoffice import JE, NOW

ALL = Reader(None, Secrecy.TOP_SECRET)
DAY = timedelta(days=1)


def opened(sessions, back=0, caller=JE, **args: Any) -> File:
    with sessions.begin() as session:
        loaded = Opening().load({"subject": "Estimate", **args})
        return open_file(session, caller, loaded, NOW - back * DAY, overdue=True)


def forward(sessions, file, to, back=0, caller=JE) -> None:
    with sessions.begin() as session:
        loaded = Forwarding().load({"id": str(file.id), "to": to})
        forward_file(session, caller, loaded, NOW - back * DAY)


def close(sessions, file, back=0, caller=JE) -> None:
    with sessions.begin() as session:
        close_file(session, caller, Closing().load({"id": str(file.id)}), NOW - back * DAY)


def asked(sessions, name, who=ALL, now=NOW, **args: Any) -> dict[str, Any]:
    with sessions() as session:
        return reports.report(session, Reporting().load({"name": name, **args}), who, now)


def rows(answer: dict[str, Any], *columns: str) -> dict[Any, Any]:
    return {row["code"]: tuple(row[each] for each in columns) for row in answer["rows"]}


def as_reader(sessions, caller, **args: Any) -> Reader:
    with sessions() as session:
        return reader(session, caller, {"post": None, **args})
