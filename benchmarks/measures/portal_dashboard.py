"""The page of all KPIs in a browser: how large it is, and when it can be used on a slow machine."""

import os
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy.orm import sessionmaker
from uuid6 import uuid7

from benchmarks import kpi_past
from benchmarks.ground import Ground
from benchmarks.rows import Result, Row
from benchmarks.serving import address_of
from palika.config import settings
from palika.database import create_engine
from palika.india import day_of
from palika.local.processes import LocalError
from services.kpi.reference import city_catalogue
from services.portal.commands.hold_session import begin_session
from services.portal.domain.clients import Client
from services.portal.domain.sessions import Stage, Way
from services.portal.keeping import city_keeping
from services.portal.models import Account

EVENTS = 100_000
ROUNDS = 9
SLOWED = 4
_WITHIN_S = 120
_READY = """addEventListener("DOMContentLoaded", () => requestAnimationFrame(() =>
  requestIdleCallback(() => { window.usable = performance.now(); })));"""
"""Usable: the document is read, the scripts have run, the first frame is drawn, and the page has
nothing else to do: whoever types is answered."""
_USABLE = """() => new Promise((done) => {
  const look = () => (window.usable ? done(window.usable) : setTimeout(look, 50));
  look();
})"""
"""Playwright's own waiting for a function is an eval, which the page's CSP forbids."""
_FILTER = """() => new Promise((done) => {
  const box = document.getElementById("words");
  const begun = performance.now();
  new MutationObserver(() => requestAnimationFrame(() => done(performance.now() - begun)))
    .observe(document.querySelector("[data-said]"), { childList: true });
  box.value = "water";
  box.dispatchEvent(new Event("input", { bubbles: true }));
})"""

HOW = f"""
`/mr/desk/dashboards/` with the whole catalogue ({len(city_catalogue().indicators)} KPIs of
{len(city_catalogue().departments)} departments), as the portal answers it to somebody who
supervises: gunicorn, the KPI service with the measures of {EVENTS:,} events, RabbitMQ and
PostgreSQL, on this machine. A headless Chromium with its processor slowed {SLOWED}× opens it
{ROUNDS} times, each time with nothing kept; two openings before do not count. It is usable when the
document is read, the scripts have run, the first frame is drawn and the page is idle, from its
request on; the figure is the median. The filter's time is from a key to the frame in which the rows
that it leaves are drawn (it waits 120 ms for further keys). The size is that of the page as it is
sent, compressed.
"""


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """Open the page again and again."""
    ground.enter("portal_dashboard")
    for name in ("kpi", "portal"):
        ground.use_database(name, f"dashboard_{name}")
        ground.run("palika.cli", "migrate", name)
    kpi_past.fill(
        ground.url_of("dashboard_kpi"), city_catalogue(), EVENTS, day_of(datetime.now(UTC))
    )
    kpi = ground.part("run", "kpi")
    os.environ["PALIKA_PORTAL_HTTP_PORT"] = "0"
    portal = ground.part("run", "portal")
    del os.environ["PALIKA_PORTAL_HTTP_PORT"]
    try:
        url, key = address_of(portal), _key()
        with sync_playwright() as playwright:
            path = shutil.which("chromium")
            if path is None:
                raise LocalError("chromium is missing: scripts/setup --dev installs it")
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            _wait_for_figures(browser, url, key)
            taken = [_open(browser, url, key) for _ in range(ROUNDS + 2)][2:]
            browser.close()
    finally:
        portal.stop()
        kpi.stop()
    say(", ".join(f"{usable:,.0f} ms" for usable, _, _ in taken))
    usable, filtered, size = (median(each) for each in zip(*taken, strict=True))
    return Result(
        "portal_dashboard",
        [
            Row(
                f"portal: page of all KPIs usable, Chromium slowed {SLOWED}×",
                "–",
                usable,
                "ms",
                1_500,
                ceiling=True,
            ),
            Row(
                "portal: page of all KPIs as it is sent", "–", size / 1_000, "kB", 300, ceiling=True
            ),
            Row("portal: filter of all KPIs, from key to frame", "–", filtered, "ms", None),
        ],
        HOW,
        [
            f"{usable:.0f} ms, filter {filtered:.0f} ms, {size:,} bytes"
            for usable, filtered, size in taken
        ],
    )


def _key() -> str:
    """The key of a session of somebody who supervises."""
    now = datetime.now(UTC)
    engine = create_engine(settings("portal"), pool_size=1)
    with sessionmaker(engine).begin() as session:
        post: dict[str, Any] = {"code": "addl-commissioner", "department": "general-administration"}
        post |= {
            "level": 4,
            "capacity": "regular",
            "mr": "अतिरिक्त आयुक्त",
            "en": "Additional Commissioner",
        }
        account = Account(
            id=uuid7(),
            person="bench",
            names={"mr": "अधिकारी", "en": "Officer"},
            created_at=now,
            created_by="bench",
            language="mr",
            totp_at=now,
            posts=[post],
            posts_asked_at=now,
        )
        session.add(account)
        session.flush()
        client = Client("203.0.113.7", "203.0.113.0/24", "Firefox, Linux")
        keeping = city_keeping()
        begun = begin_session(session, keeping, account, client, Stage.WHOLE, Way.PASSWORD, now)
    engine.dispose()
    return begun.token


def _page(browser: Browser, url: str, key: str) -> Page:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": "palika", "value": key, "url": url}])
    context.add_init_script(_READY)
    return context.new_page()


def _wait_for_figures(browser: Browser, url: str, key: str) -> None:
    page, end = _page(browser, url, key), time.monotonic() + _WITHIN_S
    while time.monotonic() < end:
        page.goto(f"{url}/mr/desk/dashboards/")
        if page.locator(".kpis").count():
            page.context.close()
            return
        time.sleep(1)
    raise LocalError(f"there are no KPIs: {page.locator('main').inner_text()[:500]}")


def _open(browser: Browser, url: str, key: str) -> tuple[float, float, int]:
    """Open the page once: when it is usable, how long a filter takes, its size as it is sent."""
    page = _page(browser, url, key)
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    page.goto(f"{url}/mr/desk/dashboards/")
    usable = float(page.evaluate(_USABLE))
    size = int(page.evaluate("performance.getEntriesByType('navigation')[0].encodedBodySize"))
    filtered = float(page.evaluate(_FILTER))
    page.context.close()
    return usable, filtered, size
