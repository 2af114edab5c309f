"""Facts as plain JSON values, and back: how every kind is kept, with no rule of its own."""

import types
from collections.abc import Callable, Hashable, Mapping
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
    readers = _readers(cast(Hashable, kind))
    given = {}
    for name, each in content.items():
        reader = readers[name]
        given[name] = each if each is None or reader is None else reader(each)
    return kind(**given)


_Reader = Callable[[Any], Any]


@cache
def _readers(kind: Hashable) -> dict[str, _Reader | None]:
    """How each field of a kind is read; None: as it is. Worked out once a kind, for a review reads
    thousands of facts."""
    return {name: _reader(hint) for name, hint in get_type_hints(kind).items()}


def _reader(hint: Any) -> _Reader | None:
    """How a value of a type is read; a value that is null is null."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        (hint,) = (each for each in get_args(hint) if each is not type(None))
        return _reader(hint)
    if origin is tuple:
        item = _reader(get_args(hint)[0])
        return tuple if item is None else lambda value: tuple(map(item, value))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        name, part = (_reader(each) or _same for each in get_args(hint))
        return lambda value: {name(key): part(each) for key, each in value.items()}
    if is_dataclass(hint):
        return lambda value: read(cast(type[Any], hint), value)
    if hint in (datetime, date):
        return cast(_Reader, hint.fromisoformat)
    if hint in (UUID, float) or (isinstance(hint, type) and issubclass(hint, StrEnum)):
        return cast(_Reader, hint)
    return None


def _same(value: Any) -> Any:
    return value
