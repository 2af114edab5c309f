"""Property tax and messages in a browser: found, paid on the gateway's page and seen to be paid,
without a script and by keyboard; axe finds nothing, nothing is cut off, in both languages."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import keep_picture
from tests.browser.test_public_pages import _CUT, _SIDEWAYS, OPTIONS
from tests.support.part import wait_for
from tests.support.portal_city import OWNER, City, Visitor, city_running

pytestmark = pytest.mark.slow

WIDTHS = (320, 390, 1280)


@pytest.fixture(scope="module")
def site(backbone, tmp_path_factory):
    """The whole city; a page is opened at its address."""
    with city_running(backbone, tmp_path_factory.mktemp("city")) as running:
        yield running


@pytest.fixture(scope="module")
def key(site: City):
    """The key of a session of the owner, who has two properties."""
    site.owned("P/7/0001")
    site.owned("P/7/0002", billed=False)
    visitor = Visitor(site, "mr").sign_in(OWNER)
    visitor.submit("/property/mine", "/property/mine/subscribe", whatsapp="yes")
    return visitor.cookies["palika"]


def looked_at(page, name):
    """Can be used by everybody at every width; pictures of it are kept."""
    assert page.locator("h1").count() == 1
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(_SIDEWAYS) <= 0, f"{name} at {width} px is scrolled sideways"
        assert page.evaluate(_CUT) == [], f"{name} at {width} px"
        if width != WIDTHS[0]:
            keep_picture(page, f"property-{name}-{width}")
    page.set_viewport_size({"width": 390, "height": 900})
    told = Axe().run(page, options=OPTIONS)
    assert told.violations_count == 0, told.generate_report()


def send(page):
    page.click("main form[method=post] button[type=submit]")


@pytest.mark.parametrize("language", ["mr", "en"])
def test_from_the_start_page_to_paid(site, open_page, language):
    owed = site.owned(f"P/7/01{language}")
    page = open_page(f"/{language}/", 390)
    page.click(".quick a[href$='/property']")
    looked_at(page, f"start-{language}")
    page.fill("#number", "no such number")
    page.press("#number", "Enter")
    assert page.locator("#number-error").count() == 1
    looked_at(page, f"start-wrong-{language}")
    page.fill("#number", owed["number"].lower())
    page.press("#number", "Enter")
    page.wait_for_url(f"**/property/{owed['id']}")
    looked_at(page, f"one-{language}")
    page.click("main a.main[href$='/pay']")
    page.check("input[value=part]")
    send(page)
    assert page.locator("#amount-error").count() == 1
    looked_at(page, f"pay-wrong-{language}")
    page.check("input[value=all]")
    looked_at(page, f"pay-{language}")
    send(page)
    page.wait_for_url("**/property/payment/*")
    looked_at(page, f"begin-{language}")
    order = page.url.partition("?")[0]
    page.click("main a.main")
    page.wait_for_url("**/l/plink_*")
    keep_picture(page, f"property-gateway-{language}-390")
    page.click("button.pays >> nth=0")
    # The sample gateway shows its own word; the real one leads back by itself.
    page.click(f"a[href='{order}']")
    page.wait_for_url("**/property/payment/*")
    wait_for(lambda: page.reload() and page.locator(".notice.good").count() == 1, 30, "paid")
    assert page.locator("text=RC/").count() == 0, "how it was paid is the owner's to know"
    looked_at(page, f"paid-{language}")


@pytest.mark.parametrize("language", ["mr", "en"])
def test_all_of_it_works_without_a_script_and_what_failed_is_told(site, open_page, language):
    owed = site.owned(f"P/7/02{language}")
    page = open_page(f"/{language}/property/", 390, java_script_enabled=False)
    page.fill("#number", owed["number"])
    page.press("#number", "Enter")
    page.click("main a.main[href$='/pay']")
    page.check("input[value=part]")
    page.fill("#amount", "१,५००.५०" if language == "mr" else "1,500.50")
    send(page)
    order = page.url.partition("?")[0]
    page.click("main a.main")
    page.click("button.fails >> nth=0")
    page.goto(order)
    wait_for(lambda: page.reload() and page.locator(".notice.warning").count() == 1, 30, "failed")
    with_script = open_page(order.removeprefix(site.url), 390)
    looked_at(with_script, f"failed-{language}")
    page.goto(order)
    page.click("main .actions a.quiet")
    page.click("button.pays >> nth=1")
    page.goto(order)
    wait_for(lambda: page.reload() and page.locator(".notice.good").count() == 1, 30, "paid")


@pytest.mark.parametrize("language", ["mr", "en"])
@pytest.mark.parametrize("where", ["name", "estimate", "estimated", "unknown"])
def test_the_other_open_pages_can_be_used_by_everybody(site, open_page, language, where):
    asked = {
        "name": "/property/?name=Asha+Kulkarni&ward=aundh-baner",
        "estimate": "/property/estimate",
        "estimated": "/property/estimate?floors=2&zone=zone-2&area-1=62.50&use-1=residential"
        "&occupancy-1=self&class-1=rcc&built-1=1998&area-2=20&use-2=open_plot"
        "&occupancy-2=vacant&claims=self_occupied",
        "unknown": "/property/payment/00000000-0000-7000-8000-000000000000",
    }
    if where == "name":
        site.owned(f"P/7/03{language}", billed=False)
    page = open_page(f"/{language}{asked[where]}", 390)
    for summary in page.locator("main details summary").all():
        summary.click()
    looked_at(page, f"{where}-{language}")


@pytest.mark.parametrize("language", ["mr", "en"])
@pytest.mark.parametrize("room", ["property/mine", "account/messages", "account/consents"])
def test_an_owners_own_pages_can_be_used_by_everybody(site, open_page, key, language, room):
    page = open_page(f"/{language}/property/", 390)
    page.context.add_cookies([{"name": "palika", "value": key, "url": site.url}])
    page.goto(f"{site.url}/{language}/{room}")
    looked_at(page, f"{room.replace('/', '-')}-{language}")
    if room == "property/mine":
        page.click("main .row a.quiet >> nth=0")
        looked_at(page, f"documents-{language}")
        page.click("main form[action$='/certify'] button")
        looked_at(page, f"certify-{language}")
        page.click("main a[href$='/statement']")
        looked_at(page, f"statement-{language}")
    if room == "account/consents":
        page.check("#news input[value=yes]")
        page.click("main form[action$='/consents'] button")
        assert page.locator(".notice.good").count() == 1
        looked_at(page, f"consents-kept-{language}")


def test_in_the_dark_and_by_keyboard(site, open_page):
    owed = site.owned("P/7/0401")
    page = open_page(f"/mr/property/{owed['id']}/pay", 390, color_scheme="dark")
    told = Axe().run(page, options=OPTIONS)
    assert told.violations_count == 0, told.generate_report()
    keep_picture(page, "property-pay-mr-390-dark")

    def tab_to(selector):
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("each => document.activeElement.matches(each)", selector):
                return
        raise AssertionError(f"the keyboard does not reach {selector}")

    tab_to("main form button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/property/payment/*")
    tab_to("main a.main")
    page.keyboard.press("Enter")
    page.wait_for_url("**/l/plink_*")
