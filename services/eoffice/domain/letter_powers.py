"""Who approves a letter: posts that may approve its kind; and who wrote it alone, only if they are
of these themselves."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date

from palika.errors import Forbidden
from services.eoffice.domain.able import Able
from services.eoffice.domain.linking import Linking, check_linked_decides
from services.eoffice.domain.organisation import OWN, Actor, Organisation, Post
from services.eoffice.domain.powers import check_not_own, delegated

PREFIX = "letter:"
"""Before the code of a template, where it is named beside heads of sanctions: in a delegation."""


@dataclass(frozen=True, slots=True)
class LetterPower:
    """Who approves the letters of a template.

    Attributes:
        template: its code.
        able: the posts that may.
        second_officer: that who wrote the letter approves it in no case; without it they do if they
            wrote it at a post that may approve it.
        source: the manual or order that says so; ``illustrative`` where there is none.
        alone_below: in a department in which somebody holds fewer posts than that, who wrote the
            letter approves it too by a power that a post up the line has delegated to theirs; 0: in
            none.
    """

    template: str
    able: Able
    second_officer: bool
    source: str
    alone_below: int = 0

    @property
    def code(self) -> str:
        """As a delegation names it: ``letter:order``."""
        return f"{PREFIX}{self.template}"

    def whose(self, city: Organisation, who: Actor, day: date) -> Post | None:
        """By whose power an actor approves: the own post's, or that of one which has let it; None:
        they may not. A linked officer has that of the post for which they act; what is delegated
        to a post cannot be handed on."""
        if self.able.includes(who.post):
            return who.post
        givers = (giver for giver, _ in delegated(city, who, self.code, day))
        return next((each for each in givers if self.able.includes(each)), None)

    def who_may(self, city: Organisation, post: str, day: date) -> list[str]:
        """The posts up the line from ``post`` that may approve, the nearest first; only such as
        somebody sits in on that day."""
        return [each for each in city.held_above(post, day) if self.able.includes(city.posts[each])]


def check_approves(
    power: LetterPower,
    city: Organisation,
    who: Actor,
    wrote_at: Collection[str],
    own: Collection[str],
    day: date,
    linking: Linking,
    legal: Callable[[], list[str]],
) -> Post:
    """Refuse an approval by a post that may not approve such letters, one by who wrote the letter,
    and one by a linked officer of too low a level.

    Args:
        power: of the letter's kind.
        city: the organisation.
        who: wants to approve it.
        wrote_at: the posts at which the same officer has written any version of it.
        own: the posts for which the officer may act that day.
        day: that day, of India.
        linking: up to how far below the post a linked officer approves.
        legal: says what may be done with the letter and its file instead, for the refusal.

    Returns:
        The post by whose power it is approved.

    Raises:
        Forbidden: ``may`` names who may.
    """
    another = bool(wrote_at) and (power.second_officer or not _all_may(power, city, wrote_at))
    another = another and not _authorised(power, city, who, wrote_at, day)
    above = power.who_may(city, who.post.code, day)
    # From none of their other posts will they approve it either.
    may = [each for each in above if not (another and each in own)]
    whose = power.whose(city, who, day)
    if whose is None:
        has = f"{may[0]} may" if may else "no post up the line may"
        raise Forbidden(
            f"{who.post.code} may not approve a letter of the kind {power.template}; {has}",
            {
                "post": who.post.code,
                "template": power.template,
                "from_level": power.able.from_level,
                "may": may,
                "legal": legal(),
            },
        )
    if another:
        check_not_own(who, "has written the letter", may, own, legal)
    check_linked_decides(who, linking, [each for each in may if each not in own], legal)
    return whose


def check_undoes(
    who: Actor, approved_by: str, above: Sequence[str], legal: Callable[[], list[str]]
) -> None:
    """Refuse to let a desk undo the approval of another's: which asks, sends the file there.
    Illustrative: practice, and no order that is known here.

    Args:
        who: wants to take the approval back, or to give the letter up.
        approved_by: the post that has approved it.
        above: the posts up the line from that.
        legal: says what may be done with the letter and its file instead, for the refusal.

    Raises:
        Forbidden: it is neither that post nor above it; ``may`` names who may.
    """
    may = [approved_by, *above]
    if who.post.code not in may:
        raise Forbidden(
            f"{approved_by} has approved the letter: that is undone there or up the line, "
            f"not by {who.post.code}",
            {"post": who.post.code, "approved_by": approved_by, "may": may, "legal": legal()},
        )


def _authorised(
    power: LetterPower, city: Organisation, who: Actor, wrote_at: Collection[str], day: date
) -> bool:
    """Whether the post was authorised to let such letters out alone, by somebody up its line and in
    a department so small that there is no second officer for each of them."""
    if power.second_officer or who.capacity not in OWN or set(wrote_at) != {who.post.code}:
        return False
    if city.strength(who.post.department, day) >= power.alone_below:
        return False
    line = city.above(who.post.code)
    givers = (giver for giver, _ in delegated(city, who, power.code, day))
    return any(each.code in line and power.able.includes(each) for each in givers)


def _all_may(power: LetterPower, city: Organisation, posts: Collection[str]) -> bool:
    known = (city.posts.get(each) for each in posts)
    return all(each is not None and power.able.includes(each) for each in known)
