"""What may be attached: its bytes decide, and nothing ever goes out as a page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Conflict, Invalid
from palika.formats import Format, recognise
from services.grievance.attachments.kinds import (
    LARGEST,
    LIMITS,
    MIB,
    Kind,
    check,
    check_room,
    serving_headers,
)
from tests.support.attachments import AUDIO, HEIC, HOSTILE, PDF, adts, mp3, photo

AAC_IN_BOXES = {"3GP": "M4A", "Opus": "OGG", "Vorbis": "OGG", "AMR-WB": "AMR"}


def refused(kind: Kind, content: bytes) -> str:
    """The rule that a content breaks."""
    with pytest.raises(Invalid) as error:
        check(kind, content)
    assert list(error.value.fields) == ["content"]
    return str(error.value.fields["content"][0])


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("kind", [Kind.PHOTO_BEFORE, Kind.PHOTO_AFTER])
def test_a_photo_is_known_by_its_content(kind: Kind, form: str) -> None:
    assert check(kind, photo(form)) is Format[form]


def test_an_iphones_photo_is_known_by_its_content() -> None:
    assert check(Kind.PHOTO_BEFORE, HEIC) is Format.HEIC


@pytest.mark.parametrize("name", AUDIO)
def test_a_recording_is_known_by_its_content(name: str) -> None:
    expected = AAC_IN_BOXES.get(name, name.split()[0])
    assert check(Kind.AUDIO, AUDIO[name]) is Format[expected]


def test_a_pdf_is_known_by_its_content() -> None:
    assert check(Kind.DOCUMENT, PDF) is Format.PDF


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("name", HOSTILE)
def test_everything_else_is_refused_as_whatever_it_comes(name: str, kind: Kind) -> None:
    assert "taken are" in refused(kind, HOSTILE[name])


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (Kind.PHOTO_BEFORE, PDF),
        (Kind.PHOTO_AFTER, AUDIO["MP3"]),
        (Kind.DOCUMENT, photo()),
        (Kind.DOCUMENT, AUDIO["AMR"]),
        (Kind.AUDIO, PDF),
        (Kind.AUDIO, HEIC),
    ],
)
def test_a_format_of_another_kind_is_refused_by_its_name(kind: Kind, content: bytes) -> None:
    found = recognise(content)
    assert found is not None
    assert refused(kind, content).startswith(f"is {found.name}; taken are ")


@pytest.mark.parametrize("sound", [mp3(1), adts(1)])
def test_a_sound_of_one_frame_is_enough(sound: bytes) -> None:
    assert recognise(sound) is not None
    assert recognise(sound + b"<script>") is None


@pytest.mark.parametrize(
    "part",
    [
        b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>",
        b"/S /J#61va#53cript",
        b"/S/Launch/F(cmd.exe)",
        b"/Names<</EmbeddedFiles 2 0 R>>",
        b"/AcroForm<</XFA 3 0 R>>",
        b"/S/SubmitForm",
    ],
)
def test_a_pdf_with_an_active_part_is_refused(part: bytes) -> None:
    assert "active part" in refused(Kind.DOCUMENT, PDF.replace(b"/Type", part + b"/Type"))


def test_a_pdf_that_only_opens_at_a_page_is_taken() -> None:
    plain = PDF.replace(b"/Type", b"/OpenAction[4 0 R/Fit]/JSomething 1/Type")
    assert check(Kind.DOCUMENT, plain) is Format.PDF


@pytest.mark.parametrize("kind", Kind)
def test_nothing_and_too_much_are_refused_before_they_are_read(kind: Kind) -> None:
    most = LIMITS[kind].bytes
    assert refused(kind, b"") == "must not be empty"
    assert refused(kind, bytes(most + 1)) == f"has {most + 1} bytes; at most {most} are taken"


def test_the_largest_fits_into_a_message_of_16_mib_as_base64() -> None:
    assert LARGEST * 4 / 3 < 14 * MIB


@pytest.mark.parametrize("kind", Kind)
def test_a_grievance_has_room_for_so_many_and_no_more(kind: Kind) -> None:
    count = LIMITS[kind].count
    check_room(kind, count - 1)
    with pytest.raises(Conflict, match=f"at most {count}"):
        check_room(kind, count)


# ---- how it is shown

PAGES = {"text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "", "x/y\r\nA: b"}


@pytest.mark.parametrize("media_type", sorted({each.media_type for each in Format} | PAGES))
def test_no_attachment_can_run_as_a_page(media_type: str) -> None:
    headers = serving_headers(media_type)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    ours = media_type in {each.media_type for each in Format}
    assert headers["Content-Type"] == (media_type if ours else "application/octet-stream")
    shown = headers["Content-Disposition"].split(";")[0]
    assert shown == ("inline" if media_type == "image/jpeg" else "attachment")


@given(st.text())
def test_no_name_adds_a_header_or_a_suffix(name: str) -> None:
    told = serving_headers("application/pdf", name)["Content-Disposition"]
    head, tail = 'attachment; filename="', '.pdf"'
    assert told.startswith(head)
    assert told.endswith(tail)
    middle = told.removeprefix(head).removesuffix(tail)
    assert middle
    assert set(middle) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


@given(st.binary(max_size=200), st.sampled_from([b"", *AUDIO.values(), PDF, HEIC]))
def test_any_bytes_have_a_format_or_none(tail: bytes, head: bytes) -> None:
    for cut in (len(head), 40, 12):
        assert recognise(head[:cut] + tail) in (*Format, None)
