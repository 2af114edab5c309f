"""What goes wrong, as HTTP says it: the one place where the city's errors meet status codes."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.exceptions import HTTPException, InternalServerError

from palika import errors, tracing

_log = logging.getLogger(__name__)

_AGAIN_S = "5"


class TooMany(errors.PalikaError):
    """More requests than can be answered now."""

    code = "too_many"


_STATUS: dict[type[errors.PalikaError], int] = {
    errors.Invalid: 400,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    TooMany: 429,
    errors.Unavailable: 503,
}
_HEADERS = {429: {"Retry-After": "1"}, 503: {"Retry-After": _AGAIN_S}}


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as it is answered: the status, a line for each thing that is wrong, headers."""

    status: int
    lines: tuple[str, ...]
    headers: Mapping[str, str] = field(default_factory=dict)


def problem(error: Exception) -> Problem:
    """What is told of an error; never a trace, and nothing of how the city is built."""
    if isinstance(error, errors.Invalid) and error.fields:
        return Problem(400, tuple(_rules(error.fields)))
    status = _STATUS.get(type(error)) if isinstance(error, errors.PalikaError) else None
    if status == 503:
        return Problem(503, ("not now; try again in a few seconds",), _HEADERS[503])
    if status is not None:
        return Problem(status, (str(error),), _HEADERS.get(status, {}))
    if isinstance(error, HTTPException) and not isinstance(error, InternalServerError):
        allowed = getattr(error, "valid_methods", None)
        headers = {"Allow": ", ".join(sorted(allowed))} if allowed else {}
        return Problem(error.code or 400, (error.name.lower(),), headers)
    trace_id = tracing.current_trace_id()
    if isinstance(error, errors.Unexpected):
        # Its service has logged it.
        trace_id = error.details.get("trace_id", trace_id)
    else:
        _log.error("a request failed", exc_info=error)
    return Problem(500, (f"an error of the city's own; it is logged under {trace_id}",))


def _rules(fields: Mapping[str, Any]) -> Iterator[str]:
    """``field: rule``, a line each."""
    for name, rules in fields.items():
        if isinstance(rules, Mapping):
            yield from (f"{name}.{line}" for line in _rules(rules))
        elif isinstance(rules, list | tuple):
            yield from (f"{name}: {rule}" for rule in rules)
        else:
            yield f"{name}: {rules}"
