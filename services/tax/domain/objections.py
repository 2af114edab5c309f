"""An objection to an assessment: its steps, its times, who may decide it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from palika.errors import Conflict, Forbidden, Invalid
from palika.india import day_of, readable, rupees
from palika.roles import post_of
from palika.text import Name
from services.tax.domain.moves import Moves
from services.tax.domain.register_rules import ObjectionRules

FILED: Final = "filed"
WITHDRAWN: Final = "withdrawn"
MOVES: Final[Moves] = {
    FILED: {"set_hearing": "hearing_set", "withdraw": WITHDRAWN},
    "hearing_set": {"adjourn": "hearing_set", "hear": "heard", "withdraw": WITHDRAWN},
    "heard": {"decide": "decided", "withdraw": WITHDRAWN},
    "decided": {},
    WITHDRAWN: {},
}
OPEN: Final = tuple(state for state, steps in MOVES.items() if steps)
"""The states from which it goes on."""
STEPS: Final = ("file", "set_hearing", "adjourn", "hear", "decide", "withdraw")
OUTCOMES: Final = ("upheld", "partly", "rejected")
WORDS: Final[Mapping[str, Name]] = {
    "filed": Name("दाखल", "filed"),
    "hearing_set": Name("सुनावणी निश्चित", "hearing set"),
    "heard": Name("सुनावणी झाली", "heard"),
    "decided": Name("निर्णय झाला", "decided"),
    "withdrawn": Name("मागे घेतला", "withdrawn"),
    "file": Name("आक्षेप दाखल केला", "the objection was filed"),
    "set_hearing": Name("सुनावणीची नोटीस दिली", "notice of a hearing was given"),
    "adjourn": Name("सुनावणी पुढे ढकलली", "the hearing was put off"),
    "hear": Name("सुनावणी घेतली", "it was heard"),
    "decide": Name("निर्णय दिला", "it was decided"),
    "withdraw": Name("आक्षेप मागे घेतला", "it was withdrawn"),
    "upheld": Name("मान्य", "upheld"),
    "partly": Name("अंशतः मान्य", "upheld in part"),
    "rejected": Name("अमान्य", "rejected"),
}
"""States, steps and outcomes as people call them."""


def last_day(since: date, rules: ObjectionRules) -> date:
    """The last day on which it may come, counted from the bill's or the order's day."""
    return since + timedelta(days=rules.days)


def check_in_time(since: date, received_on: date, filed_on: date, rules: ObjectionRules) -> None:
    """Refuse an objection that comes too late, or is said to have come before it could.

    Args:
        since: the day of the bill, or on which the order was written down.
        received_on: the day on which the objection came.
        filed_on: the day on which it is written down.
        rules: the city's.

    Raises:
        Invalid: ``received_on`` is after today, or before what it is against.
        Conflict: it is too late; ``details`` has the last day.
    """
    if not since <= received_on <= filed_on:
        rule = f"must be from {since.isoformat()}, what it is against, to today"
        raise Invalid("not an objection", {"received_on": [rule]})
    last = last_day(since, rules)
    if received_on > last:
        raise Conflict(
            f"it came too late: the last day to object was {last.isoformat()}",
            {"last_day": last.isoformat()},
        )


def check_disputed(disputed_paise: int | None, amount_paise: int) -> None:
    """Refuse to dispute more than a bill asks for its period; None is all of it.

    Raises:
        Invalid: it is above the bill's amount.
    """
    if disputed_paise is not None and disputed_paise > amount_paise:
        rule = f"must not be above the bill's amount, {rupees(amount_paise)}"
        raise Invalid("not an objection", {"disputed_paise": [rule]})


def check_hearing(hearing_at: datetime, now: datetime, rules: ObjectionRules) -> None:
    """Refuse a hearing of which nobody can be told in time.

    Raises:
        Invalid: there are fewer days to it than its notice needs.
    """
    first = day_of(now) + timedelta(days=rules.hearing_days)
    if day_of(hearing_at) < first:
        rule = (
            f"must be on {first.isoformat()} or later: its notice needs {rules.hearing_days} days"
        )
        raise Invalid("not a hearing", {"hearing_at": [rule]})


def check_adjournment(adjourned: int, rules: ObjectionRules) -> None:
    """Refuse to put a hearing off for ever.

    Raises:
        Conflict: it was put off as often as it may be.
    """
    if adjourned >= rules.most_adjournments:
        raise Conflict(
            f"it was put off {adjourned} times, and may be no more",
            {"adjourned": adjourned, "most": rules.most_adjournments},
        )


def check_heard(hearing_at: datetime, now: datetime) -> None:
    """Refuse to say that it was heard before its hearing.

    Raises:
        Conflict: the hearing is to come.
    """
    if now < hearing_at:
        raise Conflict(
            f"its hearing is on {readable(hearing_at)}", {"hearing_at": hearing_at.isoformat()}
        )


def check_outcome(outcome: str, changes: bool) -> None:
    """Refuse a decision that says one thing and does another.

    Raises:
        Invalid: it is rejected, and the assessment is changed.
    """
    if outcome == "rejected" and changes:
        raise Invalid(
            "not a decision", {"states": ["a rejected objection leaves the assessment as it is"]}
        )


def check_independent(subject: str, parts: Mapping[str, str]) -> None:
    """Refuse a judge who has had a part in it.

    Args:
        subject: who wants to decide.
        parts: by subject what they have had to do with it, as the end of "who ...".

    Raises:
        Forbidden: the message says what part that was.
    """
    posts = {post_of(each): part for each, part in parts.items()}
    part = posts.get(post_of(subject))
    if part is not None:
        raise Forbidden(
            f"this is for another officer than the one who {part}", {"post": post_of(subject)}
        )
