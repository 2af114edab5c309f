"""Whether an archive's signature proves anything here: whose it is, and who says so."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from palika.config import ConfigError, settings, variable_of
from palika.errors import Invalid
from services.eoffice.records.bag import MANIFEST, sha256_of
from services.eoffice.records.proofs import BY_HAND, LISTED, OWN, UNSIGNED
from services.eoffice.records.signature import NAME_MOST, SIGNATURE, Signed, is_own
from services.eoffice.sealing.keys import Keys

_WORTH = {UNSIGNED: 0, BY_HAND: 1, LISTED: 2, OWN: 2}
_SETTING = "eoffice_trusted_offices"
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Trust:
    """What is believed besides the office's own signature.

    Attributes:
        listed: by the fingerprints of their certificates, what the city's list calls other offices;
            "" where it does not say.
        by_hand: the fingerprint that who brings it in has compared.
        unsigned: whether an archive without a signature is taken.
    """

    listed: Mapping[str, str] = field(default_factory=dict)
    by_hand: str | None = None
    unsigned: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How an archive is proved: ``OWN``, ``LISTED``, ``BY_HAND`` or ``UNSIGNED``, and by whom it is
    signed; ``office`` is what the city's list calls that office, "" where it does not say."""

    how: str
    signed: Signed | None
    office: str = ""

    @property
    def proved(self) -> bool:
        """Whether this city knows by whom it is."""
        return self.how in (OWN, LISTED)

    def proves_more(self, before: str | None) -> bool:
        """Whether it proves an archive better than how it was proved before; None: by nothing."""
        return _WORTH[self.how] > _WORTH[before or UNSIGNED]

    @property
    def told(self) -> dict[str, Any]:
        """As the record has it."""
        if self.signed is None:
            return {"how": self.how}
        return {
            "how": self.how,
            "subject": self.signed.subject,
            "certificate": self.signed.fingerprint,
            **({"office": self.office} if self.office else {}),
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
        return Standing(LISTED, signed, trust.listed[signed.fingerprint])
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


def of_another(origin: Mapping[str, str], proved: Standing) -> str | None:
    """Why an archive that names its ``origin`` is of another office than the one that has signed
    it, which may speak for itself alone; None: it is not.

    An office is named by its ``code``; by its English name in archives of before there were codes.
    Of what is the office's own, and of what nobody has signed, nothing is asked.
    """
    signed = proved.signed
    if signed is None or proved.how == OWN:
        return None
    named = origin.get("code") or origin["en"][:NAME_MOST]
    if named == signed.office:
        return None
    return (
        f"it says that it is of {named!r}, and is signed with the certificate of {signed.office!r}"
    )


def listed_offices() -> dict[str, str]:
    """By the fingerprints in the file that ``eoffice_trusted_offices`` names, whose they are; none
    without it.

    A line has a fingerprint, and behind it whose it is; empty lines and those that begin with # say
    nothing.

    Raises:
        ConfigError: it cannot be read, or a line does not begin with a fingerprint.
    """
    named = settings("eoffice").eoffice_trusted_offices
    if not named:
        return {}
    found = {}
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
        found[fingerprint] = " ".join(words[1:])
    return found


def _fingerprint(said: str) -> str | None:
    """As it is written here; ``openssl`` writes it with colons and in capitals."""
    plain = said.replace(":", "").lower()
    return plain if _HEX.fullmatch(plain) else None
