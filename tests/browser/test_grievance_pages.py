"""Citizens file and follow a grievance in a browser: without a script, by keyboard, at phone
widths, in both languages; axe finds nothing on the way."""

import base64

import pytest
from axe_playwright_python.sync_playwright import Axe

from palika.auth import Identity
from tests.browser.conftest import keep_picture
from tests.browser.test_public_pages import _CUT, _SIDEWAYS, OPTIONS
from tests.support.attachments import photo
from tests.support.portal import OFFICER
from tests.support.portal_grievances import Person, portal_with_grievances

WIDTHS = (320, 390, 1280)
PHOTO = {"name": "hole.jpg", "mimeType": "image/jpeg", "buffer": photo()}
TEXT = {
    "mr": ("रानडे रस्ता, शाळेजवळ", "शाळेसमोर मोठा खड्डा पडला आहे. दोन जण पडले."),
    "en": ("Ranade Road, near the school", "A deep hole before the school. Two have fallen."),
}
SUPERVISOR = Identity.of("supervisor:commissioner", "supervisor")


@pytest.fixture(scope="module")
def site(backbone):
    """A portal with its database, and the grievance service."""
    return portal_with_grievances(backbone)


def looked_at(page, name):
    """Can be used by everybody at every width; pictures of it are kept."""
    assert page.locator("h1").count() == 1
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(_SIDEWAYS) <= 0, f"at {width} px it is scrolled sideways"
        assert page.evaluate(_CUT) == [], f"at {width} px"
        if width != WIDTHS[0]:
            keep_picture(page, f"grievance-{name}-{width}")
    page.set_viewport_size({"width": 390, "height": 900})
    told = Axe().run(page, options=OPTIONS)
    assert told.violations_count == 0, told.generate_report()


def send(page):
    page.click("main form[method=post] button[type=submit]")


def filed(page, language):
    """Four steps; a page is looked at before it is sent, and with its mistakes."""
    place, words = TEXT[language]
    looked_at(page, f"what-{language}")
    page.fill("#kind-words", "खड्डा")
    page.press("#kind-words", "Enter")
    looked_at(page, f"found-{language}")
    page.click("#found ~ ul a[href$=pothole]")
    send(page)
    assert page.locator("#address-error").count() == 1
    looked_at(page, f"where-wrong-{language}")
    page.fill("#address", place)
    send(page)
    page.set_input_files("#photo", PHOTO)
    send(page)
    assert page.locator("#description-error").count() == 1
    looked_at(page, f"words-wrong-{language}")
    page.fill("#description", words)
    send(page)
    looked_at(page, f"check-{language}")
    page.check("input[value=phone]")
    send(page)
    assert page.locator("#phone-error").count() == 1
    looked_at(page, f"check-wrong-{language}")
    page.fill("#phone", "98123 45610")
    send(page)
    looked_at(page, f"filed-{language}")
    return page.locator(".token code").inner_text()


def resolve(site, token):
    with site.backbone.client() as city:
        number = city.grievance.track(token=token)["number"]
    found = site.row(number)
    with site.backbone.client(SUPERVISOR) as city:
        city.grievance.assign(id=found["id"], officer="roads-je")
    with site.backbone.client(OFFICER) as city:
        content = base64.b64encode(photo()).decode()
        city.grievance.attach(id=found["id"], kind="photo_after", content_base64=content)
        city.grievance.resolve(id=found["id"], remark="खड्डा डांबराने भरला. Filled with hot mix.")
    return number


@pytest.mark.parametrize("language", ["mr", "en"])
def test_a_citizen_files_follows_and_rates_without_a_script(site, open_page, language):
    page = open_page(f"/{language}/", 390)
    page.click(".quick a[href$='/grievances/new']")
    token = filed(page, language)
    resolve(site, token)

    # Axe needs scripts in the page; the way itself does not.
    plain = open_page(f"/{language}/", 390, java_script_enabled=False)
    plain.click(".quick a[href$='/grievances/follow']")
    plain.fill("#token", "AAAAAAAAAAAAAAAAAAAAAA")
    send(plain)
    assert plain.locator("#token-error").count() == 1
    plain.fill("#token", token)
    send(plain)
    assert plain.locator(".pictures img").count() == 2
    plain.click("form[action$='/rate'] button")
    assert plain.locator("#satisfied .error").count() == 1
    plain.check("#rating input[value='4']")
    plain.check("#satisfied input[value=yes]")
    plain.click("form[action$='/rate'] button")
    assert plain.locator(".notice.good").count() == 1

    page.goto(f"{site.url}/{language}/grievances/follow/{token}")
    looked_at(page, f"closed-{language}")


@pytest.mark.parametrize("language", ["mr", "en"])
def test_all_of_filing_works_without_a_script(site, open_page, language):
    page = open_page(f"/{language}/grievances/new", 390, java_script_enabled=False)
    place, words = TEXT[language]
    page.locator("details.group summary").first.click()
    page.locator("details.group[open] a").first.click()
    assert not page.locator("[data-position]").is_visible()
    page.fill("#address", place)
    send(page)
    page.fill("#description", words)
    page.set_input_files("#photo", PHOTO)
    send(page)
    page.check("input[value=anonymous]")
    send(page)
    assert len(page.locator(".token code").inner_text()) == 22


def test_what_is_resolved_can_be_used_by_everybody(site, open_page):
    token = Person(site, "mr").filed()
    resolve(site, token)
    page = open_page(f"/mr/grievances/follow/{token}", 390)
    for summary in page.locator("main details summary").all():
        summary.click()
    looked_at(page, "resolved-mr")
    page.goto(f"{site.url}/mr/grievances/follow")
    looked_at(page, "ask-mr")
    dark = open_page(f"/mr/grievances/follow/{token}", 390, color_scheme="dark")
    told = Axe().run(dark, options=OPTIONS)
    assert told.violations_count == 0, told.generate_report()
    keep_picture(dark, "grievance-resolved-mr-390-dark")


def test_the_keyboard_alone_files_a_grievance(site, open_page):
    page = open_page("/en/grievances/where/pothole", 390)

    def tab_to(selector):
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("each => document.activeElement.matches(each)", selector):
                return
        raise AssertionError(f"the keyboard does not reach {selector}")

    tab_to("#address")
    page.keyboard.type("Ranade Road")
    tab_to("main form button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/grievances/words")
    tab_to("main form button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#description-error")
    # What is wrong has the focus; its link leads to the field.
    assert page.evaluate("document.activeElement.matches('.summary')")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "description"
    page.keyboard.type("A deep hole")
    tab_to("main form button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/grievances/check*")
    tab_to("input[name=contact]")
    page.keyboard.press("ArrowDown")
    tab_to("main form button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".token code")


def test_the_browser_gives_the_position_where_it_may(site, open_page):
    place = {"latitude": 18.5204, "longitude": 73.8567, "accuracy": 12}
    options = {"geolocation": place, "permissions": ["geolocation"]}
    page = open_page("/en/grievances/where/pothole", 390, **options)
    page.click("[data-position] button")
    page.wait_for_selector("text=exact to about 12 m")
    keep_picture(page, "grievance-position-en-390")
    send(page)
    page.wait_for_url("**/grievances/words")
    page.go_back()
    page.reload()
    assert page.locator("text=18.520400, 73.856700").count() == 1
