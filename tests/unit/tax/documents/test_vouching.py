"""Codes by which anybody finds out whether a document is genuine."""

import stat
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika import cli
from palika.config import ConfigError, settings
from services.tax.documents import keys
from services.tax.documents.content import vouched_by
from services.tax.documents.vouching import KINDS, Seal, Verdict, Vouched
from services.tax.documents.words import Words

KEY, OTHER = b"k" * 32, b"o" * 32
SEAL = Seal([KEY], "https://city.example/")
BILL = Vouched("bill", "PT-2026-27-000001", date(2026, 4, 1), 1_234_50)

documents = st.builds(
    Vouched,
    st.sampled_from(KINDS),
    st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable()),
    st.dates(),
    st.integers(0, 10**15),
)


@given(documents)
def test_what_was_sealed_is_genuine_by_its_link_and_by_its_code(document: Vouched):
    assert SEAL.verify(SEAL.link(document)) == Verdict(True, document)
    typed = SEAL.code(document).lower().replace("-", " ")
    day, paise = document.issued_on.isoformat(), str(document.amount_paise)
    assert SEAL.verify_code(document.kind, document.number, day, paise, typed).genuine


def test_a_link_that_was_copied_off_a_page_is_genuine_and_leads_to_the_page():
    printed = str(vouched_by(SEAL, BILL, Words("en"))["link"])
    page, _, query = printed.partition("?")
    assert page == "https://city.example/tax/verify"
    assert "\u200b" in query
    assert SEAL.verify(printed) == Verdict(True, BILL)
    encoded = f"{page}?{query}".replace("\u200b", "%E2%80%8B")
    assert SEAL.verify(encoded) == Verdict(True, BILL)


@given(documents, documents)
def test_the_code_of_one_document_is_not_that_of_another(one: Vouched, other: Vouched):
    assert (SEAL.code(one) == SEAL.code(other)) == (one == other)


@pytest.mark.parametrize(
    ("was", "put"),
    [
        ("d=bill", "d=receipt"),
        ("n=PT-2026-27-000001", "n=PT-2026-27-000002"),
        ("on=2026-04-01", "on=2026-04-02"),
        ("a=123450", "a=12345"),
        ("a=123450", "a=0123450"),
        ("a=123450", "a=-123450"),
        ("a=123450", "a=१२३४५०"),
        ("a=123450", f"a={10**20}"),
        ("on=2026-04-01", "on=2026-02-30"),
        ("on=2026-04-01", "on=20260401"),
        ("d=bill", "d=bill&d=bill"),
        ("d=bill&", ""),
        ("d=bill", "d=bill&x=1"),
        ("c=", "c=A"),
        ("c=", "c=%FF&z="),
    ],
)
def test_what_was_tampered_with_is_found(was: str, put: str):
    link = SEAL.link(BILL)
    assert was in link
    verdict = SEAL.verify(link.replace(was, put, 1))
    assert (verdict.genuine, verdict.document) == (False, None)
    assert verdict.why_not


@given(st.text(max_size=200))
def test_no_text_of_a_stranger_is_genuine_or_an_error(text: str):
    assert not SEAL.verify(text).genuine
    assert not SEAL.verify_code("bill", text, "2026-04-01", "123450", text).genuine


def test_digits_that_look_like_letters_may_be_typed():
    seals = (Vouched("bill", f"PT-{n}", date(2026, 4, 1), n) for n in range(1, 200))
    document = next(each for each in seals if {"O", "I", "B"} <= set(SEAL.code(each)))
    typed = SEAL.code(document).translate(str.maketrans("OIB", "018"))
    day = document.issued_on.isoformat()
    paise = str(document.amount_paise)
    assert SEAL.verify_code("bill", document.number, day, paise, typed).genuine


def test_a_key_can_be_changed_and_one_that_is_gone_vouches_no_more():
    link = SEAL.link(BILL)
    assert Seal([OTHER, KEY], "https://city.example").verify(link).genuine
    assert not Seal([OTHER], "https://city.example").verify(link).genuine


def test_short_keys_are_refused_and_keys_are_never_shown():
    with pytest.raises(ValueError, match="32 bytes"):
        Seal([b"short"], "https://city.example")
    assert "kkk" not in repr(SEAL)


@pytest.fixture
def own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """No city; its ``var`` is empty."""
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path / "var"))
    settings.cache_clear()
    keys.seal.cache_clear()
    yield tmp_path / "var" / "tax-document-keys"
    settings.cache_clear()
    keys.seal.cache_clear()


def test_a_city_without_keys_makes_one_for_itself_and_keeps_it(own_keys: Path):
    link = keys.seal().link(BILL)
    assert stat.S_IMODE(own_keys.stat().st_mode) == 0o600
    keys.seal.cache_clear()
    assert keys.seal().verify(link).genuine


@pytest.mark.parametrize(("text", "line"), [("c2hvcnQ=\n", 1), ("# a key\n\nnot base64!\n", 3)])
def test_a_line_that_is_no_key_is_named_and_not_shown(
    own_keys: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, line: int
):
    file = tmp_path / "keys"
    file.write_text(text)
    monkeypatch.setenv("PALIKA_TAX_DOCUMENT_KEYS", str(file))
    settings.cache_clear()
    with pytest.raises(ConfigError, match=f"PALIKA_TAX_DOCUMENT_KEYS: .*line {line}") as caught:
        keys.seal()
    assert text.split()[-1] not in str(caught.value)
    assert not own_keys.exists()


def test_the_command_says_what_is_vouched_for(own_keys: Path, capsys):
    link = keys.seal().link(BILL)
    assert cli.main(["tax", "documents", "verify", link]) == 0
    told = capsys.readouterr().out
    assert told == "Genuine: bill PT-2026-27-000001 of 01-04-2026, ₹1,234.50.\n"
    assert cli.main(["tax", "documents", "verify", link.replace("a=123450", "a=1")]) == 1
    assert capsys.readouterr().err.startswith("Not genuine: the code does not belong")
