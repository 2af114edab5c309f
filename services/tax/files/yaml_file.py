"""Reading a YAML file with exact decimals, and telling each mistake with its line."""

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from palika.reading import Mistakes
from palika.yaml_files import Lines, Loader, Mistake, Unusable, WrongData, loaded, text_of

_PLAIN = re.compile(r"-?[0-9]+\.[0-9]+", re.ASCII)
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)

T = TypeVar("T")


class _Loader(Loader):
    """YAML with exact numbers."""


def _exact(loader: Any, node: Any) -> Any:
    """``16.75`` as a Decimal; ``1e3``, ``.inf`` and the like as the text that they are."""
    text = loader.construct_scalar(node)
    return Decimal(text) if _PLAIN.fullmatch(text) else text


def _whole(loader: Any, node: Any) -> Any:
    """A whole number as everybody writes it. ``00345``, which YAML takes for octal, ``1_0`` and
    ``12:30`` are the text that they are."""
    text = loader.construct_scalar(node)
    return int(text) if _WHOLE.fullmatch(text) else text


def _day(loader: Any, node: Any) -> Any:
    """A day; what looks like one and is none (30 February) as the text that it is."""
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        return loader.construct_scalar(node)


_Loader.add_constructor("tag:yaml.org,2002:float", _exact)
_Loader.add_constructor("tag:yaml.org,2002:int", _whole)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _day)


def parsed(path: Path, parse: Callable[[Any], T]) -> T:
    """What ``parse`` makes of a file; it raises ``Mistakes``.

    Raises:
        WrongData: the file cannot be read, is not YAML, or breaks rules: all of them are told, in
            the order of their lines.
    """
    try:
        text = text_of(path)
        raw = loaded(text, _Loader)
    except Unusable as error:
        raise WrongData([Mistake(path.name, error.line, "file", error.rule)]) from error
    try:
        return parse(raw)
    except Mistakes as error:
        lines = Lines(text)
        told = [
            Mistake(path.name, lines.of(place.split(", ")), place, rule)
            for place, rule in error.found
        ]
        raise WrongData(sorted(told, key=lambda each: each.line)) from error
