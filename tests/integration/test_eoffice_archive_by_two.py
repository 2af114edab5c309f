"""What nothing proves is brought in by two, and shown as such afterwards."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid
from palika.local import Postgres
from services.eoffice.cli import notes as notes_cli
from services.eoffice.cli import search as search_cli
from services.eoffice.commands.hold_post import transfer_person
from services.eoffice.commands.import_archive import BroughtIn, import_archive
from services.eoffice.commands.leave import take_leave
from services.eoffice.commands.vouch import agree_archive
from services.eoffice.models import Act, File, Imported, ImportedPart, Vouching
from services.eoffice.organisation_store import current
from services.eoffice.queries import archived
from services.eoffice.queries import search as finding
from services.eoffice.records.signature import SIGNATURE
from services.eoffice.schemas.archives import Importeds
from services.eoffice.schemas.delegating import TakingLeave
from services.eoffice.schemas.organisation import TransferringPerson
from services.eoffice.schemas.search import Searching
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import verify
from tests.support.databases import service_database
from tests.support.eoffice import CE, CLERK
from tests.support.eoffice_databases import scene
from tests.support.eoffice_moves import ADMIN
from tests.support.eoffice_records import AGREED, LATER, agreed, another_office
from tests.support.receipts import REGISTRY

__all__ = ["scene"]


@pytest.fixture(scope="module")
def came(postgres: Postgres, tmp_path_factory) -> Iterator[tuple[File, Path]]:
    with another_office(postgres, tmp_path_factory.mktemp("other")) as found:
        yield found


@pytest.fixture
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "eoffice") as found:
        yield found


@pytest.fixture
def folder(came, tmp_path) -> Path:
    """An archive that is not signed."""
    copied = Path(shutil.copytree(came[1], tmp_path / "came"))
    (copied / SIGNATURE).unlink()
    return copied


def bring(scene, folder, who=REGISTRY, **said) -> BroughtIn:
    asked = {"post": None, "dry_run": False, "unsigned": True, **said}
    keys = city_keys_of_record()
    return import_archive(scene.sessions.begin, scene.store, keys, who, asked, folder, LATER)


def agree(scene, folder, who, **said):
    asked = {"post": None, "remark": "Asked by letter", "unsigned": True, **said}
    return agree_archive(scene.sessions.begin, city_keys_of_record(), who, asked, folder, LATER)


def counted(scene, model) -> int:
    with scene.sessions() as session:
        return session.scalar(select(func.count()).select_from(model))


def test_one_person_alone_brings_in_nothing_that_is_not_proved(scene, folder):
    with pytest.raises(Forbidden, match="is brought in by two") as refused:
        bring(scene, folder)
    assert refused.value.details["may"] == ["addl-commissioner", "commissioner"]
    assert "posts from level 4 on (illustrative)" in refused.value.message
    assert [counted(scene, each) for each in (Imported, ImportedPart)] == [0, 0]
    assert list(scene.store.pages()) == []
    # To look at it nobody has to agree.
    assert not bring(scene, folder, dry_run=True).again


def test_what_another_has_agreed_to_is_brought_in_and_both_stand_on_the_record(scene, folder):
    made = agree(scene, folder, CE)[1]
    assert (made.agreed_by, made.agreed_person, made.certificate) == (*AGREED.values(), None)
    # Asked again it is the agreement that is there.
    assert agree(scene, folder, CE)[1].id == made.id
    assert counted(scene, Vouching) == 1
    file = bring(scene, folder).imported
    with scene.sessions() as session:
        said = select(Act.data).where(Act.chain_id == file.id, Act.verb == "brought in")
        assert session.scalar(said)["signature"] == {"how": "unsigned", **AGREED}
    found: list = []
    with scene.sessions() as session:
        verify(session, city_keys_of_record(), found.append, store=scene.store)
    assert [each for each in found if not each.row.startswith("certificate:")] == []


def test_below_the_level_nobody_agrees_and_no_service_does(scene, folder):
    with pytest.raises(Forbidden, match="posts from level 4 on") as refused:
        agree(scene, folder, CLERK)
    assert refused.value.details["may"][0] == "roads-ce"
    with pytest.raises(Forbidden, match="a service does not agree"):
        agree(scene, folder, ADMIN, post="commissioner")


def test_a_linked_officer_of_too_low_a_level_does_not_agree(scene, folder):
    asked = {"person": "v.deshpande4", "linked": "a.jadhav2", "post": "addl-commissioner"}
    days = {"since": "2038-01-01", "until": "2038-01-05"}
    with scene.sessions.begin() as session:
        take_leave(session, ADMIN, TakingLeave().load(asked | days), LATER)
    jadhav = Identity.of("officer:a.jadhav2", "officer")
    with pytest.raises(Forbidden, match="decides nothing there"):
        agree(scene, folder, jadhav, post="roads-ce")


def test_who_has_agreed_does_not_bring_it_in_from_another_post(scene, folder):
    """The person counts: who has the record room's post in additional charge is one person."""
    agree(scene, folder, CE)
    asked = {"to": "registry-clerk", "person": "v.deshpande4", "additional": True}
    with scene.sessions.begin() as session:
        transfer_person(session, ADMIN, TransferringPerson().load(asked), LATER)
    deshpande = Identity.of("officer:v.deshpande4", "officer")
    with pytest.raises(Forbidden, match="is brought in by two"):
        bring(scene, folder, deshpande, post="registry-clerk")
    assert bring(scene, folder).imported is not None


def test_an_agreement_is_to_one_archive_and_one_signature(scene, came, folder):
    agree(scene, folder, CE)
    # The same content, signed by this office: nobody has to agree, and nobody can.
    with pytest.raises(Conflict, match="nobody has to agree"):
        agree(scene, came[1], CE)
    with pytest.raises(Invalid, match="no fingerprint"):
        agree(scene, folder, CE, trust="mine")
    (folder / "data" / "index.html").write_bytes(b"x")
    with pytest.raises(Invalid):
        bring(scene, folder)


def test_what_is_not_proved_is_shown_as_such_until_it_is(scene, came, folder, monkeypatch):
    agreed(scene, folder, unsigned=True)
    file = bring(scene, folder).imported
    assert shown(scene, file) == ["unsigned"] * 3
    for module in (notes_cli, search_cli):
        monkeypatch.setattr(module, "sessions", lambda name: scene.sessions)
    monkeypatch.setattr(notes_cli, "store", lambda: scene.store)
    asked = [file.number, "--by", "registry-clerk", "--language"]
    for language, said in (("en", "Warning: brought in from an archive"), ("mr", "सावधान:")):
        done = CliRunner().invoke(notes_cli.notes_command, [*asked, language])
        assert said in done.output, done.output
    import_archive(
        *(scene.sessions.begin, scene.store, city_keys_of_record(), REGISTRY),
        *({"post": None, "dry_run": False}, came[1], LATER),
    )
    assert shown(scene, file) == [None] * 3
    done = CliRunner().invoke(notes_cli.notes_command, [*asked, "en"])
    assert "Warning" not in done.output


def shown(scene, file) -> list[str | None]:
    """How it is taken that nothing proves it: by its page, in the list, as it is found."""
    with scene.sessions.begin() as session:
        asked = Searching().load({"words": file.subject, "kinds": ["archived"]})
        (found,) = finding.page(session, REGISTRY, asked, LATER)["items"]
    with scene.sessions() as session:
        post = current(session).posts["registry-clerk"]
        one = archived.get(session, post, {"id": file.id, "number": None})
        (listed,) = archived.page(session, post, Importeds().load({}))["items"]
    return [one["unproved"], listed["unproved"], found["file"]["unproved"]]
