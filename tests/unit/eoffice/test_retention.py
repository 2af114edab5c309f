"""The record retention schedule: categories, years, who may lower, what stops weeding."""

import copy
from datetime import date, timedelta

import pytest

from palika.errors import Conflict, Forbidden, Invalid
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.retention import (
    Category,
    Keeping,
    check_decides,
    check_recording,
    check_weedable,
    earlier,
    later,
    schedule,
)
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.reference import city_diary, city_numbering, city_retention, read_data
from services.eoffice.schemas.records import RecordingFile

CITY = city_retention()
DAY = date(2026, 7, 1)


def keeping(text: str) -> Keeping:
    category, _, years = text.partition("-")
    return Keeping(Category(category), int(years) if years else None)


def post(code: str, level: int) -> Post:
    return Post(code, "roads", None, code, code, level, None, Secrecy.NORMAL, DAY, None)


def test_a_file_is_of_the_first_class_that_fits_and_the_last_fits_all():
    assert CITY.class_of("tender", "roads").code == "tender"
    assert CITY.class_of("bill", "roads").code == "money"
    assert CITY.class_of("general", "roads").code == "general"
    assert {CITY.class_of(head, "roads").code for head in city_numbering().heads} <= {
        each.code for each in CITY.classes
    }


def test_every_class_names_its_source():
    assert all(each.source for each in (*CITY.classes, *CITY.receipts))


def test_a_receipt_is_of_the_class_that_names_its_category_and_the_last_is_of_all_others():
    assert CITY.class_of_receipt("bill").code == "money"
    assert CITY.class_of_receipt("invitation").code == "general"
    # One that the city has no more.
    assert CITY.class_of_receipt("telegram").code == "general"


def test_category_c_is_due_after_its_years_and_the_others_for_review():
    assert CITY.due_on(keeping("C-5"), DAY) == date(2031, 7, 1)
    assert CITY.due_on(keeping("B"), DAY) == date(2051, 7, 1)


def test_a_year_after_a_leap_day_is_the_first_of_march():
    assert later(date(2024, 2, 29), 1) == date(2025, 3, 1)
    assert later(date(2024, 2, 29), 4) == date(2028, 2, 29)


@pytest.mark.parametrize("years", [1, 4, 10])
@pytest.mark.parametrize(
    "until", [date(2024, 2, 29), date(2025, 2, 28), date(2025, 3, 1), date(2028, 3, 1), DAY]
)
def test_what_was_closed_until_the_earlier_day_is_due_and_nothing_after_it(until, years):
    last = earlier(until, years)
    assert later(last, years) <= until < later(last + timedelta(days=1), years)


@pytest.mark.parametrize(
    ("category", "years"), [("C", None), ("C", 0), ("C", 11), ("A", 3), ("B", 1)]
)
def test_what_is_no_keeping_is_refused(category, years):
    with pytest.raises(Invalid):
        CITY.keeping(category, years)


def test_a_longer_keeping_wants_a_reason_and_no_power():
    clerk = post("registry-clerk", 1)
    check_recording(CITY, clerk, keeping("C-5"), keeping("C-5"), None)
    with pytest.raises(Invalid):
        check_recording(CITY, clerk, keeping("B"), keeping("C-5"), None)
    check_recording(CITY, clerk, keeping("B"), keeping("C-5"), "a precedent")
    check_recording(CITY, clerk, keeping("C-10"), keeping("C-5"), "a precedent")


@pytest.mark.parametrize(
    ("wanted", "least"), [("C-3", "C-5"), ("C-10", "B"), ("B", "A"), ("C-10", "A")]
)
def test_a_shorter_keeping_wants_the_power_to_lower(wanted, least):
    above = [post("registry-head", 3), post("addl-commissioner", 5)]
    asked = (keeping(wanted), keeping(least), "why")
    with pytest.raises(Forbidden, match="; addl-commissioner may") as refused:
        check_recording(CITY, post("registry-clerk", 1), *asked, above)
    assert refused.value.details["may"] == ["addl-commissioner"]
    with pytest.raises(Forbidden, match="; no post up the line may"):
        check_recording(CITY, post("registry-clerk", 1), *asked)
    check_recording(CITY, post("roads-ce", 4), *asked)


def test_who_may_not_weed_is_told_who_may():
    with pytest.raises(Forbidden, match="; addl-commissioner may") as refused:
        check_decides(CITY, post("registry-clerk", 1), [post("addl-commissioner", 5)])
    assert refused.value.details["may"] == ["addl-commissioner"]
    check_decides(CITY, post("roads-ce", 4), [])


@pytest.mark.parametrize(
    ("kept", "due", "holds", "why"),
    [
        (None, None, (), "not recorded"),
        ("C-5", None, (), "not closed"),
        ("A", DAY, (), "category A"),
        ("B", DAY, (), "category B"),
        ("C-5", date(2026, 7, 2), (), "kept until 02-07-2026"),
        ("C-5", DAY, ("court",), "held: court"),
    ],
)
def test_what_is_to_be_kept_is_not_weeded(kept, due, holds, why):
    with pytest.raises(Conflict, match=why):
        check_weedable("file", "R/1", keeping(kept) if kept else None, due, holds, DAY)


def test_what_is_due_and_free_is_weeded():
    check_weedable("file", "R/1", keeping("C-5"), DAY, (), DAY)


def broken(change) -> dict:
    raw = copy.deepcopy(read_data("retention.yaml"))
    change(raw)
    return raw


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw["classes"]["tender"].update(years=11),
        lambda raw: raw["classes"]["tender"].update(heads=["no such"]),
        lambda raw: raw["classes"]["tender"].pop("source"),
        lambda raw: raw["classes"]["court"].update(years=3),
        lambda raw: raw["classes"]["general"].pop("years"),
        lambda raw: raw["classes"].pop("general"),
        lambda raw: raw["categories"].pop("A"),
        lambda raw: raw["categories"]["A"].update(review_years="25"),
        lambda raw: raw.update(may_weed={}),
        lambda raw: raw.pop("receipts"),
        lambda raw: raw["receipts"].pop("general"),
        lambda raw: raw["receipts"]["money"].update(of=["no such"]),
        lambda raw: raw["receipts"]["money"].pop("of"),
        lambda raw: raw["receipts"]["money"].pop("source"),
        lambda raw: raw["receipts"]["court"].update(years=3),
    ],
)
def test_a_mistake_in_the_schedule_is_told(change):
    with pytest.raises((ValueError, KeyError)):
        schedule(broken(change), city_numbering().heads, city_diary().categories)


def test_years_without_a_category_are_refused_and_not_ignored():
    asked = {"id": "0197a000-0000-7000-8000-000000000009", "years": 3}
    assert RecordingFile().validate(asked) == {"years": ["are of a category: give that too"]}
    assert RecordingFile().validate(asked | {"category": "C"}) == {}
