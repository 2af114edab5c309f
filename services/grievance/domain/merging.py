"""What may be merged into what: a duplicate is of its original's kind, and of its ward."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from palika.errors import Conflict, Forbidden, Invalid
from services.grievance.domain.access import SUPERVISORS, is_staff
from services.grievance.domain.lifecycle import DONE, OPEN, State, check_reopen
from services.grievance.domain.routing import Place

MOST_TOLD = 5_000
"""Of those merged into one original and all their followers: its event names each of them (at 39
bytes, which is 0.2 MB), and each is told."""


def check_alike(new: Place, original: Place, roles: Set[str]) -> None:
    """Refuse an officer's merging of what does not look like the same thing.

    The same is of the same category (or its sub-categories of one), and, where the wards of both
    are known, of the same ward. A supervisor may know better.

    Args:
        new: of the grievance that is to be merged.
        original: of the one that it is to go on as.
        roles: the caller's.

    Raises:
        Forbidden: they differ, and the caller is no supervisor; the message says in what.
    """
    differ = {}
    if new.category != original.category and (
        new.parent_category is None or new.parent_category != original.parent_category
    ):
        differ["category"] = [
            new.parent_category or new.category,
            original.parent_category or original.category,
        ]
    if new.ward is not None and original.ward is not None and new.ward != original.ward:
        differ["ward"] = [new.ward, original.ward]
    if differ and SUPERVISORS.isdisjoint(roles):
        said = ", ".join(f"{key} {one} and {other}" for key, (one, other) in differ.items())
        raise Forbidden(
            f"the two differ ({said}): to merge them all the same is for "
            f"{', '.join(sorted(SUPERVISORS))}",
            {"differ": sorted(differ), "roles": sorted(SUPERVISORS)},
        )


def check_two(one: UUID, other: UUID, field: str) -> None:
    """Refuse to merge a grievance with itself, or to link it so. Raises Invalid, which names
    ``field``."""
    if one == other:
        raise Invalid("these are one grievance", {field: ["is the grievance itself"]})


def check_original(number: str, state: State, merged_into: UUID | None) -> None:
    """Refuse an original that could not stand for another one.

    Args:
        number: of the original.
        state: in which it is.
        merged_into: what it was merged into itself, if it was.

    Raises:
        Conflict: it is a duplicate itself (its own original is named), or is not open.
    """
    if merged_into is not None:
        raise Conflict(
            f"{number} was merged into another one itself: merge into that",
            {"into": str(merged_into)},
        )
    if state not in OPEN:
        raise Conflict(
            f"{number} is {state}: only an open one can be the original", {"status": str(state)}
        )


def check_room(number: str, told: int) -> None:
    """Refuse to let one stand for so many that its event could not name them all: nobody is left
    out, and who would be one too many is told by their own grievance.

    Args:
        number: of the original.
        told: how many would be told what becomes of it, beside its citizen.

    Raises:
        Conflict: they are too many.
    """
    if told > MOST_TOLD:
        raise Conflict(
            f"{number} would stand for {told} who are told what becomes of it, and {MOST_TOLD} is "
            "the most: let this one be, or merge it into another one",
            {"told": told, "limit": MOST_TOLD},
        )


@dataclass(frozen=True, slots=True)
class Original:
    """How the one stands that others were merged into."""

    number: str
    state: State
    resolved_at: datetime | None


def check_unmerge(original: Original, roles: Set[str], now: datetime, reopen_days: int) -> None:
    """Refuse to take back a merging that neither the office nor its citizen may take back now.

    The office may while the original is open; the citizen when it is said to be put right and
    theirs is not, within the days in which a resolution may be taken back. An appeal is always
    left.

    Args:
        original: as it stands.
        roles: in which the caller acts on what was merged into it.
        now: the present moment.
        reopen_days: how long a resolution may be taken back.

    Raises:
        Conflict: the message says who may, and when.
    """
    state = original.state
    if "citizen" in roles and state in DONE:
        # Their own reopenings are not counted: whoever merges it again has to answer for that.
        check_reopen(
            original.number, original.resolved_at, 0, now, reopen_days=reopen_days, max_reopens=1
        )
    elif is_staff(roles) and state not in OPEN:
        raise Conflict(
            f"its original {original.number} is {state}: only its citizen can say now that theirs "
            "is not put right, or appeal",
            {"status": str(state), "instead": ["appeal"]},
        )
    elif not is_staff(roles):
        raise Conflict(
            f"its original {original.number} is {state}; when that is said to be put right and "
            "yours is not, say so; an appeal against the merging is possible",
            {"status": str(state), "instead": ["appeal"]},
        )


def check_withdraw(number: str, duplicates: int, followers: int) -> None:
    """Refuse to let be taken back what goes on for others.

    Args:
        number: of the grievance.
        duplicates: how many were merged into it.
        followers: how many follow it.

    Raises:
        Conflict: others have the same grievance, as theirs or by following it.
    """
    if followers:
        raise Conflict(
            f"{number} cannot be withdrawn: {followers} follow it instead of filing the same, and "
            "it stays open for them",
            {"followers": followers},
        )
    if duplicates:
        raise Conflict(
            f"{number} cannot be withdrawn: {duplicates} others have the same grievance, and it "
            "stays open for them",
            {"duplicates": duplicates},
        )
