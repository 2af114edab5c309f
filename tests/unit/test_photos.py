"""Photos: place and time are read, and then nothing but pixels is left."""

import contextlib
import io
import struct
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from palika.errors import Invalid
from palika.formats import Format
from palika.photos import LONGEST_SIDE, Photo, remake
from tests.support.attachments import BLUE, HEIC, PUNE, RED, exif, photo, picture

NOW = datetime(2026, 7, 1, 6, 30, tzinfo=UTC)
TAKEN, ZONE = 0x9003, 0x9011


def made(content: bytes, form: str = "JPEG") -> Photo:
    """The photo, made anew."""
    return remake(content, Format[form], NOW)


def opened(content: bytes) -> Image.Image:
    """What a browser would see."""
    return Image.open(io.BytesIO(content), formats=["JPEG"])


def near(one: Any, other: tuple[int, int, int]) -> bool:
    """Whether two colours are the same but for the losses of JPEG."""
    return all(abs(a - b) < 40 for a, b in zip(one, other, strict=True))


def refused(content: bytes, form: str = "JPEG") -> str:
    """The rule that a photo breaks."""
    with pytest.raises(Invalid) as error:
        made(content, form)
    return str(error.value.fields["content"][0])


# ---- what it tells


def test_place_and_time_are_read() -> None:
    told = made(photo(exif=exif(PUNE, {TAKEN: "2026:06:30 18:05:00", ZONE: "+05:30"})))
    assert told.location == (18.5204, 73.8567)
    assert told.taken_at == datetime(2026, 6, 30, 12, 35, tzinfo=UTC)


def test_south_and_west_are_negative() -> None:
    assert made(photo(exif=exif(PUNE | {1: "S", 3: "W"}))).location == (-18.5204, -73.8567)


def test_a_camera_without_a_zone_means_the_citys_time() -> None:
    told = made(photo(exif=exif(times={TAKEN: "2026:06:30 05:30:00"})))
    assert told.taken_at == datetime(2026, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "gps",
    [
        {},
        {2: PUNE[2], 4: PUNE[4]},
        PUNE | {1: "X"},
        PUNE | {2: (91.0, 0.0, 0.0)},
        PUNE | {4: (180.0, 0.0, 1.0)},
        PUNE | {2: (18.0, 60.0, 0.0)},
        PUNE | {2: (18.0, 31.0)},
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
    ],
)
def test_a_place_that_cannot_be_is_none(gps: dict[int, Any]) -> None:
    assert made(photo(exif=exif(gps))).location is None


@pytest.mark.parametrize(
    "taken",
    ["", "yesterday", "0000:00:00 00:00:00", "2026:02:30 10:00:00", "1980:01:01 00:00:00"],
)
def test_a_time_that_cannot_be_is_none_and_the_place_is_still_told(taken: str) -> None:
    told = made(photo(exif=exif(PUNE, {TAKEN: taken})))
    assert told.taken_at is None
    assert told.location is not None


@pytest.mark.parametrize(("ahead", "known"), [(0.5, True), (2, False)])
def test_a_photo_is_not_from_the_future(ahead: float, known: bool) -> None:
    text = (NOW + timedelta(hours=ahead)).strftime("%Y:%m:%d %H:%M:%S")
    told = made(photo(exif=exif(times={TAKEN: text, ZONE: "+00:00"})))
    assert (told.taken_at is not None) is known


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_other_formats_tell_their_place_too(form: str) -> None:
    assert made(photo(form, exif=exif(PUNE)), form).location == (18.5204, 73.8567)


# ---- what is left


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_only_pixels_are_left(form: str) -> None:
    told = made(photo(form, exif=exif(PUNE), icc_profile=b"a profile " * 20), form)
    for content in (told.content, told.thumbnail):
        image = opened(content)
        assert dict(image.getexif()) == {}
        assert not {"exif", "icc_profile", "comment", "xmp"} & set(image.info)
        assert b"camera" not in content
        assert b"profile" not in content


def test_a_page_in_a_comment_or_behind_the_end_is_gone() -> None:
    page = b"<html><script>alert(1)</script></html>"
    told = made(photo(comment=page) + page)
    assert b"<" + b"script" not in told.content + told.thumbnail


@pytest.mark.parametrize(
    ("turn", "corner"),
    [
        (1, (0, 0)),
        (2, (1, 0)),
        (3, (1, 1)),
        (4, (0, 1)),
        (5, (0, 0)),
        (6, (1, 0)),
        (7, (1, 1)),
        (8, (0, 1)),
    ],
)
def test_it_stands_as_the_camera_was_held(turn: int, corner: tuple[int, int]) -> None:
    told = made(photo(exif=exif(turn=turn)))
    image = opened(told.content)
    assert image.size == (told.width, told.height) == ((64, 48) if turn < 5 else (48, 64))
    corners = [(x, y) for x in (0, 1) for y in (0, 1)]
    blue = [
        at
        for at in corners
        if near(
            image.getpixel((3 + at[0] * (image.width - 7), 3 + at[1] * (image.height - 7))), BLUE
        )
    ]
    assert blue == [corner]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_a_png_of_any_mode_becomes_a_photo(mode: str) -> None:
    image = Image.new("I;16", (64, 48), 3_000) if mode == "I;16" else picture(mode=mode)
    told = made(photo("PNG", image), "PNG")
    assert opened(told.content).mode == "RGB"


def test_what_is_clear_becomes_white() -> None:
    told = made(photo("PNG", Image.new("RGBA", (64, 48), (0, 0, 0, 0))), "PNG")
    assert near(opened(told.content).getpixel((30, 30)), (255, 255, 255))


def test_a_printers_jpeg_becomes_a_photo() -> None:
    assert opened(made(photo(image=picture(mode="CMYK"))).content).mode == "RGB"


def test_an_iphones_photo_becomes_a_jpeg() -> None:
    image = opened(made(HEIC, "HEIC").content)
    assert image.size == (64, 48)
    assert near(image.getpixel((5, 5)), BLUE)
    assert near(image.getpixel((60, 44)), RED)


def test_of_what_moves_the_first_picture_is_kept() -> None:
    moving = photo("WEBP", save_all=True, append_images=[Image.new("RGB", (64, 48))] * 3)
    assert near(opened(made(moving, "WEBP").content).getpixel((5, 5)), BLUE)


def test_a_large_photo_is_made_smaller_and_a_small_one_is_left() -> None:
    told = made(photo(image=picture(4_000, 1_000)))
    assert (told.width, told.height) == (LONGEST_SIDE, LONGEST_SIDE // 4)
    assert opened(told.thumbnail).size == (320, 80)
    small = made(photo())
    assert opened(small.thumbnail).size == (small.width, small.height) == (64, 48)


# ---- what is refused


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it has so many pixels, in few bytes."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(5_001, 5_000), (10_000, 10_000), (60_000, 60_000)])
def test_a_bomb_is_refused_before_it_goes_off(size: tuple[int, int]) -> None:
    assert refused(bomb(*size), "PNG") == "has too many pixels; at most 25 million are taken"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_half_a_photo_is_refused(form: str) -> None:
    whole = photo(form, picture(600, 400))
    assert refused(whole[: len(whole) // 2], form) == f"cannot be read as {form}"


def test_a_photo_is_read_as_what_it_is_and_as_nothing_else() -> None:
    assert refused(photo("PNG"), "JPEG") == "cannot be read as JPEG"


WHOLE = {form: photo(form, exif=exif(PUNE)) for form in ("JPEG", "PNG", "WEBP")} | {"HEIC": HEIC}


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(WHOLE)),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=4))),
)
def test_a_broken_photo_is_refused_or_made_anew_and_nothing_else(
    form: str, hits: list[tuple[float, bytes]]
) -> None:
    broken = bytearray(WHOLE[form])
    for where, with_what in hits:
        at = int(where * len(broken))
        broken[at : at + len(with_what)] = with_what
    with contextlib.suppress(Invalid):
        told = made(bytes(broken), form)
        assert opened(told.content).size == (told.width, told.height)
