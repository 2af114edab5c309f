"""That a programme was reviewed, and what other corporations were given in it."""

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Invalid
from palika.india import day_of
from services.kpi.commands.score import one_at_a_time
from services.kpi.domain.programme import CORPORATION
from services.kpi.models import ScorecardResult, ScorecardReview
from services.kpi.scorecards.reading import programme


def hold_review(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> ScorecardReview:
    """Record that a programme was reviewed on a day; what changed is told from it on.

    ``args``: `programme`, `held_on`, `note`. A day that is recorded already stays as it is. What
    the review saw needs no copy: it is what was there when it was recorded, or at the end of its
    day if that was before (`Review.seen_until`), and of that nothing is ever changed.

    Raises:
        NotFound: no such programme.
        Invalid: the day is to come, or before the programme begins.
    """
    of = programme(args["programme"])
    day = args["held_on"] or day_of(now)
    if not of.first <= day <= day_of(now):
        rule = f"must be from {of.first} to today"
        raise Invalid("no review was held on that day", {"held_on": [rule]})
    one_at_a_time(session, "review", of.code)
    found = session.get(ScorecardReview, (of.code, day))
    if found is None:
        found = ScorecardReview(
            programme=of.code,
            held_on=day,
            note=args["note"],
            recorded_at=now,
            recorded_by=caller.subject,
        )
        session.add(found)
        session.flush()
    return found


def enter_results(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> list[ScorecardResult]:
    """Enter what other corporations were given (``args``: `programme`, `results`: each with
    `corporation`, `name_mr`, `name_en`, `marks`, `out_of`, `day`, `source`). What says the same as
    what is entered already is not entered again; all of them or none.

    Raises:
        NotFound: no such programme.
        Invalid: the programme does not compare corporations; or names the row and the rule.
    """
    of = programme(args["programme"])
    if CORPORATION not in of.subjects:
        rule = "must be one in which corporations are given marks"
        raise Invalid("no corporations are compared here", {"programme": [rule]})
    wrong: dict[str, list[str]] = {}
    made = []
    one_at_a_time(session, "results", of.code)
    query = select(ScorecardResult).where(ScorecardResult.programme == of.code)
    known = {_said(row) for row in session.scalars(query)}
    for at, each in enumerate(args["results"], 1):
        marks, out_of = (Fraction(str(each[name])) * 100 for name in ("marks", "out_of"))
        if marks.denominator != 1 or out_of.denominator != 1:
            wrong[f"results, {at}"] = ["marks and out_of have two decimals at most"]
        elif not 0 <= marks <= out_of:
            wrong[f"results, {at}"] = ["marks must be from 0 to out_of"]
        elif not of.first <= each["day"] <= day_of(now):
            wrong[f"results, {at}"] = [f"day must be from {of.first} to today"]
        else:
            row = ScorecardResult(
                id=uuid7(),
                programme=of.code,
                corporation=each["corporation"],
                name_mr=each["name_mr"],
                name_en=each["name_en"],
                marks=marks.numerator,
                out_of=out_of.numerator,
                day=each["day"],
                source=each["source"],
                entered_at=now,
                entered_by=caller.subject,
            )
            if _said(row) not in known:
                known.add(_said(row))
                made.append(row)
    if wrong:
        raise Invalid("these results cannot be entered", wrong)
    session.add_all(made)
    session.flush()
    return made


def _said(row: ScorecardResult) -> tuple[Any, ...]:
    names = ("corporation", "name_mr", "name_en", "marks", "out_of", "day", "source")
    return tuple(getattr(row, name) for name in names)
