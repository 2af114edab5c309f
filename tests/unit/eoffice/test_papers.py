"""Papers: what is taken, what is refused, and what is read of it."""

import base64
import hashlib
import io
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typst
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from palika.errors import Invalid
from palika.store import Folder
from palika.typesetting.fonts import folder
from services.eoffice import papers
from services.eoffice.papers import apart
from tests.support.attachments import photo, picture
from tests.support.papers import (
    and_archive,
    as_large_as_a_field,
    bomb,
    bomb_as_text,
    circle,
    encrypted,
    opening,
    packed_twice,
    pdf,
    with_file,
    with_packed_script,
    with_program,
    with_script,
)

NOW = datetime(2026, 7, 1, 4, 30, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "papers")


def refused(store: Folder, content: bytes) -> str:
    with pytest.raises(Invalid) as error:
        papers.keep(store, content, NOW)
    assert list(store.pages()) == []
    (rule,) = error.value.fields["content"]
    return str(rule)


def test_a_pdf_is_kept_byte_for_byte(store):
    content = pdf(3)
    kept = papers.keep(store, content, NOW)
    digest = hashlib.sha256(content).hexdigest()
    assert kept == papers.Stored(
        f"2026-07-01/{digest}.pdf", "application/pdf", len(content), 3, digest, digest
    )
    assert store.get(kept.key) == content


def test_of_a_tiff_with_several_pages_a_page_is_made_of_each(store):
    pages = [picture(1240, 1754).convert("1"), picture(1754, 1240), picture(1240, 1754)]
    pages[1:] = [each.convert("1") for each in pages[1:]]
    scan = photo("TIFF", pages[0], save_all=True, append_images=pages[1:], compression="group4")
    kept = papers.keep(store, scan, NOW)
    assert (kept.pages, kept.source) == (3, "image/tiff")
    made = PdfReader(io.BytesIO(store.get(kept.key))).pages
    sides = [(round(each.mediabox.width), round(each.mediabox.height)) for each in made]
    assert sides == [(595, 842), (842, 595), (595, 842)]


def test_of_a_tiff_no_more_pages_are_taken_than_can_be_looked_at(store):
    page = picture(8, 8).convert("1")
    scan = photo("TIFF", page, save_all=True, append_images=[page] * 300)
    assert "has 301 pages; at most 300" in refused(store, scan)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
def test_of_a_scan_a_page_of_a4_is_made(store, form):
    scan = photo(form, picture(1240, 1754))
    kept = papers.keep(store, scan, NOW)
    assert (kept.pages, kept.source) == (1, f"image/{form.lower()}")
    assert kept.received_sha256 == hashlib.sha256(scan).hexdigest() != kept.sha256
    (page,) = PdfReader(io.BytesIO(store.get(kept.key))).pages
    assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "is empty"),
        (b"MZ" + bytes(200), "of no known format"),
        (b"II*\0" + bytes(200), "damaged"),
        (b"<html><script>x</script></html>", "of no known format"),
        (photo("WEBP"), "is WEBP"),
        (b"%PDF-1.4\nno end", "is a damaged PDF"),
        (pdf()[:400], "is a damaged PDF"),
        (opening("/URI"), r"active part \(URI"),
        (opening("/URI", "/AA"), r"active part \(URI"),
        (as_large_as_a_field(), "larger than a sheet"),
        (pdf() + b"PK\x03\x04" + bytes(200), "archive in one"),
        (b"%PDF-1.4\nnothing in it\n%%EOF\n", "damaged"),
        (pdf()[:400] + b"\n%%EOF\n", "damaged"),
        (photo()[:300], "damaged"),
        (encrypted(), "encrypted"),
        (with_script(), r"active part \(J"),
        (with_file(), r"active part \(E"),
        (with_program(), r"active part \(Launch"),
        (packed_twice(), "packed twice"),
        (and_archive(), "of no known format|archive"),
        (pdf().replace(b"%%EOF", b"X5O!$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*\n%%EOF"), "infec"),
        (circle(), "pages|damaged"),
    ],
)
def test_what_is_no_plain_paper_is_refused_and_not_kept(store, content, rule):
    found = refused(store, content)
    assert re.search(rule, found), found


def test_a_paper_that_opens_at_a_place_is_taken(store):
    assert papers.keep(store, opening("/GoTo"), NOW).pages == 1


def test_what_is_wrong_with_a_content_is_told_of_the_argument_that_carries_it():
    with pytest.raises(Invalid) as refused, papers.content_in("content_base64"):
        papers.from_base64("%%")
    assert refused.value.fields == {"content_base64": ["is not base64"]}


def test_a_zip_bomb_is_refused_before_it_bursts(store):
    content = bomb()
    assert len(content) < 1024 * 1024
    assert "zip bombs" in refused(store, content)


@pytest.mark.parametrize("how", ["/ASCII85Decode", "/ASCIIHexDecode"])
def test_a_zip_bomb_that_is_written_as_text_is_refused(store, how):
    assert "zip bombs" in refused(store, bomb_as_text(how))


def test_a_script_that_is_packed_away_is_found(store):
    content = with_packed_script()
    assert b"JavaScript" not in content
    assert "active part" in refused(store, content)


WHOLE = pdf(3)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1))
def test_a_damaged_paper_is_taken_or_refused_and_never_anything_else(store, changes):
    content = bytearray(WHOLE)
    for where, value in changes:
        content[where] = value
    try:
        kept = papers.keep(store, bytes(content), NOW)
    except Invalid as error:
        (rule,) = error.fields["content"]
        event(rule[:20])
    else:
        assert store.get(kept.key) == bytes(content)


def test_the_text_of_500_pages_is_read_and_counted(store):
    content = pdf(500, lambda page: f"Estimate for ward {page}")
    begun = time.monotonic()
    kept = papers.keep(store, content, NOW)
    assert kept.pages == 500
    assert time.monotonic() - begun < 30
    path = store._path(kept.key)
    found = apart.ask("text", path)
    assert (len(found["pages"]), found["cut"]) == (500, False)
    assert found["pages"][499] == "Estimate for ward 500"


def test_a_large_paper_comes_in_pieces(store):
    content = pdf(40)
    pieces = [content[at : at + 5_000] for at in range(0, len(content), 5_000)]
    keys = [papers.keep_piece(store, each, NOW) for each in pieces]
    assert papers.keep_pieces(store, keys, NOW).sha256 == hashlib.sha256(content).hexdigest()


def test_the_key_of_a_paper_is_no_key_of_a_piece(store):
    kept = papers.keep(store, pdf(), NOW)
    for key in (kept.key, "../x.piece", f"2026-07-01/{'0' * 64}.piece"):
        with pytest.raises(Invalid, match="there is no piece"):
            papers.keep_pieces(store, [key], NOW)


def test_a_content_that_a_call_carries_is_decoded_or_refused():
    assert papers.from_base64(base64.b64encode(b"%PDF").decode()) == b"%PDF"
    for wrong, rule in [("", "empty"), ("%%", "base64"), ("A" * 14_000_000, "too large")]:
        with pytest.raises(Invalid, match=rule):
            papers.from_base64(wrong)


def test_the_words_of_a_page_in_marathi_are_read(tmp_path):
    """Those of which each letter has a glyph of its own; PDFium doubles some others."""
    path = tmp_path / "marathi.pdf"
    said = "ज्ञानेश्वर पादुका, श्रीकृष्ण मंदिराजवळ: रस्ता दुरुस्ती. महानगरपालिका, सिंहगड; नोंदणी."
    (tmp_path / "page.typ").write_text(f'#set text(font: "FiraGO", lang: "mr")\n{said}\n', "utf-8")
    path.write_bytes(typst.compile(tmp_path / "page.typ", font_paths=[folder()]))
    (page,) = apart.ask("text", path)["pages"]
    words = set(re.findall(r"[\u0900-\u097f]+", page))
    assert words >= {"ज्ञानेश्वर", "पादुका", "मंदिराजवळ", "महानगरपालिका", "सिंहगड", "नोंदणी"}
