"""ZIPs of archives in the store: which are needed no more, and their removal."""

import base64
import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from palika.errors import Forbidden, NotFound
from services.eoffice.cli import archives as cli
from services.eoffice.commands.archive_file import archive_to_store
from services.eoffice.commands.close import close_file, reopen_file
from services.eoffice.commands.remove_weeded import remove_weeded
from services.eoffice.commands.remove_zip import remove_zip
from services.eoffice.models import Act, Archive
from services.eoffice.organisation_store import current
from services.eoffice.queries import archived
from services.eoffice.queries.archived import find_archive
from services.eoffice.queries.kept_zips import kept_zips
from services.eoffice.schemas import Closing
from services.eoffice.schemas.archives import MakingArchive
from services.eoffice.schemas.moving import Reopening
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import verify
from tests.support.eoffice import DE, NOW
from tests.support.eoffice_databases import database, scene
from tests.support.eoffice_records import LATER, sums
from tests.support.receipts import REGISTRY

__all__ = ["database", "scene"]


@pytest.fixture
def terminal(scene, monkeypatch) -> Callable[..., Any]:
    monkeypatch.setattr(cli, "sessions", lambda name: scene.sessions)

    def run(command, *words: str):
        return CliRunner().invoke(command, list(words), catch_exceptions=False)

    return run


def zipped(scene, file, at=LATER) -> Archive:
    asked = MakingArchive().load({"number": file.number})
    return archive_to_store(scene.sessions.begin, scene.store, REGISTRY, asked, at)


def standings(scene, code="registry-clerk") -> dict[str, str]:
    with scene.sessions() as session:
        found = kept_zips(session, current(session).posts[code], limit=100)
    return {each["id"]: each["standing"] for each in found}


def remove(scene, made, who=REGISTRY) -> Archive:
    with scene.sessions.begin() as session:
        return remove_zip(session, who, made.id, None, LATER)


def findings(scene) -> list:
    found: list = []
    with scene.sessions() as session:
        verify(session, city_keys_of_record(), found.append, store=scene.store)
    return [each for each in found if not each.row.startswith("certificate:")]


def test_which_zips_are_needed_no_more_is_told(scene):
    file = scene.whole()
    first = zipped(scene, file)
    assert standings(scene) == {str(first.id): "current"}
    second = zipped(scene, file, LATER + timedelta(hours=1))
    assert standings(scene) == {str(first.id): "superseded", str(second.id): "current"}
    scene.do(reopen_file, Reopening, DE, {"id": str(file.id), "remark": "पुन्हा"}, LATER)
    scene.do(close_file, Closing, DE, {"id": str(file.id)}, LATER)
    assert standings(scene) == {str(first.id): "superseded", str(second.id): "outdated"}
    with pytest.raises(Forbidden, match="not of the record room"):
        standings(scene, "roads-je")
    with scene.sessions.begin() as session:
        session.execute(text("UPDATE file SET secrecy = 3"))
    assert standings(scene) == {}
    with pytest.raises(NotFound, match="there is no archive"):
        remove(scene, second)


def test_what_is_removed_goes_from_the_store_and_stays_on_the_record(scene):
    file = scene.whole()
    first, second = zipped(scene, file), zipped(scene, file, LATER + timedelta(hours=1))
    key = first.key
    with pytest.raises(Forbidden):
        remove(scene, first, DE)
    gone = remove(scene, first)
    assert (gone.key, gone.size, gone.sha256) == (None, None, first.sha256)
    assert list(standings(scene)) == [str(second.id)]
    with scene.sessions() as session:
        verbs = list(session.scalars(select(Act.verb).where(Act.chain_id == file.id)))
        post = current(session).posts["registry-clerk"]
        with pytest.raises(NotFound):
            find_archive(session, post, {"id": first.id})
    assert "archive removed" in verbs
    with pytest.raises(NotFound):
        remove(scene, first)
    # Its day is not over: somebody may still be writing the same.
    assert remove_weeded(scene.sessions.begin, scene.store, lambda: LATER) == 0
    assert scene.store.part(key, 0, 1)
    assert findings(scene) == []


def test_its_bytes_go_when_its_day_is_over(scene):
    file = scene.whole()
    made = zipped(scene, file)
    key = made.key
    remove(scene, made)
    much_later = LATER + timedelta(days=9)
    assert remove_weeded(scene.sessions.begin, scene.store, lambda: much_later) == 1
    with pytest.raises(NotFound):
        scene.store.part(key, 0, 1)
    assert findings(scene) == []
    # The file is archived as before, and weeded as before.
    again = zipped(scene, file, much_later)
    scene.recorded(file)
    scene.decided(scene.proposed(file, now=much_later), file, now=much_later)
    assert standings(scene) == {}
    assert again.sha256
    assert findings(scene) == []


def test_at_a_terminal_they_are_listed_and_removed(scene, terminal):
    file = scene.whole()
    first, second = zipped(scene, file), zipped(scene, file, LATER + timedelta(hours=1))
    by = ("--by", "registry-clerk")
    shown = terminal(cli.list_command, *by, "--language", "en")
    assert shown.exit_code == 0, shown.output
    for each in (file.number, "superseded", "current", str(first.id), str(second.id)):
        assert each in shown.output
    told = json.loads(terminal(cli.list_command, *by, "--json").output)["items"]
    assert {each["id"] for each in told} == {str(first.id), str(second.id)}
    assert terminal(cli.remove_command, *by).exit_code == 2
    done = terminal(cli.remove_command, "--superseded", *by)
    assert (done.exit_code, done.output) == (0, f"{first.id}  removed\n")
    done = terminal(cli.remove_command, str(first.id), str(second.id), *by)
    assert done.exit_code == 1
    assert f"{second.id}  removed" in done.output
    assert f"there is no archive {first.id} in the store" in done.output
    refused = terminal(cli.list_command, "--by", "roads-je")
    assert (refused.exit_code, "not of the record room" in refused.output) == (1, True)


def test_by_a_call_it_is_a_zip_in_the_store(scene, tmp_path):
    file = scene.whole()
    asked = MakingArchive().load({"id": str(file.id)})
    made = archive_to_store(scene.sessions.begin, scene.store, DE, asked, NOW)
    with zipfile.ZipFile(io.BytesIO(scene.store.get(made.key))) as packed:
        packed.extractall(tmp_path / "out")
    (folder,) = (tmp_path / "out").iterdir()
    assert sums(folder) == 0
    assert scene.findings() == []


def test_the_zip_is_read_in_pieces_by_who_has_the_clearance(scene):
    file = scene.whole(secrecy="confidential")
    asked = MakingArchive().load({"id": str(file.id)})
    made = archive_to_store(scene.sessions.begin, scene.store, DE, asked, NOW)
    got, start = b"", 0
    with scene.sessions() as session:
        posts = current(session).posts
        found = archived.find_archive(session, posts["roads-de"], {"id": made.id})
        # It had the file; what it may read on the screen it does not carry away.
        with pytest.raises(NotFound):
            archived.find_archive(session, posts["roads-je"], {"id": made.id})
    while start is not None:
        args = {"start": start, "length": 500_000}
        part = archived.content(scene.store, found.key, found.size, args)
        got += base64.b64decode(part["content_base64"])
        start = part["next"]
    assert got == scene.store.get(made.key)
    assert len(got) == made.size > 500_000


def test_a_zip_goes_when_its_file_is_weeded(scene):
    file = scene.whole()
    asked = MakingArchive().load({"id": str(file.id)})
    made = archive_to_store(scene.sessions.begin, scene.store, DE, asked, NOW)
    scene.recorded(file)
    scene.decided(scene.proposed(file), file)
    with scene.sessions() as session:
        left = session.get(Archive, made.id)
        assert (left.key, left.size, left.sha256) == (None, None, made.sha256)
    assert remove_weeded(scene.sessions.begin, scene.store, lambda: LATER) == 4
    assert list(scene.store.pages()) in ([], [[]])
    assert scene.findings() == []
