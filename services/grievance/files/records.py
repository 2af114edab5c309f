"""CSV files of any maker: read a record at a time, the refused ones written out again."""

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from palika.errors import Invalid


class Unreadable(ValueError):
    """The file cannot be read on; the message names the line."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record, and the physical line on which it begins (1 is the header's first).

    ``problem`` says why a line is not CSV; ``values`` is then the line as it stands.
    """

    line: int
    values: list[str]
    problem: str | None = None


class CsvFile:
    """A CSV file with a header line, opened for one pass in bounded memory.

    Bytes that are not of the encoding come as lone surrogates (``surrogateescape``): one bad
    character spoils its own record only, and is written out again as it was.
    """

    def __init__(self, path: Path, encoding: str, delimiter: str) -> None:
        self.path = path
        self.encoding = encoding
        self.delimiter = delimiter
        self.size = path.stat().st_size
        self._file: IO[str] = path.open(encoding=encoding, errors="surrogateescape", newline="")
        self._line = ""
        self._reader = csv.reader(self._lines(), delimiter=delimiter, strict=True)
        try:
            first = next(self.records(), None)
            if first is None or first.problem:
                raise Unreadable(f"{path}: has no header line")
        except Unreadable:
            self._file.close()
            raise
        self.header = [name.strip() for name in first.values]

    def __enter__(self) -> "CsvFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def position(self) -> int:
        """Bytes read so far, rounded up to the reader's buffer."""
        return int(self._file.buffer.tell())  # type: ignore[attr-defined]

    def check_columns(self, columns: Mapping[str, str]) -> None:
        """Refuse a file without the columns that are to be read.

        Args:
            columns: our field -> column.

        Raises:
            Invalid: names each column that is missing, or is there twice.
        """
        problems: dict[str, list[str]] = {}
        for field, column in columns.items():
            count = self.header.count(column)
            if count == 0:
                problems[field] = [f"there is no column {column!r}"]
            elif count > 1:
                problems[field] = [f"there are {count} columns {column!r}"]
        if not problems:
            return
        hint = f"its columns are: {', '.join(self.header)}"
        if len(self.header) == 1:
            hint += f"; is {self.delimiter!r} the delimiter?"
        raise Invalid(f"{self.path} does not fit the map; {hint}", problems)

    def records(self) -> Iterator[Record]:
        """The records after the header; blank lines are passed over.

        Raises:
            Unreadable: a quote that is left open (it has swallowed what follows), or bytes that
                cannot be decoded at all.
        """
        while True:
            line = self._reader.line_num + 1
            try:
                values = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                if line == self._reader.line_num:
                    yield Record(line, [self._line.rstrip("\r\n")], f"is not CSV: {error}")
                    continue
                raise Unreadable(
                    f"{self.path}, line {line}: {error}; is a quote left open?"
                ) from error
            except UnicodeError as error:
                raise Unreadable(
                    f"{self.path}, after line {line}: not {self.encoding} text ({error})"
                ) from error
            if values:
                yield Record(line, values)

    def _lines(self) -> Iterator[str]:
        for line in self._file:
            self._line = line
            yield line


class Rejects:
    """``FILE.rejected.csv``: the refused records, their columns kept, with line and reason.

    It is written beside its place and put there whole when the file was read to its end: one that
    an earlier run had left is replaced then, or removed when nothing is refused any more. Who may
    read it is its owner: names and telephone numbers are in it.
    """

    EXTRA = ("rejected_line", "rejected_reason")

    def __init__(self, path: Path, file: CsvFile) -> None:
        self.path = path
        self.count = 0
        self._of = file
        self._making = path.with_name(f"{path.name}.new")
        self._stream: IO[str] | None = None
        self._writer: Any = None

    def __enter__(self) -> "Rejects":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._stream is not None:
            self._stream.close()
        if kind is not None:
            self._making.unlink(missing_ok=True)
        elif self._stream is not None:
            self._making.replace(self.path)
        else:
            self.path.unlink(missing_ok=True)

    def add(self, record: Record, reason: str) -> None:
        """Write one record; one with too few or too many values is brought to the header's length.

        Values beyond the header are joined to the last column, so that none is lost.
        """
        self.count += 1
        if self._stream is None:
            self._making.unlink(missing_ok=True)
            # In UTF-8 with the byte-order mark by which Excel knows it; the import reads over it.
            self._stream = open(  # noqa: SIM115 - closed at the end of the block
                self._making,
                "x",
                encoding=self._of.encoding,
                errors="surrogateescape",
                newline="",
                opener=_for_its_owner,
            )
            self._writer = csv.writer(self._stream, delimiter=self._of.delimiter)
            self._writer.writerow([*self._of.header, *self.EXTRA])
        self._writer.writerow([*_fitted(record.values, len(self._of.header)), record.line, reason])


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


def _fitted(values: Sequence[str], width: int) -> list[str]:
    if len(values) > width:
        return [*values[: width - 1], " ".join(values[width - 1 :])]
    return [*values, *[""] * (width - len(values))]
