"""What a sub-category asks beside the description, and whether the answers fit.

An answer is kept as plain JSON in one form: text trimmed, dates as ``2026-07-01``, the choices of a
``multichoice`` in the catalogue's order. What was not answered is left out.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from palika.errors import Invalid
from palika.india import INDIA
from palika.text import NO_TEXT, Name, is_blank, plain_digits

if TYPE_CHECKING:
    from services.grievance.domain.catalogue import SubCategory

TYPES = ("text", "integer", "number", "boolean", "date", "choice", "multichoice")
LONGEST_TEXT = 2_000
LARGEST = 10**15
"""Beyond it a number would not come back from JSON as it was."""

_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# Digits of any script: a citizen may write १२.
_WRITTEN_INTEGER = re.compile(r"[+-]?\d{1,18}")
_WRITTEN_NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d{1,18})?")
_WRITTEN_BOOLEAN = {"true": True, "false": False}
_YES, _NO = Name("होय", "Yes"), Name("नाही", "No")
_LONG_TEXT = 250
_UNKNOWN_TOLD = 10


@dataclass(frozen=True, slots=True)
class Field:
    """One question. ``choices`` are names by code; ``least`` and ``most`` bound a number."""

    code: str
    name: Name
    type: str
    required: bool = False
    choices: Mapping[str, Name] = field(default_factory=dict)
    least: float | None = None
    most: float | None = None
    max_length: int = 200


class _WrongAnswer(Exception):
    """The rule that an answer breaks."""


def check(
    fields: Sequence[Field], given: Mapping[str, Any], *, from_text: bool = False
) -> dict[str, Any]:
    """The answers in the form in which they are kept, in the order of the questions.

    Args:
        fields: what the sub-category asks.
        given: the answers by field code; None is no answer.
        from_text: they come from a form, which knows text only: ``"3"`` is a number too, ``"true"``
            a yes, an empty text no answer.

    Raises:
        Invalid: naming each ``attributes.<code>`` and the rule that it breaks.
    """
    if not isinstance(given, Mapping):
        raise Invalid("wrong attributes", {"attributes": ["must be an object"]})
    wrong: dict[str, list[str]] = {}
    kept: dict[str, Any] = {}
    for each in fields:
        answer = given.get(each.code)
        if answer is None or (from_text and answer in ("", [], [""])):
            if each.required:
                wrong[f"attributes.{each.code}"] = ["is required"]
            continue
        try:
            kept[each.code] = _KINDS[each.type](each, answer, from_text)
        except _WrongAnswer as rule:
            wrong[f"attributes.{each.code}"] = [str(rule)]
    asked = [each.code for each in fields]
    unknown = [code for code in given if code not in asked]
    for code in unknown[:_UNKNOWN_TOLD]:
        known = f"must be one of: {', '.join(asked)}" if asked else "this category asks nothing"
        wrong[f"attributes.{_shown(code)}"] = [f"is not asked; {known}"]
    if wrong:
        raise Invalid("wrong attributes", wrong)
    return kept


def open311_attributes(subcategory: "SubCategory", language: str) -> list[dict[str, Any]]:
    """The questions of a sub-category as Open311's service definition has them."""
    return [
        {
            "variable": True,
            "code": each.code,
            "datatype": _datatype(each),
            "required": each.required,
            "datatype_description": _hint(each, language),
            "order": order,
            "description": each.name.in_(language),
            "values": [
                {"key": code, "name": name.in_(language)} for code, name in _values(each).items()
            ],
        }
        for order, each in enumerate(subcategory.fields, 1)
    ]


def _datatype(asked: Field) -> str:
    if asked.type == "text":
        return "text" if asked.max_length > _LONG_TEXT else "string"
    return {
        "integer": "number",
        "number": "number",
        "boolean": "singlevaluelist",
        "date": "datetime",
        "choice": "singlevaluelist",
        "multichoice": "multivaluelist",
    }[asked.type]


def _values(asked: Field) -> Mapping[str, Name]:
    return {"true": _YES, "false": _NO} if asked.type == "boolean" else asked.choices


def _hint(asked: Field, language: str) -> str:
    """What form the answer has, in a few words; empty where the list of values says it all."""
    mr = language == "mr"
    if asked.type == "date":
        return "तारीख, उदा. 2026-07-01" if mr else "A date such as 2026-07-01"
    if asked.type == "text":
        return (
            f"जास्तीत जास्त {asked.max_length} अक्षरे"
            if mr
            else f"At most {asked.max_length} characters"
        )
    if asked.type not in ("integer", "number"):
        return ""
    kind = "पूर्ण संख्या" if mr else "A whole number"
    if asked.type == "number":
        kind = "संख्या" if mr else "A number"
    least = (
        "" if asked.least is None else (" किमान " if mr else ", at least ") + f"{asked.least:.15g}"
    )
    most = "" if asked.most is None else (" कमाल " if mr else ", at most ") + f"{asked.most:.15g}"
    return kind + least + most


# -- one kind of answer each: (field, answer, from_text) -> what is kept ---------------------------


def _text(asked: Field, answer: Any, _: bool) -> str:
    if not isinstance(answer, str):
        raise _WrongAnswer("must be text")
    text = answer.strip()
    found = NO_TEXT.search(text)
    if found is not None:
        raise _WrongAnswer(f"has a character that cannot be stored: U+{ord(found[0]):04X}")
    if is_blank(text):
        raise _WrongAnswer("must not be empty")
    if len(text) > asked.max_length:
        raise _WrongAnswer(f"must have at most {asked.max_length} characters")
    return text


def _integer(asked: Field, answer: Any, from_text: bool) -> int:
    if from_text and isinstance(answer, str):
        written = plain_digits(answer.strip())
        answer = int(written) if _WRITTEN_INTEGER.fullmatch(written) else answer
    if type(answer) is not int:
        raise _WrongAnswer("must be a whole number")
    _check_limits(asked, answer)
    return answer


def _number(asked: Field, answer: Any, from_text: bool) -> int | float:
    if from_text and isinstance(answer, str):
        written = plain_digits(answer.strip())
        if _WRITTEN_NUMBER.fullmatch(written):
            answer = float(written) if "." in written else int(written)
    if type(answer) is not int and not (isinstance(answer, float) and math.isfinite(answer)):
        raise _WrongAnswer("must be a number")
    _check_limits(asked, answer)
    number: int | float = answer
    return number


def _check_limits(asked: Field, answer: int | float) -> None:
    least = -LARGEST if asked.least is None else asked.least
    most = LARGEST if asked.most is None else asked.most
    if not least <= answer <= most:
        raise _WrongAnswer(f"must be from {least:.15g} to {most:.15g}")


def _boolean(_: Field, answer: Any, from_text: bool) -> bool:
    if from_text and isinstance(answer, str):
        answer = _WRITTEN_BOOLEAN.get(answer.strip().lower(), answer)
    if not isinstance(answer, bool):
        raise _WrongAnswer("must be true or false")
    return answer


def _day(_: Field, answer: Any, from_text: bool) -> str:
    if not isinstance(answer, str):
        raise _WrongAnswer("must be a date such as 2026-07-01")
    answer = plain_digits(answer)
    try:
        if _DATE.fullmatch(answer):
            day = date.fromisoformat(answer)
        elif from_text:
            # Open311 has moments only: the day is the one in India, where a zone is given.
            moment = datetime.fromisoformat(answer.strip())
            day = (moment if moment.tzinfo is None else moment.astimezone(INDIA)).date()
        else:
            raise _WrongAnswer("must be a date such as 2026-07-01")
    except (ValueError, OverflowError) as error:
        raise _WrongAnswer("must be a date such as 2026-07-01") from error
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise _WrongAnswer(f"must be from {_FIRST_DAY} to {_LAST_DAY}")
    return day.isoformat()


def _choice(asked: Field, answer: Any, _: bool) -> str:
    if not isinstance(answer, str) or answer not in asked.choices:
        raise _WrongAnswer(f"must be one of: {', '.join(asked.choices)}")
    return answer


def _multichoice(asked: Field, answer: Any, from_text: bool) -> list[str]:
    if from_text and isinstance(answer, str):
        answer = [answer]
    if not isinstance(answer, list | tuple) or not answer:
        raise _WrongAnswer("must be a list of one or more choices")
    if len(answer) > len(asked.choices):
        raise _WrongAnswer("must name each choice once at most")
    chosen = [_choice(asked, each, from_text) for each in answer]
    if len(set(chosen)) < len(chosen):
        raise _WrongAnswer("must name each choice once at most")
    return [code for code in asked.choices if code in chosen]


_KINDS: Mapping[str, Callable[[Field, Any, bool], Any]] = dict(
    zip(TYPES, (_text, _integer, _number, _boolean, _day, _choice, _multichoice), strict=True)
)


def _shown(code: Any) -> str:
    """A key that somebody made up, fit to be a name in an answer."""
    return NO_TEXT.sub("?", str(code)[:50])
