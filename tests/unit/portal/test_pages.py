"""The frame of all pages: language, words, headers, errors, files."""

import re

import pytest
from babel.messages.extract import extract

from palika import errors
from services.portal.errors import SignInNeeded, StaleForm
from services.portal.pages import word_files, words
from services.portal.pages.statics import Statics


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        ("en-IN,en;q=0.9", "/en/"),
        ("mr", "/mr/"),
        ("fr", "/mr/"),
        ("", "/mr/"),
        ("hi,en;q=0.5", "/en/"),
    ],
)
def test_the_root_leads_to_the_reader_s_language(app, asked, there):
    answer = app.test_client().get("/", headers={"Accept-Language": asked})
    assert (answer.status_code, answer.headers["Location"]) == (302, there)
    assert answer.headers["Vary"] == "Accept-Language"


def test_a_page_says_its_language_and_where_its_fellow_is(app):
    page = app.test_client().get("/en/services?department=health").text
    assert '<html lang="en">' in page
    assert 'hreflang="mr" href="http://localhost/mr/services?department=health"' in page
    assert 'hreflang="en" href="http://localhost/en/services?department=health"' in page
    assert 'href="/mr/services?department=health" lang="mr"' in page


@pytest.mark.parametrize(
    "query",
    ["endpoint=x", "_method=GET", "_scheme=javascript", "_external=1&_scheme=x", "_anchor=z",
     "language=x", "slug=evil", "a=1&a=2", "q=%E0%A4%95+%26"],
)  # fmt: skip
def test_the_switch_keeps_whatever_stands_in_the_query(app, query):
    for path in ("services/birth-certificate", "nothing"):
        answer = app.test_client().get(f"/en/{path}?{query}")
        assert answer.status_code == (200 if path != "nothing" else 404)
        there = path if path != "nothing" else ""
        kept = f"?{query}".replace("&", "&amp;") if there else ""
        assert f'href="/mr/{there}{kept}" lang="mr"' in answer.text


def test_a_language_that_is_none_is_not_found(app):
    assert app.test_client().get("/fr/services").status_code == 404


def test_every_word_of_the_pages_is_translated_and_none_is_stale():
    said = {
        each.id if isinstance(each.id, str) else tuple(each.id)
        for each in word_files.collected()
        if each.id
    }
    known = words.catalogue("mr")
    there = {each.id if isinstance(each.id, str) else tuple(each.id) for each in known if each.id}
    assert there - said == set(), "run: palika site words"
    assert said - there == set(), "run: palika site words"
    assert word_files.untranslated(known) == []


def test_a_translation_fills_in_what_its_message_does():
    for each in words.catalogue("mr"):
        ids = each.id if isinstance(each.id, tuple | list) else (each.id,)
        texts = each.string if isinstance(each.string, tuple) else (each.string,)
        if each.id:
            assert all(
                set(re.findall(r"%\(\w+\)s", text)) == set(re.findall(r"%\(\w+\)s", ids[-1]))
                for text in texts
            ), ids


def test_every_template_can_be_read_for_its_words(root):
    # A template with a mistake would be passed over in silence.
    folder = root / "services/portal/templates"
    for path in folder.rglob("*.html"):
        with path.open("rb") as file:
            list(extract("jinja2", file, options={"silent": "false"}))


@pytest.mark.parametrize("path", ["/mr/", "/en/services", "/en/nothing", "/openapi.json"])
def test_what_a_browser_may_do_is_said_on_every_answer(app, path):
    headers = app.test_client().get(path).headers
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_behind_https_browsers_are_told_to_keep_to_it():
    import dataclasses

    from palika.config import settings
    from services.portal.app import create_app

    safe = create_app(dataclasses.replace(settings("portal"), portal_url="https://city.example"))
    answer = safe.test_client().get("/en/feedback")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert 'href="https://city.example/mr/feedback"' in answer.text


def test_no_page_has_script_or_style_of_its_own(app):
    client = app.test_client()
    for path in (
        "/mr/",
        "/en/services/pay-property-tax",
        "/mr/departments/solid-waste",
        "/en/nothing",
    ):
        page = client.get(path).text
        assert "<style" not in page
        assert " style=" not in page
        assert re.findall(r"<script(?![^>]* src=)", page) == []
        assert re.findall(r"\son\w+=", page) == []


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("/mr/nothing", "*/*", "text/html"),
        ("/nothing", "text/html,*/*;q=0.8", "text/html"),
        ("/nothing", "*/*", "application/problem+json"),
        ("/webhooks/nothing", "text/html", "application/problem+json"),
    ],
)
def test_people_get_a_page_and_machines_get_json_of_what_is_not_there(app, path, accept, kind):
    answer = app.test_client().get(path, headers={"Accept": accept})
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith(kind)
    assert answer.headers["Cache-Control"] in ("no-store", "private, no-store")


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (errors.Invalid("no", {"day": ["must be a day like 2026-04-01"]}), 400, "2026-04-01 असा"),
        (SignInNeeded("sign in first"), 401, "आधी प्रवेश करा"),
        (errors.Forbidden("no"), 403, "अधिकार नाही"),
        (StaleForm("too old"), 403, "फार वेळ उघडा राहिला"),
        (errors.Conflict("it has changed"), 409, "it has changed"),
        (errors.Unavailable("kpi is away"), 503, "उपलब्ध नाही"),
        (KeyError("secret"), 500, "चुकले"),
    ],
)
def test_an_error_is_a_page_that_says_what_to_do(app, error, status, said):
    from services.portal import pages
    from services.portal.errors import problem

    with app.test_request_context("/mr/services"):
        app.preprocess_request()
        answer = pages.answer_problem(problem(error))
    assert answer.status_code == status
    text = answer.get_data(as_text=True)
    assert "secret" not in text
    assert "kpi" not in text
    if status == 400:
        # The field is named as it was sent: a form of its own has words for it.
        said = "day: must be a day"
    assert said in text


def test_a_file_has_its_hash_in_its_address_and_is_kept_for_good(app):
    statics = Statics()
    url = statics.url("site.css")
    assert re.fullmatch(r"/static/site\.[0-9a-f]{10}\.css", url)
    answer = app.test_client().get(url, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert app.test_client().get("/static/site.0000000000.css").status_code == 404
    assert app.test_client().get("/static/../app.py").status_code == 404


def test_the_style_sheet_is_small_and_asks_nobody_else_for_anything():
    sheet = Statics().answers[Statics().url("site.css")]
    assert len(sheet.squeezed) < 12_000
    assert len(Statics().answers[Statics().url("desk.css")].squeezed) < 12_000
    assert b"http" not in sheet.plain.replace(b'a[href^="http"]', b"")
    assert b"@font-face" not in sheet.plain


def test_a_grievances_number_leads_to_it_and_finds_nothing_that_is_only_alike(app):
    page = (
        app.test_client().get("/en/search?q=PMC-%E0%A5%A8%E0%A5%A6%E0%A5%A8%E0%A5%AC-000554").text
    )
    assert "/en/grievances/mine/PMC-2026-000554" in page
    assert "results for" not in page
    assert "result for" not in page
    words = app.test_client().get("/en/search?q=water").text
    assert "results for" in words
