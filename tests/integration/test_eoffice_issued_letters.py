"""A letter goes out signed by its signatory, and is kept as it went out."""

import base64
from pathlib import Path

import pytest
from sqlalchemy import text

from palika.errors import Conflict, NotFound, Unavailable
from palika.store import Folder
from services.eoffice.commands import letter as steps
from services.eoffice.commands.certificates import revoke_certificate
from services.eoffice.commands.dispatch import dispatch_letter
from services.eoffice.commands.issue_letter import Outward
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.send_letter import send_letter
from services.eoffice.models import Letter, Paper
from services.eoffice.organisation_store import current
from services.eoffice.queries import kept_papers, letters
from services.eoffice.queries.letters import issued_paper
from services.eoffice.schemas import Opening
from services.eoffice.schemas.letters import Dispatching, DraftingLetter, LetterStep
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import verify
from tests.support.eoffice import JE, NOW
from tests.support.eoffice_databases import database as database
from tests.support.eoffice_databases import sessions as sessions
from tests.support.eoffice_keys import cms_of, found_good, issued, store_in


class Mail:
    """Notify, as a letter sees it."""

    def __init__(self) -> None:
        self.sent: list[dict[str, object]] = []

    def __call__(self, **message: object) -> dict[str, str]:
        self.sent.append(message)
        return {"id": "delivery-1"}


@pytest.fixture
def outward(tmp_path: Path) -> Outward:
    return Outward(Mail(), Folder(tmp_path / "papers"), store_in(tmp_path))


@pytest.fixture
def je(sessions) -> str:
    with sessions() as session:
        found = current(session).holder("roads-je", NOW.date())
    assert found is not None
    return found


@pytest.fixture
def letter(sessions) -> Letter:
    """One that the junior engineer has approved."""
    with sessions.begin() as session:
        file = open_file(session, JE, Opening().load({"subject": "रस्ता"}), NOW)
        asked = {"file_id": str(file.id), "to_name": "म. जाधव", "to_email": "m@example.in"}
        asked |= {"body": "काम पूर्ण झाले."}
        made = steps.draft_letter(session, JE, DraftingLetter().load(asked), NOW)
    with sessions.begin() as session:
        wanted = LetterStep().load({"id": str(made.id), "version": 1})
        return steps.approve_letter(session, JE, wanted, NOW)


def dispatch(sessions, outward, letter, channel="email"):
    with sessions.begin() as session:
        asked = Dispatching().load({"id": str(letter.id), "version": 1, "channel": channel})
        gone, copy = dispatch_letter(session, JE, asked, NOW, outward)
    send_letter(sessions.begin, outward, letter.id, lambda: NOW)
    return gone, copy


def kept(sessions, outward, letter) -> bytes:
    with sessions() as session:
        paper = issued_paper(session, letter)
    assert paper is not None
    return kept_papers.whole(outward.store, paper)


def test_it_is_signed_by_its_signatory_and_openssl_finds_it_good(
    sessions, outward, je, letter, tmp_path
):
    issued(sessions, outward.keys, je, NOW)
    dispatch(sessions, outward, letter)
    pdf = kept(sessions, outward, letter)
    signature, over, subfilter = cms_of(pdf)
    authority = outward.keys.signer("authority.city").certificate
    assert subfilter == "/ETSI.CAdES.detached"
    assert found_good(tmp_path, authority, signature, over, NOW)
    assert not found_good(tmp_path, authority, signature, over + b" ", NOW)


def test_what_was_mailed_is_what_is_kept_and_what_the_correspondence_shows(
    sessions, outward, je, letter
):
    issued(sessions, outward.keys, je, NOW)
    gone, copy = dispatch(sessions, outward, letter)
    (mail,) = outward.send.sent
    (attached,) = mail["attachments"]
    pdf = kept(sessions, outward, letter)
    assert base64.b64decode(attached["content_base64"]) == pdf
    with sessions() as session:
        paper = kept_papers.find(session, current(session).posts["roads-je"], copy.paper_id)
        assert (paper.name, paper.size, paper.pages) == ("ROADS_OUT_2026_00001.pdf", len(pdf), 1)
        shown = kept_papers.part(outward.store, paper, {"start": 0, "length": 4_000_000})
        told = letters.letter(session, current(session).posts["roads-je"], {"id": letter.id})
    assert base64.b64decode(shown["content_base64"]) == pdf
    assert told["paper_id"] == str(copy.paper_id)
    again, same = dispatch(sessions, outward, letter)
    assert (again.number, same.paper_id) == (gone.number, copy.paper_id)
    assert len(outward.send.sent) == 1


def test_a_signatory_without_a_certificate_signs_by_hand(sessions, outward, letter):
    dispatch(sessions, outward, letter, "hand")
    pdf = kept(sessions, outward, letter)
    assert pdf.startswith(b"%PDF-")
    assert b"/ByteRange" not in pdf


def test_a_key_that_does_not_count_or_is_not_there_lets_nothing_out(
    sessions, outward, je, letter, tmp_path
):
    row = issued(sessions, outward.keys, je, NOW)
    elsewhere = Outward(outward.send, outward.store, store_in(tmp_path / "other"))
    with pytest.raises(NotFound, match="has no key here"):
        dispatch(sessions, elsewhere, letter)
    with sessions.begin() as session:
        revoke_certificate(session, row.fingerprint, "token lost", NOW)
    with pytest.raises(Conflict, match="was revoked"):
        dispatch(sessions, outward, letter)
    assert outward.send.sent == []
    with sessions() as session:
        assert session.get_one(Letter, letter.id).number is None
        assert session.query(Paper).count() == 0


def test_a_store_that_is_away_lets_nothing_out(sessions, outward, letter, tmp_path):
    (tmp_path / "file").write_text("no folder")
    away = Outward(outward.send, Folder(tmp_path / "file" / "papers"), outward.keys)
    with pytest.raises(Unavailable):
        dispatch(sessions, away, letter)
    assert outward.send.sent == []


def test_bytes_or_a_row_that_were_changed_are_found_out(sessions, outward, letter, tmp_path):
    dispatch(sessions, outward, letter)
    (path,) = (tmp_path / "papers").rglob("*.pdf")
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(NotFound, match="is not what was kept"):
        kept(sessions, outward, letter)
    with sessions.begin() as session:
        session.execute(text("UPDATE paper SET sha256 = 'x'"))
    found = []
    with sessions() as session:
        verify(session, city_keys_of_record(), found.append)
    assert [each.row.partition(":")[0] for each in found if "certificate" not in each.row] == [
        "paper"
    ]
