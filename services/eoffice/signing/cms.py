"""CMS signatures (RFC 5652) over what officers sign: detached, with signed attributes."""

import hashlib
from datetime import datetime

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from services.eoffice.signing.store import Signer

_SHA256 = {"algorithm": "sha256"}


def sign_detached(data: bytes, signer: Signer, at: datetime) -> bytes:
    """A signature over ``data``, in DER; ``openssl cms -verify -inform DER -content`` reads it.

    It names the certificate among its signed attributes (ESS signing-certificate-v2, RFC 5035), so
    that no other certificate of the same key can be put in its place.
    """
    certificate = _asn1(signer.certificate)
    attributes = cms.CMSAttributes(
        [
            _attribute("content_type", "data"),
            _attribute("signing_time", cms.Time(name="utc_time", value=core.UTCTime(at))),
            _attribute("message_digest", hashlib.sha256(data).digest()),
            _attribute(
                "signing_certificate_v2",
                # Made of its own class: that attribute is known once that module is loaded.
                tsp.SigningCertificateV2(
                    {"certs": [{"cert_hash": hashlib.sha256(certificate.dump()).digest()}]}
                ),
            ),
        ]
    )
    is_rsa = isinstance(signer.certificate.public_key(), rsa.RSAPublicKey)
    info = cms.SignerInfo(
        {
            "version": "v1",
            "sid": {
                "issuer_and_serial_number": {
                    "issuer": certificate.issuer,
                    "serial_number": certificate.serial_number,
                }
            },
            "digest_algorithm": _SHA256,
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "sha256_rsa" if is_rsa else "sha256_ecdsa"},
            "signature": signer.sign(attributes.dump()),
        }
    )
    certificates = [certificate, *(_asn1(each) for each in signer.chain)]
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [algos.DigestAlgorithm(_SHA256)],
            "encap_content_info": {"content_type": "data"},
            "certificates": certificates,
            "signer_infos": [info],
        }
    )
    content = cms.ContentInfo({"content_type": "signed_data", "content": signed})
    dumped: bytes = content.dump()
    return dumped


def check_detached(data: bytes, signature: bytes, certificate: x509.Certificate) -> str | None:
    """Why it is not a signature of that certificate over ``data``; None: it is.

    Whether the certificate itself counts is another question (``signing.trust``).
    """
    try:
        signed = cms.ContentInfo.load(signature, strict=True)["content"]
        (info,) = signed["signer_infos"]
        values = {each["type"].native: each["values"][0] for each in info["signed_attrs"]}
        digest = values["message_digest"].native
        named = values["signing_certificate_v2"]["certs"][0]["cert_hash"].native
        attributes = info["signed_attrs"].untag().dump()
        value = info["signature"].native
    except (ValueError, TypeError, KeyError, IndexError) as error:
        return f"it is no signature ({error})"
    if digest != hashlib.sha256(data).digest():
        return "something else was signed"
    if named != hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest():
        return "it is of another certificate"
    try:
        match certificate.public_key():
            case rsa.RSAPublicKey() as key:
                key.verify(value, attributes, padding.PKCS1v15(), hashes.SHA256())
            case ec.EllipticCurvePublicKey() as key:
                key.verify(value, attributes, ec.ECDSA(hashes.SHA256()))
            case _:
                return "the certificate's key is neither RSA nor ECDSA"
    except InvalidSignature:
        return "it was not made with the certificate's key"
    return None


def _attribute(kind: str, value: object) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": kind, "values": [value]})


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
