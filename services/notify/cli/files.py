"""Files of templates that a city writes, and each mistake in them with its line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from palika.errors import Invalid
from palika.yaml_files import Lines, Mistake, Unusable, WrongData, loaded, text_of
from services.notify.cli.shown import echo_json
from services.notify.domain.template_data import templates
from services.notify.reference import city_register


def templates_in(files: Sequence[Path]) -> dict[str, Any]:
    """The data of the templates in files, by name; all are sound.

    Raises:
        WrongData: a file cannot be read, is no YAML, has mistakes, or has a template of another.
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
        raise WrongData(sorted(mistakes, key=lambda each: (each.file, each.line)))
    try:
        # Two files may use one name of WhatsApp's.
        templates(found, city_register())
    except Invalid as error:
        both = ", ".join(map(str, files))
        rules = [(n, rule) for n, told in error.details.items() for rule in told]
        raise WrongData([Mistake(both, 1, name, rule) for name, rule in rules]) from error
    return found


def tell_mistakes(error: WrongData, as_json: bool) -> NoReturn:
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
