"""Files that citizens send over WhatsApp, against a server that speaks Meta's form."""

import pytest

from services.notify.channels import whatsapp_media
from services.notify.channels.loopback import MetaServer
from services.notify.channels.whatsapp_media import Media
from services.notify.domain.messages import Failed
from tests.support.providers import meta_of

PLACE = {"type": "location"}
JPEG = b"\xff\xd8\xff\xe0" + b"photo" * 100


@pytest.fixture
def server():
    with MetaServer() as running:
        yield running


@pytest.fixture
def meta(server):
    return meta_of(server)


def test_a_photo_is_fetched_and_known_by_its_content(server, meta):
    server.media["77"] = ("text/html", JPEG)
    assert whatsapp_media.fetch(meta, "77") == Media("image/jpeg", JPEG)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>", "meta_media_kind_not_taken"),
        (b"%PDF-1.7", "meta_media_kind_not_taken"),
        (b"", "meta_media_kind_not_taken"),
        (b"RIFF....WAVEfmt ", "meta_media_kind_not_taken"),
        (JPEG + b"x" * 5_000_000, "meta_media_too_large"),
    ],
)
def test_what_is_no_photo_or_too_large_is_not_taken(server, meta, content, reason):
    server.media["77"] = ("image/jpeg", content)
    answer = whatsapp_media.fetch(meta, "77")
    assert isinstance(answer, Failed)
    assert (answer.permanent, answer.reason) == (True, reason)


def test_a_size_that_lies_does_not_help(server):
    class Lies(MetaServer):
        def _media(self, key):
            reply = super()._media(key)
            reply.content["file_size"] = 10
            return reply

    with Lies() as lying:
        lying.media["77"] = ("image/jpeg", JPEG + b"x" * 5_000_000)
        answer = whatsapp_media.fetch(meta_of(lying), "77")
    assert isinstance(answer, Failed)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/download/77",
        "https://evil.example/x",
        "https://fbsbx.com.evil.example/x",
        "https://evilfbsbx.com/x",
        "http://lookaside.fbsbx.com/x",
        "file:///etc/passwd",
        "https://[",
    ],
)
def test_our_token_goes_to_meta_alone(server, url):
    class Elsewhere(MetaServer):
        def _media(self, key):
            reply = super()._media(key)
            reply.content["url"] = url
            return reply

    with Elsewhere() as other:
        other.media["77"] = ("image/jpeg", JPEG)
        answer = whatsapp_media.fetch(meta_of(other), "77")
        assert (answer.permanent, answer.reason) == (True, "meta_media_elsewhere")
        assert len(other.requests) == 1


@pytest.mark.parametrize("key", ["", "../messages", "7?x=", "७७"])
def test_what_is_no_id_of_media_does_not_reach_the_wire(server, meta, key):
    assert isinstance(whatsapp_media.fetch(meta, key), Failed)
    assert server.requests == []


def test_media_that_are_gone_or_damaged(server, meta):
    assert whatsapp_media.fetch(meta, "404").permanent

    class Damages(MetaServer):
        def answer(self, request):
            reply = super().answer(request)
            if "/download/" in request.path:
                return type(reply)(200, reply.content[:-1] + b"?", reply.kind)
            return reply

    with Damages() as damaging:
        damaging.media["77"] = ("image/jpeg", JPEG)
        answer = whatsapp_media.fetch(meta_of(damaging), "77")
    assert (answer.permanent, answer.reason) == (False, "meta_media_damaged")
