"""Every call that gives the content of a file keeps who has read it: a real process, called over
RabbitMQ, and the command line on its database."""

import base64
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from palika.auth import Identity
from palika.errors import Forbidden
from tests.support import commands
from tests.support.backbone import Backbone
from tests.support.eoffice import CE, DE, JE
from tests.support.papers import pdf
from tests.support.receipts import REGISTRY

HEALTH = Identity.of("officer:health-clerk", "officer")
METHODS: dict[str, tuple[Any, str]] = {
    "note_sheet": (lambda at: {"number": at.number}, "note_sheet"),
    "note_sheet_pdf": (lambda at: {"id": at.file, "language": "en"}, "note_sheet"),
    "contents": (lambda at: {"id": at.file}, "contents"),
    "paper_content": (lambda at: {"id": at.paper}, "paper"),
    "letters": (lambda at: {"id": at.file}, "letter"),
    "letter": (lambda at: {"id": at.letter}, "letter"),
    "letter_difference": (
        lambda at: {"id": at.letter, "from_version": 1, "to_version": 1},
        "letter",
    ),
    "letter_pdf": (lambda at: {"id": at.letter}, "letter"),
}
NO_CONTENT: dict[str, Any] = {
    "get": lambda at: {"id": at.file},
    "cover": lambda at: {"id": at.file},
    "history": lambda at: {"id": at.file},
    "paper": lambda at: {"id": at.paper},
    "search": lambda at: {"words": at.word},
}


@pytest.fixture(scope="module")
def city(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> Backbone:
    """The service, with a folder of its own for papers."""
    folder: Path = tmp_path_factory.mktemp("papers")
    backbone.migrate("eoffice")
    backbone.service("eoffice", PALIKA_PAPERS_URL=f"file://{folder}").wait_ready(60)
    return backbone


def a_file(client: Any) -> SimpleNamespace:
    """Of the junior engineer, with a note, a paper and a letter."""
    client.as_(JE)
    word = f"w{uuid4().hex}"
    file = client.eoffice.open_file(subject=word)
    draft = client.eoffice.save_draft(file_id=file["id"], markup="seen", language="en")
    client.eoffice.confirm_note(id=draft["id"])
    content = base64.b64encode(pdf(1, lambda page: word)).decode()
    paper = client.eoffice.keep_paper(name="plan", content_base64=content)["id"]
    client.eoffice.add_paper(file_id=file["id"], title="Plan", paper_id=paper)
    letter = client.eoffice.draft_letter(
        file_id=file["id"], language="en", to_name="Asha", to_address="Pune"
    )
    return SimpleNamespace(
        file=file["id"], number=file["number"], paper=paper, letter=letter["id"], word=word
    )


def kept(client: Any, at: SimpleNamespace) -> list[tuple[str, str]]:
    items = client.as_(JE).eoffice.readings(id=at.file)["items"]
    return [(each["post"], each["what"]) for each in items]


def test_each_call_that_gives_content_keeps_who_has_read_it(city: Backbone) -> None:
    with city.client(JE, 120) as client:
        for method, (args, what) in METHODS.items():
            at = a_file(client)
            for who in (JE, DE, HEALTH):
                getattr(client.as_(who).eoffice, method)(**args(at))
            assert kept(client, at) == [("health-clerk", what)], method


def test_where_a_reference_goes_is_read_and_another_files_cover_is_not(city: Backbone) -> None:
    with city.client(JE, 120) as client:
        for ref, what in (("n:1", "note_sheet"), ("c:1", "contents")):
            at = a_file(client)
            client.as_(HEALTH).eoffice.resolve(number=at.number, ref=ref)
            assert kept(client, at) == [("health-clerk", what)]
        at, other = a_file(client), a_file(client)
        client.as_(HEALTH).eoffice.resolve(number=at.number, ref=f"f:{other.number}")
        assert kept(client, at) == kept(client, other) == []


def test_where_a_file_lies_is_looked_up_without_a_trace(city: Backbone) -> None:
    with city.client(JE, 120) as client:
        at = a_file(client)
        for method, args in NO_CONTENT.items():
            getattr(client.as_(HEALTH).eoffice, method)(**args(at))
        assert kept(client, at) == []


def test_an_archive_is_read_by_who_makes_it_and_the_readers_are_hidden(city: Backbone) -> None:
    with city.client(JE, 120) as client:
        at = a_file(client)
        client.as_(JE).eoffice.discard_letter(id=at.letter, version=1)
        client.eoffice.close(id=at.file)
        made = client.as_(REGISTRY).eoffice.make_archive(id=at.file)
        client.eoffice.archive_content(id=made["id"])
        assert kept(client, at) == [("registry-clerk", "archive")]
        with pytest.raises(Forbidden, match="not told"):
            client.as_(HEALTH).eoffice.readings(id=at.file)
        assert len(client.as_(CE).eoffice.readings(id=at.file)["items"]) == 1


def test_the_command_line_reads_as_an_officer_does(city: Backbone) -> None:
    with city.client(JE, 120) as client:
        at = a_file(client)
    url = city.database_url("eoffice")
    environment = os.environ | {
        "EOFFICE_DATABASE_URL": url,
        "AMQP_URI": "amqp://nobody@localhost:1/",
        "PYTHONPATH": commands.PYTHONPATH,
    }

    def palika(*words: str) -> tuple[int, str]:
        done = commands.run(["eoffice", *words], environment)
        return done.returncode, done.stdout + done.stderr

    assert palika("notes", at.number, "--by", "health-clerk")[0] == 0
    assert palika("letter-diff", at.letter, "1", "1", "--by", "health-head")[0] == 0
    code, said = palika("readings", at.number, "--by", "roads-je", "--json")
    assert code == 0
    found = [(each["post"], each["what"]) for each in json.loads(said)["items"]]
    assert found == [("health-head", "letter"), ("health-clerk", "note_sheet")]
    for language, read in (("en", "note sheet"), ("mr", "टिपणी पत्रक")):
        code, said = palika("readings", at.number, "--by", "roads-je", "--language", language)
        assert code == 0
        assert read in said
    code, said = palika("readings", at.number, "--by", "roads-je", "--limit", "1", "--json")
    page = json.loads(said)["next"]
    code, said = palika("readings", at.number, "--by", "roads-je", "--cursor", page, "--json")
    assert [each["post"] for each in json.loads(said)["items"]] == ["health-clerk"]
    assert palika("readings", at.number, "--by", "health-head")[0] == 1
    assert palika("readings", "NONE/2026/1", "--by", "roads-je")[0] == 1
