"""Citizens find a property, see what it owes and pay it on the gateway's page, with the real
services and a gateway on this machine; signed in, they have their documents."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from palika.auth import ANONYMOUS, Identity
from palika.errors import Forbidden, Invalid
from palika.india import grouped
from palika.local.loopback import Fault
from services.portal.domain.limits import RULES, Limit
from tests.support.backbone import Backbone
from tests.support.part import wait_for
from tests.support.portal_city import (
    OWNER,
    STRANGER,
    City,
    Visitor,
    city_running,
    links_of,
    text_of,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def city(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory):
    """All of it, running."""
    with city_running(backbone, tmp_path_factory.mktemp("city")) as running:
        yield running


def shown(paise: int) -> str:
    """An amount as pages have it."""
    rest = f".{paise % 100:02}" if paise % 100 else ""
    return f"₹\N{NO-BREAK SPACE}{grouped(paise // 100)}{rest}".replace("\N{NO-BREAK SPACE}", " ")


def begun(visitor: Visitor, key: str, **form: str):
    """The page that leads to the gateway, and the link on it."""
    page = visitor.submit(f"/property/{key}/pay", **form)
    assert "/property/payment/" in page.url, text_of(page)
    (link,) = links_of(page, r"/l/plink_")
    return page, link


# ---- finding


def test_a_property_is_found_by_its_number_and_names_no_owner(city: City) -> None:
    owed = city.owned("P/9/0001")
    visitor = Visitor(city)
    page = visitor.page("/property/?number=p/9/0001")
    assert page.url.endswith(f"/property/{owed['id']}")
    said = text_of(page)
    assert "P/9/0001" in said
    assert shown(city.payable(owed["id"])) in said
    assert "Asha" not in page.text
    assert OWNER[3:] not in page.text


def test_a_beginning_of_a_number_leads_nowhere(city: City) -> None:
    city.owned("P/9/00015")
    visitor = Visitor(city)
    for part in ("P/9/0001", "P/9/000", "P"):
        page = visitor.page(f"/property/?number={part}")
        assert "P/9/00015" not in page.text, part
    assert visitor.page("/property/?number=P/9/000").status_code == 404
    assert "P/9/00015" in visitor.page("/property/?number=p/९/०००१५").text


def test_by_a_name_in_a_ward_one_knows_ones_own_and_is_led_nowhere(city: City) -> None:
    owed = city.owned("P/9/0002")
    visitor = Visitor(city)
    page = visitor.page("/property/?name=Asha+Kulkarni&ward=aundh-baner")
    assert page.status_code == 200
    assert "A••• K•••" in page.text
    assert "0002" in page.text
    for hidden in ("P/9/0002", owed["id"], "Baner Road"):
        assert hidden not in page.text, "who knows a name is told no number and no address"
    for part in ("Kulkarni", "Asha+Kul", "As"):
        answer = visitor.page(f"/property/?name={part}&ward=aundh-baner")
        assert (answer.status_code, "A•••" in answer.text) == (404, False), part
    assert visitor.page("/property/?name=Asha+Kulkarni&ward=").status_code == 400
    assert visitor.page("/property/?number=").status_code == 400
    assert visitor.page("/property/?number=NO/SUCH").status_code == 404


def change(city: City, service: str, statement: str, **values: object) -> None:
    """Change a row of a service's database."""
    with city.backbone.sessions(service).begin() as session:
        session.execute(text(statement), values)


@contextmanager
def used_up(city: City, limit: Limit) -> Iterator[None]:
    """As if all who took of a limit had taken all of it, while the context lasts."""
    of = 'WHERE "limit" = :limit'
    change(
        city, "portal", f"UPDATE taken SET count = :most {of}", limit=limit, most=RULES[limit].most
    )
    try:
        yield
    finally:
        change(city, "portal", f"DELETE FROM taken {of}", limit=limit)


def test_a_network_looks_at_so_many_properties_a_day(city: City) -> None:
    owed = city.owned("P/9/0004")
    visitor = Visitor(city)
    assert visitor.page("/property/?number=P/9/0004").status_code == 200
    with used_up(city, Limit.PROPERTIES_OF_CLIENT_A_DAY):
        for path in ("?number=P/9/0004", owed["id"], f"{owed['id']}/pay"):
            answer = visitor.page(f"/property/{path}")
            assert answer.status_code == 429, path
            assert "Too much was asked from your network" in text_of(answer)
            assert int(answer.headers["Retry-After"]) > 0


def test_a_network_makes_so_many_payment_links_and_of_a_property(city: City) -> None:
    owed = city.owned("P/9/0005")
    visitor = Visitor(city)
    begun(visitor, owed["id"], how="part", amount="1,000")
    with used_up(city, Limit.LINKS_OF_CLIENT):
        answer = visitor.submit(f"/property/{owed['id']}/pay", how="all")
        assert answer.status_code == 429
    with used_up(city, Limit.LINKS_OF_PROPERTY):
        answer = visitor.submit(f"/property/{owed['id']}/pay", how="part", amount="1,100")
        assert answer.status_code == 429
        begun(visitor, owed["id"], how="all")


def test_money_that_was_taken_back_is_said_to_be(city: City) -> None:
    owed = city.owned("P/9/0006")
    visitor = Visitor(city)
    page, link = begun(visitor, owed["id"], how="all")
    order = page.url.partition("?")[0].rpartition("/")[2]
    city.pays(link)
    wait_for(
        lambda: "notice good" in visitor.page(f"/property/payment/{order}").text, 30, "it is paid"
    )
    of = "(SELECT payment_id FROM payment_order WHERE id = :order)"
    change(city, "tax", f"UPDATE payment SET state = 'reversed' WHERE id = {of}", order=order)
    said = text_of(visitor.page(f"/property/payment/{order}"))
    assert "does not count any more" in said
    assert "has come. Thank you" not in said


def test_a_stranger_does_not_learn_whose_a_telephone_number_is(city: City) -> None:
    program = Identity.of("api:shop", "citizen")
    for stranger in (ANONYMOUS, program):
        with city.backbone.client(stranger) as rpc:
            with pytest.raises(Forbidden):
                rpc.tax.look_up(phone=OWNER)
            with pytest.raises(Invalid, match="ward"):
                rpc.tax.look_up(name="Asha Kulkarni")


def test_dues_say_until_when_they_stay_so(city: City) -> None:
    owed = city.owned("P/9/0003")
    with city.backbone.client(ANONYMOUS) as rpc:
        told = rpc.tax.dues(id=owed["id"], ahead=True)
        then = rpc.tax.dues(id=owed["id"], on=told["until"]) if told["until"] else told
    assert then["payable_paise"] == told["payable_paise"]
    assert {each["called"]["en"] for each in told["dues"]}
    if told["until"]:
        assert told["then_paise"] != told["payable_paise"]


# ---- paying


@pytest.mark.parametrize("language", ["mr", "en"])
def test_all_of_it_is_paid_and_said_to_be(city: City, language: str) -> None:
    owed = city.owned(f"P/9/01{language}")
    due = city.payable(owed["id"])
    visitor = Visitor(city, language)
    page, link = begun(visitor, owed["id"], how="all")
    order = page.url.partition("?")[0].rpartition("/")[2]
    after = city.pays(link)
    assert f"{city.url}/{language}/property/payment/{order}" in after, "the payer is led back"

    def paid() -> bool:
        return "notice good" in visitor.page(f"/property/payment/{order}").text

    wait_for(paid, 30, "the page says that it is paid")
    said = visitor.page(f"/property/payment/{order}").text
    assert "RC/" not in said, "how it was paid is told to the owner"
    assert "RC/" in Visitor(city, language).sign_in(OWNER).page(f"/property/payment/{order}").text
    assert "RC/" not in Visitor(city).sign_in(STRANGER).page(f"/property/payment/{order}").text
    assert "Asha" not in said
    assert city.payable(owed["id"]) == 0
    # Whoever comes again pays nothing twice.
    again = visitor.page(f"/property/{owed['id']}/pay")
    assert 'name="how" value="all"' not in again.text
    assert due > 0


def test_pressed_twice_it_is_one_order(city: City) -> None:
    owed = city.owned("P/9/0021")
    visitor = Visitor(city)

    def press(_: int) -> str:
        mine = Visitor(city)
        return begun(mine, owed["id"], how="part", amount="1,000")[0].url.partition("?")[0]

    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(press, range(3)))) == 1
    counted = "SELECT count(*) FROM payment_order o JOIN property p ON p.id = o.property_id"
    assert city.backbone.value("tax", f"{counted} WHERE p.number = 'P/9/0021'") == 1
    assert begun(visitor, owed["id"], how="part", amount="१०००")[0].status_code == 200


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"how": ""}, "how"),
        ({"how": "part", "amount": ""}, "amount"),
        ({"how": "part", "amount": "ten"}, "amount"),
        ({"how": "part", "amount": "-5"}, "amount"),
        ({"how": "part", "amount": "0.50"}, "amount"),
        ({"how": "part", "amount": "1.005"}, "amount"),
        ({"how": "part", "amount": "9" * 40}, "amount"),
    ],
)
def test_what_is_no_amount_is_told_at_its_field(city: City, form, field: str) -> None:
    owed = city.owned("P/9/0022")
    answer = Visitor(city).submit(f"/property/{owed['id']}/pay", **form)
    assert answer.status_code == 400
    assert f'href="#{field}"' in answer.text


def test_an_amount_that_can_only_be_mistyped_is_told_and_no_order_made(city: City) -> None:
    owed = city.owned("P/9/0024")
    visitor = Visitor(city)
    answer = visitor.submit(f"/property/{owed['id']}/pay", how="part", amount="9999999999")
    assert answer.status_code == 400
    assert 'href="#amount"' in answer.text
    assert "must be at most" in answer.text
    # Who goes back to it from the order's page finds what they had typed.
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_who_sends_an_old_page_reads_first_what_has_changed(city: City) -> None:
    owed = city.owned("P/9/0023")
    answer = Visitor(city).submit(f"/property/{owed['id']}/pay", how="all", seen="100")
    assert answer.status_code == 409
    assert "has changed since you opened this page" in text_of(answer)
    counted = "SELECT count(*) FROM payment_order o JOIN property p ON p.id = o.property_id"
    assert city.backbone.value("tax", f"{counted} WHERE p.number = 'P/9/0023'") == 0


def test_a_try_that_failed_is_told_as_that_and_may_be_made_again(city: City) -> None:
    owed = city.owned("P/9/0024")
    visitor = Visitor(city)
    page, link = begun(visitor, owed["id"], how="all")
    order = page.url.partition("?")[0].rpartition("/")[2]
    assert "not known yet" in text_of(visitor.page(f"/property/payment/{order}"))
    city.pays(link, end="fails")

    def told() -> bool:
        return "did not succeed" in text_of(visitor.page(f"/property/payment/{order}"))

    wait_for(told, 30, "the page says that it failed")
    city.pays(link)
    wait_for(lambda: "has come" in visitor.page(f"/property/payment/{order}").text, 30, "paid")


def test_what_no_webhook_tells_is_known_as_soon_as_the_payer_looks(city: City) -> None:
    owed = city.owned("P/9/0025")
    visitor = Visitor(city)
    page, link = begun(visitor, owed["id"], how="all")
    order = page.url.partition("?")[0].rpartition("/")[2]
    to, city.gateway.webhook_url = city.gateway.webhook_url, None
    try:
        city.pays(link)
        wait_for(lambda: "has come" in visitor.page(f"/property/payment/{order}").text, 30, "asked")
    finally:
        city.gateway.webhook_url = to
    with city.backbone.client() as rpc:
        assert rpc.tax.order(order_id=order)["state"] == "paid"


def test_a_gateway_that_is_away_takes_nothing_and_the_page_says_so(city: City) -> None:
    owed = city.owned("P/9/0026")
    visitor = Visitor(city)
    city.gateway.faults.extend([Fault.ERROR_503] * 20)
    try:
        answer = visitor.submit(f"/property/{owed['id']}/pay", how="all")
        assert answer.status_code == 503
        assert "Nothing was paid" in text_of(answer)
        assert 'name="seen"' in answer.text, "the form is there to be sent again"
    finally:
        city.gateway.faults.clear()
    assert begun(visitor, owed["id"], how="all")[0].status_code == 200


def test_an_order_that_is_none_is_said_to_be_none(city: City) -> None:
    answer = Visitor(city).page("/property/payment/00000000-0000-7000-8000-000000000000")
    assert answer.status_code == 404
    assert "There is no such order" in text_of(answer)


# ---- the owner's own


def test_an_owner_has_bills_receipts_and_the_certificate_and_a_stranger_none(city: City) -> None:
    owed = city.owned("P/9/0031")
    room = f"/property/{owed['id']}/documents"
    visitor = Visitor(city)
    assert "/account/citizen" in visitor.page(room).url, "who is not signed in is led there"

    owner = Visitor(city).sign_in(OWNER)
    mine = owner.page("/property/mine")
    assert "P/9/0031" in mine.text
    refused = owner.submit(room, f"/property/{owed['id']}/certify")
    assert refused.status_code == 409
    assert shown(city.payable(owed["id"])) in text_of(refused)

    _, link = begun(owner, owed["id"], how="all")
    city.pays(link)
    wait_for(lambda: city.payable(owed["id"]) == 0, 30, "it is paid")
    made = owner.submit(room, f"/property/{owed['id']}/certify")
    assert "ND-" in made.text
    papers = owner.page(room)
    pdfs = links_of(papers, r"/documents/(bill|receipt|no-dues)/")
    assert len(pdfs) == 6, "three documents in two languages each"
    for each in pdfs:
        found = owner.get(f"{city.url}{each}", timeout=60)
        assert found.content.startswith(b"%PDF"), each
        assert found.headers["Cache-Control"] == "private, no-store"
    statement = owner.page(f"/property/{owed['id']}/statement")
    assert "demand" in text_of(statement)
    assert "payment" in text_of(statement)

    stranger = Visitor(city).sign_in(STRANGER)
    for path in (room, f"/property/{owed['id']}/statement", pdfs[0].removeprefix("/en")):
        answer = stranger.page(path)
        assert answer.status_code == 403, path
        assert "Asha" not in answer.text
    assert "No property has your number" in text_of(stranger.page("/property/mine"))


def test_bills_over_whatsapp_are_agreed_to_in_words_that_are_kept(city: City) -> None:
    city.owned("P/9/0032")
    owner = Visitor(city).sign_in(OWNER)
    told = owner.submit("/property/mine", "/property/mine/subscribe", whatsapp="yes")
    assert "come over WhatsApp first" in text_of(told)
    with city.backbone.client() as rpc:
        found = rpc.notify.consent(recipient=OWNER)
    assert found["channels"] == ["whatsapp"]
    assert found["purposes"]["tax"] | {"said_at": None} == {
        "told": True,
        "said": True,
        "said_at": None,
        "source": "portal",
        "wording": "Property tax: bills, receipts and notices.",
    }
    with city.backbone.client() as rpc:
        rpc.notify.prefer(recipient=OWNER, channels=["sms", "whatsapp", "email"])
    told = owner.submit("/property/mine", "/property/mine/subscribe", whatsapp="yes")
    with city.backbone.client() as rpc:
        found = rpc.notify.consent(recipient=OWNER)
        assert found["channels"] == ["whatsapp", "sms", "email"]
        said = len(rpc.notify.consent_history(recipient=OWNER)["words"])
    told = owner.submit("/property/mine", "/property/mine/subscribe", whatsapp="no")
    assert "no longer come over WhatsApp first" in text_of(told)
    with city.backbone.client() as rpc:
        assert rpc.notify.consent(recipient=OWNER)["channels"] == ["sms", "email"]
        assert len(rpc.notify.consent_history(recipient=OWNER)["words"]) == said, (
            "who says no agrees to nothing"
        )


# ---- the estimate


def test_a_tax_is_estimated_and_every_step_is_shown(city: City) -> None:
    visitor = Visitor(city)
    asked = (
        "/property/estimate?floors=1&zone=zone-2&area-1=62.50&use-1=residential"
        "&occupancy-1=self&class-1=rcc&built-1=1998"
    )
    page = visitor.page(asked)
    assert page.status_code == 200, text_of(page)
    with city.backbone.client(ANONYMOUS) as rpc:
        floor = {
            "floor": "1", "area_sqm": "62.50", "use": "residential", "occupancy": "self",
            "class": "rcc", "built_in": 1998,
        }  # fmt: skip
        found = rpc.tax.estimate(period=city.year, zone="zone-2", floors=[floor])
    assert shown(found["total_paise"]) in text_of(page)
    assert found["half_years"][0]["explained"]["en"]["steps"][0]["text"] in text_of(page)
    marathi = Visitor(city, "mr").page(asked.replace("62.50", "६२.५०").replace("1998", "१९९८"))
    assert marathi.status_code == 200
    wrong = visitor.page(asked.replace("62.50", "large").replace("1998", "98"))
    assert wrong.status_code == 400
    assert {"#area-1", "#built-1"} <= set(links_of(wrong, "^#"))
    more = visitor.page(f"{asked}&add=yes")
    assert 'id="area-2"' in more.text


# ---- last: a service goes away


def test_while_tax_is_away_nothing_is_taken_and_nothing_lost(city: City) -> None:
    owed = city.owned("P/9/0041")
    visitor = Visitor(city)
    city.parts["tax"].kill()
    try:
        for path in (
            f"/property/{owed['id']}",
            f"/property/{owed['id']}/pay",
            "/property/?number=P/9/0041",
            "/property/estimate",
            f"/property/payment/{owed['id']}",
        ):
            answer = visitor.page(path)
            assert answer.status_code == 503, (path, text_of(answer))
        assert visitor.page("/property/").status_code == 200
    finally:
        city.parts["tax"].start()
