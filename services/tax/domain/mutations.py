"""A transfer of title as the city takes it: applied for, waited with, ordered or refused."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

from palika.errors import Conflict, Invalid
from palika.india import rupees
from services.tax.domain.moves import Moves
from services.tax.domain.register import Owner, Register, State, Title, holding
from services.tax.domain.register_rules import MutationRule
from services.tax.domain.title import Transfer, after_transfers, check_title, is_same

APPLIED: Final = "applied"
MOVES: Final[Moves] = {
    APPLIED: {"order": "ordered", "refuse": "refused", "withdraw": "withdrawn"},
    "ordered": {},
    "refused": {},
    "withdrawn": {},
}
FEE: Final = "fee_mutation"
"""The head under which an application's fee is charged."""
CORRECTION: Final = "correction"
"""The reason by which the record is put right, and no title passes."""
BY_TRANSFER: Final = ("sale", "gift")
"""For these it must be said who gives what; for others the owners themselves may be given."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What an application comes to.

    Attributes:
        before: the title that it is worked out from.
        owners: those there will be.
    """

    before: Title
    owners: tuple[Owner, ...]


def passed(
    titles: Sequence[Title],
    reason: str,
    day: date,
    transfers: Sequence[Transfer] | None,
    owners: Sequence[Owner] | None,
    stands: Sequence[date],
) -> Passed:
    """Who owns a property after title has passed on a day.

    Args:
        titles: of the property, as they were written down.
        reason: one of ``register_rules.REASONS``.
        day: on which it passed.
        transfers: by which the owners come about; or None, and then
        owners: all there are from the day on.
        stands: the days of later changes that stand as they are.

    Raises:
        Invalid: both or none are given, a sale without transfers, as ``title.after_transfers``.
        Conflict: nobody owned it then, a later change that is not named, or nothing changes.
    """
    if (transfers is None) == (owners is None):
        raise Invalid("not a mutation", {"transfers": ["give either transfers or owners"]})
    if transfers is None and reason in BY_TRANSFER:
        raise Invalid("not a mutation", {"transfers": [f"a {reason} is from owners to others"]})
    before = holding(titles, day)
    if before is None:
        raise Conflict(f"nobody is known to have owned it on {day.isoformat()}", {})
    later = {each.effective_from for each in titles if each.effective_from > day}
    if unsaid := sorted(later - set(stands)):
        days = [each.isoformat() for each in unsaid]
        raise Conflict(
            f"its owners have changed since: say in `stands` that {', '.join(days)} stands, or "
            "put that right first",
            {"stands": days},
        )
    if unknown := sorted(set(stands) - later):
        rule = f"nothing changed on {', '.join(each.isoformat() for each in unknown)}"
        raise Invalid("not a mutation", {"stands": [rule]})
    if transfers is not None:
        found = after_transfers(before.owners, transfers)
    else:
        found = tuple(owners or ())
        check_title(found)
    if found == before.owners:
        raise Conflict("these are its owners already", {})
    return Passed(before, found)


def lapsed(
    register: Register,
    titles: Sequence[Title],
    reason: str,
    owners: Sequence[Owner],
    day: date,
    lapse: Collection[str],
) -> dict[date, State]:
    """What a property is when title passes, by the day from which that holds, where claims about
    persons end by it; nothing where none do.

    They end when none of the owners of before stays, up to the next change of owners, which stands.
    A correction passes no title: who is called otherwise by it is who they were (illustrative).

    Args:
        register: of the property, as it is known now.
        titles: of the property without the new one, as they were written down.
        reason: one of ``register_rules.REASONS``.
        owners: those there are from the day on.
        day: on which title passed.
        lapse: the claims that are about persons.
    """
    before = holding(titles, day)
    were = before.owners if before is not None else ()
    if reason == CORRECTION or any(is_same(old, new) for old in were for new in owners):
        return {}
    until = min((each.effective_from for each in titles if each.effective_from > day), default=None)
    days = {day, *(each.effective_from for each in register.states)}
    if until is not None:
        days.add(until)
    found: dict[date, State] = {}
    changes = False
    for begins in sorted(each for each in days if each >= day):
        state = register.at(begins)
        if state is None:
            continue
        if (until is None or begins < until) and not state.claims.isdisjoint(lapse):
            state, changes = replace(state, claims=state.claims - frozenset(lapse)), True
        found[begins] = state
    return found if changes else {}


def check_facts(
    facts: Mapping[str, Any], reason: str, rule: MutationRule, day: date, today: date
) -> None:
    """Refuse an application that lacks what it rests on.

    Args:
        facts: ``register_rules.FACTS``; None where nothing is said.
        reason: one of ``register_rules.REASONS``.
        rule: of that.
        day: on which title passed.
        today: in Asia/Kolkata.

    Raises:
        Invalid: names each fact that is missing, of a day to come, or after title passed (a death;
            a deed by which it passes).
    """
    wrong = {
        f"facts, {name}": [f"needed for a {rule.name.en}"]
        for name in rule.needs
        if facts.get(name) is None
    }
    for name in ("document_date", "died_on"):
        if facts.get(name) is not None and facts[name] > today:
            wrong[f"facts, {name}"] = ["must not be after today"]
    if facts.get("died_on") is not None and facts["died_on"] > day:
        wrong["facts, died_on"] = ["must not be after the day on which title passed"]
    # Nobody sells or gives before the deed is made; an order of a court may reach back.
    deed = facts.get("document_date")
    if reason in BY_TRANSFER and deed is not None and day < deed <= today:
        wrong["facts, document_date"] = ["must not be after the day on which title passed"]
    if wrong:
        raise Invalid("not a mutation", wrong)


def last_day_to_object(applied_on: date, rule: MutationRule) -> date | None:
    """Until when it is not ordered; None: it may be ordered at once."""
    return applied_on + timedelta(days=rule.notice_days) if rule.notice_days else None


def check_orderable(until: date | None, rule: MutationRule, owed_paise: int, today: date) -> None:
    """Refuse an order before its time.

    Args:
        until: the last day on which anybody may object.
        rule: of its reason.
        owed_paise: what the property owes today, interest and the fee included.
        today: in Asia/Kolkata.

    Raises:
        Conflict: the time for objections is not over, or something is owed that has to be paid
            first.
    """
    if until is not None and today <= until:
        raise Conflict(
            f"anybody may object until {until.isoformat()}: it can be ordered from the day after",
            {"objections_until": until.isoformat()},
        )
    if rule.dues_cleared and owed_paise > 0:
        raise Conflict(
            f"{rupees(owed_paise)} is owed: a {rule.name.en} is ordered when all is paid",
            {"owed_paise": owed_paise},
        )


def owners_as_json(owners: Sequence[Owner]) -> list[dict[str, Any]]:
    """Owners as an application keeps them."""
    return [
        {
            "name": each.name,
            "kind": each.kind,
            "share": str(each.share),
            "phone": each.phone,
            "email": each.email,
            "language": each.language,
        }
        for each in owners
    ]


def owners_of_json(raw: Sequence[Mapping[str, Any]]) -> tuple[Owner, ...]:
    """The owners that ``owners_as_json`` wrote."""
    return tuple(Owner(**{**each, "share": Fraction(each["share"])}) for each in raw)


def transfers_as_json(transfers: Sequence[Transfer] | None) -> list[dict[str, Any]] | None:
    """Transfers as an application keeps them."""
    if transfers is None:
        return None
    return [
        {
            "from": each.giver,
            "share": str(each.share) if each.share is not None else None,
            "to": owners_as_json(each.takers),
        }
        for each in transfers
    ]
