"""The pages on which people sign in, and their own, in a browser: axe finds nothing, nothing is cut
off or scrolled sideways; the whole way in works without a script."""

from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from uuid6 import uuid7

from services.portal.commands.hold_session import begin_session
from services.portal.commands.keep_account import invite
from services.portal.commands.note_read import note_read
from services.portal.domain import totp
from services.portal.domain.clients import Client
from services.portal.domain.sessions import Stage, Way
from services.portal.keeping import city_keeping, hash_password
from services.portal.models import Account, Citizen
from tests.browser.conftest import keep_picture
from tests.browser.test_public_pages import _CUT, _SIDEWAYS, OPTIONS
from tests.support.portal import Portal
from tests.support.portal_accounts import PASSWORD, PHONE, SECRET, post

WIDTHS = (320, 1280)
OPEN = {"sign-in": "/sign-in", "citizen": "/citizen", "invitation-over": "/invitation/none"}
OFFICERS = {"own": "/", "sessions": "/sessions", "password": "/password"}
CITIZENS = {"own": "/", "looks": "/looks", "data": "/data", "erase": "/data/erase"}
ADMINS = {"sessions": "/admin/sessions", "looks": "/admin/looks", "tokens": "/admin/tokens"}
WALKED = [
    *(("anonymous", *each) for each in OPEN.items()),
    *(("officer", *each) for each in OFFICERS.items()),
    *(("citizen", *each) for each in CITIZENS.items()),
    *(("admin", *each) for each in ADMINS.items()),
    ("enrolling", "enrol", "/enrol"),
    ("half", "second", "/second"),
]


@pytest.fixture(scope="module")
def site(backbone):
    """A portal with its database; all services are away."""
    backbone.migrate("portal")
    part = backbone.service("portal", PALIKA_PORTAL_HTTP_PORT="0")
    part.wait_ready(90)
    return Portal(backbone, part)


@pytest.fixture(scope="module")
def keys(site):
    """The key of a session of each kind of person."""
    now, keeping = datetime.now(UTC), city_keeping()
    client = Client("203.0.113.7", "203.0.113.0/24", "Firefox, Windows")
    found = {}
    with site.backbone.sessions("portal").begin() as session:
        for person, posts, stage in (
            ("officer", [post("roads-je"), post("roads-de", 3)], Stage.WHOLE),
            ("admin", [post("information-technology-head", 4)], Stage.WHOLE),
            ("enrolling", [post("roads-je")], Stage.ENROL),
            ("half", [post("roads-je")], Stage.SECOND),
        ):
            account = made(person, posts, now, enrolled=stage is not Stage.ENROL)
            session.add(account)
            session.flush()
            for _ in range(2):
                begun = begin_session(session, keeping, account, client, stage, Way.PASSWORD, now)
            found[person] = begun.token
        citizen = Citizen(
            id=uuid7(),
            phone_digest=keeping.of_phone(PHONE),
            phone=keeping.sealed_phone(PHONE),
            language="mr",
            created_at=now,
            seen_at=now,
        )
        session.add(citizen)
        session.flush()
        begun = begin_session(session, keeping, citizen, client, Stage.WHOLE, Way.CODE, now)
        found["citizen"] = begun.token
        whose = [f"citizen:{citizen.id}", "grievance:GRV-2026-000123"]
        note_read(session, "officer", "roads-je", whose, "desk.grievance", "handles", now)
    return found


def made(person, posts, now, *, enrolled):
    sealed = city_keeping().seal({"secret": SECRET.hex()})
    return Account(
        id=uuid7(),
        person=person,
        names={"mr": "अभय जाधव", "en": "Abhay Jadhav"},
        created_at=now,
        created_by="tests",
        language="mr",
        password=hash_password(PASSWORD),
        password_at=now,
        totp=sealed if enrolled else None,
        totp_at=now if enrolled else None,
        posts=posts,
        posts_asked_at=now,
    )


@pytest.mark.parametrize("language", ["mr", "en"])
@pytest.mark.parametrize(("who", "name", "path"), WALKED, ids=lambda each: str(each).strip("/"))
def test_every_page_can_be_used_by_everybody(site, keys, open_page, language, who, name, path):
    cookies = []
    if who in keys:
        cookies = [{"name": "palika", "value": keys[who], "url": site.url}]
    state = {"cookies": [], "origins": []}
    page = open_page("/robots.txt", WIDTHS[0], storage_state=state)
    page.context.add_cookies(cookies)
    page.goto(f"{site.url}/{language}/account{path}")
    assert page.url.endswith(f"/account{path}"), page.url
    assert page.locator("h1").count() == 1
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(_SIDEWAYS) <= 0, f"at {width} px it is scrolled sideways"
        assert page.evaluate(_CUT) == [], f"at {width} px"
        keep_picture(page, f"account-{who}-{name}-{language}-{width}")
    told = Axe().run(page, options=OPTIONS)
    assert told.violations_count == 0, told.generate_report()


def test_an_officer_comes_in_without_a_script(site, keys, open_page):
    with site.backbone.sessions("portal").begin() as session:
        account = made("new.officer", [post("roads-je")], datetime.now(UTC), enrolled=False)
        session.add(account)
        session.flush()
        token = invite(session, city_keeping(), account, "tests", datetime.now(UTC))
    page = open_page(f"/mr/account/invitation/{token}", 390, java_script_enabled=False)
    for name in ("password", "again"):
        page.fill(f"#{name}", "violet umbrella 19 trees")
    page.click("main button[type=submit]")
    page.fill("#login", "new.officer")
    page.fill("#password", "wrong password here")
    page.click("main button[type=submit]")
    assert page.locator("#password-error").count() == 1
    keep_picture(page, "account-wrong-password-mr-390")
    page.fill("#password", "violet umbrella 19 trees")
    page.click("main button[type=submit]")
    shown = page.locator("code").first.inner_text().replace(" ", "")
    import base64

    code = totp.code_at(base64.b32decode(shown), totp.step_of(datetime.now(UTC)))
    page.fill("#code", code)
    page.click("main button[type=submit]")
    assert page.locator(".codes li").count() == totp.RECOVERY_CODES
    keep_picture(page, "account-recovery-codes-mr-390")
    page.click("main .actions a")
    assert page.url == f"{site.url}/mr/account/"
    # Telephone, language, desk and account are in one row of the strip.
    page.wait_for_load_state()
    boxes = [each.bounding_box() for each in page.locator(".strip a").all()]
    assert len({round(each["y"] + each["height"] / 2) for each in boxes}) == 1
    page.click("text=बाहेर पडा")
    assert "/account/" in page.url
