"""The editor of the site in a browser: axe finds nothing, nothing is cut off or scrolled sideways;
a page is written, looked at and put out without a script; with it the text is shown, the draft
saves itself, and nobody leaves unsaved words unasked."""

import re
from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe

from services.portal.keeping import city_keeping
from tests.browser.conftest import keep_picture
from tests.browser.test_public_pages import _CUT, _SIDEWAYS, OPTIONS
from tests.support.part import wait_for
from tests.support.portal import Portal
from tests.support.portal_editing import key_of

NOTICE = "notices/fogging-in-aundh"
TEXT = {
    "mr": "## काय होणार\n\nऔंध-बाणेर क्षेत्रात शुक्रवारी सकाळी ६ ते ९ दरम्यान धूरफवारणी होईल.\n\n"
    "- खिडक्या बंद ठेवा\n- पाणी झाकून ठेवा\n",
    "en": "## What happens\n\nThe Aundh-Baner ward is fogged on Friday between 6 and 9 am.\n\n"
    "- Keep the windows shut\n- Cover water\n",
}
FIELDS = {
    "title.mr": "औंध-बाणेर क्षेत्रात डेंग्यू प्रतिबंधक धूरफवारणी",
    "title.en": "Fogging against dengue in Aundh-Baner",
    "summary.mr": "शुक्रवारी सकाळी धूरफवारणी होईल; घरातील पाण्याची भांडी झाकून ठेवा.",
    "summary.en": "There is fogging on Friday morning; keep water in the house covered.",
    "from": "2026-11-28",
    "until": "2099-12-31",
    "text.mr": TEXT["mr"],
    "text.en": TEXT["en"],
    "note": "डेंग्यूचे रुग्ण वाढले आहेत",
}


@pytest.fixture(scope="module")
def site(backbone, tmp_path_factory):
    """A portal with its database and a folder of its own; all services are away."""
    backbone.migrate("portal")
    folder = tmp_path_factory.mktemp("edited")
    part = backbone.service("portal", PALIKA_PORTAL_HTTP_PORT="0", PALIKA_PORTAL_EDITED=str(folder))
    part.wait_ready(90)
    return Portal(backbone, part)


@pytest.fixture(scope="module")
def keys(site):
    """The key of a session of each officer."""
    with site.backbone.sessions("portal").begin() as session:
        return {
            who: key_of(session, city_keeping(), who, datetime.now(UTC))
            for who in ("clerk", "doctor", "head", "publisher", "stranger")
        }


@pytest.fixture
def desk(site, keys, open_page):
    """Opens a page of the editor as an officer: ``desk("clerk", "/notices/x", "mr", 390)``."""

    def open_(who, path, language="mr", width=1280, **options):
        state = {"cookies": [], "origins": []}
        page = open_page("/robots.txt", width, storage_state=state, **options)
        cookie = {"name": "palika", "value": keys[who], "url": site.url}
        page.context.add_cookies([cookie])
        page.goto(f"{site.url}/{language}/desk/site{path}")
        return page

    return open_


def fill(page, **changed):
    for name, value in (FIELDS | changed).items():
        page.fill(f'[id="{name}"]', value)
    page.select_option("#kind", "health")


def looked_at(page, name, language):
    assert page.locator("h1").count() == 1
    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(_SIDEWAYS) <= 0, f"{name} at {width} px is scrolled sideways"
        assert page.evaluate(_CUT) == [], f"{name} at {width} px"
        if width > 320:
            keep_picture(page, f"editing-{name}-{language}-{width}")
    told = Axe().run(page, options=OPTIONS)
    assert told.violations_count == 0, told.generate_report()


def test_a_page_is_written_and_put_out_without_a_script(site, desk):
    page = desk("clerk", "/new", "mr", 390, java_script_enabled=False)
    page.check('input[value="notices"]')
    page.fill("#slug", "fogging-in-aundh")
    page.click("main button[type=submit]")
    fill(page, **{"title.en": ""})
    page.click('button[value="send"]')
    assert page.locator('[id="title.en-error"]').count() == 1
    page.fill('[id="title.en"]', FIELDS["title.en"])
    page.click('button[value="send"]')
    assert page.url.endswith("told=sent")
    page = desk("head", f"/{NOTICE}/review", "mr", 390, java_script_enabled=False)
    page.click('button[value="publish"]')
    assert page.url.endswith("told=published")
    page.goto(f"{site.url}/mr/{NOTICE}")
    assert page.locator("h1").inner_text() == FIELDS["title.mr"]


@pytest.mark.parametrize("language", ["mr", "en"])
def test_every_page_can_be_used_by_everybody(site, desk, language):
    changed = f"services/{'birth' if language == 'mr' else 'death'}-certificate"
    looked_at(desk("clerk", "", language), "start", language)
    looked_at(desk("publisher", "?kind=tenders", language), "start-all", language)
    looked_at(desk("clerk", "/new", language), "new", language)
    page = desk("clerk", f"/{changed}/edit", language)
    looked_at(page, "form", language)
    page.fill('[id="title.mr"]', "")
    page.fill('[id="fee.paise"]', "वीस")
    page.click('main .send button[value="send"]')
    assert page.locator(".summary").count() == 1
    looked_at(page, "form-wrong", language)
    page.fill('[id="title.mr"]', "जन्म व मृत्यूचा दाखला")
    page.fill('[id="fee.paise"]', "२०.५०")
    page.fill('[id="summary.en"]', "How to get a certificate, and what it costs.")
    text = page.input_value('[id="text.mr"]')
    page.fill(
        '[id="text.mr"]', text.replace("नोंद", "नोंदणी", 1) + "\nनवी ओळ: अर्ज ऑनलाइनही करता येतो.\n"
    )
    page.fill("#note", "शुल्क बदलले; नवे परिपत्रक")
    page.click('main .send button[value="send"]')
    assert page.url.endswith("told=sent"), page.inner_text("main")[:1500]
    looked_at(page, "page", language)
    looked_at(desk("head", f"/{changed}/review", language), "review", language)
    looked_at(desk("stranger", "/sites/roads/edit", language), "site-form", language)


def test_versions_are_seen_and_had_back(site, desk):
    page = desk("head", f"/{NOTICE}/versions/1", "mr")
    looked_at(page, "version", "mr")
    page = desk("clerk", f"/{NOTICE}/edit", "mr")
    page.fill('[id="title.mr"]', "धूरफवारणी पुढे ढकलली")
    page.fill("#note", "पाऊस")
    page.click('main .send button[value="send"]')
    page = desk("head", f"/{NOTICE}/review", "mr")
    page.click('button[value="publish"]')
    page = desk("head", f"/{NOTICE}", "mr")
    page.click("details.card summary >> nth=0")
    looked_at(page, "history", "mr")
    page.goto(f"{site.url}/mr/desk/site/{NOTICE}/versions/1")
    looked_at(page, "version-before", "mr")
    page.fill("#reason", "पाऊस थांबला")
    page.click("main form.card button[type=submit]")
    assert page.url.endswith("told=sent")


def test_the_text_is_shown_while_it_is_written_and_saves_itself(site, desk):
    page = desk("doctor", "/services/child-vaccination/edit", "en")
    shown = page.locator('[data-shows="mr"]')
    shown.wait_for(state="visible")
    page.fill('[id="text.mr"]', "## नवे शीर्षक\n\n**ठळक** <b>x</b>\n")
    shown.locator("h2", has_text="नवे शीर्षक").wait_for()
    assert shown.locator("strong").inner_text() == "ठळक"
    assert "<b>x</b>" in shown.inner_text()
    keep_picture(page, "editing-preview-en-1280")
    # Whoever leaves is asked first.
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.locator('[id="text.mr"]').press("End")
    page.evaluate("location.href = '/en/'")
    wait_for(lambda: asked or page.wait_for_timeout(50), 10, "nobody was asked")
    assert asked == ["beforeunload"]
    page.locator("[data-told]", has_text=re.compile("Saved by itself")).wait_for(timeout=30_000)
    other = desk("doctor", "/services/child-vaccination/edit", "en")
    assert "नवे शीर्षक" in other.input_value('[id="text.mr"]')


def test_the_keyboard_reaches_and_sends_everything(site, desk):
    page = desk("publisher", "/pages/help/edit", "mr")
    page.focus('[id="title.mr"]')
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "title.en"
    page.keyboard.press("Enter")
    page.wait_for_url("**told=saved")


def test_dark_colours_and_print(site, desk):
    page = desk("clerk", "/services/birth-certificate", "mr", 390, color_scheme="dark")
    keep_picture(page, "editing-page-dark-mr-390")
    told = Axe().run(page, options=OPTIONS)
    assert told.violations_count == 0, told.generate_report()
    page = desk("head", "/services/birth-certificate/review", "mr", color_scheme="dark")
    told = Axe().run(page, options=OPTIONS)
    assert told.violations_count == 0, told.generate_report()
