"""Two persons for an archive that nothing proves: one brings it in, another has agreed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from palika.errors import Forbidden
from services.eoffice.domain.able import Able, able
from services.eoffice.domain.organisation import Actor


@dataclass(frozen=True, slots=True)
class Vouchers:
    """Which posts agree, and by which rule."""

    able: Able
    source: str

    @property
    def said(self) -> str:
        """The rule in words."""
        named = sorted(self.able.posts)
        if self.able.from_level is not None:
            named.append(f"posts from level {self.able.from_level} on")
        return f"{', '.join(named)} ({self.source})"


def vouchers(raw: Mapping[str, Any]) -> Vouchers:
    """Those that a city wrote in ``data/archives.yaml``.

    Raises:
        ValueError: nobody may, or no rule is named.
    """
    said = raw["agrees"]
    if not isinstance(said.get("source"), str) or not said["source"]:
        raise ValueError("agrees: source must name the rule")
    return Vouchers(able(said, "agrees"), said["source"])


def check_agrees(who: Actor, rule: Vouchers, above: Sequence[str]) -> None:
    """Refuse the agreement of a post that may not give it, and of who is no officer.

    Args:
        above: the posts up the line from it that may.

    Raises:
        Forbidden: ``may`` names who may.
    """
    if who.person is not None and rule.able.includes(who.post):
        return
    whose = who.post.code if who.person is not None else "a service"
    raise Forbidden(
        f"{whose} does not agree to an archive that nothing proves; that is for {rule.said}",
        {"post": who.post.code, "may": list(above)},
    )


def check_two(
    who: Actor,
    agreed: Sequence[tuple[str, str]],
    rule: Vouchers,
    above: Sequence[str],
    manifest: str,
) -> tuple[str, str]:
    """Refuse to let one person bring in alone what nothing proves.

    Args:
        who: brings it in.
        agreed: the posts and persons who have agreed to this archive, the first first.
        above: the posts up the line that may agree.
        manifest: the digest of the archive.

    Returns:
        The post and the person whose agreement counts.

    Raises:
        Forbidden: nobody else has agreed: ``may`` names who may.
    """
    if who.person is not None:
        for post, person in agreed:
            if person != who.person and post != who.post.code:
                return post, person
    has = f"{above[0]} may" if above else "no post up the line may"
    raise Forbidden(
        "what nothing proves is brought in by two: another officer agrees to it first "
        f"(palika eoffice archive agree), one of {rule.said}; {has}",
        {"post": who.post.code, "manifest": manifest, "may": list(above)},
    )
