"""What is made of other tables: made again, and compared.

A table of the kind ``Derived`` is checked by its function in ``DERIVED``; a counter by where its
numbers stand, in ``COUNTED``.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Select, select, union_all
from sqlalchemy.orm import Session

from services.eoffice.models import Counter, File, FileNumber, Imported, Letter, Receipt
from services.eoffice.sealing.verify.finding import Finding, Groups, How, streamed
from services.eoffice.searching import differences

_LONGEST = 18
"""So many digits a serial has at the most."""
COUNTED: dict[str, Callable[[], Select[Any]]] = {
    "file": lambda: select(File.number),
    "receipt": lambda: select(Receipt.number),
    "letter": lambda: select(Letter.number).where(Letter.number.is_not(None)),
}
"""By what stands before the colon of a counter's prefix: the numbers that were given."""


def counters(session: Session) -> Iterator[Finding]:
    """Each counter stands at the highest serial that was given under its prefix."""
    stored = {each.prefix: each.last for each in session.scalars(select(Counter))}
    given: dict[str, int] = {}
    for kind, numbers in COUNTED.items():
        for row in streamed(session, numbers()):
            prefix, serial = _split(kind, row[0], stored)
            given[prefix] = max(serial, given.get(prefix, 0))
    for prefix in sorted(stored.keys() | given.keys()):
        name = f"counter:{prefix}"
        last, highest = stored.get(prefix), given.get(prefix)
        if prefix.partition(":")[0] not in COUNTED:
            yield Finding(How.INSERTED, name, "nothing is counted by it")
        elif last is None:
            yield Finding(How.REMOVED, name, f"numbers up to {highest} were given under it")
        elif highest is None:
            yield Finding(How.INSERTED, name, "no number was given under it")
        elif last != highest:
            why = f"it says {last}, the last number that was given is {highest}"
            yield Finding(How.CHANGED, name, why)


def _split(kind: str, number: str, stored: Mapping[str, int]) -> tuple[str, int]:
    """A number's counter and serial: ``ROADS/2026/0012/P2`` is the 12th under ``ROADS/2026/``."""
    starts = [
        at
        for at in range(len(number) - 1, -1, -1)
        if number[at].isdecimal() and not (at and number[at - 1].isdecimal())
    ]
    for at in starts:
        if f"{kind}:{number[:at]}" in stored:
            return f"{kind}:{number[:at]}", _digits(number[at:])
    if not starts:
        return f"{kind}:{number}", 0
    return f"{kind}:{number[: starts[0]]}", _digits(number[starts[0] :])


def _digits(words: str) -> int:
    end = next((at for at, each in enumerate(words) if not each.isdecimal()), len(words))
    # Nothing was ever counted so far: somebody has been at the number, and its row is named.
    return int(words[:end]) if end <= _LONGEST else 0


def file_numbers(session: Session) -> Iterator[Finding]:
    """Each number of a file stands in the register once, with that file."""
    register = select(FileNumber.number, FileNumber.file_id)
    opened, brought = select(File.number, File.id), select(Imported.number, Imported.id)
    stored, given = (
        Groups(streamed(session, each), lambda row: row.number)
        for each in (
            register.order_by(FileNumber.number.collate("C")),
            _all_of(opened, brought),
        )
    )
    while numbers := [each.peek for each in (stored, given) if each.peek is not None]:
        number = min(numbers)
        name = f"file_number:{number}"
        entry = next(stored.take(number), None)
        files = [each.id for each in given.take(number)]
        if len(files) > 1:
            yield Finding(How.INSERTED, name, f"{len(files)} files have it")
        if entry is None:
            yield Finding(How.REMOVED, name, f"the file {files[0]} has it")
        elif not files:
            yield Finding(How.INSERTED, name, "no file has it")
        elif entry.file_id not in files:
            yield Finding(How.CHANGED, name, f"the file {files[0]} has it")


def _all_of(*kinds: Select[Any]) -> Select[Any]:
    both = union_all(*kinds).subquery()
    return select(both.c.number, both.c.id).order_by(both.c.number.collate("C"))


def search_words(session: Session) -> Iterator[Finding]:
    """What can be found is what the rows say that it is made of."""
    for each in differences(session):
        yield Finding(How(str(each.how)), f"search_words:{each.id}", each.why)


DERIVED: dict[str, Callable[[Session], Iterator[Finding]]] = {
    "counter": counters,
    "file_number": file_numbers,
    "search_words": search_words,
}
"""By table, what checks it."""
