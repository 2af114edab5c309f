"""What may be merged into what: a duplicate is of its original's kind, and of its ward."""

from collections.abc import Set

from palika.errors import Forbidden
from services.grievance.domain.routing import Place

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
