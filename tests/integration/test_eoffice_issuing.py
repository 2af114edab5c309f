"""A key is issued so that an officer has one that counts, whatever ends in between."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from palika.errors import Conflict, NotFound
from services.eoffice.commands import certificates
from services.eoffice.commands.certificates import (
    issue_certificate,
    revoke_certificate,
    supersede_certificates,
)
from services.eoffice.commands.sign import counting_signer
from services.eoffice.models import Certificate
from services.eoffice.organisation_store import current
from services.eoffice.signing.store import SoftwareStore
from services.eoffice.signing.trust import fingerprint
from tests.support.eoffice import NOW
from tests.support.eoffice_databases import database as database
from tests.support.eoffice_databases import sessions as sessions
from tests.support.eoffice_keys import issued, store_in

WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


class Killed(BaseException):
    """The process has ended here."""


@pytest.fixture
def store(tmp_path: Path) -> SoftwareStore:
    return store_in(tmp_path)


@pytest.fixture
def je(sessions) -> str:
    with sessions() as session:
        found = current(session).holder("roads-je", NOW.date())
    assert found is not None
    return found


def issue(sessions, store, person, begin=None) -> Certificate:
    return issue_certificate(begin or sessions.begin, store, person, "Pune", NOW)


def signs_with(sessions, store, person) -> str:
    """The certificate with which the officer can sign now."""
    with sessions() as session:
        return counting_signer(session, store, person, NOW)[1]


def counting(sessions, person) -> list[str]:
    with sessions() as session:
        theirs = select(Certificate.fingerprint).where(
            Certificate.person == person, Certificate.revoked_at.is_(None)
        )
        return list(session.scalars(theirs))


def files(tmp_path) -> list[str]:
    return sorted(each.name for each in (tmp_path / "keys").iterdir())


def test_a_key_that_is_issued_is_in_use(sessions, store, je, tmp_path):
    first, second = (issue(sessions, store, je).fingerprint for _ in range(2))
    assert first != second
    assert signs_with(sessions, store, je) == second
    assert fingerprint(store.signer(je).certificate) == second
    assert counting(sessions, je) == [second]
    assert files(tmp_path) == [f"{je}.p12", "authority.city.p12"]


def test_nobody_is_issued_a_key_who_is_no_officer(sessions, store, tmp_path):
    with pytest.raises(NotFound, match="there is no officer nobody"):
        issue(sessions, store, "nobody")
    assert counting(sessions, "nobody") == []


def test_ended_before_the_commit_the_key_before_stays_in_use(sessions, store, je, tmp_path):
    before = issue(sessions, store, je).fingerprint

    @contextmanager
    def ending() -> Iterator[Session]:
        with sessions() as session, session.begin():
            yield session
            raise Killed

    with pytest.raises(Killed):
        issue(sessions, store, je, ending)
    assert signs_with(sessions, store, je) == before
    assert counting(sessions, je) == [before]
    assert len(files(tmp_path)) == 3
    after = issue(sessions, store, je).fingerprint
    assert signs_with(sessions, store, je) == after
    assert files(tmp_path) == [f"{je}.p12", "authority.city.p12"]


def test_ended_after_the_commit_the_new_key_is_the_one_that_signs(sessions, store, je, tmp_path):
    issue(sessions, store, je)

    opened = []

    @contextmanager
    def ending() -> Iterator[Session]:
        if opened:
            raise Killed
        with sessions.begin() as session:
            opened.append(session)
            yield session

    with pytest.raises(Killed):
        issue(sessions, store, je, ending)
    (new,) = counting(sessions, je)
    assert fingerprint(store.signer(je).certificate) != new
    assert signs_with(sessions, store, je) == new
    # Whoever is issued a key next, what was left is settled.
    with sessions() as session:
        another = current(session).holder("roads-de", NOW.date())
    issue(sessions, store, another)
    assert fingerprint(store.signer(je).certificate) == new
    assert not [each for each in files(tmp_path) if "~" in each]


def test_what_was_not_written_to_its_end_is_removed(sessions, store, je, tmp_path):
    issue(sessions, store, je)
    (tmp_path / "keys" / ".new-abc").write_bytes(b"x")
    issue(sessions, store, je)
    assert files(tmp_path) == [f"{je}.p12", "authority.city.p12"]


def test_of_two_keys_at_once_the_one_in_use_is_the_one_that_counts(sessions, store, je, tmp_path):
    start = threading.Barrier(3)

    def one(_):
        start.wait()
        return issue(sessions, store, je).fingerprint

    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(one, range(3)))
    (counts,) = counting(sessions, je)
    assert counts in made
    assert signs_with(sessions, store, je) == counts
    assert fingerprint(store.signer(je).certificate) == counts
    assert files(tmp_path) == [f"{je}.p12", "authority.city.p12"]


def test_a_key_is_issued_while_the_one_before_is_revoked(sessions, store, je):
    old = issue(sessions, store, je).fingerprint
    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session, sessions() as other:
            revoke_certificate(session, old, "token lost", NOW)
            session.flush()
            issuing = pool.submit(issue, sessions, store, je)
            while not other.scalar(WAITING) and not issuing.done():
                other.rollback()
        new = issuing.result(60).fingerprint
    assert signs_with(sessions, store, je) == new
    with sessions() as session:
        assert session.get_one(Certificate, old).revoked_why == "token lost"


@contextmanager
def meanwhile(sessions, monkeypatch, person, then, *, added: bool) -> Iterator[list[Future]]:
    """Begin something else in the middle of issuing a key, before its certificate is added or after
    it, and let it go on until it is done or waits."""
    begun: list[Future] = []
    add = certificates.add_certificate

    def add_certificate(session, data, whose, now):
        first = whose == person and not begun
        row = add(session, data, whose, now) if added or not first else None
        if first:
            begun.append(pool.submit(then))
            with sessions() as other:
                while not other.scalar(WAITING) and not begun[0].done():
                    other.rollback()
        return row or add(session, data, whose, now)

    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(certificates, "add_certificate", add_certificate)
        yield begun


def test_another_key_that_is_issued_in_the_middle_waits(sessions, store, je, tmp_path, monkeypatch):
    issue(sessions, store, je)

    def another():
        return issue(sessions, store, je).fingerprint

    with meanwhile(sessions, monkeypatch, je, another, added=False) as begun:
        issue(sessions, store, je)
        last = begun[0].result(60)
    assert counting(sessions, je) == [last]
    assert signs_with(sessions, store, je) == last
    assert fingerprint(store.signer(je).certificate) == last


def test_what_is_revoked_while_a_key_is_issued_is_told(sessions, store, je, monkeypatch):
    old = issue(sessions, store, je).fingerprint

    def revoke():
        with sessions.begin() as session:
            revoke_certificate(session, old, "token lost", NOW)

    with meanwhile(sessions, monkeypatch, je, revoke, added=True) as begun:
        new = issue(sessions, store, je).fingerprint
        with pytest.raises(Conflict, match="revoked already"):
            begun[0].result(60)
    assert signs_with(sessions, store, je) == new


def test_what_was_revoked_is_not_superseded_as_well(sessions, store, je):
    old, new = issued(sessions, store, je, NOW), issued(sessions, store, je, NOW)
    with sessions.begin() as session:
        revoke_certificate(session, old.fingerprint, "token lost", NOW)
    with sessions.begin() as session:
        later = NOW + timedelta(hours=1)
        assert supersede_certificates(session, new, old.fingerprint, later) == []
