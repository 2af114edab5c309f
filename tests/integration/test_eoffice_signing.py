"""An officer signs what they wrote; anybody can check it, also without this software."""

import json
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import text
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from services.eoffice.commands.certificates import (
    add_certificate,
    revoke_certificate,
    supersede_certificates,
)
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.note import confirm_note, save_draft, take_back_note
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.sign import sign_row
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Certificate, File, NoteDraft, Signature
from services.eoffice.organisation_store import current
from services.eoffice.schemas import Forwarding, Opening
from services.eoffice.schemas.noting import DraftSaving, DraftStep, TakingBack
from services.eoffice.schemas.signing import AskingSignatures, Signing
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import verify
from services.eoffice.signing.checking import asked, signatures
from services.eoffice.signing.store import SoftwareSigner, SoftwareStore
from tests.support.eoffice import CLERK, DE, JE, NOW, PORTAL, cleared
from tests.support.eoffice_databases import database as database
from tests.support.eoffice_databases import sessions as sessions
from tests.support.eoffice_keys import certificate, curve, der, issued, store_in

NOBODY = "0197a000-0000-7000-8000-000000000000"


@pytest.fixture
def store(tmp_path: Path) -> SoftwareStore:
    return store_in(tmp_path)


@pytest.fixture
def je(sessions) -> str:
    """Who sits on the post of the junior engineer."""
    with sessions() as session:
        found = current(session).holder("roads-je", NOW.date())
    assert found is not None
    return found


@pytest.fixture
def move(sessions) -> str:
    """A move of the junior engineer's, as acts name it."""
    with cleared(sessions, "roads-je", Secrecy.CONFIDENTIAL), sessions.begin() as session:
        file = open_file(
            session, JE, Opening().load({"subject": "रस्ता", "secrecy": "confidential"}), NOW
        )
    with sessions.begin() as session:
        asked_for = {"id": str(file.id), "to": "roads-de", "remark": "मंजुरीसाठी"}
        forward_file(session, JE, Forwarding().load(asked_for), NOW)
    return f"movement:{file.id},1"


def signed(sessions, store, row, *, by: Identity = JE, at=NOW, **more) -> Signature:
    with sessions.begin() as session:
        return sign_row(session, store, by, Signing().load({"row": row, **more}), at)


def whys(sessions, row) -> list[str | None]:
    with sessions() as session:
        file = row.partition(":")[2].partition(",")[0]
        return [each.why for each in signatures(session, file)]


def test_a_signature_counts_and_says_what_was_signed(sessions, store, je, move):
    issued(sessions, store, je, NOW)
    made = signed(sessions, store, move)
    assert whys(sessions, move) == [None]
    said = json.loads(made.statement)
    assert (said["row"], said["person"], said["post"]) == (move, je, "roads-je")
    assert said["content"]["remark"] == "मंजुरीसाठी"
    findings = []
    with sessions() as session:
        verify(session, city_keys_of_record(), findings.append)
    assert findings == []


def test_openssl_finds_it_good_and_finds_another_text_bad(sessions, store, je, move, tmp_path):
    issued(sessions, store, je, NOW)
    made = signed(sessions, store, move)
    authority = store.signer("authority.city").certificate
    (tmp_path / "ca.pem").write_bytes(authority.public_bytes(Encoding.PEM))
    (tmp_path / "signature").write_bytes(made.cms)
    (tmp_path / "statement").write_bytes(made.statement)
    (tmp_path / "other").write_bytes(made.statement.replace(b"roads-de", b"accounts"))

    def openssl(statement: str) -> int:
        command = [
            *("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any"),
            *("-in", "signature", "-content", statement, "-CAfile", "ca.pem", "-out", "said"),
            *("-attime", str(int(NOW.timestamp()))),
        ]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode

    assert openssl("statement") == 0
    assert (tmp_path / "said").read_bytes() == made.statement
    assert openssl("other") != 0


def test_a_key_on_a_curve_signs_too(sessions, store, je, move):
    issued(sessions, store, je, NOW)
    key = curve()
    above = store.signer("authority.city")
    store.keep(je, SoftwareSigner(key, certificate(key, NOW, by=above), [above.certificate]))
    with sessions.begin() as session:
        add_certificate(session, der(store.signer(je)), je, NOW)
    signed(sessions, store, move)
    assert whys(sessions, move) == [None]


def change(sessions, statement: str, **values) -> None:
    with sessions.begin() as session:
        session.execute(text(statement), values)


def test_what_was_changed_after_it_was_signed_is_found_out(sessions, store, je, move):
    issued(sessions, store, je, NOW)
    signed(sessions, store, move)
    change(sessions, "UPDATE movement SET remark = 'Another'")
    assert whys(sessions, move) == ["what was signed says something else now"]
    change(sessions, "DELETE FROM movement")
    assert whys(sessions, move) == ["what was signed is not there any more"]


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE signature SET cms = 'x'", "it is no signature"),
        ("UPDATE signature SET statement = statement || 'x'", "something else was signed"),
        (
            "UPDATE signature SET capacity = 'linked'",
            "the statement that was signed says otherwise",
        ),
        ("UPDATE signature SET person = 'x'", "the certificate is not x's"),
        ("UPDATE certificate SET issuer = NULL", "it leads up to no authority"),
    ],
)
def test_a_signature_that_was_tampered_with_does_not_count(
    sessions, store, je, move, statement, why
):
    issued(sessions, store, je, NOW)
    signed(sessions, store, move)
    change(sessions, statement)
    (said,) = whys(sessions, move)
    assert said is not None
    assert said.startswith(why)


def test_what_was_signed_before_a_revocation_stays_signed(sessions, store, je, move):
    row = issued(sessions, store, je, NOW)
    signed(sessions, store, move)
    later = NOW + timedelta(hours=1)
    with sessions.begin() as session:
        revoke_certificate(session, row.fingerprint, "token lost", later)
    assert whys(sessions, move) == [None]
    with pytest.raises(Conflict, match="revoked on 01-07-2026"):
        signed(sessions, store, move, at=later)
    with pytest.raises(Conflict, match="revoked already"), sessions.begin() as session:
        revoke_certificate(session, row.fingerprint, "again", later)


def test_what_a_superseded_certificate_has_signed_stays_signed(sessions, store, je, move):
    old = issued(sessions, store, je, NOW)
    signed(sessions, store, move)
    later = NOW + timedelta(days=1)
    new = issued(sessions, store, je, later)
    with sessions.begin() as session:
        ended = supersede_certificates(session, new, old.fingerprint, later)
        assert [each.fingerprint for each in ended] == [old.fingerprint]
        assert supersede_certificates(session, new, None, later) == []
    # It counts, so there is nothing to be signed again.
    assert signed(sessions, store, move, at=later).certificate == old.fingerprint
    assert whys(sessions, move) == [None]


def test_nobody_signs_with_a_certificate_that_has_expired(sessions, store, je, move):
    issued(sessions, store, je, NOW)
    with pytest.raises(Conflict, match="has expired on"):
        signed(sessions, store, move, at=NOW + timedelta(days=731))


def test_asked_twice_one_signs_once(sessions, store, je, move):
    issued(sessions, store, je, NOW)
    wanted = str(uuid4())
    first = signed(sessions, store, move, id=wanted)
    again = signed(sessions, store, move, id=wanted, at=NOW + timedelta(minutes=1))
    assert (again.id, again.signed_at) == (first.id, NOW)
    assert whys(sessions, move) == [None]


def test_what_is_signed_is_not_signed_again_and_has_one_box(sessions, store, je, move):
    issued(sessions, store, je, NOW)
    first = signed(sessions, store, move)
    assert signed(sessions, store, move).id == first.id
    assert signed(sessions, store, move, id=str(uuid7())).id == first.id
    assert whys(sessions, move) == [None]


def test_asked_three_times_at_one_instant_one_signs_once(sessions, store, je, move):
    issued(sessions, store, je, NOW)
    wanted, start = str(uuid4()), threading.Barrier(3)

    def sign(_):
        start.wait()
        return signed(sessions, store, move, id=wanted).id

    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(sign, range(3)))
    assert {str(each) for each in made} == {wanted}
    assert whys(sessions, move) == [None]


def test_a_note_that_is_taken_back_meanwhile_is_not_signed(sessions, store, je):
    issued(sessions, store, je, NOW)
    with sessions.begin() as session:
        file = open_file(session, JE, Opening().load({"subject": "रस्ता"}), NOW)
        asked_for = {"file_id": str(file.id), "markup": "सादर"}
        draft = save_draft(session, JE, DraftSaving().load(asked_for), NOW).id
    with sessions.begin() as session:
        note = confirm_note(session, JE, DraftStep().load({"id": str(draft)}), NOW).id
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session, sessions() as other:
            take_back_note(session, JE, TakingBack().load({"id": str(note)}), NOW)
            session.flush()
            signing = pool.submit(signed, sessions, store, f"note:{note}")
            while not other.scalar(waiting) and not signing.done():
                other.rollback()
        with pytest.raises(Invalid, match="no such row"):
            signing.result(30)
    with sessions() as session:
        assert session.get(NoteDraft, draft) is None
        assert signatures(session, file.id) == []


def test_the_same_id_for_another_row_is_refused(sessions, store, je, move):
    issued(sessions, store, je, NOW)
    wanted = str(uuid4())
    signed(sessions, store, move, id=wanted)
    with sessions.begin() as session:
        file = open_file(session, JE, Opening().load({"subject": "x"}), NOW)
        forward_file(session, JE, Forwarding().load({"id": str(file.id), "to": "roads-de"}), NOW)
    with pytest.raises(Conflict, match="with other content: row"):
        signed(sessions, store, f"movement:{file.id},1", id=wanted)


def test_an_officer_signs_their_own_only_and_a_service_nothing(sessions, store, je, move):
    issued(sessions, store, je, NOW)
    with pytest.raises(Forbidden, match="'s own"):
        signed(sessions, store, move, by=DE)
    with pytest.raises(Forbidden, match="an officer signs"):
        signed(sessions, store, move, by=PORTAL, post="roads-je")


def test_without_a_key_or_with_an_unknown_one_nobody_signs(sessions, store, je, move):
    with pytest.raises(NotFound, match="has no key here"):
        signed(sessions, store, move)
    key = curve()
    store.keep(je, SoftwareSigner(key, certificate(key, NOW), []))
    with pytest.raises(Conflict, match="is not known here"):
        signed(sessions, store, move)


@pytest.mark.parametrize(
    "row", ["file:x", "movement", "movement:x", "movement:x,y", f"movement:{NOBODY},9", "::", ","]
)
def test_what_cannot_be_signed_is_refused(sessions, store, row):
    with pytest.raises(Invalid):
        signed(sessions, store, row)


def test_signatures_on_a_confidential_file_are_for_who_is_cleared(sessions, store, je, move):
    issued(sessions, store, je, NOW)
    signed(sessions, store, move)
    wanted = AskingSignatures().load({"id": move.partition(":")[2].partition(",")[0]})
    with sessions() as session:
        assert len(asked(session, DE, wanted, NOW)) == 1
        with pytest.raises(NotFound):
            asked(session, CLERK, wanted, NOW)
        with pytest.raises(NotFound):
            asked(session, DE, wanted | {"id": uuid4()}, NOW)


def add(sessions, data: bytes, person: str | None) -> Certificate:
    with sessions.begin() as session:
        return add_certificate(session, data, person, NOW)


def pem(found) -> bytes:
    data: bytes = found.public_bytes(Encoding.PEM)
    return data


def test_a_certificate_that_is_here_is_given_back(sessions, store, je):
    row = issued(sessions, store, je, NOW)
    again = add(sessions, pem(store.signer(je).certificate), je)
    assert again.fingerprint == row.fingerprint
    with pytest.raises(Conflict, match="somebody else's"):
        add(sessions, row.der, None)


def test_what_is_no_certificate_is_refused(sessions):
    for data in (b"", b"x", b"-----BEGIN CERTIFICATE-----\nx", b"0" * 30_000):
        with pytest.raises(Invalid):
            add(sessions, data, None)


def test_a_weak_key_is_refused(sessions):
    weak = rsa.generate_private_key(65_537, 1_024)
    with pytest.raises(Invalid, match="stronger"):
        add(sessions, pem(certificate(weak, NOW, authority=True)), None)


def test_certificates_that_do_not_fit_are_refused(sessions, store, je):
    issued(sessions, store, je, NOW)
    above = store.signer("authority.city")
    key = curve()
    for made, person, why in (
        (certificate(key, NOW), je, "no authority that is trusted"),
        (certificate(key, NOW), None, "it is no authority's"),
        (certificate(key, NOW, by=above, days=-1), je, "it has expired"),
        (certificate(key, NOW, by=above, signs=False), je, "not for signing"),
        (certificate(key, NOW, by=above), "nobody", "there is no officer"),
        (certificate(key, NOW, by=store.signer(je)), je, "no authority that is trusted"),
    ):
        with pytest.raises(Invalid, match=why):
            add(sessions, pem(made), person)


def test_a_store_is_for_its_owner_and_its_pass_phrase(store, tmp_path):
    key = curve()
    store.keep("a.b", SoftwareSigner(key, certificate(key, NOW), []))
    assert [each.stat().st_mode & 0o77 for each in (tmp_path / "keys").iterdir()] == [0]
    old_and_new = SoftwareStore(tmp_path / "keys", [b"a new one", b"a pass phrase"])
    assert old_and_new.signer("a.b").certificate == store.signer("a.b").certificate
    with pytest.raises(NotFound, match="cannot be opened"):
        SoftwareStore(tmp_path / "keys", [b"another"]).signer("a.b")
    with pytest.raises(NotFound, match="has no key here"):
        store.signer("../a")


def test_a_file_shows_who_signed(sessions, store, je, move):
    issued(sessions, store, je, NOW)
    signed(sessions, store, move)
    with sessions() as session:
        (file,) = session.query(File)
        (found,) = signatures(session, file.id)
        assert (found.signature.person, found.signature.post) == (je, "roads-je")
