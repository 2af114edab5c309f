"""Putting right at the desks: what the tests of corrections share."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from services.eoffice.commands.add_paper import add_paper
from services.eoffice.commands.correct_file import correct_file
from services.eoffice.commands.correct_receipt import correct_receipt, refile_receipt
from services.eoffice.commands.strike_paper import strike_paper
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Act, Correspondence, File, Receipt
from services.eoffice.organisation_store import current
from services.eoffice.queries import search as finding
from services.eoffice.queries.contents import contents
from services.eoffice.schemas.correcting import (
    CorrectingFile,
    CorrectingReceipt,
    Refiling,
    StrikingPaper,
)
from services.eoffice.schemas.filing import AddingPaper
from services.eoffice.schemas.search import Searching
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import verify
from tests.support.eoffice import JE, NOW
from tests.support.eoffice_moves import HOUR
from tests.support.receipts import REGISTRY, Desk

WHY = "Typed wrongly"


@pytest.fixture
def desk(sessions: sessionmaker[Session]) -> Iterator[Desk]:
    """A desk where nothing was done yet; what is done there stands as it is written down."""
    yield Desk(sessions)
    found: list = []
    with sessions() as session:
        verify(session, city_keys_of_record(), found.append)
    # There are no bytes of the papers.
    assert [each.row for each in found if not each.row.startswith("paper:")] == []


def do(desk, command, schema, who, now=NOW + HOUR, **asked):
    sent = {name: str(each) if isinstance(each, UUID) else each for name, each in asked.items()}
    with desk.sessions.begin() as session:
        return command(session, who, schema().load({"reason": WHY, **sent}), now)


def file_corrected(desk, file, who=JE, **asked) -> File:
    return do(desk, correct_file, CorrectingFile, who, id=file.id, **asked)


def receipt_corrected(desk, receipt, who=REGISTRY, **asked) -> Receipt:
    return do(desk, correct_receipt, CorrectingReceipt, who, id=receipt.id, **asked)


def refiled(desk, receipt, file, who=JE) -> Receipt:
    return do(desk, refile_receipt, Refiling, who, id=receipt.id, file_id=file.id)


def added(desk, file, who=JE, **said) -> Correspondence:
    asked = {"file_id": str(file.id), "title": "Sketch", **({"pages": 501} | said)}
    with desk.sessions.begin() as session:
        return add_paper(session, who, AddingPaper().load(asked), NOW)


def struck(desk, paper, who=JE) -> Correspondence:
    return do(desk, strike_paper, StrikingPaper, who, id=paper.id)


def said(desk, key, verb: str) -> dict:
    with desk.sessions() as session:
        found = select(Act.data).where(Act.chain_id == key, Act.verb == verb)
        return session.scalars(found.order_by(Act.position.desc())).first()


def lines(desk, file, post: str = "roads-je") -> list[dict]:
    with desk.sessions() as session:
        asked = {"id": file.id, "number": None}
        return contents(session, current(session).posts[post], asked)["items"]


def found_by(desk, who, words: str) -> list[str]:
    with desk.sessions.begin() as session:
        asked = Searching().load({"words": words})
        return sorted(each["kind"] for each in finding.page(session, who, asked, NOW)["items"])


def grade(desk, receipt) -> Secrecy:
    with desk.sessions() as session:
        return Secrecy(session.get_one(Receipt, receipt.id).secrecy)


def corrections_of(desk, receipt) -> list[dict]:
    return desk.get(receipt, "registry-clerk")["corrections"]


def filed(desk, file, who=JE, post="roads-je", **told) -> Receipt:
    receipt = desk.receive(desk.send(desk.diarise(**told), post), who)
    return desk.put(receipt, file, who)
