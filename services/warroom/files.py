"""What the war room asks of the e-office about files: whether there is one of a number.

It is asked before a transaction and never in one: nobody waits for it under a lock.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from palika.auth import Identity
from palika.errors import Forbidden, Invalid, NotFound, Unavailable
from palika.roles import post_of

_log = logging.getLogger(__name__)
Ask = Callable[..., Mapping[str, Any]]
"""A method of the e-office that answers with a file by its number: ``get``, ``archived_file``."""


def reader_of(caller: Identity, otherwise: str) -> str:
    """The post as which is looked for a file that a caller names: their own, and for an
    administrator or a service, who have none, another."""
    return post_of(caller.subject) if caller.has_any({"officer", "supervisor"}) else otherwise


def check_file(asks: tuple[Ask, ...], field: str, number: str | None, post: str) -> list[str]:
    """Refuse what is no file of the e-office.

    Args:
        asks: ``eoffice.get``, and ``eoffice.archived_file`` for those that were brought in.
        field: in which the number was given.
        number: None: none was.
        post: that reads: of a file that it may not read the e-office says that there is none.

    Returns:
        The numbers of which it cannot be said whether there is such a file, for the e-office is
        away, or knows no such post any more: this one, or none.

    Raises:
        Invalid: naming the field.
    """
    if number is None:
        return []
    for ask in asks:
        try:
            ask(number=number, post=post)
        except NotFound:
            continue
        except (Unavailable, Forbidden) as error:
            return _unconfirmed(number, error)
        except Invalid as error:
            if "post" in error.fields:
                return _unconfirmed(number, error)
            continue
        return []
    raise Invalid(
        "no such file",
        {field: [f"there is no file {number} that {post} may read in the e-office"]},
    )


def _unconfirmed(number: str, error: Exception) -> list[str]:
    _log.warning("whether there is a file %s is not known: %s", number, error)
    return [number]
