"""Verification checks officers' signatures against the rows that they are over.

Whoever has the record's keys can write rows and acts that agree with each other, but not what an
officer has signed: here the database is changed, and the acts are left out of it.
"""

import pytest
from sqlalchemy import select, text

from services.eoffice.models import Certificate, File, Letter, Paper, Signature
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import Verified, verify
from services.eoffice.sealing.verify import signatures as verifying
from tests.support.eoffice_databases import database, scene
from tests.support.eoffice_keys import store_in

__all__ = ["database", "scene"]


@pytest.fixture
def file(scene, tmp_path) -> File:
    """With a note and a letter that the junior engineer has signed."""
    return scene.whole(store_in(tmp_path))


def verified(scene, only=None, store=None) -> tuple[Verified, dict[str, str]]:
    found = []
    with scene.sessions() as session:
        done = verify(session, city_keys_of_record(), found.append, only=only, store=store)
    # The rows tell too that they were changed.
    return done, {each.row: each.why for each in found if "signature" in each.why}


def one(scene, model):
    with scene.sessions() as session:
        return session.scalars(select(model)).first()


def behind(scene, statement: str, **values) -> None:
    with scene.sessions.begin() as session:
        session.execute(text(statement), values)


def test_good_signatures_are_counted_those_in_letters_too(scene, file):
    done, found = verified(scene, store=scene.store)
    assert (found, done.signatures) == ({}, 2)
    done, found = verified(scene, only=file.id)
    assert (found, done.signatures) == ({}, 1)


def test_a_signature_over_a_note_that_says_something_else_is_named_with_its_file(scene, file):
    behind(scene, "UPDATE note SET markup = 'Another' WHERE number = 1")
    signature = one(scene, Signature)
    for only in (None, file.id):
        _, found = verified(scene, only)
        assert found == {
            f"signature:{signature.id}": f"{signature.person}'s signature on {signature.row}, file "
            f"{file.number}: what was signed says something else now"
        }


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            "row = replace(row, 'note:', 'approval:')",
            "the statement that was signed says otherwise",
        ),
        ("row = 'movement:0197a000-0000-7000-8000-000000000000,99999999999'", "says otherwise"),
        (
            "signed_at = signed_at + interval '1 day'",
            "the statement that was signed says otherwise",
        ),
        ("statement = statement || 'x'::bytea", "something else was signed"),
        ("cms = substring(cms from 1 for 900)", "it is no signature"),
        ("person = linked.code FROM (SELECT max(code) AS code FROM person) linked", "is not"),
    ],
)
def test_a_broken_or_swapped_signature_is_named(scene, file, change, why):
    behind(scene, f"UPDATE signature SET {change}")
    _, found = verified(scene)
    (told,) = found.values()
    assert file.number in told
    assert why in told


def test_a_certificate_that_cannot_be_read_is_told_of(scene, file):
    behind(scene, "UPDATE certificate SET der = 'x'::bytea WHERE person IS NOT NULL")
    _, found = verified(scene)
    (told,) = found.values()
    assert "a certificate cannot be read" in told


def test_a_letter_that_was_signed_for_another_number_is_named(scene, file):
    behind(scene, "UPDATE letter SET number = number || '9'")
    _, found = verified(scene, store=scene.store)
    letter = one(scene, Letter)
    (told,) = found.values()
    assert told.startswith(
        f"the signature in letter {letter.number}, file {file.number}: it was made"
    )


def test_a_letter_without_its_signature_is_named(scene, file):
    with scene.sessions() as session:
        letter = session.scalars(
            select(Paper).where(Paper.name.like("%OUT%")).order_by(Paper.added_at.desc())
        ).first()
    whole = scene.store.get(letter.key)
    # Without what the signature has appended it is a PDF still.
    bare = whole[: whole.index(b"%%EOF") + 6]
    scene.store._path(letter.key).write_bytes(bare)
    behind(
        scene,
        "UPDATE paper SET sha256 = encode(sha256(:bare), 'hex'), size = :size WHERE id = :id",
        bare=bare,
        size=len(bare),
        id=letter.id,
    )
    _, found = verified(scene, store=scene.store)
    assert "it has no signature over the whole of it" in found[f"paper:{letter.id}"]


def test_a_revoked_certificate_leaves_what_it_signed(scene, file):
    certificate = one(scene, Certificate)
    behind(
        scene,
        "UPDATE certificate SET revoked_at = :at, revoked_why = 'x' WHERE person IS NOT NULL",
        at=certificate.not_after,
    )
    assert verified(scene)[1] == {}


def test_signatures_are_read_a_page_at_a_time(scene, file, monkeypatch, tmp_path):
    scene.whole(store_in(tmp_path / "more"), subject="दुसरी")
    monkeypatch.setattr(verifying, "_AT_ONCE", 1)
    done, found = verified(scene)
    assert (found, done.signatures) == ({}, 2)
