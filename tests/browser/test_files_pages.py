"""Files on the officers' desk in a browser: a note is written and saves itself, the file is put up,
approved, and its letter goes out; without a script, by keyboard, at phone widths, in the dark."""

import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import keep_picture
from tests.browser.test_public_pages import _CUT, _SIDEWAYS, OPTIONS
from tests.support.papers import pdf
from tests.support.portal_files import CLERK, DE, JE, run_office

WIDTHS = (320, 390, 1280)
NOTE = {
    "mr": "रानडे रस्त्याचे ४०० मी. लांबीचे पुनःपृष्ठीकरण प्रस्तावित आहे.\n\n"
    "अंदाजपत्रक **{c:1}** वर आहे:\n\n- डांबरीकरण\n- पट्टे आखणी",
    "en": "It is proposed to resurface 400 m of Ranade Road.\n\n"
    "The estimate is at **{c:1}**:\n\n- asphalt\n- lane marking",
}
SUBJECT = {
    "mr": "रानडे रस्त्याचे पुनःपृष्ठीकरण – प्रशासकीय मान्यता",
    "en": "Resurfacing of Ranade Road – sanction",
}


@pytest.fixture(scope="module")
def office(backbone):
    """The e-office and the portal."""
    return run_office(backbone)


@pytest.fixture(scope="module")
def site(office):
    """What the pages are opened on."""
    return office.site


@pytest.fixture
def desk_of(office, browser):
    """Opens a page as an officer: ``desk_of(JE, "/mr/desk/files/")``; what its policy has blocked
    or its script has done wrong fails the test."""
    contexts, wrong = [], []

    def open_(person, path, width=1280, **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        key = office.officers[person].key
        context.add_cookies([{"name": "palika", "value": key, "url": office.site.url}])
        page = context.new_page()
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{office.site.url}{path}")
        return page

    yield open_
    for context in contexts:
        context.close()
    # What is refused on purpose is told by the browser, too.
    on_purpose = ("400", "403", "404", "409", "ERR_FAILED")
    assert [each for each in wrong if not any(one in each for one in on_purpose)] == []


def saved_as(page, version):
    """Wait until the note is saved so often."""
    until = time.monotonic() + 30
    while page.input_value(".editor [name=version]") != version:
        assert time.monotonic() < until, page.inner_text(".editor .saved")
        page.wait_for_timeout(100)


def looked_at(page, name, widths=WIDTHS):
    """Nothing is cut off, scrolled sideways or found by axe; pictures are kept."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(_SIDEWAYS) <= 0, f"{name} at {width} px is scrolled sideways"
        assert page.evaluate(_CUT) == [], f"{name} at {width} px"
        keep_picture(page, f"files-{name}-{width}")
    told = Axe().run(page, options=OPTIONS)
    assert told.violations_count == 0, told.generate_report()


def made(office, language, person=JE):
    """A file with a paper in it; its path without the language."""
    je = office.officers[person]
    path = je.opens(SUBJECT[language], head="estimate")
    je.step(f"/en{path}", "/paper", title="Estimate / अंदाजपत्रक", paper=("e.pdf", pdf(3)))
    return path


@pytest.mark.parametrize("language", ["mr", "en"])
def test_from_a_note_to_a_letter(office, desk_of, language):
    path = made(office, language)
    page = desk_of(JE, f"/{language}{path}")
    assert page.locator("h1").count() == 1
    page.fill("form.editor textarea[name=markup]", NOTE[language])
    saved_as(page, "1")
    said = page.locator(".editor .saved").inner_text()
    assert said.startswith("Saved" if language == "en" else "जतन झाले"), said
    page.select_option("form.editor select[data-insert] >> nth=0", index=2)
    assert "\n\n" in page.input_value("form.editor textarea[name=markup]")[-60:]
    saved_as(page, "2")
    page.reload()
    assert NOTE[language].split("\n")[0] in page.input_value("form.editor textarea[name=markup]")
    page.click("#do-put_up summary")
    looked_at(page, f"writing-{language}")
    page.click("#do-put_up button[type=submit]")
    page.wait_for_url(re.compile("told=put_up"))
    assert page.locator(".notice.good").count() == 1

    head = desk_of(DE, f"/{language}/desk/files/")
    looked_at(head, f"inbox-{language}")
    head.click(f"text={SUBJECT[language]} >> nth=0")
    assert head.locator("article.note-green").count() == 1
    looked_at(head, f"file-{language}")
    head.click("#do-approve summary")
    head.fill("#approve-amount", "2,40,000")
    head.select_option("#approve-power", "works")
    head.click("#do-approve button[type=submit]")
    head.wait_for_selector(".notice.good")
    assert "2,40,000" in head.inner_text("main") or "२,४०,०००" in head.inner_text("main")

    head.click(f"text={'Begin a letter' if language == 'en' else 'पत्र सुरू करा'}")
    looked_at(head, f"letter-new-{language}", (320, 1280))
    head.fill("#letter-to_name", "श्री. पाटील, कंत्राटदार" if language == "mr" else "Shri Patil")
    head.fill("#letter-to_address", "पुणे ४११००५")
    head.click("main form.narrow button[type=submit]")
    head.wait_for_url("**/letters/**")
    head.fill("#revise_letter-body", NOTE[language].replace("**{c:1}**", "1"))
    head.click("form[action$='/do/revise_letter'] button[type=submit]")
    head.wait_for_selector("ins")
    looked_at(head, f"letter-{language}")
    head.click("form[action$='/do/approve_letter'] button[type=submit]")
    head.wait_for_selector("#dispatch_letter-channel")
    head.select_option("#dispatch_letter-channel", "post")
    head.fill("#dispatch_letter-tracking", "RM123456789IN")
    head.click("form[action$='/do/dispatch_letter'] button[type=submit]")
    head.wait_for_selector(".tag.good")
    assert re.search(r"ROADS/OUT/20\d\d/\d+", head.inner_text("main"))
    looked_at(head, f"letter-out-{language}", (390, 1280))


def test_two_tabs_on_one_note_are_both_shown(office, desk_of):
    path = made(office, "en")
    office.officers[JE].step(f"/en{path}", "/note", do="save", markup="First")
    one, other = (desk_of(JE, f"/en{path}") for _ in range(2))
    one.fill("form.editor textarea[name=markup]", "From one tab")
    saved_as(one, "2")
    other.fill("form.editor textarea[name=markup]", "From the other tab")
    other.wait_for_selector(".both:not([hidden])")
    assert other.input_value(".both textarea") == "From one tab"
    assert other.input_value("form.editor textarea[name=markup]") == "From the other tab"
    looked_at(other, "conflict-en", (390, 1280))
    other.click("[data-keep-mine]")
    saved_as(other, "3")
    one.reload()
    assert one.input_value("form.editor textarea[name=markup]") == "From the other tab"


def test_what_cannot_be_saved_stays_and_is_saved_when_the_connection_is_back(office, desk_of):
    path = made(office, "en")
    page = desk_of(JE, f"/en{path}")
    page.route("**/autosave", lambda route: route.abort())
    page.fill("form.editor textarea[name=markup]", "Written in a tunnel")
    page.wait_for_selector(".saved.bad")
    assert "no connection" in page.inner_text(".saved.bad")
    assert page.evaluate("Object.keys(localStorage).length") == 0
    page.unroute("**/autosave")
    page.evaluate("dispatchEvent(new Event('online'))")
    saved_as(page, "1")


@pytest.mark.parametrize("language", ["mr", "en"])
def test_every_other_page_can_be_used_by_everybody(office, desk_of, language):
    je = office.officers[JE]
    path = made(office, language)
    je.step(f"/en{path}", "/note", do="confirm", markup=NOTE[language])
    clerk = office.officers[CLERK]
    diarised = clerk.step(
        "/en/desk/files/dak/new",
        "",
        sender_name="आशा कुलकर्णी",
        subject="रस्त्यावरील खड्डा – Ranade Road",
        sender_phone="9812345610",
        paper=("l.pdf", pdf(1)),
    )
    receipt = diarised.url.removeprefix(office.site.url).partition("?")[0].removeprefix("/en")
    pages = {
        "dak": (CLERK, "/desk/files/?tab=dak"),
        "drafts": (JE, "/desk/files/?tab=drafts"),
        "sent": (JE, "/desk/files/?tab=sent"),
        "new": (JE, "/desk/files/new"),
        "diarise": (CLERK, "/desk/files/dak/new"),
        "receipt": (CLERK, receipt),
        "search": (JE, "/desk/files/search?q=ranade"),
        "outside": (CLERK, path),
    }
    for name, (person, address) in pages.items():
        page = desk_of(person, f"/{language}{address}", 320)
        for summary in page.locator("main details.step > summary").all():
            summary.click()
        looked_at(page, f"{name}-{language}", (320, 1280))
        page.context.close()


def test_a_refusal_and_the_dark(office, desk_of):
    path = made(office, "mr")
    page = desk_of(JE, f"/mr{path}", 390, color_scheme="dark")
    page.click("#do-approve summary")
    page.select_option("#approve-power", "works")
    page.fill("#approve-amount", "९,००,०००")
    page.click("#do-approve button[type=submit]")
    page.wait_for_selector(".notice.danger")
    assert page.evaluate("document.activeElement.matches('.notice.danger')")
    assert page.input_value("#approve-amount") == "९,००,०००"
    looked_at(page, "refused-dark-mr", (390, 1280))
    page.click(".notice.danger button[type=submit]")
    page.wait_for_url(re.compile("told=routed"))


def test_what_is_written_and_not_saved_yet_goes_green_with_the_file(office, desk_of):
    path = made(office, "en")
    page = desk_of(JE, f"/en{path}")
    page.click("#do-put_up summary")
    assert not page.is_visible("#do-put_up input[name=confirm_draft]")
    page.fill("form.editor textarea[name=markup]", "Written, and sent at once.")
    page.click("#do-put_up button[type=submit]")
    page.wait_for_url(re.compile("told=put_up"))
    assert "Written, and sent at once." in office.officers[DE].page(f"/en{path}").text
    assert office.officers[DE].page(f"/en{path}").text.count("<article") == 1


def test_the_keyboard_alone_writes_and_puts_up(office, desk_of):
    path = made(office, "en")
    page = desk_of(JE, f"/en{path}")

    def tab_to(selector):
        for _ in range(120):
            page.keyboard.press("Tab")
            if page.evaluate("each => document.activeElement.matches(each)", selector):
                return
        raise AssertionError(f"the keyboard does not reach {selector}")

    tab_to("form.editor textarea[name=markup]")
    page.keyboard.type("For orders please.")
    tab_to("form.editor button[value=confirm]")
    page.keyboard.press("Enter")
    page.wait_for_selector("article.note-green")
    tab_to("#do-put_up summary")
    page.keyboard.press("Enter")
    tab_to("#do-put_up button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("told=put_up"))


def test_all_of_it_works_without_a_script(office, desk_of):
    path = made(office, "en")
    page = desk_of(JE, f"/en{path}", 390, java_script_enabled=False)
    assert not page.locator(".editor .tools").is_visible()
    page.fill("form.editor textarea[name=markup]", "Without a script.")
    page.click("form.editor button[value=save]")
    assert page.locator(".notice.good").count() == 1
    page.click("#do-put_up summary")
    page.click("#do-put_up button[type=submit]")
    assert "told=put_up" in page.url


def test_posts_are_offered_while_one_writes(office, desk_of):
    path = made(office, "en")
    page = desk_of(JE, f"/en{path}")
    page.click("#do-forward summary")
    page.type("#forward-to", "chief engineer, ro")
    page.wait_for_selector("#near-posts option:only-child", state="attached")
    assert "[roads-ce]" in page.get_attribute("#near-posts option", "value")
