"""The city's own software authority, for a demo and for a city without a licensed one.

Under the Information Technology Act, 2000 (sections 3, 5 and 35) a digital signature counts in law
when its certificate is of a licensed Certifying Authority; those are imported.
"""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from palika.errors import NotFound
from services.eoffice.signing.store import SoftwareSigner, SoftwareStore

AUTHORITY = "authority.city"
_AUTHORITY_DAYS, _OFFICER_DAYS = 3_650, 730
_BITS = 2_048
_EARLIER = timedelta(minutes=5)
"""Clocks differ: what is issued now counts from a little before."""


def authority(store: SoftwareStore, city: str, now: datetime) -> SoftwareSigner:
    """The city's authority; made when there is none."""
    try:
        return store.signer(AUTHORITY)
    except NotFound:
        key = rsa.generate_private_key(65_537, _BITS)
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, city),
                x509.NameAttribute(NameOID.COMMON_NAME, f"{city} e-Office authority"),
            ]
        )
        certificate = (
            _builder(name, name, key, now, _AUTHORITY_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        made = SoftwareSigner(key, certificate, [])
        store.keep(AUTHORITY, made)
        return made


def issue(by: SoftwareSigner, person: str, name: str, now: datetime) -> SoftwareSigner:
    """A new key for an officer, certified; it is kept nowhere yet.

    Args:
        by: the authority.
        person: the officer's code.
        name: as it is to be read in the certificate.
    """
    key = rsa.generate_private_key(65_537, _BITS)
    (organisation,) = by.certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    subject = x509.Name(
        [
            organisation,
            x509.NameAttribute(NameOID.COMMON_NAME, name[:64]),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, person[:64]),
        ]
    )
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key())
    certificate = (
        _builder(subject, by.certificate.subject, key, now, _OFFICER_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(authority_key, critical=False)
        .sign(by.key, hashes.SHA256())
    )
    return SoftwareSigner(key, certificate, [by.certificate])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=not signs_certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
