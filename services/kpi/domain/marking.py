"""Who gives the office's own marks in a programme, and shows or takes away evidence for them; and
until when; what a mark beside a computed one has to say, and who gives none of one side."""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from palika.errors import Conflict, Forbidden, Invalid
from palika.india import in_digits
from palika.roles import Caller, post_of, same_post
from services.kpi.domain.desks import SENIOR, EntryRules
from services.kpi.domain.programme import Criterion, Programme
from services.kpi.domain.scorecard import CITY, SELF, THIRD_PARTY, Mark


def check_may_mark(who: Caller, of: Programme, subject: str, rules: EntryRules) -> None:
    """Refuse who has no hand in a subject's own marks and evidence.

    Of a department those have who enter or check its values, and its owner; of the corporation the
    programme's owner; of both supervisors and administrators. Of a department that is no more, only
    these.

    Raises:
        Forbidden: the caller is none of them; the message says who may.
    """
    if who.has_any(SENIOR):
        return
    if subject == CITY:
        posts = [of.owner]
        may = who.has_any({"officer"}) and post_of(who.subject) == of.owner
    else:
        desk = rules.desks.get(subject)
        posts = [] if desk is None else sorted(desk.enter | desk.check)
        may = desk is not None and rules.may_enter(who, subject)
    if not may:
        allowed = ", ".join([*posts, "supervisors", "administrators"])
        raise Forbidden(
            f"{who.subject} has no hand in the own marks and evidence of {subject} in {of.code}; "
            f"who has: {allowed}"
        )


def check_open(programme: Programme, today: date) -> None:
    """Refuse marks of a programme that is over and evaluated; those it was given stay.

    Raises:
        Conflict: its last day, and the days for its evaluation, are past.
    """
    if today > programme.closes:
        last = in_digits(programme.counter(today).last)
        raise Conflict(
            f"{programme.code} ended on {last}, and marks were given until "
            f"{in_digits(programme.closes)}: it takes no more",
            {"programme": programme.code, "closed_on": programme.closes.isoformat()},
        )


def check_beside_computed(mark: int, followed: Mark | None, remark: str | None) -> None:
    """Refuse an own mark (in hundredths) that is another than what followed from KPIs last, if
    nobody says why.

    Raises:
        Invalid: `remark`, with the computed marks and their day.
    """
    if followed is None or followed.marks == mark or remark:
        return
    said = f"{followed.marks / 100:g} were computed from KPIs on {in_digits(followed.day)}"
    raise Invalid(
        f"the marks of {followed.criterion} differ from the computed ones",
        {"remark": [f"must say why: {said}"]},
    )


def check_other_person(kind: str, by: str, before: Iterable[Mark]) -> None:
    """The two sides of a criterion are given by different people.

    Raises:
        Forbidden: the caller has given marks of the other side.
    """
    against = SELF if kind == THIRD_PARTY else THIRD_PARTY
    if any(each.kind == against and same_post(each.by, by) for each in before):
        said = {SELF: "self-assessed", THIRD_PARTY: "third-party"}
        raise Forbidden(
            f"{by} has given {said[against]} marks for this criterion: the {said[kind]} ones are "
            "given by somebody else"
        )


def check_mark(
    programme: Programme, criterion: Criterion, marks: Fraction, day: date, today: date
) -> int:
    """The marks in hundredths, if they can be given.

    Raises:
        Invalid: `marks` or `day`, with the rule.
    """
    wrong = {}
    scaled = marks * 100
    most = f"{criterion.marks / 100:g}"
    if not 0 <= scaled <= criterion.marks:
        wrong["marks"] = [f"must be from 0 to {most}, the marks of {criterion.code}"]
    elif scaled.denominator != 1:
        wrong["marks"] = ["must have two decimals at most"]
    if rule := _wrong_day(programme, day, today):
        wrong["day"] = [rule]
    if wrong:
        raise Invalid(f"these marks cannot be given for {criterion.code}", wrong)
    return scaled.numerator


def check_day(programme: Programme, day: date, today: date) -> None:
    """Refuse a day of which no marks can be given. Raises Invalid: `day`, with the rule."""
    if rule := _wrong_day(programme, day, today):
        raise Invalid(f"{programme.code} has no marks of that day", {"day": [rule]})


def _wrong_day(programme: Programme, day: date, today: date) -> str | None:
    if day > today:
        return f"must not be after today, {today}"
    if day < programme.first:
        return f"must not be before the programme begins, {programme.first}"
    return None
