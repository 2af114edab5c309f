"""The certificate with which an office signs its archives, and who is trusted."""

import pytest
from cryptography import x509

from palika.config import ConfigError, settings
from palika.errors import Invalid
from services.eoffice.documents import office_code, setting
from services.eoffice.records import standing
from services.eoffice.records.bag import close_bag
from services.eoffice.records.signature import OfficeSigner, Signed, is_own, sign_bag
from services.eoffice.sealing import Keys
from tests.support.eoffice import NOW

OLD, NEW = (
    b"the key that was in use before it was changed",
    b"the key that is in use now, and longer",
)


@pytest.fixture
def bag(tmp_path):
    (tmp_path / "data").mkdir()
    close_bag(tmp_path, {})
    return tmp_path


def test_the_same_keys_give_the_same_certificate_and_others_another():
    one, again, other = (OfficeSigner(Keys([key]), "City").certificate for key in (OLD, OLD, NEW))
    assert one == again
    assert one.public_key() != other.public_key()


def test_it_is_issued_by_the_key_that_signs_the_roots():
    keys = Keys([OLD])
    certificate: x509.Certificate = OfficeSigner(keys, "नगरी City").certificate
    root = keys.public_key(keys.name)
    assert root is not None
    root.verify(certificate.signature, certificate.tbs_certificate_bytes)


def test_a_name_that_is_too_long_for_a_certificate_is_cut():
    subject = OfficeSigner(Keys([OLD]), "C" * 100).certificate.subject.rfc4514_string()
    assert subject == f"CN=Archives of files,O={'C' * 64}"


def test_what_is_signed_tells_the_office_of_the_certificate(bag):
    assert sign_bag(bag, Keys([OLD]), "pmc", NOW).office == "pmc"


def test_a_renaming_changes_no_certificate(monkeypatch):
    told = {"corporation": {"code": "pmc", "mr": "पुणे", "en": "Poona Municipal Corporation"}}
    monkeypatch.setattr(setting, "read_data", lambda _: told)
    office_code.cache_clear()
    before = OfficeSigner(Keys([OLD]), office_code()).certificate
    told["corporation"]["en"] = "Pune Municipal Corporation"
    office_code.cache_clear()
    assert OfficeSigner(Keys([OLD]), office_code()).certificate == before
    for wrong in (None, "", "पुणे", "a b", 1, "x" * 65, "-x", "x\n"):
        told["corporation"]["code"] = wrong
        office_code.cache_clear()
        with pytest.raises(ValueError, match=r"city\.yaml: corporation: code must be"):
            office_code()
    office_code.cache_clear()


def signed_by(office: str) -> Signed:
    return Signed("CN=Archives of files", "1" * 64, office, b"")


@pytest.mark.parametrize(
    ("how", "origin", "office", "another"),
    [
        ("known office", {"code": "pmc", "en": "Pune"}, "pmc", False),
        ("known office", {"code": "pmc", "en": "Pune"}, "pcmc", True),
        ("known office", {"code": "pmc", "en": "pcmc"}, "pcmc", True),
        ("trusted by hand", {"code": "pmc", "en": "Pune"}, "pcmc", True),
        # From before there were codes.
        ("known office", {"en": "Pune"}, "Pune", False),
        ("known office", {"en": "P" * 70}, "P" * 64, False),
        ("known office", {"en": "Pune"}, "Pimpri", True),
        ("known office", {"en": "Pune"}, "", True),
        ("own", {"code": "pmc", "en": "Pune"}, "before-the-renaming", False),
    ],
)
def test_an_office_speaks_for_itself_alone(how, origin, office, another):
    proved = standing.Standing(how, signed_by(office))
    assert (standing.of_another(origin, proved) is not None) == another


def test_it_is_the_offices_own_by_any_of_its_keys(bag):
    signed = sign_bag(bag, Keys([OLD]), "City", NOW)
    assert is_own(signed, Keys([NEW, OLD]))
    assert not is_own(signed, Keys([NEW]))


@pytest.fixture
def listed(tmp_path, monkeypatch):
    path = tmp_path / "offices"

    def write(text: str) -> dict[str, str]:
        path.write_text(text, "utf-8")
        monkeypatch.setenv("PALIKA_EOFFICE_TRUSTED_OFFICES", str(path))
        settings.cache_clear()
        return standing.listed_offices()

    yield write
    monkeypatch.undo()
    settings.cache_clear()


def test_offices_are_listed_a_line_each_as_openssl_writes_them(listed):
    colons = ":".join(["AB"] * 32)
    found = listed(f"# said by letter\n\n{colons} पाणी मंडळ\n{'1' * 64}\n")
    assert found == {"ab" * 32: "पाणी मंडळ", "1" * 64: ""}
    assert listed("") == {}


def test_a_line_that_names_no_certificate_is_refused_by_its_number(listed):
    with pytest.raises(ConfigError, match="line 2: must begin with the SHA-256"):
        listed(f"{'1' * 64}\nWater board\n")


def test_without_a_list_no_other_office_is_known():
    assert standing.listed_offices() == {}


def test_who_trusts_names_a_fingerprint():
    with pytest.raises(Invalid) as refused:
        standing.trust_of({"trust": "the water board's"})
    assert "trust" in refused.value.fields
