"""The officers' desk in a browser: every page at phone and desk widths, in both languages, in the
dark; axe finds nothing; the ways through it work by keyboard and without a script."""

import base64
from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe

from palika.auth import Identity
from palika.india import day_of
from tests.browser.conftest import keep_picture
from tests.browser.test_public_pages import _CUT, _SIDEWAYS, OPTIONS
from tests.support.attachments import photo
from tests.support.portal_desk import CASHIER, HELPER, JUNIOR, desk_city
from tests.support.taxes import PROPERTY

WIDTHS = (320, 390, 1280)
JE = Identity.of("officer:roads-je", "officer")
CLERK = Identity.of("officer:tax-clerk", "officer")
HEAD = "s.jadhav16"
NUMBER = "P/6/0001"
WORDS = (
    "रानडे रस्त्यावर शाळेसमोर मोठा खड्डा पडला आहे. दोन जण पडले.",
    "A deep hole before the school on Ranade Road; two have fallen.",
    "बाणेर रस्त्यावरील पथदिवे आठवडाभर बंद आहेत.",
)


@pytest.fixture(scope="module")
def city(backbone):
    """All parts, with some work on the desks."""
    made = desk_city(backbone)
    made.numbers = [
        made.file(description=words, citizen_name="आशा कुलकर्णी", citizen_phone="9812345610")
        for words in WORDS
    ]
    first = made.numbers[0]
    with backbone.client(JE) as asking:
        content = base64.b64encode(photo()).decode()
        asking.grievance.attach(id=first["id"], kind="photo_before", content_base64=content)
        asking.grievance.comment(id=first["id"], text="ठेकेदाराला कळवले आहे.")
        asking.eoffice.open_file(subject="बाणेर रस्त्याचे पुनर्डांबरीकरण", post="roads-je")
    with backbone.client(CLERK) as asking:
        owed = asking.tax.register_property(**PROPERTY | {"number": NUMBER})
        asking.tax.raise_bill(property_id=owed["id"], period="2026-27")
    return made


@pytest.fixture(scope="module")
def site(city):
    """Its portal."""
    return city.portal


@pytest.fixture
def signed_in(city, open_page):
    """Opens a page of the desk as somebody."""

    def open_(person, language, path, width=1280, **options):
        cookie = {"name": "palika", "value": city.key(person), "url": city.portal.url}
        page = open_page("/robots.txt", width, **options)
        page.context.add_cookies([cookie])
        page.goto(f"{city.portal.url}/{language}/desk{path}")
        return page

    return open_


def looked_at(page, name):
    """Can be used by everybody at every width; pictures of it are kept."""
    assert page.locator("h1").count() == 1, page.url
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(_SIDEWAYS) <= 0, f"{name}: at {width} px it is scrolled sideways"
        assert page.evaluate(_CUT) == [], f"{name}: at {width} px"
        if width != WIDTHS[0]:
            keep_picture(page, f"desk-{name}-{width}")
    page.set_viewport_size({"width": 390, "height": 900})
    told = Axe().run(page, options=OPTIONS)
    assert told.violations_count == 0, f"{name}: {told.generate_report()}"


@pytest.mark.parametrize("language", ["mr", "en"])
def test_the_inbox_the_list_and_a_grievance(city, signed_in, language):
    page = signed_in(JUNIOR, language, "/")
    assert page.locator(".wait").count() >= 4
    looked_at(page, f"inbox-{language}")
    page.goto(f"{city.portal.url}/{language}/desk/?q=elephant")
    looked_at(page, f"inbox-empty-{language}")
    page.goto(f"{city.portal.url}/{language}/desk/grievances")
    looked_at(page, f"list-{language}")
    number = city.numbers[0]["number"]
    page.goto(f"{city.portal.url}/{language}/desk/grievances/{number}")
    looked_at(page, f"grievance-{language}")
    page.locator("details:has(form[action$='/comment'])").evaluate("each => { each.open = true; }")
    page.fill("#comment-text", "पाहणी केली")
    page.click("form[action$='/comment'] button")
    page.wait_for_selector(".notice.good")
    page.locator("details:has(form[action$='/reject'])").evaluate("each => { each.open = true; }")
    page.click("form[action$='/reject'] button")
    assert page.locator("#reject-remark-error").count() == 1
    looked_at(page, f"grievance-wrong-{language}")
    page.goto(f"{city.portal.url}/{language}/desk/grievances/{number}")
    page.click("form[action*='/contact'] button")
    assert page.locator("#who a[href^='tel:']").count() == 1


@pytest.mark.parametrize("language", ["mr", "en"])
def test_many_are_acted_on_by_keyboard(city, signed_in, language):
    page = signed_in(JUNIOR, language, "/grievances")
    page.focus("[data-all]")
    page.keyboard.press("Space")
    assert page.locator("[data-chosen]").is_visible()
    page.select_option("#act", "comment")
    page.focus(".bulk button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/bulk/*")
    looked_at(page, f"agree-{language}")
    page.focus("#comment-text")
    page.keyboard.type("पावसाळी पथक सोमवारी येईल.")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".tag.good")
    assert page.locator(".tag.good").count() >= 3
    looked_at(page, f"agreed-{language}")


@pytest.mark.parametrize("language", ["mr", "en"])
def test_the_help_desk(city, signed_in, language):
    page = signed_in(HELPER, language, "/help")
    looked_at(page, f"help-{language}")
    page.click("main .actions a")
    page.fill("#kind-words", "खड्डा")
    page.press("#kind-words", "Enter")
    page.click("#found ~ ul a[href$=pothole]")
    page.click("main form[method=post] button[type=submit]")
    assert page.locator("#description-error").count() == 1
    looked_at(page, f"help-file-wrong-{language}")
    page.fill("#description", WORDS[0])
    page.fill("#address", "रानडे रस्ता, शाळेजवळ")
    page.fill("#phone", "98123 45699")
    page.click("main form[method=post] button[type=submit]")
    token = page.locator(".token code").inner_text()
    looked_at(page, f"help-filed-{language}")
    page.goto(f"{city.portal.url}/{language}/desk/help")
    page.fill("#token", token)
    page.press("#token", "Enter")
    assert page.locator("#standing").count() == 1
    looked_at(page, f"help-found-{language}")


@pytest.mark.parametrize("language", ["mr", "en"])
def test_a_day_at_the_counter_without_a_script(city, signed_in, language):
    plain = signed_in(CASHIER, language, "/counter/", 390, java_script_enabled=False)
    page = signed_in(CASHIER, language, "/counter/")
    looked_at(page, f"counter-{language}")
    plain.select_option("#place", "BANER")
    plain.fill("#counter", {"mr": "१", "en": "2"}[language])
    plain.click("form[action$='/open'] button")
    plain.fill("#words", "asha")
    plain.click("form[action$='/find'] button")
    plain.click("main table a")
    page.goto(plain.url)
    page.check("input[name=mode][value=cheque]")
    page.click(".act-part form button")
    assert page.locator("#cheque-number-error").count() == 1
    looked_at(page, f"counter-cheque-wrong-{language}")
    page.goto(plain.url)
    looked_at(page, f"counter-pay-{language}")
    plain.fill("#amount", "1,250.50")
    plain.click(".act-part form button")
    assert plain.locator(".notice.good").count() == 1
    page.goto(plain.url)
    looked_at(page, f"counter-taken-{language}")
    page.goto(f"{city.portal.url}/{language}/desk/counter/count")
    page.fill("#pieces-50000", "2")
    assert page.locator("[data-total]").is_visible()
    page.click("main form[data-count] button")
    assert page.locator("#why-cash-error").count() == 1
    looked_at(page, f"counter-count-{language}")
    page.fill("#pieces-20000", "1")
    page.fill("#pieces-5000", "1")
    page.fill("#why-cash", "५० पैसे सुटे नव्हते")
    page.click("main form[data-count] button")
    assert page.url.partition("/sessions/")[2]
    looked_at(page, f"counter-session-{language}")
    page.goto(f"{city.portal.url}/{language}/desk/counter/bank")
    looked_at(page, f"counter-bank-{language}")
    boss = signed_in(
        HEAD, language, "/counter/sessions?day=" + day_of(datetime.now(UTC)).isoformat()
    )
    boss.click("main table a >> nth=-1")
    looked_at(boss, f"counter-boss-{language}")


def test_the_desk_in_the_dark_and_on_paper(city, signed_in):
    page = signed_in(JUNIOR, "mr", "/", color_scheme="dark")
    looked_at(page, "inbox-dark")
    page.goto(f"{city.portal.url}/mr/desk/grievances/{city.numbers[0]['number']}")
    looked_at(page, "grievance-dark")
    page.emulate_media(media="print")
    assert not page.locator(".act-part").is_visible()


def test_the_counts_of_the_inbox_stay_fresh(city, signed_in):
    page = signed_in(JUNIOR, "en", "/")
    page.clock.install()
    page.reload()
    before = page.locator("[data-count=grievances]").inner_text()
    city.file(description="Another hole")
    page.mouse.move(5, 5)
    page.keyboard.press("Shift")
    page.clock.run_for(31_000)
    page.wait_for_function(
        "was => document.querySelector('[data-count=grievances]').textContent.trim() !== was",
        arg=before,
    )
    assert page.locator("[data-fresh]").is_visible()
