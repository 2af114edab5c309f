"""Single changes of the organisation, and what speaks against them."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from palika.errors import Conflict, Invalid
from services.eoffice.domain.organisation import Organisation, on
from services.eoffice.domain.organisation_lines import code_of
from services.eoffice.domain.organisation_rules import circle, days, overlapping


def check_since(since: date, today: date) -> None:
    """Refuse to change what was.

    Raises:
        Invalid: the day is past.
    """
    if since < today:
        raise Invalid("the day is past", {"since": [f"must be {today} or later"]})


def check_person(city: Organisation, code: str, since: date, until: date | None) -> None:
    """Refuse an officer that there is not on all of these days.

    Raises:
        Invalid: so it is; ``person`` says why.
    """
    known = city.people.get(code)
    if known is None:
        raise Invalid("no such officer", {"person": [f"there is no officer {code!r}"]})
    if not on(known, since) or (known.until is not None and known.until < (until or date.max)):
        there = days({"since": known.since, "until": known.until})
        raise Invalid("no such officer", {"person": [f"{code} is there {there}"]})


def check_days(city: Organisation, post: str, since: date, until: date | None) -> None:
    """Refuse days on which there is no such post, or none at all.

    Raises:
        Invalid: ``to`` or ``until`` says why.
    """
    if until is not None and until < since:
        raise Invalid("no such days", {"until": [f"must be {since} or later"]})
    last = city.check_post(post, "to", since).until
    if last is not None and last < (until or date.max):
        raise Invalid("no such days", {"until": [f"{post} ends on {last}: must be that or before"]})


def check_free(kept: Sequence[Mapping[str, Any]], made: Mapping[str, Any]) -> None:
    """Refuse a holding that cannot be beside the others.

    Args:
        kept: the other holdings of the post and of the person, as they will be.
        made: the new one.

    Raises:
        Conflict: names who holds what from when until when, and what to do.
    """
    rows = [*((each, None) for each in kept), (made, 1)]
    for (later, _), earlier, rule in overlapping(rows):
        if later is made:
            told = rule.format(post=earlier["post"], person=earlier["person"], days=days(earlier))
            raise Conflict(
                told,
                {name: str(earlier[name]) for name in ("post", "person", "kind", "since", "until")},
            )


def check_new_code(city: Organisation, code: str, *, person: bool) -> None:
    """Refuse a code that is none, or that an identity could mean otherwise.

    Raises:
        Invalid: ``code`` says why.
    """
    try:
        code_of(code)
    except ValueError as error:
        raise Invalid("no such code", {"code": [str(error)]}) from error
    if code in (city.posts if person else city.people):
        what = "a post" if person else "an officer"
        raise Invalid("no such code", {"code": [f"{code} is the code of {what}"]})


def check_place(
    city: Organisation, department: str, section: str | None, reports_to: str | None, since: date
) -> None:
    """Refuse a place for a post that there is not.

    Raises:
        Invalid: the department, the section or the post above it.
    """
    city.check_department(department, since)
    if section is not None and (of := city.check_section(section, since)) != department:
        rule = f"{section} is a section of {of}, not of {department}"
        raise Invalid("no such section", {"section": [rule]})
    if reports_to is not None:
        city.check_post(reports_to, "reports_to", since)


def check_reporting(city: Organisation, post: str, reports_to: str | None, today: date) -> None:
    """Refuse a line of reporting that leads nowhere.

    Raises:
        Invalid: there is no such post today, or it would be a circle, which is told.
    """
    city.check_post(post, "code", today)
    if reports_to is None:
        return
    city.check_post(reports_to, "reports_to", today)
    lines = {code: each.reports_to for code, each in city.posts.items()} | {post: reports_to}
    if found := circle(lines, post):
        rule = f"is a circle: {' → '.join([*found, post])}"
        raise Invalid("a line of reporting must not be a circle", {"reports_to": [rule]})


def check_end(city: Organisation, post: str, since: date) -> None:
    """Refuse to abolish a post that others need from ``since`` on.

    Raises:
        Invalid: it would have ended before it began.
        Conflict: posts that report to it, or powers that it has delegated; names them.
    """
    if since <= city.posts[post].since:
        rule = f"{post} begins on {city.posts[post].since}: must be later"
        raise Invalid("it has not begun", {"since": [rule]})
    below = sorted(
        each.code
        for each in city.posts.values()
        if each.reports_to == post and (each.until is None or each.until >= since)
    )
    if below:
        raise Conflict(
            f"{', '.join(below)} report to {post}: give them another line first "
            "(change_reporting; at a terminal palika eoffice org report-to)",
            {"post": post, "reporting": below},
        )
    to = sorted(
        each.to_post
        for each in city.delegations
        if each.from_post == post and (each.until is None or each.until >= since)
    )
    if to:
        raise Conflict(
            f"{post} has delegated powers to {', '.join(to)}: take them back first",
            {"post": post, "delegated_to": to},
        )


def day_before(day: date) -> date:
    """The last day of what is no more from ``day`` on."""
    return day - timedelta(days=1)
