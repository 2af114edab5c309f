"""What the war room asks of the grievance service: whether there is a category.

It is asked before a transaction and never in one: nobody waits for it under a lock.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from palika.errors import Invalid

Ask = Callable[..., Mapping[str, Any]]
"""A method of the grievance service."""
_AS: Final = ("category", "parent_category")


def check_category(count: Ask, code: str) -> None:
    """Refuse what is no category of grievances, of the upper or of the lower kind, and never was.

    Args:
        count: ``grievance.count``, which refuses by field what nothing is called by.

    Raises:
        Invalid: naming ``category``, with those that are near.
        Unavailable: the grievance service does not answer, so it cannot be said; nothing is
            written.
    """
    rules: list[str] = []
    for field in _AS:
        try:
            count(**{field: code})
        except Invalid as error:
            if field not in error.fields:
                raise
            rules += error.fields[field]
        else:
            return
    raise Invalid("no such category", {"category": rules})
