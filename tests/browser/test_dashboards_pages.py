"""The dashboards of the office and the open figures, in a browser, beside the real services with
the whole catalogue and a past: axe, widths, keyboard, dark colours, print, no script, and down to
the records of a grievance that was just filed."""

import re
from datetime import UTC, datetime

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from benchmarks import kpi_past
from palika.india import day_of
from services.kpi.reference import city_catalogue
from services.portal.commands.hold_session import begin_session
from services.portal.domain.clients import Client
from services.portal.domain.sessions import Stage, Way
from services.portal.keeping import city_keeping
from tests.browser.conftest import SCREENSHOTS
from tests.browser.test_account_pages import made
from tests.browser.test_public_pages import _CUT, _SIDEWAYS, OPTIONS
from tests.support.backbone import ADMIN
from tests.support.part import wait_for
from tests.support.portal import Portal
from tests.support.portal_accounts import post
from tests.support.warroom import MILESTONE, PROJECT

KPI = "waste-segregation"
FILED = "grievance.filed"
OFFICE = {
    "city": "/",
    "city-red": "/?status=red&sort=status",
    "department": "/departments/solid-waste",
    "kpi": f"/kpis/{KPI}?against=last_year",
    "days": "/kpis/ga-grievance-on-time/parts?by=day",
    "records": f"/records/{FILED}?day={{today}}",
}
OPEN = {
    "start": "/",
    "department": "/departments/solid-waste",
    "figure": f"/figures/{KPI}",
    "grievances": "/grievances",
    "projects": "/projects",
    "project": "/projects/RD-01",
}
WIDTHS = (320, 390, 1280)
_LAID_OUT = """document.styleSheets[0].insertRule(
  ".kpis { content-visibility: visible !important }", document.styleSheets[0].cssRules.length)"""


@pytest.fixture(scope="module")
def site(backbone):
    """A portal beside KPIs with a past, a few grievances and a public project."""
    names = ("grievance", "kpi", "warroom", "portal")
    backbone.migrate(*names)
    today = day_of(datetime.now(UTC))
    kpi_past.fill(backbone.database_url("kpi"), city_catalogue(), 20_000, today)
    services = [backbone.service(each) for each in names[:-1]]
    relay = backbone.relay("grievance")
    part = backbone.service(
        "portal", PALIKA_PORTAL_HTTP_PORT="0", PALIKA_OPEN311_POST_WITHOUT_KEY="yes"
    )
    for each in (*services, part):
        each.wait_ready(120)
    relay.wait_ready(60)
    portal = Portal(backbone, part)
    with backbone.client(ADMIN) as city:
        city.warroom.add_project(
            **PROJECT | {"summary": {"mr": "दोन किलोमीटर रस्ता", "en": "Two kilometres of road"}}
        )
        for key, day in (("dpr", "2026-03-01"), ("work", "2027-03-01")):
            name = {"mr": "अहवाल", "en": "Report"} if key == "dpr" else {"mr": "काम", "en": "Work"}
            asked = MILESTONE | {"code": "RD-01", "key": key, "name": name, "planned_on": day}
            city.warroom.add_milestone(**asked)
    before = _stored(backbone, today)
    for kind in ("garbage-not-collected", "garbage-dump", "pothole"):
        portal.filed(service_code=kind, api_key=None)
    wait_for(lambda: _stored(backbone, today) == before + 3)
    return portal


def _stored(backbone, day):
    found = backbone.query(
        "kpi", "SELECT sum(value) FROM measure WHERE measure = %s AND day = %s", FILED, day
    )
    return int(found[0][0] or 0)


@pytest.fixture(scope="module")
def key(site):
    """The key of the session of somebody who supervises."""
    now = datetime.now(UTC)
    client = Client("203.0.113.7", "203.0.113.0/24", "Firefox, Windows")
    with site.backbone.sessions("portal").begin() as session:
        account = made("chief", [post("addl-commissioner", 4)], now, enrolled=True)
        session.add(account)
        session.flush()
        begun = begin_session(
            session, city_keeping(), account, client, Stage.WHOLE, Way.PASSWORD, now
        )
        return begun.token


@pytest.fixture
def open_desk(open_page, site, key):
    """Opens a page of the desk: ``open_desk("/en/desk/dashboards/", 390)``."""

    def open_(path, width=1280, **options):
        page = open_page("/robots.txt", width, **options)
        page.context.add_cookies([{"name": "palika", "value": key, "url": site.url}])
        page.goto(f"{site.url}{path}")
        return with_all_parts(page)

    return open_


def with_all_parts(page):
    """The page, asked for again until no part of it is away: a busy machine answers late."""

    def whole():
        if page.locator(".notice.away").count():
            page.reload()
        return not page.locator(".notice.away").count()

    wait_for(whole, 60, "a page with all its parts", step_s=1)
    return page


def walked(page, name):
    """At every width nothing is cut off or to be scrolled sideways; axe finds nothing."""
    assert page.locator("h1").count() == 1, page.content()[:3_000]
    assert page.locator(".notice.away").count() == 0, page.locator(".notice.away").all_inner_texts()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(_SIDEWAYS) <= 0, f"at {width} px it is scrolled sideways"
        assert page.evaluate(_CUT) == [], f"at {width} px"
        if width != WIDTHS[0]:
            _pictured(page, f"{name}-{width}")
    # What is far below is not laid out before somebody comes near: axe would take it for covered.
    page.evaluate(_LAID_OUT)
    told = Axe().run(page, options=OPTIONS)
    assert told.violations_count == 0, told.generate_report()


def _pictured(page, name):
    # The page of all KPIs is longer than a picture may be.
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    size = page.viewport_size
    tall = min(page.evaluate("document.documentElement.scrollHeight"), 5_000)
    page.set_viewport_size({"width": size["width"], "height": tall})
    page.screenshot(path=SCREENSHOTS / f"{name}.jpg", type="jpeg", quality=80)
    page.set_viewport_size(size)


@pytest.mark.parametrize("language", ["mr", "en"])
@pytest.mark.parametrize("name", OFFICE)
def test_every_page_of_the_office_can_be_used_by_everybody(open_desk, language, name):
    today = day_of(datetime.now(UTC)).isoformat()
    page = open_desk(f"/{language}/desk/dashboards{OFFICE[name].format(today=today)}")
    walked(page, f"dashboards-{name}-{language}")


@pytest.mark.parametrize("language", ["mr", "en"])
@pytest.mark.parametrize("name", OPEN)
def test_every_open_page_can_be_used_by_everybody(open_page, language, name):
    walked(open_page(f"/{language}/transparency{OPEN[name]}"), f"transparency-{name}-{language}")


@pytest.mark.parametrize("name", ["city", "kpi"])
def test_dark_colours_have_contrast_too(open_desk, name):
    page = open_desk(f"/mr/desk/dashboards{OFFICE[name]}", 390, color_scheme="dark")
    page.evaluate(_LAID_OUT)
    told = Axe().run(page, options=OPTIONS)
    assert told.violations_count == 0, told.generate_report()
    _pictured(page, f"dashboards-{name}-mr-390-dark")


def test_a_filter_shows_at_once_and_the_address_follows_in_both_languages(open_desk, site):
    page = open_desk("/en/desk/dashboards/")
    whole = page.locator(".kpis tbody tr").count()
    assert whole == len(city_catalogue().indicators)
    page.locator("#words").focus()
    page.keyboard.type("segregation")
    page.wait_for_url("**/dashboards/?words=segregation")
    shown = page.locator(".kpis tbody tr:visible")
    # The address follows when typing rests; the rows of the last letter may come a frame later.
    said = page.locator("[data-said]")
    expect(said).to_have_text(re.compile(rf"^[12]?\d of {whole} KPIs are shown\.$"))
    assert said.inner_text() == f"{shown.count()} of {whole} KPIs are shown."
    assert all("egregat" in each for each in shown.locator("th").all_inner_texts())
    count = shown.count()
    # The same without a script, for whom the link is sent to; and what is printed.
    assert "words=segregation" in page.get_by_role("link", name="PDF").get_attribute("href")
    other = open_desk(page.url.removeprefix(site.url), java_script_enabled=False)
    assert other.locator(".kpis tbody tr:visible").count() == count
    other.get_by_role("link", name="मराठी").click()
    assert other.url.endswith("/mr/desk/dashboards/?words=segregation")
    with_all_parts(other)
    assert other.locator(".kpis tbody tr:visible").count() == count


def test_the_keyboard_goes_from_the_city_down_to_a_record(open_desk, site):
    page = open_desk("/en/desk/dashboards/?words=grievances+resolved+on+time+city")
    page.locator(".kpis tbody tr:visible a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/kpis/ga-grievance-on-time")
    assert page.locator("h1").inner_text() == "Grievances resolved on time (city)"
    page.get_by_role("link", name="Kasba-Vishrambagwada").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/parts?by=day&ward=kasba-vishrambagwada")
    today = day_of(datetime.now(UTC))
    page.goto(f"{site.url}/en/desk/dashboards/records/{FILED}?day={today}")
    assert page.locator("tbody tr").count() == 3
    assert "PMC-2026-" in page.locator("tbody").inner_text()


def test_a_status_is_chosen_by_its_number_and_taken_back(open_desk):
    page = open_desk("/en/desk/dashboards/", 390)
    red = page.locator("[data-status=red]")
    number = int(red.locator("b").inner_text())
    red.click()
    assert page.locator(".kpis tbody tr:visible").count() == number
    assert page.locator("#status").input_value() == "red"
    red.click()
    assert page.locator(".kpis tbody tr:visible").count() == len(city_catalogue().indicators)


def test_a_view_is_printed_without_its_forms(open_desk):
    page = open_desk("/en/desk/dashboards/departments/solid-waste")
    page.emulate_media(media="print")
    assert not page.locator("[data-filter]").is_visible()
    assert not page.locator(".desk-menu").is_visible()
    assert page.locator(".kpis tbody tr").first.is_visible()
    _pictured(page, "dashboards-department-en-print")


def test_the_page_as_pdf_is_the_services_own(open_desk, site, key):
    answer = requests.get(
        f"{site.url}/mr/desk/dashboards/pdf?of=solid-waste&status=red",
        cookies={"palika": key},
        timeout=60,
    )
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


def test_everybody_goes_from_the_home_page_to_a_figure_and_to_a_project(open_page):
    page = open_page("/en/", 390, java_script_enabled=False)
    page.locator("main").get_by_role("link", name="How the city does").click()
    page.get_by_role("link", name="Solid Waste Management").click()
    page.get_by_role("link", name="Extent of segregation of municipal solid waste").click()
    assert page.locator("svg.chart").count() == 1
    assert page.get_by_text("What this figure means").count() == 1
    page.goto(page.url.replace(f"/figures/{KPI}", "/projects"))
    page.get_by_role("link", name="A road").click()
    assert "Kothrud" in page.locator("main").inner_text()
