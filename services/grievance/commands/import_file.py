"""Take over another system's grievances from a CSV file.

A batch of rows is one transaction, and a row that is here already is not filed again: an import
that was stopped is taken up by running it again. Memory holds one batch; which rows of the file
were met before is kept in a temporary table.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import SYSTEM, Identity
from palika.errors import Invalid
from services.grievance.commands.file import Draft, file_many, route
from services.grievance.commands.move import Actor, Taken
from services.grievance.commands.rate import close
from services.grievance.commands.reject import reject, withdraw
from services.grievance.commands.resolve import resolve
from services.grievance.domain.catalogue import foreign, is_foreign
from services.grievance.domain.import_map import AS_IS, ImportMap
from services.grievance.domain.import_row import ImportedRow, read_row
from services.grievance.domain.lifecycle import DONE, State, Step
from services.grievance.files.records import CsvFile, Record, Rejects
from services.grievance.models import Grievance
from services.grievance.reference import city
from services.grievance.schemas import IMPORT, ImportedFiling

_filing = ImportedFiling()
_IMPORT = Actor.of(SYSTEM("grievance"))


@dataclass
class Summary:
    """What became of a file's rows.

    ``rows`` = ``imported`` + ``already_present`` + ``duplicates`` + ``rejected``. All that follows
    counts the different rows that are here now (imported or present already).
    """

    rows: int = 0
    imported: int = 0
    already_present: int = 0
    duplicates: int = 0
    rejected: int = 0
    by_status: Counter[str] = field(default_factory=Counter)
    by_state: Counter[str] = field(default_factory=Counter)
    without_ward: int = 0
    without_closing_time: int = 0
    without_department: int = 0
    categories: set[str] = field(default_factory=set)
    departments: set[str] = field(default_factory=set)

    def count(self, row: ImportedRow) -> None:
        """Count one of the different rows."""
        self.by_status[(row.status or "").upper()] += 1
        self.by_state[row.state.value] += 1
        self.without_ward += row.args["ward"] is None
        self.without_closing_time += row.closed_at is None
        self.categories.add(row.args["category"])
        if row.args["department"] is None:
            self.without_department += 1
        else:
            self.departments.add(row.args["department"])

    def to_dict(self) -> dict[str, Any]:
        """For JSON: numbers only."""
        return {
            "rows": self.rows,
            "imported": self.imported,
            "already_present": self.already_present,
            "duplicates": self.duplicates,
            "rejected": self.rejected,
            "by_status": dict(self.by_status.most_common()),
            "by_state": dict(self.by_state.most_common()),
            "without_ward": self.without_ward,
            "without_closing_time": self.without_closing_time,
            "without_department": self.without_department,
            "categories": len(self.categories),
            "departments": len(self.departments),
        }


@dataclass(frozen=True, slots=True)
class Importer:
    """One import; ``now`` is the moment after which no time in the file may be."""

    rules: ImportMap
    sessions: sessionmaker[Session]
    caller: Identity
    now: datetime
    batch: int = 500

    def run(
        self,
        path: Path,
        rejected: Path,
        progress: Callable[[int, int, int], None] = lambda rows, done, total: None,
    ) -> Summary:
        """Import a file.

        Args:
            path: the CSV file.
            rejected: where refused rows are written.
            progress: called after each batch with the rows, the bytes done, and all bytes.

        Raises:
            Invalid: the header lacks a column of the map, or the map names a code that the city
                does not have; nothing is imported.
            Unreadable: the file is no CSV from some line on; the batches before it are imported.
            OSError: a file cannot be opened.
            sqlalchemy.exc.OperationalError: the database went away.
        """
        check_codes(self.rules)
        summary = Summary()
        with self.sessions() as session:
            engine = session.get_bind()
        with (
            CsvFile(path, self.rules.encoding, self.rules.delimiter) as file,
            engine.connect() as connection,
        ):
            file.check_columns(self.rules.columns)
            _Seen.prepare(connection)
            with Rejects(rejected, file) as rejects:
                for records in _batches(file.records(), self.batch):
                    rows = list(self._readable(file.header, records, rejects))
                    self._import(connection, rows, summary)
                    summary.rows += len(records)
                    summary.rejected = rejects.count
                    progress(summary.rows, file.position, file.size)
        return summary

    def _readable(
        self, header: list[str], records: Iterable[Record], rejects: Rejects
    ) -> Iterator[ImportedRow]:
        for record in records:
            try:
                yield self._read(header, record)
            except Invalid as error:
                reasons = (f"{name}: {', '.join(why)}" for name, why in error.fields.items())
                rejects.add(record, "; ".join(reasons))

    def _read(self, header: list[str], record: Record) -> ImportedRow:
        if record.problem is not None:
            raise Invalid("the line is not CSV", {"row": [record.problem]})
        if len(record.values) != len(header):
            raise Invalid(
                "the row does not fit the header",
                {"row": [f"has {len(record.values)} values, the header has {len(header)}"]},
            )
        row = read_row(self.rules, dict(zip(header, record.values, strict=True)), self.now)
        try:
            row.args.update(_filing.load(row.args))
        except ValidationError as error:
            raise Invalid("the row is not right", _messages(error)) from error
        route(row.args)
        return row

    def _import(self, connection: Connection, rows: list[ImportedRow], summary: Summary) -> None:
        # A session of its own for each batch, on the one connection that has the temporary table.
        with Session(connection, expire_on_commit=False) as session, session.begin():
            first = _Seen.first(session, rows)
            new = file_many(session, self.caller, [_draft(row) for row in first])
        summary.duplicates += len(rows) - len(first)
        summary.imported += len(new)
        summary.already_present += len(first) - len(new)
        for row in first:
            summary.count(row)


def check_codes(rules: ImportMap) -> None:
    """Refuse a map that would have every row of a code refused.

    Raises:
        Invalid: ``fields`` names, by the map's key, each code that is neither the city's, nor
            foreign, nor ``as-is``.
    """
    catalogue = city()
    problems: dict[str, list[str]] = {}
    for key, codes, known in (
        ("categories", rules.categories, catalogue.subcategories),
        ("departments", rules.departments, catalogue.departments),
        ("wards", rules.wards, catalogue.wards),
    ):
        meant = {*codes.known.values(), codes.otherwise} - {None, AS_IS}
        for code in sorted(filter(None, meant)):
            if code not in known and not is_foreign(code):
                problems.setdefault(key, []).append(f"{code!r} is not in the city's catalogue")
    if problems:
        raise Invalid("the map is not right", problems)


class _Seen:
    """Source ids met in this file, in a temporary table of the import's connection."""

    @staticmethod
    def prepare(connection: Connection) -> None:
        connection.execute(text("DROP TABLE IF EXISTS pg_temp.import_seen"))
        connection.execute(text("CREATE TEMPORARY TABLE import_seen (source_id text PRIMARY KEY)"))
        connection.commit()

    @staticmethod
    def first(session: Session, rows: list[ImportedRow]) -> list[ImportedRow]:
        """Those rows that are the file's first with their id."""
        by_id: dict[str, ImportedRow] = {}
        for row in rows:
            by_id.setdefault(row.args["source_id"], row)
        added = session.scalars(
            text(
                "INSERT INTO import_seen SELECT unnest(CAST(:ids AS text[])) "
                "ON CONFLICT DO NOTHING RETURNING source_id"
            ),
            {"ids": list(by_id)},
        )
        fresh = set(added)
        return [row for source_id, row in by_id.items() if source_id in fresh]


def _draft(row: ImportedRow) -> Draft:
    return Draft(row.args, row.filed_at, tuple(_ending(row)))


def _ending(row: ImportedRow) -> Iterator[Callable[[Grievance], Taken]]:
    """The moves that had ended it in the other system, all at its closing time."""
    at = {"by": _IMPORT, "now": row.closed_at}
    if row.state in DONE:
        yield partial(resolve, remark=None, step=Step.SETTLE, **at)
    if row.state is State.CLOSED:
        yield partial(close, closed_by=IMPORT, **at)
    if row.state is State.REJECTED:
        # Why, the other system does not say in our codes: its own status is what there is.
        reason = foreign(str(row.args["source"]), str(row.status))
        yield partial(reject, rejection=reason, remark=None, **at)
    if row.state is State.WITHDRAWN:
        yield partial(withdraw, reason=None, **at)


def _batches(records: Iterator[Record], size: int) -> Iterator[list[Record]]:
    while batch := list(islice(records, size)):
        yield batch


def _messages(error: ValidationError) -> dict[str, list[str]]:
    messages: Mapping[str, Any] = error.normalized_messages()
    return {name: [str(each) for each in why] for name, why in messages.items()}
