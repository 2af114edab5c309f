"""Pages answered from memory: for how long, to whom, and never another than is asked for."""

import gzip

import pytest
from werkzeug.test import Client

from services.portal.pages import keeping
from services.portal.pages.keeping import Front, kept


class Pages:
    """An application that counts what it makes."""

    def __init__(self):
        self.made = []
        self.seconds = 60.0
        self.status = "200 OK"
        self.headers = []

    def __call__(self, environ, start):
        self.made.append(environ["PATH_INFO"] + "?" + environ["QUERY_STRING"])
        if self.seconds:
            environ["palika.keep"] = (self.seconds, "/<page>")
        start(self.status, [("Content-Type", "text/html; charset=utf-8"), *self.headers])
        return [f"{len(self.made)} {environ['PATH_INFO']} ".encode() * 100]


@pytest.fixture
def pages():
    return Pages()


@pytest.fixture
def version():
    return ["1"]


@pytest.fixture
def client(pages, version):
    static = {"/static/a.css": kept(b"a", {"Content-Type": "text/css"}, "static")}
    return Client(Front(pages, static, lambda: version[0]))


def test_a_page_is_made_once_and_sent_compressed_to_who_takes_that(client, pages):
    first = client.get("/a")
    packed = client.get("/a", headers={"Accept-Encoding": "br, gzip"})
    assert len(pages.made) == 1
    assert gzip.decompress(packed.data) == first.data
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(first.data)


def test_who_has_it_is_told_that_it_is_the_same(client):
    etag = client.get("/a").headers["ETag"]
    again = client.get("/a", headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    assert client.head("/a").data == b""


def test_another_version_of_the_content_is_another_page(client, pages, version):
    first = client.get("/a").data
    version[0] = "2"
    assert client.get("/a").data != first
    assert len(pages.made) == 2


def test_it_is_kept_for_its_seconds_only(client, pages, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(keeping.time, "monotonic", lambda: now[0])
    client.get("/a")
    now[0] += 59
    client.get("/a")
    assert len(pages.made) == 1
    now[0] += 2
    client.get("/a")
    assert len(pages.made) == 2


def test_who_has_a_cookie_gets_a_page_of_their_own(client, pages):
    client.get("/a")
    client.set_cookie("session", "1")
    client.get("/a")
    client.get("/a")
    assert len(pages.made) == 3


def test_address_query_host_and_method_tell_pages_apart(client, pages):
    client.get("/a")
    client.get("/a?b=1")
    client.get("/a", headers={"Host": "other.example"})
    client.post("/a")
    client.post("/a")
    assert len(pages.made) == 5


def test_pages_of_http_and_of_https_are_told_apart(client, pages):
    client.get("/a")
    client.get("/a", base_url="https://localhost")
    assert len(pages.made) == 2


def test_a_page_for_who_says_where_the_portal_is_mounted_is_nobody_else_s(client, pages):
    mounted = {"SCRIPT_NAME": "//evil.example"}
    first = client.get("/a", environ_overrides=mounted).data
    assert client.get("/a").data != first
    client.get("/a", environ_overrides=mounted)
    assert len(pages.made) == 3


@pytest.mark.parametrize(("seconds", "status"), [(0, "200 OK"), (60, "404 NOT FOUND")])
def test_what_is_not_to_be_kept_is_made_each_time(client, pages, seconds, status):
    pages.seconds, pages.status = seconds, status
    assert client.get("/a").status == status
    client.get("/a")
    assert len(pages.made) == 2


def test_an_answer_that_sets_a_cookie_is_sent_to_who_asked_and_kept_for_nobody(client, pages):
    pages.headers = [("Set-Cookie", "a=1; Path=/"), ("set-cookie", "b=2; Path=/")]
    first = client.get("/a")
    assert first.headers.getlist("Set-Cookie") == ["a=1; Path=/", "b=2; Path=/"]
    assert "X-Accel-Expires" not in first.headers
    other = Client(client.application)
    assert other.get("/a").data != first.data
    assert len(pages.made) == 2
    with pytest.raises(ValueError, match="sets a cookie"):
        kept(b"a", {"Set-Cookie": "a=1"}, "/a")


def test_memory_has_an_end_and_what_was_asked_for_longest_ago_goes_first(pages):
    front = Front(pages, {}, lambda: 1, most_bytes=5_000)
    client = Client(front)
    for page in ("a", "b", "a", "c", "d"):
        client.get(f"/{page}")
    assert front._bytes <= 5_000
    made = len(pages.made)
    client.get("/d")
    assert len(pages.made) == made
    client.get("/b")
    assert len(pages.made) == made + 1


def test_a_file_is_sent_before_the_application_is_asked(client, pages):
    assert client.get("/static/a.css", headers={"Cookie": "x=1"}).data == b"a"
    assert pages.made == []
