"""The bytes of weeded papers go after the transaction that weeded them, once, and no others."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from palika.errors import Unavailable
from services.eoffice.commands.add_paper import add_paper
from services.eoffice.commands.remove_weeded import remove_weeded
from services.eoffice.models import Paper, WeededPaper
from services.eoffice.schemas.filing import AddingPaper
from tests.support.eoffice import JE, NOW
from tests.support.eoffice_databases import database, scene
from tests.support.eoffice_records import LATER, count
from tests.support.papers import pdf
from tests.support.receipts import Desk

__all__ = ["database", "scene"]


@pytest.fixture
def due(scene):
    file = scene.whole()
    scene.recorded(file)
    return file


def kept(scene) -> int:
    return sum(len(page) for page in scene.store.pages())


def removed(scene, now=LATER) -> int:
    return remove_weeded(scene.sessions.begin, scene.store, lambda: now)


def test_the_bytes_go_after_the_transaction(scene, due):
    weeding = scene.proposed(due)
    scene.decided(weeding, due)
    assert kept(scene) == 3
    assert removed(scene) == 3
    assert kept(scene) == 0
    assert removed(scene) == 0
    assert scene.findings() == []


def test_a_crash_between_the_store_and_the_record_is_finished_by_the_next_call(scene, due):
    scene.decided(scene.proposed(due), due)
    with scene.sessions() as session:
        keys = list(session.scalars(select(WeededPaper.key)))
    scene.store.delete(keys)
    assert removed(scene) == 3
    with scene.sessions() as session:
        assert None not in session.scalars(select(WeededPaper.removed_at)).all()


def test_while_the_store_is_away_they_are_left_for_later(scene, due, monkeypatch):
    scene.decided(scene.proposed(due), due)

    def away(keys):
        raise Unavailable("the store does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(scene.store, "delete", away)
        with pytest.raises(Unavailable):
            removed(scene)
    assert removed(scene) == 3


def test_bytes_that_another_paper_has_too_stay(scene, due):
    scene.paper(JE, "the same map", pdf(2))
    assert kept(scene) == 3
    scene.decided(scene.proposed(due), due)
    assert removed(scene) == 3
    assert kept(scene) == 1


def test_a_paper_that_another_file_has_too_stays(scene, due):
    with scene.sessions() as session:
        paper = session.scalars(select(Paper).where(Paper.pages == 2)).one()
    other = Desk(scene.sessions).file()
    asked = {"file_id": str(other.id), "title": "प्रत", "paper_id": str(paper.id)}
    scene.do(add_paper, AddingPaper, JE, asked)
    scene.decided(scene.proposed(due), due)
    assert removed(scene) == 2
    assert (count(scene, Paper), kept(scene)) == (1, 1)
    assert scene.findings() == []


def test_bytes_of_today_are_left_for_another_day(scene, due):
    scene.decided(scene.proposed(due), due)
    assert removed(scene, now=NOW) == 0
    assert removed(scene, now=NOW + timedelta(days=2)) == 3
