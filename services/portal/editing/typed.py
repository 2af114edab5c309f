"""What is typed into the form of a page, as the page's file has it, and back.

What is typed is flat: ``{"title.mr": "…", "needs.1.en": "…", "audience": ["family"]}``, and may be
anything. Rows count from 1, as the mistakes of a file do, so that each mistake finds its field.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Protocol

import yaml

from palika.india import INDIA, grouped
from palika.text import plain_digits
from services.portal.editing.inputs import Input, Sort, inputs_of
from services.portal.editing.places import LANGUAGES
from services.portal.pages.words import N_

TEXT: Final = "text."
"""The names of the texts begin with it."""
NO_MONEY: Final = N_("must be an amount in rupees, such as 4,85,000 or 20.50")
_LONGEST_TYPED: Final = 10_000
_AMOUNT: Final = re.compile(r"(\d[\d,]*)(?:\.(\d{1,2}))?")
_NUMBER: Final = re.compile(r"-?\d{1,12}")
_ROW: Final = re.compile(r"[1-9][0-9]{0,5}")
_WIDTH: Final = 110

Typed = dict[str, Any]


class Form(Protocol):
    """A form that was sent, as Werkzeug has it."""

    def __iter__(self) -> Iterator[str]:
        """The names."""

    def get(self, name: str, default: str = "") -> str:
        """The first value of a name."""

    def getlist(self, name: str) -> list[str]:
        """All values of a name."""


def sent(kind: str, form: Form) -> Typed:
    """What was typed into a form: empty fields and empty rows are left out, the other rows counted
    anew. Nothing is refused; of a field that is no text what is beyond all measure is cut off, far
    above the limit that it breaks."""
    found: Typed = {}
    for each in inputs_of(kind):
        _take(each, each.name, each.name, form, found)
    for language in LANGUAGES:
        text = _clean(form.get(TEXT + language, ""))
        if text.strip():
            found[TEXT + language] = text.strip("\n") + "\n"
    return found


def _take(each: Input, name: str, into: str, form: Form, found: Typed) -> None:
    """Take the field that is called ``name`` in the form; ``into`` is what it is called after."""
    if each.sort is Sort.BOTH:
        for language in LANGUAGES:
            _put(found, f"{into}.{language}", form.get(f"{name}.{language}", ""))
    elif each.sort is Sort.GROUP:
        for part in each.parts:
            own = part.name.removeprefix(f"{each.name}.")
            _take(part, f"{name}.{own}", f"{into}.{own}", form, found)
    elif each.sort is Sort.ROWS:
        count = 0
        for number in _numbers(f"{name}.", form):
            row: Typed = {}
            for part in each.parts:
                own = part.name.removeprefix(f"{each.name}.*")
                _take(part, f"{name}.{number}{own}", f"{into}.{count + 1}{own}", form, row)
            if any(row.values()):
                count += 1
                found.update(row)
    elif each.sort is Sort.CHOICES:
        chosen = [value[:100] for value in form.getlist(name) if value]
        if chosen:
            found[into] = chosen
    else:
        _put(found, into, form.get(name, ""))


def _numbers(start: str, form: Form) -> list[int]:
    """The rows of a list that a form has, however many: as many as the server takes fields."""
    numbers = {each[len(start) :].partition(".")[0] for each in form if each.startswith(start)}
    return sorted(int(each) for each in numbers if _ROW.fullmatch(each))


def _put(found: Typed, name: str, given: str) -> None:
    value = _clean(given)[:_LONGEST_TYPED].strip()
    if value:
        found[name] = value


def _clean(given: str) -> str:
    # What a database of text cannot hold.
    return given.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def facts_of(kind: str, typed: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """What the file says by what was typed, for its schema to judge; and what is wrong already,
    that the schema would tell in words of the file."""
    wrong: dict[str, list[str]] = {}
    facts: dict[str, Any] = {}
    for each in inputs_of(kind):
        value = _value(each, each.name, typed, wrong)
        if value is not None:
            facts[each.name] = value
    return facts, wrong


def _value(each: Input, name: str, typed: Mapping[str, Any], wrong: dict[str, list[str]]) -> Any:
    """None: nothing was typed, and the file need not have it."""
    if each.sort is Sort.ROWS:
        rows = list(_rows(each, name, typed, wrong))
        return rows if rows or each.needed else None
    if each.sort in (Sort.BOTH, Sort.GROUP):
        return _nested(each, name, typed, wrong)
    given = typed.get(name)
    if not given:
        return [] if each.needed and each.sort in (Sort.CHOICES, Sort.LINES) else None
    return _scalar(each, name, given, wrong)


def _nested(each: Input, name: str, typed: Mapping[str, Any], wrong: dict[str, list[str]]) -> Any:
    found: dict[str, Any] = {}
    if not each.needed and not any(one.startswith(f"{name}.") for one in typed):
        # What is needed within is needed only where there is anything.
        return {} if each.name.endswith("*") else None
    if each.sort is Sort.BOTH:
        found = {
            language: typed[f"{name}.{language}"]
            for language in LANGUAGES
            if typed.get(f"{name}.{language}")
        }
    else:
        for part in each.parts:
            own = part.name.removeprefix(each.name)
            value = _value(part, name + own, typed, wrong)
            if value is not None:
                found[own.removeprefix(".")] = value
    if each.name.endswith("*"):
        return found
    return found if found or each.needed else None


def _rows(
    each: Input, name: str, typed: Mapping[str, Any], wrong: dict[str, list[str]]
) -> Iterator[Any]:
    for number in range(1, rows_in(name, typed) + 1):
        row = f"{name}.{number}"
        if len(each.parts) == 1 and each.parts[0].name.endswith("*"):
            yield _value(each.parts[0], row, typed, wrong)
            continue
        found = {}
        for part in each.parts:
            own = part.name.removeprefix(f"{each.name}.*")
            value = _value(part, row + own, typed, wrong)
            if value is not None:
                found[own.removeprefix(".")] = value
        yield found


def rows_in(name: str, typed: Mapping[str, Any]) -> int:
    """How many rows of a list were filled in."""
    start = f"{name}."
    numbers = (each[len(start) :].partition(".")[0] for each in typed if each.startswith(start))
    return max((int(each) for each in numbers if each.isdecimal()), default=0)


def _scalar(each: Input, name: str, given: Any, wrong: dict[str, list[str]]) -> Any:
    if each.sort is Sort.FLAG:
        return True
    if each.sort is Sort.LINES:
        return [line.strip() for line in given.splitlines() if line.strip()]
    if each.sort is Sort.DAY:
        try:
            return date.fromisoformat(plain_digits(given))
        except ValueError:
            return given
    if each.sort is Sort.MOMENT:
        return given.replace("T", " ")[:16]
    if each.sort is Sort.NUMBER:
        plain = plain_digits(given)
        return int(plain) if _NUMBER.fullmatch(plain) else given
    if each.sort is Sort.MONEY:
        found = _AMOUNT.fullmatch(plain_digits(given).replace("₹", "").strip())
        if found is None:
            wrong[name] = [NO_MONEY]
            return 0
        return int(found[1].replace(",", "")) * 100 + int((found[2] or "0").ljust(2, "0"))
    return given


def typed_of(kind: str, facts: Mapping[str, Any], texts: Mapping[str, str | None]) -> Typed:
    """The form of a page as its files are.

    Args:
        facts: what its file says, as YAML has it.
        texts: by language.
    """
    found: Typed = {}
    for each in inputs_of(kind):
        if facts.get(each.name) is not None:
            _show(each, each.name, facts[each.name], found)
    for language in LANGUAGES:
        if texts.get(language):
            found[TEXT + language] = texts[language]
    return found


def _show(each: Input, name: str, value: Any, found: Typed) -> None:
    if each.sort is Sort.BOTH:
        for language in LANGUAGES:
            if value.get(language):
                found[f"{name}.{language}"] = str(value[language]).strip()
    elif each.sort is Sort.GROUP:
        for part in each.parts:
            own = part.name.removeprefix(f"{each.name}.")
            if value.get(own) is not None:
                _show(part, f"{name}.{own}", value[own], found)
    elif each.sort is Sort.ROWS:
        _show_rows(each, name, value, found)
    else:
        shown = _shown(each, value)
        if shown:
            found[name] = shown


def _show_rows(each: Input, name: str, rows: Sequence[Any], found: Typed) -> None:
    for number, row in enumerate(rows, 1):
        for part in each.parts:
            own = part.name.removeprefix(f"{each.name}.*")
            value = row.get(own.removeprefix(".")) if own else row
            if value is not None:
                _show(part, f"{name}.{number}{own}", value, found)


def _shown(each: Input, value: Any) -> Any:
    if each.sort is Sort.FLAG:
        return "yes" if value else ""
    if each.sort is Sort.CHOICES:
        return [str(one) for one in value]
    if each.sort is Sort.LINES:
        return "\n".join(map(str, value))
    if each.sort is Sort.MONEY:
        whole, rest = divmod(value, 100)
        return f"{grouped(whole)}.{rest:02}" if rest else grouped(whole)
    if each.sort is Sort.MOMENT:
        at = value
        if isinstance(at, datetime):
            at = (at.astimezone(INDIA) if at.tzinfo else at).strftime("%Y-%m-%d %H:%M")
        return str(at).strip().replace(" ", "T")
    return str(value).strip()


def written(facts: Mapping[str, Any]) -> str:
    """The file of a page's facts."""
    return yaml.safe_dump(dict(facts), allow_unicode=True, sort_keys=False, width=_WIDTH)
