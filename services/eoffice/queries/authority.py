"""What an officer may approve on a file, and up to which amount."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from palika.errors import Forbidden
from services.eoffice.domain.linking import check_linked_decides
from services.eoffice.domain.organisation import Actor, Capacity, Organisation
from services.eoffice.domain.powers import Authority, check_not_own, check_sanction
from services.eoffice.models import Approval, File
from services.eoffice.queries.approvals import is_own_proposal
from services.eoffice.queries.cancelling import stands
from services.eoffice.queries.custody import may_have
from services.eoffice.queries.volumes import case
from services.eoffice.reference import city_linking, city_powers

Legal = Callable[[], list[str]]
_LEAST_PAISE = 1


def can_approve(session: Session, who: Actor, file: File, city: Organisation, day: date) -> bool:
    """Whether there is anything that an actor can ask of ``approve`` on a file that they have: to
    approve it without money, or the least amount under a head, or to have it sent to who may."""

    def can(power: str | None, before: Mapping[str, int]) -> bool:
        paise = None if power is None else _LEAST_PAISE
        try:
            _approving(session, who, file, power, paise, before, city, day, list)
        except Forbidden as refused:
            return any(may_have(session, file, city.posts[each]) for each in refused.details["may"])
        return True

    if can(None, {}):
        return True
    before = sanctioned_before(session, file)
    return any(can(power, before) for power in city_powers().heads)


def can_sanction(session: Session, who: Actor, file: File, city: Organisation, day: date) -> bool:
    """Whether an actor may sanction the least amount on a file under any head."""
    before = sanctioned_before(session, file)
    for power in city_powers().heads:
        try:
            _sanctioning(who, power, _LEAST_PAISE, before, city, day, list)
        except Forbidden:
            continue
        return True
    return False


def approving(
    session: Session,
    who: Actor,
    file: File,
    power: str | None,
    paise: int | None,
    city: Organisation,
    day: date,
    legal: Legal,
) -> Authority | None:
    """The power by which an actor approves a file; None: no money is asked for.

    Args:
        power: the head of sanctions; None: without money.
        paise: how much, if there is a head.
        city: the organisation, as of this transaction.
        day: that day, of India.
        legal: says what may be done with the file instead, for the refusal.

    Raises:
        Invalid: no such head.
        Forbidden: it is more than they may sanction, the post only puts up, they have put the file
            up themselves, or are a linked officer of too low a level: ``may`` names who may.
    """
    before = {} if power is None else sanctioned_before(session, file)
    return _approving(session, who, file, power, paise, before, city, day, legal)


def _approving(
    session: Session,
    who: Actor,
    file: File,
    power: str | None,
    paise: int | None,
    before: Mapping[str, int],
    city: Organisation,
    day: date,
    legal: Legal,
) -> Authority | None:
    """As ``approving``; ``before`` is what ``sanctioned_before`` says."""
    authority = None
    if power is None or paise is None:
        _check_without_money(who, city, day, legal)
    else:
        authority = _sanctioning(who, power, paise, before, city, day, legal)
    _check_not_own(session, who, file, power, paise, before, city, day, legal)
    return authority


def sanctioning(
    session: Session,
    who: Actor,
    file: File,
    power: str,
    paise: int,
    city: Organisation,
    day: date,
    legal: Legal,
) -> Authority:
    """The power by which an actor sanctions an amount under a head on a file.

    A limit is of the case: what was sanctioned under that head before, by whomever, on the file,
    its volumes and its parts, counts with it, or a sanction could be had in pieces that each lie
    within it.

    The arguments, and what it raises, are as of ``approving``.
    """
    before = sanctioned_before(session, file)
    return _sanctioning(who, power, paise, before, city, day, legal)


def _sanctioning(
    who: Actor,
    power: str,
    paise: int,
    before: Mapping[str, int],
    city: Organisation,
    day: date,
    legal: Legal,
) -> Authority:
    powers = city_powers()
    head = powers.head(power)
    whole = before.get(head.code, 0) + paise
    authority = powers.authority(city, who, head, day)
    may = powers.who_may(city, who.post.code, head, whole, day)
    check_sanction(authority, who, head, whole, may, legal, before=before.get(head.code, 0))
    check_linked(who, may, city, day, legal)
    return authority


def _check_without_money(who: Actor, city: Organisation, day: date, legal: Legal) -> None:
    """Refuse an approval without money by a post that puts up; see ``check_without_money``."""
    powers = city_powers()
    may = powers.who_may_without_money(city, who.post.code, day)
    powers.check_without_money(who, may, legal)
    check_linked(who, may, city, day, legal)


def check_linked(
    who: Actor, may: Sequence[str], city: Organisation, day: date, legal: Legal = list
) -> None:
    """Refuse a decision by a linked officer of too low a level; see ``check_linked_decides``.

    It is asked wherever the level of a post, or that it is named, lets it decide: sanctions and
    approvals, weeding, lifting a hold, a shorter keeping, less secrecy.

    Args:
        may: the other posts that might, those up the line the nearest first.
        day: that day, of India.
        legal: says what may be done instead; nothing, where it is not given.
    """
    if who.level is None or who.person is None:
        return
    own = city.posts_of(who.person, day)
    check_linked_decides(who, city_linking(), [each for each in may if each not in own], legal)


def _check_not_own(
    session: Session,
    who: Actor,
    file: File,
    power: str | None,
    paise: int | None,
    before: Mapping[str, int],
    city: Organisation,
    day: date,
    legal: Legal,
) -> None:
    """Refuse an approval of one's own proposal; see ``check_not_own`` and ``is_own_proposal``.

    A power is borrowed by who is a linked officer, and where the post's own does not reach."""
    if who.person is None:
        return
    powers = city_powers()
    above, reaches = powers.who_may_without_money(city, who.post.code, day), True
    if power is not None and paise is not None:
        head = powers.head(power)
        whole = before.get(head.code, 0) + paise
        above = powers.who_may(city, who.post.code, head, whole, day)
        reaches = head.of(who.post) >= whole
    borrowed = who.capacity is Capacity.LINKED or not reaches
    whose = (session, file, who.post.code, who.person, city)
    if not is_own_proposal(*whose, money=power is not None, borrowed=borrowed):
        return
    did = f"has put file {file.number} up"
    check_not_own(who, did, above, city.posts_of(who.person, day), legal)


def sanctioned_before(session: Session, file: File) -> Mapping[str, int]:
    """How much was sanctioned in the case of a file (``volumes.case``) and stands, in paise, by the
    head of sanctions."""
    sanctioned = (
        select(Approval.power, func.sum(Approval.amount_paise))
        .where(Approval.file_id.in_(case(session, file)), Approval.power.is_not(None), *stands())
        .group_by(Approval.power)
    )
    return {power: int(paise or 0) for power, paise in session.execute(sanctioned)}
