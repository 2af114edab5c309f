"""What may be merged into what: a duplicate is of its original's kind, and of its ward."""

from collections.abc import Set
from uuid import UUID

from palika.errors import Conflict, Forbidden
from services.grievance.domain.lifecycle import OPEN, State
from services.grievance.domain.routing import Place

MOST_TOLD = 5_000
"""Of those merged into one original and all their followers: its event names each of them (at 39
bytes, which is 0.2 MB), and each is told."""
MAY_MERGE_ANYTHING = frozenset({"supervisor", "admin"})


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
    if differ and MAY_MERGE_ANYTHING.isdisjoint(roles):
        said = ", ".join(f"{key} {one} and {other}" for key, (one, other) in differ.items())
        raise Forbidden(
            f"the two differ ({said}): to merge them all the same is for "
            f"{', '.join(sorted(MAY_MERGE_ANYTHING))}",
            {"differ": sorted(differ), "roles": sorted(MAY_MERGE_ANYTHING)},
        )


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
