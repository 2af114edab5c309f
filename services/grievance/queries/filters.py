"""What must hold of each grievance of a list, as rules for its row, from a desk's filters."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_

from palika.errors import Invalid
from palika.india import end_of, start_of
from palika.words import query_tokens
from services.grievance.domain.days import day
from services.grievance.domain.lifecycle import OPEN, State
from services.grievance.domain.numbering import as_printed
from services.grievance.reference import city

_OPEN = frozenset(OPEN)
_CODES = ("ward", "department", "category", "parent_category", "officer", "priority", "channel",
          "rating")  # fmt: skip
Rules = dict[str, ColumnElement[bool]]


def rules(of: Any, args: Mapping[str, Any], now: datetime) -> Rules:
    """What must hold of each, by name.

    Args:
        of: ``Grievance``, or an alias of it.
        args: as loaded by ``schemas.Searching``.
        now: what "overdue" and "today" are measured by.

    Raises:
        Invalid: the filters contradict each other.
    """
    wanted = states(args)
    found: Rules = {}
    exact = number(args)
    if exact is not None:
        found["number"] = of.number == exact
    if wanted not in (_OPEN, frozenset(State)):
        found["status"] = _among(of.state, sorted(wanted))
    for name in _CODES:
        if args[name]:
            found[name] = _among(getattr(of, name), args[name])
    if args["unassigned"] is not None:
        nobody = of.officer.is_(None)
        found["unassigned"] = nobody if args["unassigned"] else ~nobody
    if args["reopened"] is not None:
        found["reopened"] = (of.times_reopened > 0) == args["reopened"]
    if args["level_from"] is not None:
        found["level"] = of.escalation_level >= args["level_from"]
    if args["timing"] is not None:
        found["timing"] = _timing(of, args["timing"], now)
    for name in ("resolved", "escalated"):
        within = _between(name, args, getattr(of, f"{name}_at"), now)
        if within:
            found[name] = func.coalesce(_all(within), false())
    filed = _between("filed", args, of.filed_at, now)
    first, last = args["filed_from"], args["filed_before"]
    if first is not None and last is not None and last < first:
        raise Invalid(
            "the period ends before it begins", {"filed_before": ["is before filed_from"]}
        )
    if first is not None:
        filed.append(of.filed_at >= first)
    if last is not None:
        filed.append(of.filed_at < last)
    if args["resolved_to_day"] is not None:
        # What was resolved by then was filed by then: the walk begins there.
        filed.append(of.filed_at < end_of(day(args["resolved_to_day"], now)))
    if filed:
        found["filed"] = _all(filed)
    return found


def states(args: Mapping[str, Any]) -> frozenset[State]:
    """In which states what is asked for can be.

    Raises:
        Invalid: in none; the filters contradict each other.
    """
    wanted = frozenset(args["status"] or State)
    if args["open"] is not None:
        wanted &= _OPEN if args["open"] else frozenset(State) - _OPEN
    if args["order"] == "due" or args["timing"] in ("overdue", "due_soon"):
        wanted &= _OPEN
    if not wanted:
        raise Invalid(
            "no grievance can be all that",
            {"status": ["contradicts open, timing or order: what is due is open"]},
        )
    return wanted


def number(args: Mapping[str, Any]) -> str | None:
    """The number that the text is, if it is one: in either kind of digits."""
    said = args["text"]
    if said is None:
        return None
    plain = as_printed(said)
    prefix, *rest = plain.split("-")
    is_number = prefix == city().number_prefix and len(rest) == 2 and all(map(str.isdigit, rest))
    return plain if is_number else None


def words(args: Mapping[str, Any]) -> list[str]:
    """The words to search for; none for a number.

    Raises:
        Invalid: the text has no words that could be found.
    """
    if args["text"] is None or number(args) is not None:
        return []
    found = query_tokens(args["text"])
    if not found:
        raise Invalid(
            "nothing to search for", {"text": ["has only words that every letter has, or none"]}
        )
    return found


def _timing(of: Any, timing: str, now: datetime) -> ColumnElement[bool]:
    # Whose citizen is asked, its clock stands: it is not overdue, nor will it be soon.
    runs = of.paused_at.is_(None)
    rule: ColumnElement[bool]
    if timing == "overdue":
        rule = runs & (of.due_at < now)
    elif timing == "due_soon":
        rule = runs & of.due_soon_at.is_not(None) & (of.due_at >= now)
    elif timing == "breached":
        rule = or_(of.breached_at.is_not(None), of.on_time.is_(False))
    else:
        rule = of.on_time.is_(timing == "on_time")
    return rule


def _between(name: str, args: Mapping[str, Any], column: Any, now: datetime) -> list[Any]:
    """The rules of two days, both included.

    Raises:
        Invalid: the second is before the first.
    """
    said = [args[f"{name}_{end}_day"] for end in ("from", "to")]
    first, last = (None if each is None else day(each, now) for each in said)
    if first is not None and last is not None and last < first:
        raise Invalid(
            "the period ends before it begins", {f"{name}_to_day": [f"is before {first}"]}
        )
    rules = []
    if first is not None:
        rules.append(column >= start_of(first))
    if last is not None:
        rules.append(column < end_of(last))
    return rules


def _among(column: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    return column == values[0] if len(values) == 1 else column.in_(values)


def _all(several: Sequence[Any]) -> ColumnElement[bool]:
    first, *others = several
    for each in others:
        first = first & each
    return first
