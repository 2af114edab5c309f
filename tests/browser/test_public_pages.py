"""Every public template in a browser, in both languages and at three widths: axe finds nothing,
nothing has to be scrolled sideways; keyboard, dark colours, larger letters and print."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import keep_picture

PAGES = {
    "home": "/",
    "services": "/services",
    "services-filtered": "/services?department=health",
    "service": "/services/pay-property-tax",
    "departments": "/departments",
    "department": "/departments/solid-waste",
    "department-services": "/departments/solid-waste/services",
    "department-officials": "/departments/solid-waste/officials",
    "department-documents": "/departments/solid-waste/documents",
    "department-notices": "/departments/solid-waste/notices",
    "department-gallery": "/departments/solid-waste/gallery",
    "department-performance": "/departments/solid-waste/performance",
    "department-contact": "/departments/solid-waste/contact",
    "news": "/news",
    "notices": "/notices",
    "notice": "/notices/water-closure-thursday",
    "tenders": "/tenders",
    "tender": "/tenders/desilting-drains",
    "tenders-archive": "/tenders/archive",
    "documents": "/documents",
    "document": "/documents/rti-act",
    "events": "/events",
    "event": "/events/compost-workshop",
    "people": "/people",
    "person": "/people/commissioner",
    "contacts": "/contacts",
    "office": "/offices/ward-aundh-baner",
    "search": "/search?q=tax",
    "search-nothing": "/search?q=proparty%20taks",
    "sitemap": "/sitemap",
    "feedback": "/feedback",
    "page": "/pages/accessibility",
    "error": "/there-is-no-such-page",
}
WIDTHS = (320, 390, 1280)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"runOnly": RULES, "resultTypes": ["violations"]}
_SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_CUT = """() => [...document.querySelectorAll("h1,h2,h3,p,li,dt,dd,th,td,button,summary")]
  .filter((each) => each.checkVisibility() && !each.closest(".scroll, .seen-by-readers")
    && !each.matches(".seen-by-readers") && each.scrollWidth > each.clientWidth + 1
    && getComputedStyle(each).display !== "inline")
  .map((each) => each.tagName + ": " + each.textContent.trim().slice(0, 60))"""


@pytest.fixture(scope="module", autouse=True)
def some_grievances(site):
    """Something is open, so that pages have figures to show."""
    for category in ("garbage-not-collected", "garbage-not-collected", "garbage-dump"):
        site.filed(service_code=category, api_key=None)


@pytest.mark.parametrize("language", ["mr", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_can_be_used_by_everybody_at_every_width(open_page, language, name):
    page = open_page(f"/{language}{PAGES[name]}", WIDTHS[0])
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("h1").count() == 1
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(_SIDEWAYS) <= 0, f"at {width} px it is scrolled sideways"
        assert page.evaluate(_CUT) == [], f"at {width} px"
        if width == WIDTHS[0]:
            continue
        keep_picture(page, f"{name}-{language}-{width}")
        # What there is differs between phone and desk, not between phones; and not by language.
        if width == WIDTHS[1] or language == "mr":
            told = Axe().run(page, options=OPTIONS)
            assert told.violations_count == 0, told.generate_report()


@pytest.mark.parametrize("name", ["home", "service", "department", "department-performance"])
def test_dark_colours_have_contrast_too(open_page, name):
    page = open_page(f"/mr{PAGES[name]}", 390, color_scheme="dark")
    told = Axe().run(page, options=OPTIONS)
    assert told.violations_count == 0, told.generate_report()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(17, 19, 28)"
    keep_picture(page, f"{name}-mr-390-dark")


def test_the_keyboard_reaches_the_content_first_and_opens_the_menu(open_page):
    page = open_page("/en/", 390)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"

    page.locator("summary").focus()
    page.keyboard.press("Enter")
    menu = page.get_by_role("navigation", name="Main menu")
    assert menu.get_by_role("link", name="Tenders").is_visible()
    keep_picture(page, "menu-en-390")
    page.keyboard.press("Escape")
    assert not menu.get_by_role("link", name="Tenders").is_visible()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"

    page.keyboard.press("/")
    page.keyboard.type("garbage")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/search?q=garbage")
    assert page.get_by_role("link", name="Doorstep collection of waste").count() == 1


def test_what_has_the_focus_is_seen(open_page):
    page = open_page("/en/services", 1280)
    seen = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))
    assert seen == {"solid"}


def test_pages_work_without_javascript_and_the_switch_keeps_page_and_query(open_page):
    page = open_page(
        "/mr/search?q=%E0%A4%95%E0%A4%9A%E0%A4%B0%E0%A4%BE", 390, java_script_enabled=False
    )
    assert page.locator("ol.rows > li").count() > 1
    page.get_by_role("link", name="English").click()
    assert page.url.endswith("/en/search?q=%E0%A4%95%E0%A4%9A%E0%A4%B0%E0%A4%BE")
    assert page.locator("html").get_attribute("lang") == "en"
    page.locator("summary").click()
    page.get_by_role("navigation", name="Main menu").get_by_role("link", name="Services").click()
    assert page.locator("h1").text_content() == "Services, A to Z"


@pytest.mark.parametrize("language", ["mr", "en"])
def test_at_twice_the_size_nothing_is_lost(open_page, language):
    # A desk of 1280 px at 200 % has the room of 640 px.
    for path in ("/", "/services/pay-property-tax", "/departments/solid-waste/performance"):
        page = open_page(f"/{language}{path}", 640, device_scale_factor=2)
        assert page.evaluate(_SIDEWAYS) <= 0
        assert page.evaluate(_CUT) == []


def test_what_is_printed_is_the_content(open_page):
    page = open_page("/mr/services/pay-property-tax")
    page.emulate_media(media="print")
    for gone in (".menu-wide", ".search", ".strip", ".deep"):
        assert not page.locator(f"{gone} >> nth=0").is_visible()
    assert page.locator("h1").is_visible()
    keep_picture(page, "service-mr-print")


def test_devanagari_is_set_in_a_font_that_has_it(open_page):
    page = open_page("/mr/")
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    node = session.send("DOM.querySelector", {"nodeId": root, "selector": ".hero h1"})["nodeId"]
    fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    assert {each["familyName"] for each in fonts} & {"Noto Sans Devanagari", "Lohit Devanagari"}
    assert page.evaluate("getComputedStyle(document.documentElement).lineHeight") == "27.2px"
