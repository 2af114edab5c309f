"""``palika tax bill-run``: a process of its own, without eventlet."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click
from click.core import ParameterSource
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from palika.config import settings
from palika.database import sessions
from palika.errors import PalikaError
from palika.exits import database_told, fail
from palika.india import grouped, readable, rupees
from services.tax.billrun import plan, preview, running, totals
from services.tax.billrun.comparison import Change, Comparison, Sums
from services.tax.billrun.work import WorkerFailed
from services.tax.cli.named import use_name, ward_name
from services.tax.cli.tables import Column, Listing, exact, figures, words
from services.tax.models import BillRun

_PLAIN_EVERY_S = 5.0
_STOPPED = 130
_MOST_PROBLEMS = 1_000
_OF_A_RUN = {
    "wards": "--ward",
    "dry_run": "--dry-run",
    "workers": "--workers",
    "chunk": "--chunk",
}
_AGAIN = "run it again to go on where it stopped"


@click.command("bill-run")
@click.argument("period", required=False)
@click.option("--ward", "wards", multiple=True, help="Only this ward; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Write nothing; compare with the year before.")
@click.option("--show", metavar="ID", help="What a run did, and what it could not bill; or `last`.")
@click.option("--abandon", metavar="ID", help="End an open run as it is: its bills stand.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    help="Processes that compute and load  [default: the cores and one more]",
)
@click.option(
    "--chunk",
    default=500,
    show_default=True,
    type=click.IntRange(1, 5_000),
    help="Properties in one transaction, of a run that is begun.",
)
@click.option("--json", "as_json", is_flag=True, help="The summary as one JSON object.")
def bill_run(
    period: str | None,
    wards: tuple[str, ...],
    dry_run: bool,
    show: str | None,
    abandon: str | None,
    workers: int | None,
    chunk: int,
    as_json: bool,
) -> None:
    """Bill every property for PERIOD: 2026-27, or a half of it, 2026-27/1.

    A run that was stopped, by whatever, is taken up by running it again; its bills are all of the
    day on which it began. Properties that cannot be billed are kept with the reason (--show); once
    that is mended, another run bills them.

    Exit status: 0 when all is billed that can be, 1 when it had to stop or its sums do not agree, 2
    when the period or an option is wrong, 130 when it was told to stop.
    """
    if sum(each is not None for each in (period, show, abandon)) != 1:
        raise click.UsageError("give either a PERIOD, --show or --abandon")
    if period is None:
        _refuse_options_of_a_run()
    try:
        with database_told(_AGAIN):
            if show is not None:
                _show(show, as_json)
            elif abandon is not None:
                _abandon(abandon, as_json)
            elif dry_run:
                assert period is not None
                _preview(period, wards or None, workers or _usual(), chunk, as_json)
            else:
                assert period is not None
                options = running.Options(
                    workers or _usual(), chunk, settings("tax").bill_run_unsent
                )
                _run(period, wards or None, options, as_json)
    except PalikaError as error:
        fail(str(error), 2)
    except WorkerFailed as error:
        fail(f"{error}\n{_AGAIN}", 1)


def _refuse_options_of_a_run() -> None:
    """What a run is done with says nothing about one that is shown or ended."""
    context = click.get_current_context()
    given = [
        option
        for name, option in _OF_A_RUN.items()
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    if given:
        raise click.UsageError(f"{', '.join(given)}: only with a PERIOD, which is billed")


def _run(
    period: str, wards: tuple[str, ...] | None, options: running.Options, as_json: bool
) -> None:
    def begun(run: BillRun, new: bool) -> None:
        what = "begins" if new else "goes on"
        of = f"of {readable(run.billed_at)}, period {run.period}"
        click.echo(f"bill run {run.id} {what}: {of}", err=True)

    with _stopping() as stopping, _told(period) as tell:

        def progress(now: running.Progress) -> None:
            marks = now.marks
            words = f"{grouped(marks.bills)} bills"
            if marks.problems:
                words += f", {grouped(marks.problems)} problems"
            if now.waits:
                words += f"; waits for the relay, {options.unsent} events are unsent"
            tell(marks.done, marks.properties, words)

        run = running.run(
            sessions("tax"),
            settings("tax").database_url,
            period,
            wards,
            options,
            begun=begun,
            progress=progress,
            stopping=stopping,
        )
    if run.state == plan.OPEN:
        fail(f"bill run {run.id} has stopped; {_AGAIN}", _STOPPED)
    _tell(run, as_json)
    if run.state == plan.ABANDONED:
        fail(f"bill run {run.id} was abandoned meanwhile: its bills stand, the rest is to do", 1)
    if run.totals is not None and not run.totals["agree"]:
        raise click.exceptions.Exit(1)


def _preview(
    period: str, wards: tuple[str, ...] | None, workers: int, chunk: int, as_json: bool
) -> None:
    with _stopping() as stopping, _told(period) as tell:
        found = preview.preview(
            sessions("tax"),
            settings("tax").database_url,
            period,
            wards,
            workers,
            chunk,
            progress=lambda done, total: tell(done, total, "computed"),
            stopping=stopping,
        )
    if found is None:
        fail("stopped; nothing was written", _STOPPED)
    if as_json:
        click.echo(json.dumps({"period": period} | found.to_dict(), ensure_ascii=False))
    else:
        _tell_comparison(period, found)


def _show(text: str, as_json: bool) -> None:
    with sessions("tax").begin() as session:
        run = plan.find(session, plan.read_id(text))
    _tell(run, as_json)


def _abandon(text: str, as_json: bool) -> None:
    run_id = plan.read_id(text)
    if run_id is None:
        raise click.UsageError("--abandon needs the run's id")
    with sessions("tax").begin() as session:
        run = plan.abandon(session, run_id, datetime.now(UTC))
    _tell(run, as_json)


def _tell(run: BillRun, as_json: bool) -> None:
    with sessions("tax").begin() as session:
        marks = totals.marks(session, run.id)
        problems = plan.problems_of(session, run, _MOST_PROBLEMS)
    document: dict[str, Any] = {
        "id": str(run.id),
        "period": run.period,
        "wards": run.wards,
        "billed_at": run.billed_at.isoformat(),
        "state": run.state,
        "billed_before_it": run.billed_before,
        "totals": run.totals,
        "so_far": {name: getattr(marks, name) for name in totals.Marks.__slots__},
        "problems": [
            {"number": number, "ward": ward, "reason": reason, "billed_since": mended}
            for number, ward, reason, mended in problems
        ],
    }
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    # The second column folds: it may be all the wards.
    listing = Listing(f"Bill run {run.period}, {run.state}", (words(), Column(right=True)))
    for label, value in (
        ("run", str(run.id)),
        ("bills of", readable(run.billed_at)),
        ("wards", ", ".join(map(ward_name, run.wards)) if run.wards else "all"),
        ("had their bill before it", grouped(run.billed_before)),
        ("properties", f"{grouped(marks.done)} of {grouped(marks.properties)}"),
        ("bills", grouped(marks.bills)),
        ("demanded", rupees(marks.demanded_paise)),
        ("nothing to demand", grouped(marks.nothing)),
        ("billed meanwhile", grouped(marks.billed_before)),
        ("problems", grouped(marks.problems)),
    ):
        listing.add(label, value)
    listing.show()
    for number, ward, reason, mended in problems:
        click.echo(f"{ward_name(ward)} {number}: {reason}{' (billed since)' if mended else ''}")
    if marks.problems > len(problems):
        click.echo(f"… and {grouped(marks.problems - len(problems))} more: bill_run_problem")
    if run.totals is not None:
        _tell_agreement(run.totals)


def _tell_agreement(found: dict[str, Any]) -> None:
    sign = "=" if found["agree"] else "≠"
    bills, ledger = found["in_bills"], found["in_ledger"]
    line = (
        f"{grouped(bills['count'])} bills of {rupees(bills['paise'])} {sign} demands of "
        f"{grouped(ledger['count'])} bills, {rupees(ledger['paise'])} {sign} "
        f"{grouped(found['events'])} events"
    )
    click.echo(line, err=not found["agree"])


def _tell_comparison(period: str, found: Comparison) -> None:
    by = (("ward", ward_name, found.by_ward()), ("use", use_name, found.by_use()))
    for title, called, lines in by:
        sums_of = ("bills before", "bills", "demand before", "demand", "change")
        Listing(
            f"{period} beside the year before, by {title}",
            (words(title), *map(figures, sums_of)),
            [(called(code), *_cells(sums)) for code, sums in lines],
            ("total", *_cells(found.total)),
        ).show()
    document = found.to_dict()
    for title, changes in (("Largest rises", found.rises), ("Largest falls", found.falls)):
        _tell_changes(title, changes)
    for title, key in (
        ("demanded the year before and not now", "only_before"),
        ("demanded now and not the year before", "only_now"),
        ("cannot be billed", "problems"),
    ):
        listed = document[key]
        click.echo(f"{title}: {grouped(listed['count'])}")
        for each in listed["some"]:
            reason = f": {each['reason']}" if "reason" in each else ""
            click.echo(f"  {ward_name(each['ward'])} {each['number']}{reason}")
    click.echo(f"billed already: {grouped(found.billed_before)}")
    click.echo("nothing was written")


def _tell_changes(title: str, changes: list[Change]) -> None:
    if not changes:
        return
    texts = (words("ward"), exact("property"), words("use"))
    listing = Listing(title, (*texts, figures("before"), figures("now"), figures("change")))
    for each in changes:
        listing.add(
            ward_name(each.ward),
            each.number,
            use_name(each.use),
            rupees(each.before),
            rupees(each.now),
            rupees(each.rise),
        )
    listing.show()


def _cells(sums: Sums) -> tuple[str, ...]:
    percent = "–" if sums.percent is None else f"{sums.percent:+.2f} %"
    return (
        grouped(sums.count_before),
        grouped(sums.count),
        rupees(sums.paise_before),
        rupees(sums.paise),
        percent,
    )


@contextmanager
def _stopping() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C or SIGTERM has asked to stop: the chunks in hand are finished first."""
    asked = False

    def ask(*_: object) -> None:
        nonlocal asked
        if not asked:
            click.echo("stops after the chunks in hand …", err=True)
        asked = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _told(name: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar on a terminal, else a plain line now and then; both on the standard error."""
    if not sys.stderr.isatty():
        yield _plain_lines()
        return
    with bar(name, Console(stderr=True)) as advance:
        yield advance


@contextmanager
def bar(name: str, console: Console) -> Iterator[Callable[[int, int, str], None]]:
    """A bar of progress on a terminal; what it gives is told how many of how many, and words."""
    shown = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[words]}"),
        TextColumn("{task.fields[rate]:,.0f}/s"),
        TextColumn("ETA"),
        TimeRemainingColumn(),
        console=console,
        speed_estimate_period=60,
    )
    started = time.monotonic()
    first: int | None = None
    with shown:
        task = shown.add_task(name, total=None, words="", rate=0.0)

        def advance(done: int, total: int, words: str) -> None:
            nonlocal first
            first = done if first is None else first
            rate = (done - first) / max(time.monotonic() - started, 1e-6)
            shown.update(task, completed=done, total=total, words=words, rate=rate)

        yield advance


def _plain_lines() -> Callable[[int, int, str], None]:
    started = last = time.monotonic()
    first: int | None = None

    def advance(done: int, total: int, words: str) -> None:
        nonlocal last, first
        first = done if first is None else first
        now = time.monotonic()
        if now - last < _PLAIN_EVERY_S:
            return
        last = now
        rate = (done - first) / (now - started)
        left = f"about {(total - done) / rate:.0f} s left" if rate else "no end in sight"
        click.echo(
            f"{100 * done // max(total, 1)} %, {grouped(done)} of {grouped(total)} properties, "
            f"{words}, {rate:.0f} a second, {left}",
            err=True,
        )

    return advance


def _usual() -> int:
    """One more than the cores: now and then one of them waits for the disk, or for a lock."""
    return len(os.sched_getaffinity(0)) + 1
