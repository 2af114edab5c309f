"""The errors that a caller may have to deal with. Plain Python: domain rules raise them too.

Each survives Nameko's wire as itself, since ``args`` is all of it: a message for people, and the
details as JSON text. (Of anything but text Nameko would make text: a balance of 5 would arrive as
"5".)
"""

import json
from collections.abc import Mapping
from typing import Any, ClassVar


class PalikaError(Exception):
    """The base of all.

    Attributes:
        code: a stable name for programs.
        message: one line for people.
        details: plain JSON values, by kind of error; never personal data. They are the same for
            whoever raises the error and for whoever catches it at the other end of the wire.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, details: Mapping[str, Any] | str | None = None) -> None:
        """Make one; ``details`` as text are JSON, as they come from the wire."""
        self.message = message
        text = details if isinstance(details, str) else json.dumps(_plain(details or {}))
        self.details: dict[str, Any] = json.loads(text)
        super().__init__(message, text)

    def __str__(self) -> str:
        return self.message

    def to_dict(self) -> dict[str, Any]:
        """``{"code", "message", "details"}``."""
        return {"code": self.code, "message": self.message, "details": self.details}


class NotFound(PalikaError):
    """There is nothing of that id."""

    code = "not_found"


class Invalid(PalikaError):
    """Arguments that break a rule; ``fields`` names each field and the rules that it breaks."""

    code = "invalid"

    @property
    def fields(self) -> dict[str, Any]:
        """Messages by field, as marshmallow has them."""
        return self.details

    def __str__(self) -> str:
        if not self.details:
            return self.message
        parts = (f"{name}: {_flat(rules)}" for name, rules in self.details.items())
        return f"{self.message} ({'; '.join(parts)})"


class Conflict(PalikaError):
    """It cannot be done in the present state, or somebody else was faster."""

    code = "conflict"


class Forbidden(PalikaError):
    """The caller may not do this."""

    code = "forbidden"


class Unavailable(PalikaError):
    """Not now: a service, the broker or a database does not answer. Trying again may help."""

    code = "unavailable"


class Unexpected(PalikaError):
    """An error of the service itself; its log has the rest under the trace id in ``details``."""

    code = "unexpected"


def error_of(told: Mapping[str, Any]) -> PalikaError:
    """The error that ``to_dict`` has told, where several answers come in one."""
    kinds = {kind.code: kind for kind in PalikaError.__subclasses__()}
    return kinds.get(told["code"], Unexpected)(told["message"], told["details"])


def _plain(value: Any) -> Any:
    """As JSON can say it: keys are text, and so is what JSON has no word for."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    # A member of an enumeration of texts or numbers is its value.
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)


def _flat(rules: Any) -> str:
    if isinstance(rules, Mapping):
        return ", ".join(f"{key}: {_flat(value)}" for key, value in rules.items())
    if isinstance(rules, list | tuple):
        return "; ".join(map(str, rules))
    return str(rules)
