"""``palika tax recovery``: the model of recovery, its card, its comparison, its plan, its reasons.

scikit-learn and numpy are loaded by the commands that need them, not by ``palika``.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from palika.errors import Conflict
from palika.exits import fail
from services.tax.cli import recovery_shown as shown
from services.tax.reference import recovery, ward_shares

if TYPE_CHECKING:
    from services.tax.recovery.model import Model
    from services.tax.recovery.pipeline import Progress as Told

F = TypeVar("F", bound=Callable[..., Any])

language_option = click.option(
    "--language",
    type=click.Choice(["mr", "en"]),
    default="mr",
    show_default=True,
    help="Of what is told.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="The outcome as one JSON object."
)

model_option = click.option(
    "--model",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A model's file. [default: the newest of the database]",
)


def made_up(function: F) -> F:
    """The options of the made-up city."""
    for option in (
        click.option("--seed", default=1, show_default=True, help="Of the made-up city."),
        click.option(
            "--years",
            default=5,
            show_default=True,
            type=click.IntRange(3, 20),
            help="Of the made-up city.",
        ),
        click.option(
            "--synthetic",
            type=click.IntRange(100, 2_000_000),
            metavar="PROPERTIES",
            help="A made-up city of so many, in place of the ledger. Illustrative, all of it.",
        ),
    ):
        function = option(function)
    return function


@click.group("recovery")
def group() -> None:
    """Who pays after what: a model, and plans made with it. It proposes, people decide."""


@group.command()
@made_up
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the model is written. The ledger's is kept in the database too.",
)
@click.option("--trees", default=150, show_default=True, type=click.IntRange(5, 1000))
@language_option
@json_option
def train(
    synthetic: int | None,
    years: int,
    seed: int,
    out: Path | None,
    trees: int,
    language: str,
    as_json: bool,
) -> None:
    """Train a model, on the ledger or on a made-up city, and judge it by later decisions.

    Exit status: 0 when it is trained, 1 when there is too little history to learn from.
    """
    from services.tax.recovery.pipeline import fit_synthetic
    from services.tax.recovery.training import TooLittle

    began = time.monotonic()
    try:
        with progress(quiet=as_json) as told:
            if synthetic is None:
                from services.tax.recovery.store import fit_ledger

                trained = fit_ledger(recovery(), trees, told)
            else:
                _, trained = fit_synthetic(
                    synthetic, years, seed, ward_shares(), recovery(), trees, told
                )
    except TooLittle as error:
        fail(shown.TOO_LITTLE.in_(language).format(why=error.why.in_(language)), 1)
    if out is not None:
        out.write_bytes(trained.document)
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        echo_json(
            {
                "version": trained.version,
                "sha256": trained.sha256,
                "kind": trained.model.kind,
                "data_until": trained.model.data_until.isoformat(),
                "illustrative": trained.model.illustrative,
                "seconds": seconds,
                **trained.model.figures,
            }
        )
        return
    shown.show_trained(trained, seconds, language)


@group.command()
@made_up
@click.option("--trees", default=150, show_default=True, type=click.IntRange(5, 1000))
@language_option
@json_option
def evaluate(
    synthetic: int | None, years: int, seed: int, trees: int, language: str, as_json: bool
) -> None:
    """Recovered rupees per action: model and planner against the largest arrears first.

    On the last part of the time, which the model has not seen, with the same number of actions of
    each kind. In a made-up city what would have happened is known; of the ledger it is estimated,
    or refused with the reason.
    """
    from services.tax.recovery.pipeline import fit_synthetic, try_out
    from services.tax.recovery.training import TooLittle

    try:
        with progress(quiet=as_json) as told:
            if synthetic is None:
                from services.tax.recovery.store import evaluate_ledger

                figures, trained = evaluate_ledger(recovery(), trees, seed, told)
            else:
                city, trained = fit_synthetic(
                    synthetic, years, seed, ward_shares(), recovery(), trees, told
                )
                figures = try_out(city, trained, recovery(), seed, progress=told).figures
    except TooLittle as error:
        fail(shown.TOO_LITTLE.in_(language).format(why=error.why.in_(language)), 1)
    if as_json:
        source = {"synthetic": synthetic, "years": years, "seed": seed} if synthetic else {}
        echo_json({**source, "version": trained.version, **figures, **trained.model.figures})
        return
    shown.show_evaluated(figures, trained, language)


@group.command()
@model_option
@language_option
@json_option
def card(path: Path | None, language: str, as_json: bool) -> None:
    """The card of a model: what it is for, how right it is, what it cannot tell."""
    from services.tax.recovery.card import card as written
    from services.tax.recovery.model import version_of

    model, document = model_of(path)
    text = written(model, version_of(model, document), language)
    echo_json({"card": text, **model.figures}) if as_json else click.echo(text)


@group.command()
@click.argument("number")
@made_up
@model_option
@language_option
@json_option
def explain(
    number: str,
    synthetic: int | None,
    years: int,
    seed: int,
    path: Path | None,
    language: str,
    as_json: bool,
) -> None:
    """What each action may bring from the property NUMBER, and the reasons.

    With --synthetic the number is one of the made-up city, like S000042; the day is that of its
    last decision.
    """
    model, _ = model_of(path)
    if synthetic is None:
        from services.tax.recovery.store import score_of_number

        try:
            found = score_of_number(model, recovery(), number)
        except Conflict as error:
            fail(str(error), 1)
    else:
        from services.tax.recovery.scoring import score_synthetic

        found = score_synthetic(model, synthetic, years, seed, ward_shares(), number)
    if found is None:
        fail(shown.NOTHING_OWED.in_(language).format(number=number), 1)
    if as_json:
        echo_json(found.to_dict())
    else:
        shown.show_score(found, language)


@group.command()
@made_up
@model_option
@click.option("--days", default=20, show_default=True, type=click.IntRange(1, 120))
@click.option("--top", default=15, show_default=True, type=click.IntRange(0, 10_000))
@language_option
@json_option
def plan(
    synthetic: int | None,
    years: int,
    seed: int,
    path: Path | None,
    days: int,
    top: int,
    language: str,
    as_json: bool,
) -> None:
    """Whom to address, how and when, with the budget of data/recovery.yaml. Nothing is done by it.

    `palika tax recovery campaign create` keeps one, for a person to approve.
    """
    model, _ = model_of(path)
    with progress(quiet=as_json) as told:
        if synthetic is None:
            from services.tax.recovery.store import plan_ledger

            try:
                made = plan_ledger(model, recovery(), days, told).plan
            except Conflict as error:
                fail(str(error), 1)
        else:
            from services.tax.recovery.scoring import plan_synthetic

            made = plan_synthetic(
                model, synthetic, years, seed, ward_shares(), recovery(), days, told
            )
    if as_json:
        echo_json(shown.plan_as_json(made, top))
    else:
        shown.show_plan(made, top, language)


def model_of(path: Path | None) -> "tuple[Model, bytes]":
    """A model, of a file or the newest of the database; a mistake ends the command with 1."""
    from services.tax.recovery.model import NotAModel, loaded

    if path is None:
        from services.tax.recovery.store import newest

        stored = newest()
        if stored is None:
            fail("there is no model yet: palika tax recovery train", 1)
        return stored
    document = path.read_bytes()
    try:
        return loaded(document), document
    except NotAModel as error:
        fail(f"{path.name}: {error}", 1)


@contextmanager
def progress(*, quiet: bool) -> "Iterator[Told]":
    """A bar on the standard error, where somebody looks at it."""
    columns = (
        TextColumn("{task.description:36}"),
        BarColumn(),
        TextColumn("{task.completed:>9,.0f}"),
        TimeRemainingColumn(),
    )
    off = quiet or not sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), disable=off) as bars:
        tasks: dict[str, Any] = {}

        def told(what: str, done: int, all_: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=all_ or None)
            bars.update(tasks[what], completed=done)

        yield told


def echo_json(told: dict[str, Any]) -> None:
    """One JSON object on the standard output."""
    click.echo(json.dumps(told, ensure_ascii=False))
