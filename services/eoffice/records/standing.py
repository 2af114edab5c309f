"""Whether an archive's signature proves anything here: whose it is, and who says so."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from palika.config import ConfigError, settings, variable_of
from palika.errors import Invalid
from services.eoffice.records.bag import MANIFEST, sha256_of
from services.eoffice.records.signature import SIGNATURE, Signed, is_own
from services.eoffice.sealing.keys import Keys

OWN, LISTED, BY_HAND, UNSIGNED = "own", "known office", "trusted by hand", "unsigned"
"""Signed with a key of this office; by one that the city has listed; by one that who brings the
archive in vouches for; not at all."""
_SETTING = "eoffice_trusted_offices"
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Trust:
    """What is believed besides the office's own signature.

    Attributes:
        listed: fingerprints of certificates of other offices.
        by_hand: the fingerprint that who brings it in has compared.
        unsigned: whether an archive without a signature is taken.
    """

    listed: frozenset[str] = frozenset()
    by_hand: str | None = None
    unsigned: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How an archive is proved: ``OWN``, ``LISTED``, ``BY_HAND`` or ``UNSIGNED``, and by whom it is
    signed."""

    how: str
    signed: Signed | None

    @property
    def proved(self) -> bool:
        """Whether this city knows by whom it is."""
        return self.how in (OWN, LISTED)

    @property
    def told(self) -> dict[str, Any]:
        """As the record has it."""
        if self.signed is None:
            return {"how": self.how}
        return {
            "how": self.how,
            "subject": self.signed.subject,
            "certificate": self.signed.fingerprint,
        }

    @property
    def notice(self) -> str | None:
        """What a reader should know."""
        if self.how == OWN:
            return None
        if self.signed is None:
            return "it is not signed: nothing proves who made it, nor that it is as it was made"
        said = f"signed by {self.signed.subject}, certificate {self.signed.fingerprint}"
        why = "which the city has listed" if self.proved else "which was trusted by hand"
        return f"{said}, {why}"


def trust_of(args: Mapping[str, Any]) -> Trust:
    """What the city has listed, with what was asked: ``trust`` (a fingerprint) and ``unsigned``.

    Raises:
        Invalid: ``trust`` is no fingerprint.
        ConfigError: the list cannot be read.
    """
    by_hand = args.get("trust")
    if by_hand is not None and (by_hand := _fingerprint(by_hand)) is None:
        rule = "must be the SHA-256 of a certificate, 64 digits of hexadecimal"
        raise Invalid("no fingerprint", {"trust": [rule]})
    return Trust(listed_offices(), by_hand, bool(args.get("unsigned")))


def standing(folder: Path, signed: Signed | None, keys: Keys, trust: Trust) -> Standing:
    """How the archive in ``folder`` is proved, whose signature is good.

    Raises:
        Invalid: by nobody that is known here, and nobody vouches for it; names the certificate
            and the digest of the archive.
    """
    if signed is None:
        if trust.unsigned:
            return Standing(UNSIGNED, None)
        rule = (
            f"{SIGNATURE}: is not there; an archive that was made before archives were signed is "
            "brought in with --unsigned"
        )
        raise Invalid("the archive is not signed, and was not taken", {"archive": [rule]})
    if is_own(signed, keys):
        return Standing(OWN, signed)
    if signed.fingerprint in trust.listed:
        return Standing(LISTED, signed)
    if signed.fingerprint == trust.by_hand:
        return Standing(BY_HAND, signed)
    lines = [
        f"signed by: {signed.subject}",
        f"its certificate, SHA-256: {signed.fingerprint}",
        f"the archive ({MANIFEST}), SHA-256: {sha256_of(folder / MANIFEST)}",
        "ask that office, another way than the archive came, whether both are its own; then it is "
        "brought in with --trust and the certificate's SHA-256",
    ]
    if trust.by_hand is not None:
        lines.append(f"--trust named another certificate: {trust.by_hand}")
    raise Invalid(
        "the archive was not checked and not taken: this city does not know who signed it",
        {"archive": lines},
    )


def listed_offices() -> frozenset[str]:
    """The fingerprints in the file that ``eoffice_trusted_offices`` names; none without it.

    A line has a fingerprint, and behind it whose it is; empty lines and those that begin with # say
    nothing.

    Raises:
        ConfigError: it cannot be read, or a line does not begin with a fingerprint.
    """
    named = settings("eoffice").eoffice_trusted_offices
    if not named:
        return frozenset()
    found = set()
    try:
        lines = Path(named).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{variable_of(_SETTING)}: {named} cannot be read ({error})") from error
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if (fingerprint := _fingerprint(words[0])) is None:
            raise ConfigError(
                f"{variable_of(_SETTING)}: {named}, line {number}: must begin with the SHA-256 of "
                "a certificate, 64 digits of hexadecimal"
            )
        found.add(fingerprint)
    return frozenset(found)


def _fingerprint(said: str) -> str | None:
    """As it is written here; ``openssl`` writes it with colons and in capitals."""
    plain = said.replace(":", "").lower()
    return plain if _HEX.fullmatch(plain) else None
