"""Samples of what people attach, made here; only the HEIC photo is a file (nothing here writes it).

The photo, wherever it is used, is 64 × 48, red, with a blue quarter at the top left.
"""

import io
import struct
from pathlib import Path
from typing import Any

from PIL import Image

RED, BLUE = (200, 30, 30), (20, 20, 200)
HEIC = (Path(__file__).parent / "photo.heic").read_bytes()
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def picture(width: int = 64, height: int = 48, mode: str = "RGB") -> Image.Image:
    """The photo as Pillow has it."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (0, 0, width // 2, height // 2))
    return image.convert(mode)


def photo(form: str = "JPEG", image: Image.Image | None = None, **options: Any) -> bytes:
    """The photo as a file."""
    out = io.BytesIO()
    (image or picture()).save(out, form, **options)
    return out.getvalue()


def exif(
    gps: dict[int, Any] | None = None, times: dict[int, Any] | None = None, turn: int = 1
) -> Image.Exif:
    """EXIF data with these parts."""
    data = Image.Exif()
    data[0x0112] = turn
    data[0x010F] = "A camera that has a name"
    data.get_ifd(0x8825).update(gps or {})
    data.get_ifd(0x8769).update(times or {})
    return data


PUNE = {1: "N", 2: (18.0, 31.0, 13.44), 3: "E", 4: (73.0, 51.0, 24.12)}
"""18.5204 N 73.8567 E, as a camera writes it."""


def box(name: bytes, *parts: bytes) -> bytes:
    """A box of an MP4."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name) + body


def mp4(*handlers: bytes, brand: bytes = b"M4A ") -> bytes:
    """An MP4 with a track of each handler: ``soun``, ``vide``."""
    tracks = [
        box(b"trak", box(b"mdia", box(b"hdlr", bytes(8), each, bytes(12)))) for each in handlers
    ]
    return box(b"ftyp", brand, bytes(4), b"isom") + box(b"moov", *tracks) + box(b"mdat", bytes(64))


def mp3(frames: int = 3) -> bytes:
    """Silence: MPEG 1, layer III, 128 kbit/s, 44,100 Hz: frames of 417 bytes."""
    return (b"\xff\xfb\x90\x00" + bytes(413)) * frames


def adts(frames: int = 3) -> bytes:
    """AAC in ADTS, frames of 64 bytes."""
    return (b"\xff\xf1\x50\x80\x08\x1f\xfc" + bytes(57)) * frames


AUDIO: dict[str, bytes] = {
    "MP3": mp3(),
    "MP3 with a tag": b"ID3\x04\0\0\0\0\x01\x00" + bytes(128) + mp3(),
    "AAC": adts(),
    "M4A": mp4(b"soun"),
    "M4A of an Android recorder": mp4(b"soun", brand=b"mp42"),
    "3GP": mp4(b"soun", brand=b"3gp4"),
    "Opus": b"OggS\0\x02" + bytes(20) + b"\x01\x13OpusHead\x01\x01" + bytes(60),
    "Vorbis": b"OggS\0\x02" + bytes(20) + b"\x01\x1e\x01vorbis" + bytes(60),
    "AMR": b"#!AMR\n" + bytes(64),
    "AMR-WB": b"#!AMR-WB\n" + bytes(64),
    "WAV": b"RIFF" + struct.pack("<I", 40) + b"WAVEfmt " + bytes(64),
}
"""A recording of each format, by its name; the first word is that of ``Format``, mostly."""

HOSTILE: dict[str, bytes] = {
    "a page": b"<!doctype html><html><script>alert(1)</script></html>",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "SVG after a declaration": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "a program": b"\x7fELF\x02\x01\x01" + bytes(100),
    "a Windows program": b"MZ" + bytes(200),
    "an archive": b"PK\x03\x04" + bytes(100),
    "a shell script": b"#!/bin/sh\nrm -rf /\n",
    "GIF": b"GIF89a" + bytes(100),
    "a page before a PDF": b"<script>alert(1)</script>\n" + PDF,
    "a PDF cut short": PDF[:40],
    "a film": mp4(b"soun", b"vide", brand=b"isom"),
    "an MP4 without tracks": mp4(),
    "an Ogg film": b"OggS\0\x02" + bytes(20) + b"\x01\x2a\x80theora" + bytes(60),
    "AVI": b"RIFF" + struct.pack("<I", 100) + b"AVI LIST" + bytes(100),
    "a script that begins like an MP3": b"\xff\xfb\x90\x00=1;alert(1)//" + bytes(1000),
    "a script that begins like AAC": b"\xff\xf1\x50\x80\x08\x1f=1;alert(1)//" + bytes(1000),
    "text": b"there is a pothole",
    "one byte": b"\xff",
    "Devanagari": "खड्डा".encode(),
}
"""What is refused whatever it is said to be."""
