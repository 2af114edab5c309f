"""The office's signature on an archive: a CMS over its tag manifest, which covers all the rest.

The key is made of the record's key in use, and its certificate is issued by the key that signs the
daily roots (``sealing.Keys``). CMS of today's tools does not know that key's kind (Ed25519), so the
archive's own is ECDSA over P-256. The same keys and the same office give the same certificate: the
office stands in it with its code, which no renaming changes. (In those of before there were codes
it stands with its name in English.)
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from palika.errors import Invalid
from services.eoffice.records.bag import TAGS, BadBag
from services.eoffice.sealing.keys import Keys
from services.eoffice.signing.cms import check_detached, sign_detached
from services.eoffice.signing.trust import fingerprint, read_certificate

SIGNATURE = "archive-signature.p7s"
_MOST = 64 * 1024
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256 (SEC 2): private keys are from 1 up to it."""
_FROM = datetime(2020, 1, 1, tzinfo=UTC)
_NO_END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""As RFC 5280, 4.1.2.5 writes it: archives are opened after decades."""
NAME_MOST = 64
"""Characters of an organisation in a certificate, as RFC 5280 has it (ub-organization-name)."""


@dataclass(frozen=True, slots=True)
class Signed:
    """By whom an archive is signed: the certificate's subject and its SHA-256, in hexadecimal.

    Attributes:
        office: its code, as the certificate has it; of one from before codes, its name in English,
            up to ``NAME_MOST`` characters of it. "": it names none.
        key: the public key, as the certificate has it.
    """

    subject: str
    fingerprint: str
    office: str
    key: bytes


class OfficeSigner:
    """The office, as who signs its archives."""

    def __init__(self, keys: Keys, office: str) -> None:
        self._key = _pair(keys.key)
        self._certificate = _certificate(keys, office, self._key)

    @property
    def certificate(self) -> x509.Certificate:
        """Whose public key it is."""
        return self._certificate

    @property
    def chain(self) -> Sequence[x509.Certificate]:
        """Nobody: others know the office by the certificate itself."""
        return ()

    def sign(self, data: bytes) -> bytes:
        """ECDSA over the SHA-256 of ``data``, in DER."""
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))


def sign_bag(folder: Path, keys: Keys, office: str, at: datetime) -> Signed:
    """Write the office's signature beside the bag's manifests.

    Args:
        folder: a bag that is closed.
        keys: of the office's record; the one in use signs.
        office: its code.
        at: when.
    """
    signer = OfficeSigner(keys, office)
    said = sign_detached((folder / TAGS).read_bytes(), signer, at)
    (folder / SIGNATURE).write_bytes(said)
    return _signed(signer.certificate)


def check_signature(folder: Path) -> Signed | None:
    """Who has signed the bag's tag manifest as it is; None: there is no signature.

    Whether that office is known is another question (``is_own``).

    Raises:
        BadBag: the signature is none, or over something else.
    """
    path = folder / SIGNATURE
    if not path.exists():
        return None
    if not path.is_file() or path.is_symlink() or path.stat().st_size > _MOST:
        raise BadBag([f"{SIGNATURE}: is no signature of an archive"])
    tags = folder / TAGS
    if not tags.is_file():
        raise BadBag([f"{TAGS}: is not there"])
    raw = path.read_bytes()
    try:
        (one,) = cms.ContentInfo.load(raw, strict=True)["content"]["certificates"]
        certificate = read_certificate(one.chosen.dump())
    except (ValueError, TypeError, KeyError) as error:
        raise BadBag([f"{SIGNATURE}: is no signature of an archive ({error})"]) from error
    except Invalid as error:
        rules = "; ".join(error.fields["certificate"])
        raise BadBag([f"{SIGNATURE}: its certificate does not count: {rules}"]) from error
    if why := check_detached(tags.read_bytes(), raw, certificate):
        raise BadBag(
            [
                f"{TAGS}: is not what was signed ({SIGNATURE}: {why}); "
                "the archive was changed after it was made"
            ]
        )
    return _signed(certificate)


def is_own(signed: Signed, keys: Keys) -> bool:
    """Whether it was signed with a key of this office, in use or before."""
    return signed.key in {_public(_pair(each).public_key()) for each in keys.all}


def _signed(certificate: x509.Certificate) -> Signed:
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    subject = certificate.subject
    (office, *_) = [*subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME), None]
    said = "" if office is None else str(office.value)
    return Signed(subject.rfc4514_string(), fingerprint(certificate), said, key)


def _pair(key: bytes) -> ec.EllipticCurvePrivateKey:
    # 512 bits, so that no private key is likelier than another (FIPS 186-5, A.2.1).
    number = int.from_bytes(hmac.digest(key, b"archive", "sha512")) % (_ORDER - 1) + 1
    return ec.derive_private_key(number, ec.SECP256R1())


def _public(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _certificate(keys: Keys, office: str, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    public = _public(key.public_key())
    algorithm = {"algorithm": "ed25519"}
    name = {"organization_name": office[:NAME_MOST]}
    body = asn1_x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": int.from_bytes(hashlib.sha256(public).digest()[:8]) | 1,
            "signature": algorithm,
            "issuer": asn1_x509.Name.build({**name, "common_name": f"Record, key {keys.name}"}),
            "validity": {
                "not_before": asn1_x509.Time({"utc_time": _FROM}),
                "not_after": asn1_x509.Time({"general_time": _NO_END}),
            },
            "subject": asn1_x509.Name.build({**name, "common_name": "Archives of files"}),
            "subject_public_key_info": asn1_x509.PublicKeyInfo.load(public),
            "extensions": [
                {
                    "extn_id": "basic_constraints",
                    "critical": True,
                    "extn_value": asn1_x509.BasicConstraints({"ca": False}),
                },
                {
                    "extn_id": "key_usage",
                    "critical": True,
                    "extn_value": asn1_x509.KeyUsage({"digital_signature", "non_repudiation"}),
                },
            ],
        }
    )
    made = asn1_x509.Certificate(
        {
            "tbs_certificate": body,
            "signature_algorithm": algorithm,
            "signature_value": keys.sign(body.dump()),
        }
    )
    return x509.load_der_x509_certificate(made.dump())
