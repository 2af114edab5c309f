"""What goes wrong, as HTTP says it: the one place where the city's errors meet status codes."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.http import HTTP_STATUS_CODES

from palika import errors, tracing

_log = logging.getLogger(__name__)

_AGAIN_S = "5"


class TooMany(errors.PalikaError):
    """More requests than can be answered now, or than one may make; ``after_s`` in the details says
    after how many seconds it may be tried again, where that is known."""

    code = "too_many"


class SignInNeeded(errors.PalikaError):
    """Nobody is signed in, and somebody has to be."""

    code = "sign_in_needed"


class StaleForm(errors.Forbidden):
    """A form whose page was opened too long ago, by somebody else, or on another site."""

    code = "stale_form"


_STATUS: dict[type[errors.PalikaError], int] = {
    errors.Invalid: 400,
    SignInNeeded: 401,
    errors.Forbidden: 403,
    StaleForm: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    TooMany: 429,
    errors.Unavailable: 503,
}
_HEADERS = {
    401: {"WWW-Authenticate": "Bearer"},
    429: {"Retry-After": "1"},
    503: {"Retry-After": _AGAIN_S},
}


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as it is answered: the status, a line for each thing that is wrong, headers; whether
    it is that of ``StaleForm``, which has a page of its own; its stable name for programs; and the
    arguments that are wrong, each with its rule."""

    status: int
    lines: tuple[str, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    stale_form: bool = False
    code: str = ""
    faults: tuple[tuple[str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it (RFC 9457), with a line for each thing that is wrong."""
        told: list[tuple[str | None, str]] = [*self.faults] or [(None, line) for line in self.lines]
        title = HTTP_STATUS_CODES.get(self.status, "Error")
        return {
            "type": "about:blank",
            "title": title,
            "status": self.status,
            "code": self.code or title.lower().replace(" ", "_"),
            "detail": "; ".join(self.lines),
            "errors": [{"field": name, "rule": rule} for name, rule in told],
        }


def problem(error: Exception) -> Problem:
    """What is told of an error; never a trace, and nothing of how the city is built."""
    if isinstance(error, errors.Invalid) and error.fields:
        faults = tuple(rules(error.fields))
        lines = tuple(f"{name}: {rule}" for name, rule in faults)
        return Problem(400, lines, code=error.code, faults=faults)
    status = _STATUS.get(type(error)) if isinstance(error, errors.PalikaError) else None
    if status == 503:
        lines = ("not now; try again in a few seconds",)
        return Problem(503, lines, _HEADERS[503], code="unavailable")
    if status is not None:
        stale = isinstance(error, StaleForm)
        code = error.code if isinstance(error, errors.PalikaError) else ""
        return Problem(status, (str(error),), _headers(status, error), stale, code)
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
    lines = (f"an error of the city's own; it is logged under {trace_id}",)
    return Problem(500, lines, code="unexpected")


def _headers(status: int, error: errors.PalikaError) -> Mapping[str, str]:
    after_s = error.details.get("after_s")
    return {"Retry-After": str(after_s)} if after_s else _HEADERS.get(status, {})


def rules(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each field of ``Invalid`` with each rule that it breaks; what is inside of a field is named
    with a dot."""
    for name, broken in fields.items():
        if isinstance(broken, Mapping):
            yield from ((f"{name}.{inner}", rule) for inner, rule in rules(broken))
        elif isinstance(broken, list | tuple):
            yield from ((str(name), str(rule)) for rule in broken)
        else:
            yield str(name), str(broken)
