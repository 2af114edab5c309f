"""YAML that a city writes: no key twice, and for each mistake the line where it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_FASTEST: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unusable(ValueError):
    """A file cannot be read, or is not YAML; ``line`` (from 1) and ``rule`` say where and why."""

    def __init__(self, line: int, rule: str) -> None:
        self.line = line
        self.rule = rule
        super().__init__(rule)


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
    """Files cannot be used; ``mistakes`` says why, ``str`` in one line."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("; ".join(map(str, mistakes)))


class Loader(_FASTEST):
    """YAML as it is, but a key that is there twice is a mistake: the first would be lost unseen."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """As PyYAML's. Raises ConstructorError: a key is there twice."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                problem = f"{key.value} is there twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def text_of(path: Path) -> str:
    """The text of a file.

    Raises:
        Unusable: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Unusable(1, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Unusable(1, f"is not UTF-8: {error.reason}") from error


def loaded(text: str, loader: type[Loader] = Loader) -> Any:
    """What a text of YAML says.

    Raises:
        Unusable: it is not YAML, or a key is there twice.
    """
    try:
        return yaml.load(text, loader)  # noqa: S506 both loaders are SafeLoader's
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise Unusable(1 if mark is None else mark.line + 1, f"not YAML: {problem}") from error


class Lines:
    """Where the entries of a text of YAML are."""

    def __init__(self, text: str) -> None:
        """``text`` is YAML, as ``loaded`` has found."""
        self._root = yaml.compose(text, _FASTEST)

    def of(self, place: Iterable[str]) -> int:
        """The line of a place, as near as it is there: key after key, items of lists from 1."""
        node, line = self._root, 1
        for word in place:
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
