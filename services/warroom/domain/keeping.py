"""Facts as plain JSON values, and back: how every kind is kept, with no rule of its own."""

import types
from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

T = TypeVar("T")


def kept(value: Any) -> Any:
    """A fact, or a part of one, as JSON has it: days as 2026-04-01, ids as text."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: kept(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): kept(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [kept(each) for each in value]
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value


def read(kind: type[T], content: Mapping[str, Any]) -> T:
    """A fact of what was kept; what a later release has added to its kind has its default.

    Raises:
        TypeError: something is missing that has no default.
        ValueError: something is not of its type.
    """
    hints = _hints(cast(Hashable, kind))
    return kind(**{name: _read(hints[name], each) for name, each in content.items()})


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(hint: Any, value: Any) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        (hint,) = (each for each in get_args(hint) if each is not type(None))
        return _read(hint, value)
    if origin is tuple:
        return tuple(_read(get_args(hint)[0], each) for each in value)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        key, item = get_args(hint)
        return {_read(key, name): _read(item, each) for name, each in value.items()}
    if is_dataclass(hint):
        return read(hint, value)  # type: ignore[arg-type]
    if hint is datetime:
        return datetime.fromisoformat(value)
    if hint is date:
        return date.fromisoformat(value)
    if hint in (UUID,) or (isinstance(hint, type) and issubclass(hint, StrEnum)):
        return hint(value)
    if hint is float and value is not None:
        return float(value)
    return value
