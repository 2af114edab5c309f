"""The bills of a period, printed: what ``palika tax documents bills`` does."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from palika.database import sessions
from palika.errors import Invalid
from palika.exits import database_told, fail
from services.tax.documents.bulk import Outcome, a_file_each, one_pdf
from services.tax.documents.keys import seal
from services.tax.documents.model import Document
from services.tax.domain.billing import half_years_of
from services.tax.models import Bill, Property
from services.tax.queries.documents import bill_document, bills_of
from services.tax.reference import check_ward

_WRONG_INPUT = 2


def print_bills(
    period: str, ward: str | None, output: Path, language: str | None, as_json: bool
) -> None:
    """Make the bills and tell the outcome; ends the program when something is wrong."""
    started = time.monotonic()
    single = output.suffix.lower() == ".pdf" and not output.is_dir()
    if not single and output.suffix and not output.is_dir():
        fail(f"{output}: a file must end with .pdf; a folder has no ending", _WRONG_INPUT)
    try:
        with database_told():
            half_years_of(period)
            if ward is not None:
                check_ward(ward)
            with sessions("tax")() as session:
                count = _count(session, period, ward)
                if not count:
                    where = "" if ward is None else f" of {ward}"
                    fail(f"there are no bills of {period}{where}: nothing was written", 1)
                if not single:
                    output.mkdir(parents=True, exist_ok=True)
                documents = _told(_documents(session, period, ward, language), count)
                make = one_pdf if single else a_file_each
                outcome = make(documents, seal(), output)
    except Invalid as error:
        fail(str(error), _WRONG_INPUT)
    except OSError as error:
        fail(f"{output} cannot be written: {error.strerror}", 1)
    _tell(outcome, output, time.monotonic() - started, as_json)


def _documents(
    session: Session, period: str, ward: str | None, language: str | None
) -> Iterator[tuple[Document, str]]:
    for bill, owners in bills_of(session, period, ward):
        yield bill_document(session, bill), language or owners
        # Nothing of a bill that is made is needed again: memory does not grow with their number.
        session.expunge_all()


def _count(session: Session, period: str, ward: str | None) -> int:
    query = select(func.count()).select_from(Bill).where(Bill.period == period)
    if ward is not None:
        query = query.join(Property, Property.id == Bill.property_id).where(Property.ward == ward)
    return session.scalars(query).one()


def _told(documents: Iterator[tuple[Document, str]], count: int) -> Iterator[tuple[Document, str]]:
    """The same, with a progress bar on a terminal."""
    columns = (TextColumn("bills"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    quiet = not sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as bars:
        task = bars.add_task("bills", total=count)
        for each in documents:
            yield each
            bars.advance(task)


def _tell(outcome: Outcome, output: Path, seconds: float, as_json: bool) -> None:
    if as_json:
        told = {
            "file": str(output),
            "bills": outcome.documents,
            "pages": outcome.pages,
            "refused": [{"number": each.number, "reason": each.reason} for each in outcome.refused],
        }
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo(f"{outcome.documents:,} bills in {output} ({seconds:.1f} s)")
        for each in outcome.refused:
            click.echo(f"not made: {each.number}: {each.reason}", err=True)
    if outcome.refused:
        raise click.exceptions.Exit(1)
