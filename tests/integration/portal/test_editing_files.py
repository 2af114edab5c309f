"""What is put into a page: files and photographs, words that no file may hold; and the script."""

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from services.portal.commands.tend import tend
from services.portal.content.loading import load
from services.portal.models import SiteDraft, SiteFile
from tests.support.portal_accounts import House
from tests.support.portal_editing import (
    DESK,
    NEW,
    NOTICE,
    PAGE,
    WORDS,
    Newsroom,
    made,
    newsroom_in,
)


@pytest.fixture
def room(house: House, tmp_path: Path) -> Iterator[Newsroom]:
    with newsroom_in(house, tmp_path / "edited") as made:
        yield made


def pdf() -> bytes:
    return b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def jpeg() -> bytes:
    made = io.BytesIO()
    image = Image.new("RGB", (60, 40), "teal")
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    image.save(made, "JPEG", exif=exif)
    return made.getvalue()


def test_a_file_is_put_in_looked_at_and_put_out(room: Newsroom) -> None:
    clerk, page = room.officer("clerk"), "documents/dengue-plan"
    clerk.submit(f"{DESK}/new", kind="documents", slug="dengue-plan")
    plan = {key: value for key, value in NOTICE.items() if key not in ("kind", "from", "until")}
    plan |= {"kind": "plan", "day": "2026-03-01", "languages": ["mr", "en"]}
    for name, content, rule in (
        ("plan.exe", pdf(), "cannot be published"),
        ("plan.html", b"<script>", "cannot be published"),
        ("plan.svg", b"<svg>", "cannot be published"),
        ("plan.pdf", b"<html>", "not of the kind that its name says"),
        ("plan.docx", b"PK no zip", "not of the kind that its name says"),
        ("plan.txt", b"\xff\xfe\x00", "not of the kind that its name says"),
        ("plan.pdf", pdf() + b" " * 10_485_760, "too large"),
    ):
        given = {**plan, "upload:file": (io.BytesIO(content), name)}
        answer = clerk.edit(page, "save", **given)
        assert answer.status_code == 400, name
        assert rule in answer.text, name
        assert 'id="file-error"' in answer.text
        assert "Fogging in Aundh" in clerk.get(f"{DESK}/{page}/edit").text
    given = {**plan, "upload:file": (io.BytesIO(pdf()), "Plan (2026).PDF")}
    assert clerk.edit(page, "send", **given).location.endswith("told=sent")
    head = room.officer("head")
    with room.house.begin() as session:
        name = session.scalar(select(SiteDraft)).typed["file"]
    assert name.startswith("plan-2026-")
    assert head.get(f"{DESK}/{page}/files/{name}").data == pdf()
    assert room.read(f"/en/files/city/{name}").status_code == 404
    head.decide(page)
    shown = room.read(f"/en/files/city/{name}")
    assert (shown.status_code, shown.data) == (200, pdf())
    assert shown.headers["Content-Disposition"].startswith("attachment")
    assert (room.folder / "files" / name).read_bytes() == pdf()
    # What no page names is forgotten in the end, and what one names is not.
    clerk.edit(page, "save", **{"upload:file": (io.BytesIO(pdf() + b"%"), "other.pdf")})
    clerk.edit(page, "save", **{"without:file": "yes"})
    tend(room.house.parts.store, room.house.now + timedelta(days=31))
    with room.house.begin() as session:
        assert list(session.scalars(select(SiteFile.name))) == [name]


def test_a_photograph_of_a_departments_own_page_has_words_and_no_traces(room: Newsroom) -> None:
    stranger, page = room.officer("stranger"), "sites/roads"
    photo = {"upload:gallery.3.file": (io.BytesIO(jpeg()), "Road.JPEG"), "note": "A photograph"}
    answer = stranger.edit(page, "send", **photo)
    assert answer.status_code == 400
    assert 'id="gallery.3.alt.mr-error"' in answer.text
    words = {
        f"gallery__3__{name}__{language}": f"{name} {language}"
        for name in ("alt", "caption", "credit")
        for language in ("mr", "en")
    }
    assert stranger.edit(page, "send", note="A photograph", **words).status_code == 303
    assert room.officer("publisher").decide(page).status_code == 303
    gallery = room.read("/en/departments/roads/gallery").text
    name = re.search(r"/files/roads/(road-[0-9a-f]{8}\.jpg)", gallery)
    assert name
    assert 'alt="alt en"' in gallery
    sent = room.read(f"/en/files/roads/{name[1]}").data
    assert b"A camera" not in sent
    assert sent.startswith(b"\xff\xd8")


def test_html_and_what_no_file_may_hold_never_reach_the_folder(room: Newsroom) -> None:
    made(room)
    clerk, head = room.officer("clerk"), room.officer("head")
    clerk.act(NEW, "withdraw")
    odd = 'A "title": {mr: [x]} # \x85 & <b>'
    clerk.edit(
        NEW,
        "send",
        title__en=odd,
        text__en=WORDS["en"] + "<script>alert(1)</script>\0\r\n",
        note="Odd",
    )
    answer = head.decide(NEW)
    if answer.status_code == 303:
        shown = room.read(f"/en/{NEW}").text
        assert "<script>alert" not in shown
        assert "&lt;script&gt;alert(1)" in shown
        assert load(room.spreader.shelf.folder, room.folder)
    else:
        assert not (room.folder / f"{NEW}.yaml").exists()
    preview = clerk.send(
        f"{DESK}/{NEW}/preview",
        MultiDict(
            {
                "form_token": clerk.token(),
                "text.mr": "## अ\n\n<b>x</b>",
                "text.en": "*y*",
            }
        ),
    )
    assert "&lt;b&gt;x&lt;/b&gt;" in preview.text
    assert "<em>y</em>" in preview.text


def test_the_script_saves_and_looks_by_the_same_way(room: Newsroom) -> None:
    clerk, path = room.officer("clerk"), f"{DESK}/{PAGE}"
    fields = clerk.fields(f"{path}/edit")
    told = clerk.send(f"{path}/edit", fields, "autosave", title__en="One").json
    assert told == {"saved": True, "revision": 1, "merged": False}
    fields["revision"] = "1"
    told = clerk.send(f"{path}/edit", fields, "autosave", title__en="One").json
    assert told["revision"] == 1
    doctor = room.officer("doctor")
    doctor.edit(PAGE, "save", title__en="Two")
    told = clerk.send(f"{path}/edit", fields, "autosave", title__en="Three").json
    assert (told["saved"], told["revision"]) == (False, None)
    made = clerk.post(
        f"{path}/preview",
        {"form_token": clerk.token(), "text.en": "## Hours"},
        headers={"Accept": "application/json"},
    ).json
    assert made == {"mr": "", "en": "<h2>Hours</h2>\n"}
