"""Delegation of financial powers: who may sanction what, up to how much in one case."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from palika.errors import Forbidden, Invalid
from palika.india import rupees
from services.eoffice.domain.able import Able, able
from services.eoffice.domain.organisation import Actor, Delegation, Organisation, Post, on

_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Power:
    """One head of sanctions; amounts are in paise, the highest for one case.

    Attributes:
        source: the resolution or order that gives it; ``illustrative`` where there is none.
        by_post: of single posts; goes before ``by_level``.
        by_level: of all posts of a level.
    """

    code: str
    mr: str
    en: str
    source: str
    by_post: Mapping[str, int]
    by_level: Mapping[int, int]

    def of(self, post: Post) -> int:
        """Up to how much a post may sanction by itself; 0: nothing."""
        return self.by_post.get(post.code, self.by_level.get(post.level, 0))


@dataclass(frozen=True, slots=True)
class Authority:
    """Up to how much somebody may sanction, and by whose power.

    ``from_post`` is the post that has let them do it; None: their own post's power.
    """

    most_paise: int
    from_post: str | None = None


@dataclass(frozen=True)
class Powers:
    """All heads of sanctions, by code; and which posts approve what asks for no money."""

    heads: Mapping[str, Power]
    without_money: Able

    def head(self, code: str, field: str = "power") -> Power:
        """The head of that code.

        Raises:
            Invalid: there is none; ``field`` is the argument to blame.
        """
        found = self.heads.get(code)
        if found is None:
            rule = f"{code!r} is not known; must be one of: {', '.join(sorted(self.heads))}"
            raise Invalid("no such power", {field: [rule]})
        return found

    def authority(self, city: Organisation, who: Actor, power: Power, day: date) -> Authority:
        """The widest that an actor has: the post's own power, or one that is delegated to it.

        A linked officer has that of the post for which they act. What is delegated to a post cannot
        be handed on.
        """
        best = Authority(power.of(who.post))
        for giver, each in delegated(city, who, power.code, day):
            most = power.of(giver)
            if each.most_paise is not None:
                most = min(most, each.most_paise)
            if most > best.most_paise:
                best = Authority(most, giver.code)
        return best

    def who_may(
        self, city: Organisation, post: str, power: Power, paise: int, day: date
    ) -> list[str]:
        """The posts up the line from ``post`` that may sanction so much, the nearest first; only
        such as somebody sits in on that day."""
        there = city.held_above(post, day)
        return [code for code in there if power.of(city.posts[code]) >= paise]

    def who_may_without_money(self, city: Organisation, post: str, day: date) -> list[str]:
        """The posts up the line from ``post`` that approve what asks for no money, the nearest
        first; only such as somebody sits in on that day."""
        there = city.held_above(post, day)
        return [code for code in there if self.without_money.includes(city.posts[code])]

    def check_without_money(
        self, who: Actor, may: Sequence[str], legal: Callable[[], list[str]]
    ) -> None:
        """Refuse the approval of what asks for no money by a post that only puts it up.

        Args:
            who: wants to approve it.
            may: who may, see ``who_may_without_money``.
            legal: says what may be done with the file instead, for the refusal.

        Raises:
            Forbidden: the post may not; ``may`` names who may.
        """
        if self.without_money.includes(who.post):
            return
        has = f"{may[0]} may" if may else "no post up the line may"
        raise Forbidden(
            f"{who.post.code} puts files up and does not approve them; {has}",
            {"post": who.post.code, "may": list(may), "legal": legal()},
        )


def delegated(
    city: Organisation, who: Actor, what: str, day: date
) -> Iterator[tuple[Post, Delegation]]:
    """The delegations of a power to the post that acts which count on a day, each with the post
    that has given it."""
    for each in city.delegations:
        if each.to_post == who.post.code and what in each.what and on(each, day):
            giver = city.posts[each.from_post]
            if on(giver, day):
                yield giver, each


def check_sanction(
    authority: Authority,
    who: Actor,
    power: Power,
    paise: int,
    may: list[str],
    legal: Callable[[], list[str]],
    *,
    before: int = 0,
) -> None:
    """Refuse a sanction outside one's powers; the refusal names who has them.

    Args:
        authority: what ``who`` has, see ``Powers.authority``.
        paise: of the sanction, with what was sanctioned in the case before.
        before: that.
        may: who may sanction so much, see ``Powers.who_may``.
        legal: says what may be done with the file instead, for the refusal.

    Raises:
        Forbidden: it is more than ``who`` may sanction; ``may`` names who may.
    """
    if paise <= authority.most_paise:
        return
    limit = f"up to {rupees(authority.most_paise)}" if authority.most_paise else "nothing"
    has = f"{may[0]} may" if may else "no post up the line may: it is for the standing committee"
    part = f" ({rupees(before)} of it was sanctioned in this case before)" if before else ""
    raise Forbidden(
        f"{who.post.code} may sanction {limit} under {power.code}, "
        f"not {rupees(paise)}{part}; {has}",
        {
            "post": who.post.code,
            "power": power.code,
            "most_paise": authority.most_paise,
            "amount_paise": paise,
            "before_paise": before,
            "may": may,
            "legal": legal(),
        },
    )


def check_not_own(
    who: Actor,
    did: str,
    above: Sequence[str],
    own: Collection[str],
    legal: Callable[[], list[str]],
) -> None:
    """Refuse to let an officer approve what is their own: what they have put up themselves from
    another post, as linked officer of a colleague on leave, in additional charge, or after a
    transfer. The posts of the line are there so that two people look at it. Illustrative: practice,
    and no order that is known here.

    Args:
        who: wants to approve it, and has put it up.
        did: what makes it their own: ``has put file R/1 up``.
        above: the posts up the line that might approve it, the nearest first.
        own: the posts for which the officer may act that day.
        legal: says what may be done with it instead, for the refusal.

    Raises:
        Forbidden: always; ``may`` names who may approve it.
    """
    may = [each for each in above if each not in own]
    has = f"{may[0]} may" if may else "no other post up the line may"
    raise Forbidden(
        f"{who.person} {did} and does not approve it as {who.post.code}; {has}",
        {"post": who.post.code, "person": who.person, "may": may, "legal": legal()},
    )


def powers(raw: Mapping[str, Any]) -> Powers:
    """The powers that a city wrote in ``data/powers.yaml``.

    Raises:
        ValueError: a code, a name, the source, an amount or who approves without money is not as it
            should be.
    """
    heads = {}
    for code, each in raw["powers"].items():
        if not _CODE.fullmatch(code):
            raise ValueError(f"powers: {code!r} must be small letters, digits and single hyphens")
        if missing := [name for name in ("mr", "en", "source") if not each.get(name)]:
            raise ValueError(f"powers: {code} needs {', '.join(missing)}")
        by_level, by_post = each.get("levels", {}), each.get("posts", {})
        for key, paise in [*by_level.items(), *by_post.items()]:
            if type(paise) is not int or paise <= 0:
                raise ValueError(f"powers: {code}: {key}: {paise!r} must be whole paise above 0")
        if wrong := [level for level in by_level if type(level) is not int]:
            raise ValueError(f"powers: {code}: {wrong[0]!r} is no level")
        rising = [by_level[level] for level in sorted(by_level)]
        if rising != sorted(rising):
            raise ValueError(f"powers: {code}: a higher level must not have less than a lower one")
        heads[code] = Power(code, each["mr"], each["en"], each["source"], by_post, by_level)
    free = raw.get("without_money") or {}
    if not free.get("source"):
        raise ValueError("without_money: needs source")
    return Powers(heads, able(free, "without_money"))
