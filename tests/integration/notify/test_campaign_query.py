"""Recipients from another service: page by page, checked with the contacts of now."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from palika.errors import Invalid, Unavailable
from services.notify.commands.campaign_draft import Plan, draft
from services.notify.commands.campaign_query import QueryLoader
from services.notify.domain.care import Purpose
from tests.support.notify import CONTACT, Desk
from tests.support.notify_campaigns import OFFICER, REMINDER, Bulk, number

DUE = {"due_on": "2026-07-01"}


@pytest.fixture
def bulk(desk: Desk, tmp_path) -> Bulk:
    """Campaigns, with none there."""
    found = Bulk(desk, tmp_path)
    found.clear()
    desk.contact = None
    return found


@dataclass
class Service:
    """A service with an audience: ids from 0, pages of ``page`` of them."""

    bulk: Bulk
    count: int = 25
    page: int = 10
    errors: list[Exception] = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)
    odd: Any = None

    def __post_init__(self) -> None:
        for n in range(self.count):
            self.bulk.desk.people[f"id-{n}"] = CONTACT | {
                "id": f"id-{n}", "phone": number(n), "number": f"P-{n}", "language": "en",
            }  # fmt: skip

    def audience(self, service: str, name: str, arguments: Any, after: Any, limit: int) -> Any:
        self.asked.append((service, name, arguments, after))
        if self.errors:
            raise self.errors.pop(0)
        if self.odd is not None:
            return self.odd
        first = int(after or 0)
        last = min(first + self.page, self.count)
        ids = [f"id-{n}" for n in range(first, last)]
        return {
            "ids": ids,
            "next": str(last) if last < self.count else None,
            "fields": {each: {"arrears_paise": 100 * (n + 1)} for n, each in enumerate(ids)},
        }

    def loader(self, **changes: Any) -> QueryLoader:
        desk = self.bulk.desk
        return QueryLoader(
            desk.begin, self.audience, desk.contacts, self.bulk.shop, lambda: desk.now, **changes
        )

    def made(self) -> Any:
        plan = Plan("q", REMINDER, DUE, "tax", {"name": "owing", "arguments": {"least_paise": 1}})
        with self.bulk.desk.begin() as session:
            return draft(session, OFFICER, plan, self.bulk.shop, self.bulk.desk.now)


def test_a_query_becomes_a_draft_page_by_page_and_goes_to_all(bulk):
    service = Service(bulk)
    made = service.made()
    service.loader().run()
    made = bulk.again(made)
    assert (made.state, made.recipients, made.rejected) == ("draft", 25, 0)
    assert [after for *_, after in service.asked] == [None, "10", "20"]
    assert service.asked[0][:3] == ("tax", "owing", {"least_paise": 1})
    assert made.estimate["told"] == 25
    bulk.start(made)
    bulk.desk.channels = ("sms",)
    asked = bulk.desk.asked
    while bulk.feed() or bulk.send():
        pass
    assert bulk.states(made) == {"sent": 25}
    assert bulk.desk.asked > asked
    said = {each.asked["text"] for each in bulk.desk.carrying.plivo.sent}
    assert any(text.startswith("Property P-3: tax of Rs 4 is late") for text in said)


def test_each_page_is_checked_apart_so_that_codes_are_not_held_up(bulk):
    pages = []

    def apart(checking):
        pages.append(checking())
        return pages[-1]

    service = Service(bulk)
    made = service.made()
    service.loader(apart=apart).run()
    assert [len(page) for page in pages] == [10, 10, 5]
    assert bulk.again(made).recipients == 25


def test_no_contact_is_kept(bulk):
    service = Service(bulk)
    service.made()
    service.loader().run()
    assert all(each.sealed is None for each in bulk.waiting())
    assert bulk.waiting()[0].fields == {"arrears_paise": 100}


def test_consent_counts_by_the_address_of_now(bulk):
    service = Service(bulk)
    bulk.said(False, Purpose.REMINDER, number(3), number(4))
    made = service.made()
    service.loader().run()
    assert bulk.again(made).estimate["opted_out"] == 2


def test_who_has_no_contact_or_no_address_is_a_rejection(bulk):
    service = Service(bulk, count=4)
    del bulk.desk.people["id-1"]
    bulk.desk.people["id-2"] |= {"phone": None, "email": None}
    bulk.desk.refuses = ("id-3",)
    made = service.made()
    service.loader().run()
    assert bulk.again(made).recipients == 1
    assert bulk.rejected() == [
        (2, "id", "the service has no contact for it", ""),
        (3, "phone", "phone or email is needed", ""),
        (4, "id", "Not allowed.", ""),
    ]


def test_a_service_that_is_away_is_asked_again(bulk):
    service = Service(bulk, errors=[Unavailable("tax is not running")])
    made = service.made()
    service.loader().run()
    assert (bulk.again(made).state, bulk.again(made).problem) == ("loading", "tax is not running")
    bulk.desk.unavailable = True
    service.loader().run()
    assert bulk.again(made).state == "loading"
    bulk.desk.unavailable = False
    service.loader().run()
    made = bulk.again(made)
    assert (made.state, made.recipients, made.problem) == ("draft", 25, None)


@pytest.mark.parametrize(
    "odd",
    [
        None,
        {"ids": "x", "next": None},
        {"ids": ["a"] * 501, "next": None},
        {"ids": [], "next": ""},
        ["x"],
    ],
)
def test_what_is_refused_for_good_or_is_no_page_ends_the_campaign(bulk, odd):
    errors = [Invalid("no such ward")] if odd is None else []
    service = Service(bulk, errors=errors, odd=odd)
    made = service.made()
    service.loader().run()
    made = bulk.again(made)
    assert made.state == "cancelled"
    assert made.problem


def test_a_service_that_does_not_get_on_is_not_asked_for_ever(bulk):
    service = Service(bulk, odd={"ids": [], "next": "x"})
    made = service.made()
    service.loader().run()
    assert (bulk.again(made).state, len(service.asked)) == ("cancelled", 2)


def test_two_that_load_at_once_take_each_page_once(bulk):
    service = Service(bulk)
    made = service.made()
    other = Service(bulk)
    contacts, turns = bulk.desk.contacts, []

    def meanwhile(audience, ids):
        # Before the first has put its page down, the second has loaded all.
        turns.append(1)
        if len(turns) == 2:
            other.loader().run()
        return contacts(audience, ids)

    loader = QueryLoader(
        bulk.desk.begin, service.audience, meanwhile, bulk.shop, lambda: bulk.desk.now
    )
    loader.run()
    made = bulk.again(made)
    assert (made.state, made.recipients, made.rejected) == ("draft", 25, 0)
