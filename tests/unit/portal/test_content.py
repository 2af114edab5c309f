"""The content of a site: every mistake is told where it is, and nothing with mistakes is shown."""

import dataclasses
import os
import shutil
from datetime import date
from pathlib import Path

import pytest

from palika.config import ConfigError, settings
from palika.errors import Conflict, Invalid, NotFound
from palika.yaml_files import WrongData
from services.portal.app import create_app
from services.portal.content import Shelf, files
from services.portal.content.drafting import draft_site
from services.portal.content.fields import UNFILLED
from services.portal.content.loading import UNFINISHED, load

SERVICE = "services/birth-certificate"


def mistakes(site: Path) -> list[str]:
    with pytest.raises(WrongData) as told:
        load(site, unfinished=True)
    return list(map(str, told.value.mistakes))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) >= 1, f"{old} is not in {path}"
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("title: {mr:", "titel: {mr:", "line 1: titel: Unknown field."),
        ("department: health", "department: healt", "line 5: department: there is no department"),
        ("audience: [family", "audience: [famly", "line 9: audience.1: there is no audience famly"),
        ("limit: {days: 3", "limit: {days: three", "limit.days: Not a valid integer."),
        ("updated: 2026-11-12", 'updated: "soon"', "line 6: updated: must be a day like"),
        ("related: [death", "related: [dead", "related.1: there is no services dead-certificate"),
        (', en: "Registration', ', e: "Registration', "title.en: the English text is missing"),
        ("illustrative: [limit", "illustrative: [limits", "there is no field limits"),
        ("tags: [", "tags: [a, [", "not YAML"),
        ("icon: certificate", "icon: certificate\nicon: tax", "icon is there twice"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_file_line_field_and_rule(own_site, old, new, told):
    change(own_site / f"{SERVICE}.yaml", old, new)
    (said,) = [each for each in mistakes(own_site) if told in each]
    assert said.startswith(f"{SERVICE}.yaml, line ")


def test_all_mistakes_are_told_at_once(own_site):
    change(own_site / f"{SERVICE}.yaml", "department: health", "department: healt")
    (own_site / f"{SERVICE}.en.md").unlink()
    (own_site / "services" / "stray.md").write_text("Nobody reads this.")
    (own_site / "sevices").mkdir()
    change(own_site / "news/portal-in-two-languages.en.md", "/feedback", "/feedbak")
    change(own_site / "pages/help.mr.md", "## ", "# ")
    said = "\n".join(mistakes(own_site))
    for each in (
        f"{SERVICE}.yaml, line 5: department",
        f"{SERVICE}.en.md, line 1: text: the text is missing",
        "services/stray.md, line 1: file: nobody reads this",
        "sevices, line 1: file: nobody reads this",
        "news/portal-in-two-languages.en.md, line 3: text: there is no page /feedbak",
        "pages/help.mr.md, line 1: text: headings begin with ##",
    ):
        assert each in said


def test_no_two_documents_have_the_same_address(own_site):
    for ending in ("yaml", "mr.md", "en.md"):
        name = f"birth-certificate.{ending}"
        text = (own_site / "services" / name).read_text()
        (own_site / "sites/solid-waste/services" / name).write_text(text)
    assert any(
        "the name is taken by a document of the whole city" in each for each in mistakes(own_site)
    )


def test_html_in_a_text_is_shown_and_not_carried_out(own_site):
    path = own_site / "pages/help.en.md"
    path.write_text(path.read_text() + "\n<script>alert(1)</script> [x](javascript:alert(1))\n")
    html = load(own_site).get("pages", "help").html("en")
    assert "<script" not in html
    assert 'href="javascript' not in html


def test_tables_have_no_style_of_their_own_and_links_keep_the_language():
    from services.portal.content import markdown

    html = markdown.html("| a | b |\n|---|---:|\n| 1 | 2 |\n\n[x](/services/y)", "mr")
    assert "style=" not in html
    assert 'class="right"' in html
    assert 'href="/mr/services/y"' in html


@pytest.mark.parametrize(
    ("kind", "slug", "last", "after"),
    [
        ("notices", "water-closure-thursday", date(2026, 12, 4), date(2026, 12, 5)),
        ("tenders", "compactor-vehicles", date(2026, 12, 21), date(2026, 12, 22)),
        ("events", "compost-workshop", date(2026, 12, 13), date(2026, 12, 14)),
        ("news", "monsoon-preparation-report", date(2026, 9, 30), date(2026, 10, 1)),
    ],
)
def test_what_has_run_out_is_in_the_archive_the_next_day(own_site, kind, slug, last, after):
    content = load(own_site)
    slugs = {
        (day, past): [each.slug for each in content.listed(kind, day, past=past)]
        for day in (last, after)
        for past in (False, True)
    }
    assert slug in slugs[last, False]
    assert slug not in slugs[last, True]
    assert slug not in slugs[after, False]
    assert slug in slugs[after, True]


def test_what_is_not_out_yet_is_in_no_list(own_site):
    content = load(own_site)
    assert content.listed("notices", date(2026, 1, 1)) == []
    assert content.listed("notices", date(2026, 1, 1), past=True) == []
    with pytest.raises(NotFound):
        content.get("notices", "nothing")


def test_a_new_micro_site_is_refused_until_it_is_filled_in(own_site):
    paths = draft_site(own_site, "trees", "garden", date(2026, 11, 29))
    said = mistakes(own_site)
    assert {each.partition(",")[0] for each in said} == {
        path.relative_to(own_site).as_posix() for path in paths
    }
    marked = [each for each in said if UNFINISHED in each]
    assert marked == [
        "sites/trees/UNFINISHED, line 1: file: the micro-site is not shown before this file is "
        "taken away"
    ]
    assert all(UNFILLED in each for each in said if each not in marked)
    for path in paths:
        path.write_text(
            path.read_text().replace(UNFILLED, "Some words that tell what is to be told.")
        )
    assert mistakes(own_site) == marked
    (own_site / "sites/trees" / UNFINISHED).unlink()
    assert load(own_site).site("trees").department == "garden"
    with pytest.raises(Conflict):
        draft_site(own_site, "trees", "garden", date(2026, 11, 29))
    with pytest.raises(Invalid, match="slug"):
        draft_site(own_site, "Trees!", "garden", date(2026, 11, 29))


def test_an_unfinished_micro_site_holds_up_no_other_page(own_site):
    shelf = Shelf(str(own_site), look_every_s=0)
    draft_site(own_site, "trees", "garden", date(2026, 11, 29))
    change(own_site / f"{SERVICE}.yaml", "Registration of a birth", "Registering a birth")
    assert shelf.content.get("services", "birth-certificate").title.en.startswith("Registering")
    assert "trees" not in shelf.content.sites
    assert not shelf.stale


def test_a_photograph_that_is_not_there_is_a_mistake(own_site):
    home = own_site / "sites/solid-waste"
    change(home / "site.yaml", "file: in-the-city.webp", "file: a.png")
    (said,) = mistakes(own_site)
    assert said.endswith("gallery.1.file: there is no photos/a.png")
    (home / "photos/a.png").write_bytes(b"png")
    assert load(own_site).files["solid-waste/a.png"] == home / "photos/a.png"
    app = create_app(dataclasses.replace(settings("portal"), portal_site=str(own_site)))
    page = app.test_client().get("/mr/departments/solid-waste/gallery").text
    assert '<img src="/mr/files/solid-waste/a.png" alt="रेखाचित्र: ' in page


def test_a_change_is_read_soon_and_one_with_mistakes_never(own_site, caplog):
    shelf = Shelf(str(own_site), look_every_s=0)
    before = shelf.content.version
    path = own_site / f"{SERVICE}.yaml"
    change(path, "Registration of a birth", "Registering a birth")
    os.utime(path, ns=(1, 1))
    assert shelf.content.version != before
    assert shelf.content.get("services", "birth-certificate").title.en.startswith("Registering")
    change(path, "department: health", "department: healt")
    assert shelf.content.get("services", "birth-certificate").department == "health"
    assert "the last good content stays in use" in caplog.text
    with pytest.raises(ConfigError, match="there is no department healt"):
        Shelf(str(own_site))


def test_the_city_s_own_folder_may_be_small(tmp_path, own_site):
    small = tmp_path / "small"
    small.mkdir()
    text = (own_site / "site.yaml").read_text()
    begin, end = text.index("# The tasks"), text.index("# For whom")
    quick = "quick:\n  - {title: {mr: अ, en: a}, hint: {mr: अ, en: a}, icon: tax, url: /services}\n"
    (small / "site.yaml").write_text(text[:begin] + quick + text[end:])
    content = load(small)
    assert content.sites == {}
    assert content.documents["services"] == {}


def test_a_document_that_can_be_downloaded_is_sent_and_nothing_else(own_site):
    path = own_site / "documents/rti-act.yaml"
    path.write_text(path.read_text() + "file: act.pdf\n")
    assert mistakes(own_site) == ["documents/rti-act.yaml, line 9: file: there is no files/act.pdf"]
    (own_site / "files").mkdir()
    (own_site / "files/act.pdf").write_bytes(b"%PDF-1.7")
    app = create_app(dataclasses.replace(settings("portal"), portal_site=str(own_site)))
    client = app.test_client()
    assert "/en/files/city/act.pdf" in client.get("/en/documents/rti-act").text
    answer = client.get("/en/files/city/act.pdf")
    assert (answer.data, answer.mimetype) == (b"%PDF-1.7", "application/pdf")
    for nowhere in ("/en/files/city/site.yaml", "/en/files/../site.yaml", "/en/files/x/act.pdf"):
        assert client.get(nowhere).status_code == 404


def test_what_could_be_a_script_of_the_portal_s_own_is_told_and_never_sent(own_site, tmp_path):
    home = own_site / "sites/solid-waste/files"
    home.mkdir()
    (home / "plan.pdf").write_bytes(b"%PDF-1.7")
    (home / ".env").write_text("secret")
    files = load(own_site).files
    own = [each for each in files if each.startswith("solid-waste/")]
    assert [each for each in own if not each.endswith(".webp")] == ["solid-waste/plan.pdf"]
    outside = tmp_path / "outside.txt"
    outside.write_text("secret")
    for name in ("x.html", "x.js", "x.svg", "x"):
        (home / name).write_text("<script>alert(1)</script>")
    (home / "p.txt").symlink_to(outside)
    (home / "sub.pdf").mkdir()
    said = "\n".join(mistakes(own_site))
    for name in ("x.html", "x.js", "x.svg", "x"):
        assert f"files/{name}, line 1: file: cannot be published: its name must end in" in said
    assert "files/p.txt, line 1: file: is a link" in said
    assert "files/sub.pdf, line 1: file: is no file" in said
    assert ".env" not in said


def test_a_file_is_downloaded_or_is_a_picture_and_is_no_page_of_the_portal(own_site, tmp_path):
    home = own_site / "files"
    home.mkdir()
    for name in ("a.pdf", "a.csv", "a.TXT", "a.png"):
        (home / name).write_text("<script>alert(1)</script>")
    app = create_app(dataclasses.replace(settings("portal"), portal_site=str(own_site)))
    client = app.test_client()
    sent = {name: client.get(f"/en/files/city/{name}") for name in os.listdir(home)}
    assert {name: (each.mimetype, each.headers.get("Content-Disposition", "").partition(";")[0])
            for name, each in sent.items()} == {
        "a.pdf": ("application/pdf", "attachment"),
        "a.csv": ("text/csv", "attachment"),
        "a.TXT": ("text/plain", "attachment"),
        "a.png": ("image/png", "inline"),
    }  # fmt: skip
    for each in sent.values():
        assert each.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert each.headers["X-Content-Type-Options"] == "nosniff"
    outside = tmp_path / "outside.csv"
    outside.write_text("secret")
    (home / "a.csv").unlink()
    (home / "a.csv").symlink_to(outside)
    (home / "a.pdf").unlink()
    assert client.get("/en/files/city/a.csv").status_code == 404
    assert client.get("/en/files/city/a.pdf").status_code == 404


def test_a_link_in_the_content_is_a_mistake(own_site, tmp_path):
    outside = tmp_path / "outside"
    shutil.copytree(own_site / "sites/solid-waste", outside)
    (own_site / "sites/other").symlink_to(outside)
    (own_site / "pages/help.en.md").unlink()
    (own_site / "pages/help.en.md").symlink_to(outside / "home.en.md")
    said = "\n".join(mistakes(own_site))
    assert "sites/other, line 1: file: is a link" in said
    assert "pages/help.en.md, line 1: file: is a link" in said


def test_what_an_editor_leaves_beside_a_file_changes_nothing(own_site, caplog):
    shelf = Shelf(str(own_site), look_every_s=0)
    before = shelf.content.version
    (own_site / "notices/.#water-closure-thursday.yaml").symlink_to("nobody@nowhere.1:1")
    (own_site / "notices/.water-closure-thursday.yaml.swp").write_bytes(b"\xff")
    assert load(own_site).version == before
    assert shelf.content.version == before
    assert caplog.text == ""


def test_a_link_that_leads_nowhere_is_told_and_the_last_good_content_stays(own_site, caplog):
    shelf = Shelf(str(own_site), look_every_s=0)
    before = shelf.content.version
    (own_site / "notices/lost.yaml").symlink_to("nowhere")
    assert shelf.content.version == before
    assert "notices/lost.yaml, line 1: file: is a link" in caplog.text


def test_what_cannot_be_read_is_told_and_read_again(own_site, caplog, monkeypatch):
    shelf = Shelf(str(own_site), look_every_s=0)
    before = shelf.content.version
    path = own_site / f"{SERVICE}.yaml"
    change(path, "Registration of a birth", "Registering a birth")
    os.utime(path, ns=(1, 1))
    kept = own_site.rename(own_site.parent / "away")
    assert shelf.content.version == before
    assert "., line 1: file: cannot be read" in caplog.text
    kept.rename(own_site)

    def gone(_: object) -> object:
        raise FileNotFoundError(2, "No such file or directory", str(path))

    with monkeypatch.context() as broken:
        broken.setattr(files, "entries", gone)
        assert shelf.content.version == before
    assert f"{SERVICE}.yaml, line 1: file: cannot be read: No such file" in caplog.text
    assert shelf.content.get("services", "birth-certificate").title.en.startswith("Registering")


def test_a_folder_that_is_not_there_is_an_error_at_the_start(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        Shelf(str(tmp_path / "nowhere"))
