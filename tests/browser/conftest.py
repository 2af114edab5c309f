"""A real Chromium on a real portal. Screenshots of what was seen lie in var/screenshots."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.backbone import Backbone
from tests.support.commands import ROOT
from tests.support.portal import Portal

SCREENSHOTS = ROOT / "var" / "screenshots"
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the tests of a module: Debian's, by its path.

    Not for the session: while Playwright is open an event loop runs in this thread, and whatever
    else this process tests cannot call ``asyncio.run`` (sealing a PDF does).
    """
    path = shutil.which("chromium")
    assert path, "chromium is missing: scripts/setup --dev installs it"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        )
        yield running
        running.close()


@pytest.fixture(scope="module")
def site(backbone: Backbone) -> Portal:
    """A portal with the grievance and the KPI service behind it."""
    services = [backbone.migrate(name) and backbone.service(name) for name in ("grievance", "kpi")]
    part = backbone.service(
        "portal", PALIKA_PORTAL_HTTP_PORT="0", PALIKA_OPEN311_POST_WITHOUT_KEY="yes"
    )
    for each in (*services, part):
        each.wait_ready()
    return Portal(backbone, part)


@pytest.fixture
def open_page(browser: Browser, site: Portal) -> Iterator[Open]:
    """Opens a page of the site: ``open_page("/mr/", 390)``; every message of its console that is
    an error fails the test, and so does whatever its policy has blocked."""
    contexts, wrong = [], []

    def open_(path: str, width: int = 1280, **options: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{site.url}{path}")
        return page

    yield open_
    for context in contexts:
        context.close()
    # What is missing, or refused, on purpose is told by the browser, too.
    assert [each for each in wrong if "404" not in each and "400" not in each] == []


def keep_picture(page: Page, name: str) -> Path:
    """A picture of the whole page, kept as an artefact."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{name}.jpg"
    page.screenshot(path=path, full_page=True, type="jpeg", quality=80)
    return path
