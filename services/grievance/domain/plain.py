"""Reading what a city wrote in its YAML files: each mistake is named with its place and the rule.

``place`` is where a value stands (``holidays 2026, 3``), for the one who has to mend the file.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from palika.text import Name


def keys(place: str, raw: Any, needed: Collection[str], optional: Collection[str] = ()) -> None:
    """Check that ``raw`` is a mapping with these keys and no other.

    Raises:
        ValueError: it is not; a key is missing or not known.
    """
    values = mapping(place, raw)
    missing = [key for key in needed if key not in values]
    if missing:
        raise ValueError(f"{place}: {', '.join(missing)} missing")
    unknown = [str(key) for key in values if key not in needed and key not in optional]
    if unknown:
        known = ", ".join([*needed, *optional])
        raise ValueError(f"{place}: {', '.join(unknown)} not known; must be of: {known}")


def mapping(place: str, raw: Any) -> Mapping[Any, Any]:
    """A mapping.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(raw, Mapping):
        raise ValueError(f"{place}: must be a mapping, not {raw!r}")
    return raw


def sequence(place: str, raw: Any) -> Sequence[Any]:
    """A list.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(raw, list | tuple):
        raise ValueError(f"{place}: must be a list, not {raw!r}")
    return raw


def whole(place: str, value: Any, least: int = 0, most: int | None = None) -> int:
    """A whole number within bounds.

    Raises:
        ValueError: it is none, or out of them.
    """
    if type(value) is not int or value < least or (most is not None and value > most):
        bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{place}: must be a whole number {bounds}, not {value!r}")
    return value


def flag(place: str, value: Any) -> bool:
    """Yes or no.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(value, bool):
        raise ValueError(f"{place}: must be true or false, not {value!r}")
    return value


def one_of(place: str, value: Any, allowed: Collection[str]) -> str:
    """One of several words.

    Raises:
        ValueError: it is none of them.
    """
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{place}: must be one of {', '.join(allowed)}, not {value!r}")
    return value


def name(place: str, raw: Mapping[str, Any]) -> Name:
    """The names under ``mr`` and ``en``.

    Raises:
        ValueError: one is missing.
    """
    mr, en = raw.get("mr"), raw.get("en")
    if not (isinstance(mr, str) and mr and isinstance(en, str) and en):
        raise ValueError(f"{place}: needs a name in mr and in en")
    return Name(mr, en)
