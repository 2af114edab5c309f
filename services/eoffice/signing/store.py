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
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from palika.errors import NotFound
from services.eoffice.signing.trust import fingerprint

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_LAID_BY = re.compile(r"(?P<person>[A-Za-z0-9][A-Za-z0-9._-]{0,99})~[0-9a-f]{64}\.p12")
_UNWRITTEN = ".new-"
"""With this the names begin of files that are still being written."""


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

    def signers(self, person: str) -> "Sequence[Signer]":
        """The keys of an officer: the one in use, then those that were issued and are not in use
        yet. Which of them counts, their certificates tell.

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
    """A folder of PKCS#12 files, ``<person>.p12``, under pass phrases made of the city's keys.

    A key that is issued lies under a name of its own (``<person>~<fingerprint>.p12``) until its
    certificate is committed (``commands.certificates.issue_certificate``).
    """

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
        found = self._read(self._path(person))
        if found is None:
            raise NotFound(f"{person} has no key here", {"person": person})
        return found

    def signers(self, person: str) -> Sequence[SoftwareSigner]:
        """See ``KeyStore``."""
        # These first: one that is put in use meanwhile is then found as the one in use.
        waiting = [each for owner, each in self.waiting() if owner == person]
        in_use = self._read(self._path(person))
        found = waiting if in_use is None else [in_use, *waiting]
        if not found:
            raise NotFound(f"{person} has no key here", {"person": person})
        return found

    def lay_by(self, person: str, signer: SoftwareSigner) -> None:
        """Keep a key that is not in use yet; the one that the officer has stays."""
        self._write(self._own_path(person, signer), person, signer)

    def waiting(self) -> list[tuple[str, SoftwareSigner]]:
        """All keys that were laid by and are not in use, each with its officer; those that no pass
        phrase opens are left out."""
        found = []
        for path in sorted(self._folder.glob("*~*.p12")):
            if (match := _LAID_BY.fullmatch(path.name)) is None:
                continue
            with suppress(NotFound):
                if (signer := self._read(path)) is not None:
                    found.append((match["person"], signer))
        return found

    def use(self, person: str, signer: SoftwareSigner) -> None:
        """Let a key that was laid by be the one in use; the one before it is no more."""
        os.replace(self._own_path(person, signer), self._path(person))

    def drop(self, person: str, signer: SoftwareSigner) -> None:
        """Keep a key that was laid by no more."""
        self._own_path(person, signer).unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove what was not written to its end; nobody may be writing."""
        for path in self._folder.glob(f"{_UNWRITTEN}*"):
            path.unlink(missing_ok=True)

    def keep(self, person: str, signer: SoftwareSigner) -> None:
        """Keep a key, in use from now on; one that the officer had is replaced."""
        self._write(self._path(person), person, signer)

    def _read(self, path: Path) -> SoftwareSigner | None:
        """The key of a file; None: there is no such file.

        Raises:
            NotFound: no pass phrase opens it.
        """
        try:
            stored = path.read_bytes()
        except FileNotFoundError:
            return None
        for phrase in self._phrases:
            try:
                key, certificate, chain = pkcs12.load_key_and_certificates(stored, phrase)
            except ValueError:
                continue
            if isinstance(key, PrivateKey) and certificate is not None:
                return SoftwareSigner(key, certificate, chain)
        person = path.name.removesuffix(".p12").partition("~")[0]
        raise NotFound(f"the key of {person} cannot be opened", {"person": person})

    def _write(self, path: Path, person: str, signer: SoftwareSigner) -> None:
        stored = pkcs12.serialize_key_and_certificates(
            person.encode(),
            signer.key,
            signer.certificate,
            list(signer.chain) or None,
            BestAvailableEncryption(self._phrases[0]),
        )
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # For its owner only, and whole or not at all.
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=_UNWRITTEN, delete=False) as file:
            file.write(stored)
            file.flush()
            os.fsync(file.fileno())
        os.replace(file.name, path)

    def _path(self, person: str) -> Path:
        if not _CODE.fullmatch(person):
            raise NotFound(f"{person!r} has no key here", {"person": person})
        return self._folder / f"{person}.p12"

    def _own_path(self, person: str, signer: SoftwareSigner) -> Path:
        return self._path(person).with_name(f"{person}~{fingerprint(signer.certificate)}.p12")
