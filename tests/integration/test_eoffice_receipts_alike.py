"""The same letter that is diarised twice is told, and days that cannot be are refused."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Invalid
from services.eoffice.organisation_store import current
from services.eoffice.queries.alike import alike
from tests.support.eoffice import NOW, emptied
from tests.support.eoffice_databases import database
from tests.support.receipts import COMMISSIONER, Desk

__all__ = ["database"]

TODAY = NOW.date()
LETTER = {"sender_name": "Asha Patil", "ref": "AP/7", "dated": TODAY - timedelta(days=3)}


@pytest.fixture
def desk(database: sessionmaker[Session]) -> Desk:
    return Desk(emptied(database))


def told(desk, receipt, post: str = "registry-clerk") -> list[str]:
    with desk.sessions() as session:
        return [each["number"] for each in alike(session, current(session).posts[post], receipt)]


def test_the_same_sender_number_and_day_are_told_whatever_else_is_said(desk):
    first = desk.diarise(**LETTER)
    again = desk.diarise(**LETTER | {"sender_name": "ASHA PATIL", "subject": "Potholes"})
    assert (told(desk, again), told(desk, first)) == ([first.number], [again.number])
    (shown,) = desk.get(again, "registry-clerk")["alike"]
    assert (shown["number"], shown["held_by"]) == (first.number, "registry-clerk")


@pytest.mark.parametrize(
    "other",
    [
        {"sender_name": "Asha Patkar"},
        {"ref": "AP/8"},
        {"dated": TODAY - timedelta(days=2)},
        {"dated": None},
        {"ref": None},
        {"medium": "email"},
    ],
)
def test_another_letter_is_not_told(desk, other):
    desk.diarise(**LETTER)
    assert told(desk, desk.diarise(**LETTER | other)) == []


def test_without_a_number_the_day_and_the_subject_tell(desk):
    plain = LETTER | {"ref": None, "subject": "Potholes"}
    first, again = desk.diarise(**plain), desk.diarise(**plain)
    assert told(desk, again) == [first.number]
    assert told(desk, desk.diarise(**plain | {"subject": "Lamps"})) == []
    undated = plain | {"dated": None}
    desk.diarise(**undated)
    assert told(desk, desk.diarise(**undated)) == []


def test_what_one_may_not_read_is_not_told(desk):
    desk.diarise(COMMISSIONER, **LETTER, secrecy="secret")
    assert told(desk, desk.diarise(**LETTER)) == []


@pytest.mark.parametrize(
    ("said", "field", "rule"),
    [
        ({"dated": "1026-11-20"}, "dated", "must be 1996-"),
        ({"received_on": "1900-11-10"}, "received_on", "must be 2025-06-30 or later"),
        ({"received_on": "2025-06-29"}, "received_on", "must be 2025-06-30 or later"),
    ],
)
def test_days_that_cannot_be_are_refused(desk, said, field, rule):
    with pytest.raises(Invalid) as refused:
        desk.diarise(**said)
    (told_rule,) = refused.value.fields[field]
    assert told_rule.startswith(rule)


def test_an_old_letter_and_one_that_was_found_late_are_diarised(desk):
    kept = desk.diarise(received_on="2025-06-30", dated="1997-01-01")
    assert kept.dated.year == 1997
