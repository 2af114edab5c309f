"""Reading certificates, and whether one leads up to an authority that the city trusts."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from palika.errors import Invalid
from services.eoffice.models import Certificate

_LONGEST = 5
_RSA_BITS, _EC_BITS = 2_048, 256
_MOST_BYTES = 20_000
_ODD = (x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType)


def read_certificate(data: bytes) -> x509.Certificate:
    """An X.509 certificate, PEM or DER, that an officer or an authority may have.

    Raises:
        Invalid: it is none, or its key is weaker than RSA 2048 or P-256.
    """
    if len(data) > _MOST_BYTES:
        raise refusal(f"{len(data)} bytes; a certificate has {_MOST_BYTES} at most")
    try:
        if data.lstrip().startswith(b"-----"):
            found = x509.load_pem_x509_certificate(data)
        else:
            found = x509.load_der_x509_certificate(data)
        key = found.public_key()
        _ = found.extensions
    except (ValueError, TypeError, UnsupportedAlgorithm, *_ODD) as error:
        raise Invalid("no certificate", {"certificate": [f"cannot be read ({error})"]}) from error
    match key:
        case rsa.RSAPublicKey() if key.key_size >= _RSA_BITS:
            return found
        case ec.EllipticCurvePublicKey() if key.key_size >= _EC_BITS:
            return found
    raise refusal(f"its key must be RSA of {_RSA_BITS} bits or ECDSA of {_EC_BITS}, or stronger")


def refusal(rule: str) -> Invalid:
    """What refuses a certificate."""
    return Invalid("the certificate is not taken", {"certificate": [rule]})


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, in hexadecimal."""
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it may issue others."""
    try:
        extensions = certificate.extensions
        constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return constraints.ca and usage.key_cert_sign


def may_sign(certificate: x509.Certificate) -> bool:
    """Whether its key may sign documents: digitalSignature or nonRepudiation, or no word of it."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.digital_signature or usage.content_commitment


def issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the one was signed by the other."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def against(row: Certificate, known: Mapping[str, Certificate], at: datetime) -> str | None:
    """Why a certificate does not count at a moment; None: it does.

    Each of its line up to a root counts then, and was issued by the next.

    Args:
        known: the city's certificates, by fingerprint.
    """
    for _ in range(_LONGEST):
        if (why := row.validity.against(at)) is not None:
            return why if row.person else f"{row.subject}: {why}"
        certificate = x509.load_der_x509_certificate(row.der)
        if row.issuer is None:
            own = row.person is None and issued_by(certificate, certificate)
            return None if own else "it leads up to no authority that is trusted here"
        above: Any = known.get(row.issuer)
        if above is None or above.person is not None:
            return "it leads up to no authority that is trusted here"
        if not issued_by(certificate, x509.load_der_x509_certificate(above.der)):
            return "it was not issued by the authority that it names"
        row = above
    return f"there are more than {_LONGEST} authorities above it"
