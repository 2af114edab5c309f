"""Certificates of a city's own: an authority, and what it has signed for broker, database, metrics.

Each is a file of PEM with the key, the certificate, and the authority's certificate, so that one
name in a setting is enough; only ``ca.pem`` is for everybody.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from palika.keys import write_whole

AUTHORITY: Final = "ca.pem"
AUTHORITY_KEY: Final = "ca-key.pem"
_AUTHORITY_DAYS: Final = 3_650
_BEFORE: Final = timedelta(hours=1)
"""Clocks differ: what is made now is good already for who is late."""


def make_authority(folder: Path, now: datetime) -> bool:
    """The authority's certificate and key; what is there stays. Whether they were made.

    Raises:
        OSError: a file cannot be written.
    """
    if (folder / AUTHORITY).exists() and (folder / AUTHORITY_KEY).exists():
        return False
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Palika, the city's own authority")])
    made = (
        _begun(name, name, key.public_key(), now, now + timedelta(days=_AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    write_whole(folder / AUTHORITY_KEY, _key_pem(key), 0o600)
    write_whole(folder / AUTHORITY, made.public_bytes(serialization.Encoding.PEM), 0o644)
    return True


def make_certificate(
    folder: Path, part: str, names: Iterable[str], days: float, now: datetime
) -> Path:
    """A certificate for the server ``part``, in the place of one that is there; its file.

    Args:
        folder: with the authority.
        part: how the file is called: ``broker``.
        names: hosts and addresses that clients know it by.
        days: so long it is good.
        now: aware.

    Raises:
        OSError: a file cannot be read or written.
        ValueError: no name, one that is none, or the authority's files are not what they should be.
    """
    alternatives = [_alternative(name) for name in names]
    if not alternatives:
        raise ValueError(f"{part}: a certificate needs a host's name or address")
    authority = x509.load_pem_x509_certificate((folder / AUTHORITY).read_bytes())
    signing = serialization.load_pem_private_key((folder / AUTHORITY_KEY).read_bytes(), None)
    if not isinstance(signing, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{folder / AUTHORITY_KEY} is no key of an authority made here")
    if signing.public_key() != authority.public_key():
        raise ValueError(f"{folder / AUTHORITY_KEY} is not the key of {folder / AUTHORITY}")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, part)])
    until = min(now + timedelta(days=days), authority.not_valid_after_utc)
    made = (
        _begun(name, authority.subject, key.public_key(), now, until)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(signing, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    whole = _key_pem(key) + made.public_bytes(pem) + authority.public_bytes(pem)
    path = folder / f"{part}.pem"
    write_whole(path, whole, 0o600)
    return path


def names_of(path: Path) -> list[str]:
    """The hosts and addresses that a certificate is for.

    Raises:
        OSError, ValueError: it cannot be read, or names none.
    """
    found = x509.load_pem_x509_certificate(path.read_bytes())
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound as error:
        raise ValueError(f"{path} names no host") from error
    addresses = [str(each) for each in names.get_values_for_type(x509.IPAddress)]
    return [*names.get_values_for_type(x509.DNSName), *addresses]


def is_signed(path: Path, authority: Path) -> bool:
    """Whether the authority's key has signed a certificate.

    Raises:
        OSError, ValueError: one of them cannot be read.
    """
    found = x509.load_pem_x509_certificate(path.read_bytes())
    try:
        found.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.read_bytes()))
    except InvalidSignature:
        return False
    return True


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        pass
    labels = name.removeprefix("*.").split(".")
    plain = name.isascii() and all(
        label and len(label) < 64 and label.replace("-", "").isalnum() for label in labels
    )
    if not plain or len(name) > 253:
        raise ValueError(f"{name!r} is neither a host's name nor an address")
    return x509.DNSName(name)


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    until: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - _BEFORE)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
