"""Trying the city out, in a browser: the pages say how, axe finds nothing on them, and what they
say is enough to come in without a script."""

from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe

from palika.keys import city_keys, make_key_file
from services.portal.commands.make_demo import make_demo
from services.portal.keeping import Keeping
from services.portal.reference import demo_people
from tests.browser.conftest import keep_picture
from tests.browser.test_public_pages import _CUT, _SIDEWAYS, OPTIONS
from tests.support.demo import demo_city
from tests.support.portal import Portal
from tests.support.portal_accounts import post

WIDTHS = (320, 1280)
PAGES = {"home": "/", "sign-in": "/account/sign-in", "citizen": "/account/citizen"}
POSTS = {
    "v.gaikwad20": ("महापालिका आयुक्त", "Municipal Commissioner", 6),
    "v.deshpande4": ("मुख्य अभियंता, पथ", "Chief Engineer, Roads", 4),
    "a.jadhav2": ("कनिष्ठ अभियंता, पथ", "Junior Engineer, Roads", 2),
    "s.kulkarni1": ("लिपिक, पथ", "Clerk, Roads", 1),
    "p.bhosale21": ("लिपिक, मध्यवर्ती नोंदणी", "Clerk, Central Registry", 1),
    "u.phadke26": ("देयक विभाग, करसंकलन", "Bill Department, Property Tax", 1),
    "p.kale22": ("लिपिक, नागरी सुविधा केंद्र", "Clerk, Civic Centre", 1),
    "h.thorat86": ("विभाग प्रमुख, जनसंपर्क", "Head, Public Relations", 4),
    "n.chavan60": ("विभाग प्रमुख, माहिती व तंत्रज्ञान", "Head, Information Technology", 4),
}


def told(person):
    mr, en, level = POSTS[person]
    names = {"code": person, "mr": "अभय जाधव", "en": "Abhay Jadhav"}
    return {"person": names, "items": [post(person, level) | {"mr": mr, "en": en}]}


@pytest.fixture(scope="module")
def site(backbone, tmp_path_factory):
    """The portal of the city of sample work; its services are away."""
    var = tmp_path_factory.mktemp("var")
    backbone.migrate("portal")
    here = backbone.environment()
    demo_city(var, amqp_uri=here["AMQP_URI"], database_url=here["PORTAL_DATABASE_URL"])
    keys = var / "portal-keys"
    make_key_file(keys)
    keeping = Keeping(city_keys("portal_keys", str(keys)))
    known = {person: told(person) for person in demo_people().officers}
    with backbone.sessions("portal").begin() as session:
        make_demo(session, keeping, known, datetime.now(UTC))
    part = backbone.service("portal", PALIKA_VAR=str(var), PALIKA_PORTAL_HTTP_PORT="0")
    part.wait_ready(90)
    return Portal(backbone, part)


@pytest.mark.parametrize("language", ["mr", "en"])
@pytest.mark.parametrize(("name", "path"), PAGES.items(), ids=PAGES)
def test_pages_with_hints_can_be_used_by_everybody(site, open_page, language, name, path):
    page = open_page(f"/{language}{path}", WIDTHS[0])
    assert page.locator("section[aria-labelledby=demo] li").count() == len(POSTS)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(_SIDEWAYS) <= 0, f"at {width} px it is scrolled sideways"
        assert page.evaluate(_CUT) == [], f"at {width} px"
        keep_picture(page, f"demo-{name}-{language}-{width}")
    found = Axe().run(page, options=OPTIONS)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("language", ["mr", "en"])
def test_what_they_say_is_enough_to_come_in_without_a_script(site, open_page, language):
    page = open_page(f"/{language}/", 390, java_script_enabled=False)
    hints = page.locator("section[aria-labelledby=demo]")
    person = hints.locator("li").nth(2).locator("code").inner_text()
    password = hints.locator("p > code").first.inner_text()
    hints.locator("a.button").first.click()
    page.fill("#login", person)
    page.fill("#password", password)
    page.click("main button[type=submit]")
    keep_picture(page, f"demo-second-{language}-390")
    page.fill("#code", page.locator(".notice code").inner_text())
    page.click("main button[type=submit]")
    assert page.url == f"{site.url}/{language}/account/"
    assert page.locator("h1").count() == 1
