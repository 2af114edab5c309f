"""What posts are called: the e-office knows, and is asked when it is shown.

It is asked before a transaction and never in one: nobody waits for it under a lock.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from palika.errors import PalikaError
from palika.text import Name

WAIT_S: Final = 1.0
"""So many seconds a page that shows posts waits for their names, and no more: they have codes."""
_MOST: Final = 500
"""So many are asked for at once."""
_log = logging.getLogger(__name__)
Ask = Callable[..., Mapping[str, Any]]
"""``eoffice.posts``."""


def asked(ask: Ask, codes: Collection[str]) -> list[Mapping[str, Any]]:
    """The e-office's answers about posts, in as few calls as it takes; nothing is asked of none.

    Raises:
        Unavailable: the e-office does not answer.
    """
    wanted = sorted(codes)
    return [ask(codes=wanted[at : at + _MOST]) for at in range(0, len(wanted), _MOST)]


def names_of(ask: Ask, codes: Collection[str]) -> dict[str, Name]:
    """What posts are called, by code; none at all while the e-office is away."""
    try:
        told = asked(ask, codes)
    except PalikaError as error:
        _log.warning("posts are called by their codes: %s", error)
        return {}
    return {code: Name(**name) for each in told for code, name in each["posts"].items()}
