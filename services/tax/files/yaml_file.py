"""Reading a YAML file with exact decimals, and telling each mistake with its line."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import yaml

from services.tax.domain.reading import Mistakes

_FASTEST: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = re.compile(r"-?[0-9]+\.[0-9]+", re.ASCII)
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong in a file: ``line`` counts from 1, ``place`` names the field."""

    file: str
    line: int
    place: str
    rule: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.place}: {self.rule}"


class WrongData(ValueError):
    """A file cannot be used; ``mistakes`` says why, ``str`` in one line."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("; ".join(map(str, mistakes)))


class _Loader(_FASTEST):  # type: ignore[misc]
    """YAML with exact numbers; a key that is there twice is a mistake, or one is lost unseen."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                problem = f"{key.value} is there twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


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
    text = _text(path)
    try:
        raw = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise WrongData([_not_yaml(path.name, error)]) from error
    try:
        return parse(raw)
    except Mistakes as error:
        root = yaml.compose(text, _FASTEST)
        told = [Mistake(path.name, _line(root, place), place, rule) for place, rule in error.found]
        raise WrongData(sorted(told, key=lambda each: each.line)) from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
        raise WrongData([Mistake(path.name, 1, "file", problem)]) from error
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8: {error.reason}"
        raise WrongData([Mistake(path.name, 1, "file", problem)]) from error


def _not_yaml(name: str, error: yaml.YAMLError) -> Mistake:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return Mistake(name, 1 if mark is None else mark.line + 1, "file", f"not YAML: {problem}")


def _line(node: Any, place: str) -> int:
    """The line of a place, as near as it is there."""
    line = 1
    for word in place.split(", "):
        found = _within(node, word)
        if found is None:
            break
        mark, node = found
        line = mark.line + 1
    return line


def _within(node: Any, word: str) -> tuple[Any, Any] | None:
    """Where an entry begins, and its content."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == word:
                return key.start_mark, value
    if isinstance(node, yaml.SequenceNode) and word.isdecimal():
        for item in node.value[int(word) - 1 : int(word)]:
            return item.start_mark, item
    return None
