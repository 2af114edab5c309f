"""Files of templates that a city writes, and each mistake in them with its line."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import click

from palika.errors import Invalid
from palika.yaml_files import Lines, Unusable, loaded, text_of
from services.notify.cli.shown import echo_json
from services.notify.domain.template_data import templates
from services.notify.reference import city_register


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong in a file: ``line`` counts from 1, ``place`` names the template."""

    file: str
    line: int
    place: str
    rule: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.place}: {self.rule}"


class WrongFiles(ValueError):
    """Files that cannot be used; ``mistakes`` says why."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("; ".join(map(str, mistakes)))


def templates_in(files: Sequence[Path]) -> dict[str, Any]:
    """The data of the templates in files, by name; all are sound.

    Raises:
        WrongFiles: a file cannot be read, is no YAML, has mistakes, or has a template of another.
    """
    found: dict[str, Any] = {}
    mistakes: list[Mistake] = []
    for file in files:
        try:
            text = text_of(file)
            data = loaded(text)
        except Unusable as error:
            mistakes.append(Mistake(str(file), error.line, "-", error.rule))
            continue
        try:
            templates(data, city_register())
        except Invalid as error:
            lines = Lines(text)
            for name, rules in error.details.items():
                for rule in rules:
                    line = lines.of([name, *rule.partition(":")[0].split(".")])
                    mistakes.append(Mistake(str(file), line, name, rule))
            continue
        for name in sorted(found.keys() & data.keys()):
            line = Lines(text).of([name])
            mistakes.append(Mistake(str(file), line, name, "is in another file, too"))
        found |= data
    if mistakes:
        raise WrongFiles(sorted(mistakes, key=lambda each: (each.file, each.line)))
    try:
        # Two files may use one name of WhatsApp's.
        templates(found, city_register())
    except Invalid as error:
        both = ", ".join(map(str, files))
        rules = [(n, rule) for n, told in error.details.items() for rule in told]
        raise WrongFiles([Mistake(both, 1, name, rule) for name, rule in rules]) from error
    return found


def tell_mistakes(error: WrongFiles, as_json: bool) -> NoReturn:
    """Print each mistake (with ``--json`` as one object on the standard output) and end with 1."""
    if as_json:
        told = [
            {"file": each.file, "line": each.line, "place": each.place, "rule": each.rule}
            for each in error.mistakes
        ]
        echo_json({"valid": False, "mistakes": told})
    else:
        for each in error.mistakes:
            click.echo(str(each), err=True)
    raise click.exceptions.Exit(1) from error
