"""The form of a page, made out of the schema of its file: which fields, of which sort."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, Final

from marshmallow import Schema, fields, validate

from services.portal.content.fields import Both, Day, LocalMoment
from services.portal.editing.places import EDITED
from services.portal.editing.wording import HINTS, LABELS

_LONG: Final = 200
"""A text that may be longer is written on several lines."""
_FIRST: Final = ("title", "name", "summary", "department")
_LAST: Final = ("from", "until", "updated", "tags", "keywords", "sources", "illustrative")
_CODES_OF: Final = {
    "audience": "audiences",
    "department": "departments",
    "icon": "icons",
    "forms": "documents",
    "related": "services",
}
"""Fields of codes that are chosen out of what there is."""


class Sort(StrEnum):
    """How a field is filled in."""

    BOTH = "both"
    LINE = "line"
    DAY = "day"
    MOMENT = "moment"
    NUMBER = "number"
    MONEY = "money"
    FLAG = "flag"
    CHOICE = "choice"
    CHOICES = "choices"
    LINES = "lines"
    FILE = "file"
    GROUP = "group"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Input:
    """A field of the form.

    Attributes:
        name: as in the file, with dots: ``fee.paise``; of a row's ``*``: ``sources.*.url``.
        longest: characters at most, of a text.
        options: what is chosen from: codes, or the name of a list that the site has
            (``audiences``, ``departments``, ``services``, ``documents``, ``icons``, ``fields``).
        parts: of a group or of each row.
        needed: the file must have it.
    """

    name: str
    sort: Sort
    needed: bool
    longest: int = 0
    options: str | tuple[str, ...] = ()
    parts: tuple["Input", ...] = field(default=())

    @property
    def label(self) -> str:
        """What it is called; English, to be translated."""
        return _worded(LABELS, self.name, self.name)

    @property
    def hint(self) -> str:
        """What helps to fill it in; as above."""
        return _worded(HINTS, self.name, "")

    @property
    def is_long(self) -> bool:
        """Whether it is written on several lines."""
        return self.longest > _LONG


def _worded(words: Mapping[str, str], name: str, otherwise: str) -> str:
    last = name.removesuffix(".*").rpartition(".")[2]
    return words.get(name) or words.get(last) or otherwise


@cache
def inputs_of(kind: str) -> tuple[Input, ...]:
    """The fields of a kind of pages, in the order of the form."""
    found = list(_inputs(EDITED[kind].schema, ""))

    def place(each: Input) -> tuple[int, int]:
        if each.name in _FIRST:
            return 0, _FIRST.index(each.name)
        return (2, _LAST.index(each.name)) if each.name in _LAST else (1, 0)

    return tuple(sorted(found, key=place))


def _inputs(schema: Schema, prefix: str) -> Iterator[Input]:
    for name, each in schema.fields.items():
        yield _input(prefix + (each.data_key or name), each, needed=bool(each.required))


def _input(name: str, each: fields.Field[Any], *, needed: bool) -> Input:
    last = name.rpartition(".")[2]
    if isinstance(each, Both):
        return Input(name, Sort.BOTH, needed, each.longest)
    if isinstance(each, Day):
        return Input(name, Sort.DAY, needed)
    if isinstance(each, LocalMoment):
        return Input(name, Sort.MOMENT, needed)
    if isinstance(each, fields.Nested):
        parts = tuple(_inputs(each.schema, f"{name}."))
        return Input(name, Sort.GROUP, needed, parts=parts)
    if isinstance(each, fields.List):
        return _list(name, each, needed=needed)
    if isinstance(each, fields.Boolean):
        return Input(name, Sort.FLAG, needed)
    if isinstance(each, fields.Integer):
        return Input(name, Sort.MONEY if last.endswith("paise") else Sort.NUMBER, needed)
    if last == "file":
        return Input(name, Sort.FILE, needed)
    options = _options(each) or _CODES_OF.get(name, ())
    if options:
        return Input(name, Sort.CHOICE, needed, options=options)
    longest = next((each.max for each in each.validators if isinstance(each, validate.Length)), 200)
    return Input(name, Sort.LINE, needed, longest or 200)


def _list(name: str, each: Any, *, needed: bool) -> Input:
    inner = each.inner
    if isinstance(inner, Both):
        part = Input(f"{name}.*", Sort.BOTH, False, inner.longest)
        return Input(name, Sort.ROWS, needed, parts=(part,))
    if isinstance(inner, fields.Nested):
        parts = tuple(_inputs(inner.schema, f"{name}.*."))
        return Input(name, Sort.ROWS, needed, parts=parts)
    if name == "illustrative":
        return Input(name, Sort.CHOICES, needed, options="fields")
    if name in _CODES_OF and name not in ("forms", "related"):
        return Input(name, Sort.CHOICES, needed, options=_CODES_OF[name])
    if name in _CODES_OF:
        part = Input(f"{name}.*", Sort.CHOICE, False, options=_CODES_OF[name])
        return Input(name, Sort.ROWS, needed, parts=(part,))
    options = _options(inner)
    if options:
        return Input(name, Sort.CHOICES, needed, options=options)
    return Input(name, Sort.LINES, needed)


def _options(each: Any) -> tuple[str, ...]:
    rules = each.validators
    return next((tuple(rule.choices) for rule in rules if isinstance(rule, validate.OneOf)), ())
