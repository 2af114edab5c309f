"""A day at the cash counter, over the portal's pages, with the tax service running."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from palika.auth import Identity
from palika.india import day_of
from services.portal.counter.closing import count_of
from services.portal.keeping import city_keeping
from tests.support.backbone import Backbone
from tests.support.portal_desk import CASHIER, JUNIOR, DeskCity, desk_city, text_of
from tests.support.taxes import PROPERTY

CLERK = Identity.of("officer:tax-clerk", "officer")
BOSS = "s.jadhav16"
"""The head of property tax."""
NUMBER = "P/7/0001"
TODAY = day_of(datetime.now(UTC)).isoformat()


@pytest.fixture(scope="module")
def city(backbone: Backbone) -> DeskCity:
    """All parts, and a property that owes."""
    made = desk_city(backbone)
    with backbone.client(CLERK) as asking:
        owed = asking.tax.register_property(**PROPERTY | {"number": NUMBER})
        asking.tax.raise_bill(property_id=owed["id"], period="2026-27")
    return made


def paid(city: DeskCity, **form: str) -> requests.Response:
    desk, page = city.officer(CASHIER), f"/counter/property/{NUMBER}"
    reference = re.search(r'name="reference" value="([^"]+)"', desk.page(page))
    given = {"reference": reference[1] if reference else "", "mode": "cash", **form}
    return desk.submit(page, page, **given)


def session_of(city: DeskCity) -> dict[str, Any]:
    with city.backbone.client(CLERK) as asking:
        items: list[dict[str, Any]] = asking.tax.counters(day=TODAY)["items"]
    return items[-1]


def test_counts_are_whole_numbers() -> None:
    assert [count_of(each) for each in ("", "१२", " 7 ", "-1", "1.5")] == [0, 12, 7, None, None]


def test_nothing_is_taken_before_a_session_is_open(city: DeskCity) -> None:
    desk = city.officer(CASHIER)
    assert "No session of yours is open" in desk.page("/counter/")
    unasked = {"amount": "100", "mode": "cash"}
    assert desk.submit("/counter/", f"/counter/property/{NUMBER}", **unasked).status_code == 409
    assert "Open your session first." in desk.page(f"/counter/property/{NUMBER}")
    assert desk.open("/counter/count").url.endswith("/counter/")
    empty = desk.submit("/counter/", "/counter/open", place="", counter="")
    assert empty.status_code == 400
    wrong = desk.submit("/counter/", "/counter/open", place="MOON", counter="1")
    assert wrong.status_code == 400
    assert 'id="place-error"' in wrong.text
    opened = desk.submit("/counter/", "/counter/open", place="BANER", counter="१")
    assert "Baner ward office, counter 1" in text_of(opened.text)


@pytest.mark.parametrize("words", [NUMBER, "asha kulk", "98220 12345", "पी/७".replace("पी", "P")])
def test_who_pays_is_found(city: DeskCity, words: str) -> None:
    found = city.officer(CASHIER).submit("/counter/", "/counter/find", words=words)
    assert NUMBER in found.text, text_of(found.text)
    assert "Asha Kulkarni" in found.text


def test_what_is_not_found_is_said(city: DeskCity) -> None:
    desk = city.officer(CASHIER)
    assert "No property is found" in desk.submit("/counter/", "/counter/find", words="X/9/9").text
    assert desk.submit("/counter/", "/counter/find", words=" ").status_code == 400
    assert desk.submit("/counter/", "/counter/find", words="a").status_code == 400


def test_cash_is_taken_once_and_its_receipt_is_a_pdf(city: DeskCity) -> None:
    wrong = paid(city, amount="lots")
    assert wrong.status_code == 400
    assert 'id="amount-error"' in wrong.text
    none = paid(city, amount="0")
    assert none.status_code == 400
    assert 'id="amount-error"' in none.text
    much = paid(city, amount="9,00,000")
    assert much.status_code == 400
    assert "must be at most" in much.text
    desk, page = city.officer(CASHIER), f"/counter/property/{NUMBER}"
    reference = re.search(r'name="reference" value="([^"]+)"', desk.page(page))
    assert reference
    numbers = set()
    for _ in range(2):
        taken = desk.submit(page, page, reference=reference[1], mode="cash", amount="1,000")
        assert "₹\N{NO-BREAK SPACE}1,000 taken: Cash." in taken.text, text_of(taken.text)
        numbers |= set(re.findall(r"RC/[^<\s\"]+/BANER/\d+", taken.text))
    assert len(numbers) == 1
    link = re.search(r'href="[^"]*/desk(/counter/receipt/[^"]+\.pdf)"', taken.text)
    assert link
    pdf = desk.open(link[1])
    assert pdf.headers["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")
    assert session_of(city)["books"]["cash"] == {"count": 1, "paise": 1_000_00}


def test_a_cheque_is_told_at_each_of_its_fields(city: DeskCity) -> None:
    bare = paid(city, amount="500", mode="cheque")
    assert bare.status_code == 400
    for name in ("number", "micr", "bank", "dated"):
        assert f'id="cheque-{name}-error"' in bare.text
    cheque = {
        "cheque-number": "123",
        "cheque-micr": "411002003",
        "cheque-bank": "State Bank of India",
        "cheque-dated": TODAY,
    }
    short = paid(city, amount="500", mode="cheque", **cheque)
    assert 'id="cheque-number-error"' in short.text
    good = paid(city, amount="500", mode="cheque", **{**cheque, "cheque-number": "१२३४५६"})
    assert "500 taken: Cheque." in good.text, text_of(good.text)


def test_a_mistake_is_taken_back_by_a_second_person(city: DeskCity) -> None:
    taken = paid(city, amount="250")
    payment = taken.url.rpartition("/")[2]
    work = session_of(city)
    page = f"/counter/sessions/{work['day']}/{work['id']}"
    cashier, boss = city.officer(CASHIER), city.officer(BOSS)
    assert cashier.submit("/counter/", f"{page}/cancel/{payment}").status_code == 403
    bare = boss.submit(page, f"{page}/cancel/{payment}")
    assert bare.status_code == 400
    assert f'id="reason-{payment}-error"' in bare.text
    why = {f"reason-{payment}": "The wrong property"}
    done = boss.submit(page, f"{page}/cancel/{payment}", **why)
    assert "The payment is taken back" in done.text, text_of(done.text)
    again = boss.submit(page, f"{page}/cancel/{payment}", **why)
    assert again.status_code == 409
    assert session_of(city)["books"]["cash"]["paise"] == 1_000_00


def test_the_drawer_is_counted_a_difference_explained_and_the_session_closed_by_another(
    city: DeskCity,
) -> None:
    cashier, boss = city.officer(CASHIER), city.officer(BOSS)
    wrong = cashier.submit("/counter/count", "/counter/count", **{"pieces-50000": "two"})
    assert wrong.status_code == 400
    assert 'id="pieces-50000-error"' in wrong.text
    given = {"pieces-50000": "१", "pieces-10000": "4", "cheques": "500"}
    short = cashier.submit("/counter/count", "/counter/count", **given)
    assert short.status_code == 400
    assert 'id="why-cash-error"' in short.text
    assert "−₹\N{NO-BREAK SPACE}100" in short.text
    why = {"why-cash": "A note of 100 was torn"}
    counted = cashier.submit("/counter/count", "/counter/count", **given, **why)
    assert "Counted, to be closed" in counted.text, text_of(counted.text)
    page = "/counter" + counted.url.partition("/counter")[2]
    assert cashier.submit("/counter/", f"{page}/close").status_code == 403
    closed = boss.submit(page, f"{page}/close")
    assert "The session is closed." in closed.text
    assert session_of(city)["state"] == "closed"


def test_what_was_counted_goes_to_the_bank(city: DeskCity) -> None:
    desk = city.officer(CASHIER)
    bare = desk.submit("/counter/bank", "/counter/bank", what="cash")
    assert bare.status_code == 400
    more = desk.submit(
        "/counter/bank",
        "/counter/bank",
        what="cash",
        number="S1",
        deposited_on=TODAY,
        amount="5000",
    )
    assert more.status_code in (400, 409)
    cash = desk.submit(
        "/counter/bank", "/counter/bank", what="cash", number="S1", deposited_on=TODAY, amount="900"
    )
    assert "Slip S1 is noted." in cash.text, text_of(cash.text)
    payment = re.search(r'name="payment" value="([^"]+)"', cash.text)
    assert payment
    cheques = desk.submit(
        "/counter/bank",
        "/counter/bank",
        what="cheques",
        number="S2",
        deposited_on=TODAY,
        payment=payment[1],
    )
    assert "Slip S2 is noted." in cheques.text, text_of(cheques.text)


def test_whoever_looks_at_a_property_is_written_down(city: DeskCity) -> None:
    looked = city.backbone.value(
        "portal", "SELECT count(*) FROM data_read_of WHERE whose = %s", f"property:{NUMBER}"
    )
    assert looked >= 5


def test_whose_telephone_is_looked_for_or_shown_can_see_it(city: DeskCity) -> None:
    desk = city.officer(CASHIER)
    for words, number in ((NUMBER, "+919822012345"), ("98000 00023", "+919800000023")):
        desk.submit("/counter/", "/counter/find", words=words)
        whose = f"phone:{city_keeping().of_phone(number)}"
        sql = "SELECT count(*) FROM data_read_of WHERE whose = %s"
        assert city.backbone.value("portal", sql, whose) >= 1, words


def test_the_counter_is_for_who_works_there(city: DeskCity) -> None:
    stranger = requests.get(f"{city.portal.url}/en/desk/counter/", allow_redirects=False)
    assert stranger.status_code == 303
    junior, work = city.officer(JUNIOR), session_of(city)
    before = junior.page("/")
    assert "/desk/counter/" not in before
    assert "/desk/counter/" in city.officer(CASHIER).page("/")
    one = f"/counter/sessions/{work['day']}/{work['id']}"
    for path in ("/counter/", "/counter/sessions", one, f"/counter/property/{NUMBER}"):
        assert junior.open(path).status_code == 403
