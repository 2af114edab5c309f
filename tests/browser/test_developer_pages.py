"""The pages for who writes programs, in a browser: axe finds nothing, nothing is cut off, and the
reference is read without a script."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Open, keep_picture
from tests.browser.test_public_pages import _CUT, _SIDEWAYS, OPTIONS, WIDTHS
from tests.support.backbone import Backbone
from tests.support.portal import Portal

PATHS = {
    "guide": "/developers/",
    "reference": "/developers/reference",
    "resource": "/developers/reference/grievances",
    "webhooks": "/developers/reference/webhooks",
}


@pytest.fixture(scope="module")
def site(backbone: Backbone) -> Portal:
    """A portal; all services are away."""
    part = backbone.service("portal", PALIKA_PORTAL_HTTP_PORT="0")
    part.wait_ready(120)
    return Portal(backbone, part)


@pytest.mark.parametrize("language", ["mr", "en"])
@pytest.mark.parametrize("name", PATHS)
def test_every_page_can_be_used_by_everybody_at_every_width(
    open_page: Open, language: str, name: str
) -> None:
    page = open_page(f"/{language}{PATHS[name]}", WIDTHS[0])
    assert page.locator("h1").count() == 1
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(_SIDEWAYS) <= 0, f"at {width} px it is scrolled sideways"
        assert page.evaluate(_CUT) == [], f"at {width} px"
        if width != WIDTHS[0]:
            keep_picture(page, f"developers-{name}-{language}-{width}")
    told = Axe().run(page, options=OPTIONS)
    assert told.violations_count == 0, told.generate_report()


def test_the_reference_leads_from_an_operation_to_its_objects(open_page: Open) -> None:
    page = open_page("/en/developers/", java_script_enabled=False)
    page.get_by_role("link", name="Reference of all operations").click()
    page.get_by_role("link", name="POST /api/v1/grievances", exact=True).click()
    assert page.url.endswith("/reference/grievances#post_grievances")
    page.locator("section", has_text="POST /api/v1/grievances").first.get_by_role(
        "link", name="PostGrievancesArguments"
    ).first.click()
    assert page.locator("#schema-PostGrievancesArguments").is_visible()
