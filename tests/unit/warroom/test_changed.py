"""What has changed is told on the one page and at a terminal: every kind of it."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from palika.text import Name
from services.warroom.cli.showing import change_lines
from services.warroom.documents.changed import changed
from services.warroom.documents.words import Posts, said
from services.warroom.domain.changes import Changes, Revised, Slip
from services.warroom.domain.facts import (
    Decision,
    Issue,
    Light,
    Link,
    LinkKind,
    Milestone,
    Money,
    MoneyKind,
    Photo,
    Progress,
    Project,
    Risk,
    Standing,
    State,
)
from services.warroom.queries.views import changes_view

DAY = date(2026, 6, 1)
KEY = UUID(int=1)
NAME = Name("काम", "The work")
FACTS: dict[str, Any] = {
    "milestones": Milestone("work", NAME, "execution", 1, DAY),
    "money": Money(MoneyKind.SPENT, 12_345_00, DAY),
    "risks": Risk("Rain", 4, 4, "roads-ce"),
    "issues": Issue("Trees", "high", "garden-head", DAY, DAY),
    "decisions": Decision("Go on", "commissioner", DAY),
    "progress": Progress("The drain", False, DAY, "rain"),
    "photos": Photo("A pit", True, "a", "b", "c", 1, 1, 1, DAY, "camera"),
    "links": Link(LinkKind.FILE, "F/1"),
}
STATE = State(
    KEY,
    1,
    datetime(2026, 6, 1, tzinfo=UTC),
    datetime(2026, 6, 1, tzinfo=UTC),
    project=Project("RD-01", NAME, "roads", "roads-ce", DAY),
    health=None,
    forecasts={},
    **{place: {KEY: fact} for place, fact in FACTS.items()},
)
SLIP = Slip(KEY, DAY, date(2026, 7, 1))
GIVEN: dict[str, Any] = {
    "is_new": True,
    "light": (Light.GREEN, Light.RED),
    "owner": ("roads-ce", "drainage-ce"),
    "standing": (Standing.ACTIVE, Standing.ON_HOLD),
    "planned_end": (DAY, date(2026, 7, 1)),
    "replanned": [SLIP],
    "revised": [
        Revised(KEY, "weight", "10", "20"),
        Revised(KEY, "days", None, "9"),
        Revised(KEY, "after", "dpr", None),
    ],
    "slipped": [SLIP],
    "advanced": [SLIP],
    "passed": {KEY: DAY},
    "spent_paise": 500_00,
    "budget_paise": (10**9, 5 * 10**9),
}
NOTHING = Changes(is_new=False, light=None)
KINDS = [each.name for each in fields(Changes) if each.name not in ("withdrawn", "not_done")]
"""``not_done`` are some of ``progress``."""


def told(found: Changes) -> list[list[str]]:
    view = changes_view(found, STATE, STATE)
    assert view["any"] is True
    page = [
        changed(view, said(language), language, Posts({}, language)) for language in ("mr", "en")
    ]
    return page + [change_lines(view, each, Posts({}, each)) for each in ("mr", "en")]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_change_is_printed(kind):
    for lines in told(replace(NOTHING, **{kind: GIVEN.get(kind, [KEY])})):
        assert lines


@pytest.mark.parametrize("place", FACTS)
def test_what_was_withdrawn_is_printed_whatever_it_is(place):
    for lines in told(replace(NOTHING, withdrawn={place: [KEY]})):
        assert lines


def test_a_budget_is_told_with_what_it_was():
    page, terminal = told(replace(NOTHING, budget_paise=(10**9, 5 * 10**9)))[1::2]
    assert page == ["budget ₹5.00 crore instead of ₹1.00 crore"]
    assert terminal == ["budget: ₹1,00,00,000.00 → ₹5,00,00,000.00"]


def test_of_nothing_nothing_is_told():
    view = changes_view(NOTHING, STATE, STATE)
    assert changed(view, said("en"), "en", Posts({}, "en")) == []
    assert change_lines(view, "en", Posts({}, "en")) == ["nothing has changed"]


def test_a_new_owner_is_told_by_the_posts_name_and_one_without_a_name_by_its_code():
    view = changes_view(replace(NOTHING, owner=("roads-ce", "drainage-ce")), STATE, STATE)
    names = {"roads-ce": {"mr": "मुख्य अभियंता (पथ)", "en": "Chief Engineer (Roads)"}}
    (said_mr,) = change_lines(view, "mr", Posts(names, "mr"))
    assert said_mr == "जबाबदार पद: मुख्य अभियंता (पथ) → drainage-ce"
