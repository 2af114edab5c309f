"""Where officers' keys are. The service knows keys only through ``KeyStore`` and ``Signer``.

Of a token (PKCS#11) the same is asked: ``signer`` opens a session and finds the certificate and the
private key of the officer's label, and ``sign`` is ``C_Sign`` with ``CKM_SHA256_RSA_PKCS`` or
``CKM_ECDSA_SHA256`` (whose r and s are put into a DER sequence). Nothing else of this house need
know that there is a token.
"""

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from palika.errors import NotFound

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Signer(Protocol):
    """An officer's key, wherever it is."""

    @property
    def certificate(self) -> x509.Certificate:
        """Whose public key it is."""

    @property
    def chain(self) -> Sequence[x509.Certificate]:
        """The authorities above the certificate, the nearest first."""

    def sign(self, data: bytes) -> bytes:
        """A signature over the SHA-256 of ``data``: RSA as in PKCS#1 v1.5, or ECDSA in DER."""


class KeyStore(Protocol):
    """Where the keys are."""

    def signer(self, person: str) -> Signer:
        """The key of an officer.

        Raises:
            NotFound: there is none.
        """


class SoftwareSigner:
    """A key in memory."""

    def __init__(
        self, key: PrivateKey, certificate: x509.Certificate, chain: Sequence[x509.Certificate]
    ) -> None:
        self._key = key
        self._certificate = certificate
        self._chain = tuple(chain)

    @property
    def certificate(self) -> x509.Certificate:
        """Whose public key it is."""
        return self._certificate

    @property
    def chain(self) -> Sequence[x509.Certificate]:
        """The authorities above it."""
        return self._chain

    @property
    def key(self) -> PrivateKey:
        """The key itself: the city's own authority issues with it."""
        return self._key

    def sign(self, data: bytes) -> bytes:
        """See ``Signer``."""
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))


class SoftwareStore:
    """A folder of PKCS#12 files, ``<person>.p12``, under pass phrases made of the city's keys."""

    def __init__(self, folder: Path, phrases: Sequence[bytes]) -> None:
        """
        Args:
            phrases: the first closes, all are tried to open.
        """
        self._folder = folder
        self._phrases = phrases

    def signer(self, person: str) -> SoftwareSigner:
        """The key of an officer.

        Raises:
            NotFound: there is none, or no pass phrase opens it.
        """
        path = self._path(person)
        try:
            stored = path.read_bytes()
        except FileNotFoundError as error:
            raise NotFound(f"{person} has no key here", {"person": person}) from error
        for phrase in self._phrases:
            try:
                key, certificate, chain = pkcs12.load_key_and_certificates(stored, phrase)
            except ValueError:
                continue
            if isinstance(key, PrivateKey) and certificate is not None:
                return SoftwareSigner(key, certificate, chain)
        raise NotFound(f"the key of {person} cannot be opened", {"person": person})

    def keep(self, person: str, signer: SoftwareSigner) -> None:
        """Keep a key; one that the officer had is replaced."""
        stored = pkcs12.serialize_key_and_certificates(
            person.encode(),
            signer.key,
            signer.certificate,
            list(signer.chain) or None,
            BestAvailableEncryption(self._phrases[0]),
        )
        path = self._path(person)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # For its owner only, and whole or not at all.
        with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
            file.write(stored)
            file.flush()
            os.fsync(file.fileno())
        os.replace(file.name, path)

    def _path(self, person: str) -> Path:
        if not _CODE.fullmatch(person):
            raise NotFound(f"{person!r} has no key here", {"person": person})
        return self._folder / f"{person}.p12"
