"""Campaigns, values entered by hand, and the war room with its wall, in a browser: axe finds
nothing, nothing is cut off or scrolled sideways; the wall fills its screen, goes on by itself, and
says when what it shows is old."""

import re
from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe

from palika.india import day_of
from services.grievance import seed as grievance_seed
from services.kpi.domain.period import containing
from tests.browser.conftest import keep_picture
from tests.browser.test_public_pages import _CUT, _SIDEWAYS, OPTIONS
from tests.support.portal_work import (
    CHAIR,
    CLERK,
    COOKIE,
    HEAD,
    Officer,
    key_of,
    portal_of,
    with_kpis,
    with_messages,
    with_projects,
)

WIDTHS = (320, 390, 1280)
SCREENS = ((1920, 1080), (3840, 2160))
LOST = "No connection to the city"


@pytest.fixture(scope="module")
def site(backbone):
    """All three rooms, with sample work."""
    with_projects(backbone)
    with_kpis(backbone, 3)
    with_messages(backbone, 60)
    backbone.migrate("grievance")
    grievance_seed.seed(backbone.sessions("grievance"), 60, 7, datetime.now(UTC))
    backbone.service("grievance").wait_ready(120)
    made = portal_of(backbone)
    made.key = key_of(backbone, *CHAIR)
    made.clerk = Officer(made, key_of(backbone, *CLERK))
    made.head = key_of(backbone, *HEAD)
    return made


@pytest.fixture
def desk(site, open_page):
    """Opens a page as the commissioner, or by another key."""

    def open_(path, width=1280, key=None, **options):
        page = open_page("/robots.txt", width, **options)
        cookie = {"name": COOKIE, "value": key or site.key, "url": site.url}
        page.context.add_cookies([cookie])
        page.goto(f"{site.url}{path}")
        return page

    return open_


@pytest.fixture(scope="module")
def paths(site):
    """The pages, by name; those of one thing lead to the first of them."""
    chief = Officer(site, site.key)
    month = containing(day_of(datetime.now(UTC)), "month").previous().code
    rows = ["9800000001,Asha,mr,P-1,125000,2026-07-01", "12,Nobody,en,P-2,1,2026-07-01"]
    text = "\n".join(["phone,name,language,number,arrears_paise,due_on", *rows, ""])
    made = site.clerk.submit(
        "/desk/campaigns/new/tax.reminder_due",
        step="make",
        who="file",
        name="Reminder of July",
        files={"file": ("x.csv", text.encode(), "text/csv")},
    )
    campaign = re.search(r"/desk/campaigns/[0-9a-f-]{36}", made.url)[0]
    reviews = chief.open("/desk/reviews").text
    closed = re.findall(r'(/desk/reviews/[0-9a-f-]{36})">', reviews)
    entered = site.clerk.submit(
        f"/desk/kpi-entry/water-supply/{month}", keep="submit", **{"value-water.produced_kl-": "10"}
    )
    batch = re.search(r"/desk/kpi-entry/batches/[0-9a-f-]{36}", entered.url)[0]
    code = re.search(r"/en/desk/projects/([A-Z]{2}-\d\d)", chief.open("/desk/projects").text)[1]
    return {
        "campaigns": "/desk/campaigns/",
        "campaign-texts": "/desk/campaigns/new",
        "campaign-plan": "/desk/campaigns/new/campaign.news",
        "campaign": campaign,
        "campaign-rejections": f"{campaign}/rejections",
        "entry": "/desk/kpi-entry/",
        "entry-form": f"/desk/kpi-entry/water-supply/{month}",
        "entry-upload": "/desk/kpi-entry/water-supply/upload",
        "entry-batch": batch,
        "entry-batches": "/desk/kpi-entry/batches",
        "entry-record": f"/desk/kpi-entry/water-supply/{month}/record",
        "scorecards": "/desk/kpi-entry/scorecards",
        "scorecard": "/desk/kpi-entry/scorecards/150-days",
        "projects": "/desk/projects",
        "project": f"/desk/projects/{code}",
        "reviews": "/desk/reviews",
        "review": closed[-1],
        "actions": "/desk/actions?of=all",
        "wall-set-up": "/wall/set-up",
    }


@pytest.mark.parametrize("language", ["mr", "en"])
def test_every_page_can_be_used_by_everybody_at_every_width(desk, paths, language):
    wrong = []
    page = desk("/en/wall/set-up", WIDTHS[0])
    for name, path in paths.items():
        page.goto(f"{page.url.split('/en/')[0].split('/mr/')[0]}/{language}{path}")
        assert page.locator("h1").count() == 1, name
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate(_SIDEWAYS) > 0:
                wrong.append(f"{name} at {width} px is scrolled sideways")
            wrong += [f"{name} at {width} px: {each}" for each in page.evaluate(_CUT)]
            if width != WIDTHS[0]:
                keep_picture(page, f"work-{name}-{language}-{width}")
        told = Axe().run(page, options=OPTIONS)
        if told.violations_count:
            wrong.append(f"{name}: {told.generate_report()}")
    assert wrong == []


def test_dark_colours_have_contrast_too(desk, paths):
    page = desk(f"/mr{paths['project']}", 390, color_scheme="dark")
    for name in ("project", "campaign-plan", "entry-form"):
        page.goto(f"{page.url.split('/mr/')[0]}/mr{paths[name]}")
        told = Axe().run(page, options=OPTIONS)
        assert told.violations_count == 0, told.generate_report()
        keep_picture(page, f"work-{name}-mr-390-dark")


def test_a_value_is_entered_by_keyboard_alone_and_a_mistake_is_found(desk, site, paths):
    page = desk(f"/en{paths['entry-form']}", 390, key=site.clerk.key)
    field = page.locator("main form input[name^='value-']").first
    field.focus()
    page.keyboard.type("lots")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-focus]")
    assert page.evaluate("document.activeElement.hasAttribute('data-focus')")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name").startswith("value-")
    assert page.evaluate("document.activeElement.value") == "lots"
    keep_picture(page, "work-entry-form-wrong-en-390")


@pytest.mark.parametrize("language", ["mr", "en"])
def test_the_wall_fills_each_screen_with_nothing_cut_off(desk, site, language):
    page = desk(f"/{language}/wall")
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{site.url}/{language}/wall")
        page.click("[data-stop]")
        count = page.locator("[data-scene]").count()
        assert count >= 4
        for number in range(count):
            page.locator("[data-dots] a").nth(number).click()
            assert page.locator("[data-scene]:visible").count() == 1
            assert page.evaluate(_SIDEWAYS) <= 0
            high = "document.documentElement.scrollHeight - innerHeight"
            assert page.evaluate(high) <= 0, number
            assert page.evaluate(_CLIPPED) == [], (number, width)
            keep_picture(page, f"wall-{number}-{language}-{width}")
            if width == SCREENS[0][0]:
                told = Axe().run(page, options=OPTIONS)
                assert told.violations_count == 0, told.generate_report()


_CLIPPED = """() => [...document.querySelectorAll(
    ".scene:not([hidden]) :is(li, p, dd, dt, tr, h2)")]
  .filter((each) => each.getBoundingClientRect().bottom
      > document.querySelector(".wall-foot").getBoundingClientRect().top + 2
    || each.scrollHeight > each.clientHeight + 4 && getComputedStyle(each).overflow === "hidden")
  .map((each) => each.textContent.trim().slice(0, 60))"""
"""What is cut off within its box, or lies under the foot."""


def test_the_wall_goes_on_by_itself_and_arrows_hold_it(desk):
    page = desk("/en/wall", 1920)
    page.clock.install()
    page.reload()
    first = page.locator("[data-dots] a[aria-current]").get_attribute("href")
    page.clock.run_for(21_000)
    second = page.locator("[data-dots] a[aria-current]").get_attribute("href")
    assert first != second
    page.keyboard.press("ArrowLeft")
    page.clock.run_for(61_000)
    assert page.locator("[data-dots] a[aria-current]").get_attribute("href") == first
    assert page.locator("[data-stop]").inner_text() == "Go on by itself"


def test_the_wall_says_when_it_has_lost_the_city_and_comes_back(browser, site):
    # A page of its own: what the browser says of lost connections is no mistake here.
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    context.add_cookies([{"name": COOKIE, "value": site.key, "url": site.url}])
    page = context.new_page()
    page.clock.install()
    page.goto(f"{site.url}/en/wall")
    page.wait_for_selector("[data-told]", state="hidden")
    context.set_offline(True)
    page.clock.run_for(16_000)
    page.wait_for_selector(f"text={LOST}")
    keep_picture(page, "wall-lost-en-1920")
    context.set_offline(False)
    page.clock.run_for(16_000)
    page.wait_for_selector("[data-told]", state="hidden")
    context.close()


def test_the_wall_without_a_script_shows_one_scene_and_leads_to_the_next(desk):
    page = desk("/mr/wall?scene=1", 1920, java_script_enabled=False)
    assert page.locator("[data-scene]:visible").count() == 1
    assert "url=/mr/wall?scene=2" in page.content()
