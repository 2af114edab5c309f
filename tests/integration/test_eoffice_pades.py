"""A signed PDF is found good by a verifier that is not ours, and a changed one is found out."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from asn1crypto.keys import PrivateKeyInfo
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper
from pypdf import PdfWriter

from palika.errors import Invalid
from services.eoffice.signing.authority import authority, issue
from services.eoffice.signing.pdf import sign_pdf
from services.eoffice.signing.store import SoftwareSigner
from tests.support.eoffice_keys import certificate, cms_of, curve, found_good, store_in

NOW = datetime.now(UTC)
"""The library signs with the machine's time."""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    store = store_in(tmp_path_factory.mktemp("keys"))
    above = authority(store, "Pune", NOW)
    return SimpleNamespace(above=above, officer=issue(above, "je", "Junior Engineer", NOW))


def pdf(words: str = "x") -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    writer.add_metadata({"/Title": words})
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


def signed(keys: SimpleNamespace, data: bytes, **more) -> bytes:
    return sign_pdf(data, keys.officer, reason="मंजूर", location="Pune", **more)


def openssl(keys: SimpleNamespace, signature: bytes, over: bytes, folder: Path) -> int:
    return int(not found_good(folder, keys.above.certificate, signature, over, NOW))


def test_a_signed_pdf_is_found_good(keys, tmp_path):
    made = signed(keys, pdf())
    signature, over, subfilter = cms_of(made)
    assert made.startswith(over[:500])
    assert made.endswith(over[-500:])
    assert subfilter == "/ETSI.CAdES.detached"
    assert openssl(keys, signature, over, tmp_path) == 0


def test_what_was_there_stays_byte_for_byte(keys):
    before = pdf()
    assert signed(keys, before).startswith(before)


def test_a_pdf_that_was_changed_after_it_was_signed_is_found_out(keys, tmp_path):
    made = signed(keys, pdf("Sanctioned 100"))
    changed = made.replace(b"Sanctioned 100", b"Sanctioned 900")
    assert changed != made
    signature, over, _ = cms_of(changed)
    assert openssl(keys, signature, over, tmp_path) != 0


def test_two_officers_sign_one_pdf(keys, tmp_path):
    made = signed(keys, signed(keys, pdf()), field="Second")
    for index in (0, 1):
        signature, over, _ = cms_of(made, index)
        assert openssl(keys, signature, over, tmp_path) == 0


def test_a_key_on_a_curve_signs_a_pdf(keys, tmp_path):
    key = curve()
    own = SoftwareSigner(key, certificate(key, NOW, by=keys.above), [keys.above.certificate])
    made = sign_pdf(pdf(), own, reason="x", location="x")
    signature, over, _ = cms_of(made)
    assert openssl(keys, signature, over, tmp_path) == 0


def stamper() -> DummyTimeStamper:
    """A time-stamping authority of the test's own (RFC 3161)."""
    key = rsa.generate_private_key(65_537, 2_048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Time")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW.replace(year=NOW.year - 1))
        .not_valid_after(NOW.replace(year=NOW.year + 1))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return DummyTimeStamper(
        tsa_cert=asn1_x509.Certificate.load(made.public_bytes(Encoding.DER)),
        tsa_key=PrivateKeyInfo.load(private),
    )


def test_with_an_authority_for_the_time_it_is_stamped(keys, tmp_path):
    made = signed(keys, pdf(), stamper=stamper())
    signature, over, _ = cms_of(made)
    assert openssl(keys, signature, over, tmp_path) == 0
    (info,) = cms.ContentInfo.load(signature)["content"]["signer_infos"]
    kinds = [each["type"].native for each in info["unsigned_attrs"]]
    assert kinds == ["signature_time_stamp_token"]


def test_what_is_no_pdf_cannot_be_signed(keys):
    for data in (b"", b"x", b"%PDF-1.7\n", pdf()[:200]):
        with pytest.raises(Invalid, match="cannot be signed"):
            signed(keys, data)


def test_an_encrypted_pdf_cannot_be_signed(keys):
    writer = PdfWriter(clone_from=BytesIO(pdf()))
    writer.encrypt("secret", algorithm="AES-256")
    made = BytesIO()
    writer.write(made)
    with pytest.raises(Invalid, match="encrypted"):
        signed(keys, made.getvalue())


def test_a_field_is_signed_once(keys):
    with pytest.raises(Invalid, match="cannot be signed"):
        signed(keys, signed(keys, pdf()))
