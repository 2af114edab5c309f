"""The ladder of recovery: which notice is lawful for a property on a day, from when, and why not.

The steps, their waiting times, fees and sources are data (``data/notices.yaml``). What is fixed:

- A step needs the one before it, served, and so many whole days after that; the day of service does
  not count, nor does a day on which recovery is stopped (a stay, a dispute, a merged village).
- No step while recovery is stopped, or while less is late than the step is worth: a half-year that
  is not due yet, or whose bill was never served, is owed and yet no default.
- A ladder goes with its debt: what was served by the last day on which nothing was owed counts no
  more. The next debt begins with its bill.
- No step twice within the ladder's ``repeat_months``.
- Facts of later days do not exist yet: asked of a day, the answer knows that day's facts only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from palika.errors import Conflict, Invalid
from palika.india import in_digits, rupees
from palika.number_words import devanagari
from palika.text import Name, is_blank
from services.tax.domain.history import Basis
from services.tax.domain.ledger.late import Late
from services.tax.domain.months import months_later

BILL: Final = "bill"
"""What the first step waits for."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StepRule:
    """One step, as the city's data has it.

    Attributes:
        code: as ``warrant``.
        name: in both languages.
        after: ``bill``, or the code of an earlier step.
        waits_days: whole days from the service of that, the day of service not counted.
        fee_paise: what is charged for it.
        least_paise: it is not taken for less.
        signed: a person signs each one.
        rule: what the law says, in plain words; told to whoever is refused.
        basis: its source, or that it is illustrative.
    """

    code: str
    name: Name
    after: str
    waits_days: int
    fee_paise: int
    least_paise: int
    signed: bool
    rule: Name
    basis: Basis


@dataclass(frozen=True, slots=True)
class StopRule:
    """What stops recovery, by its code; ``rule`` says so in plain words."""

    code: str
    name: Name
    rule: Name
    basis: Basis


@dataclass(frozen=True, slots=True)
class Ladder:
    """The steps in their order, what stops them, and the months after which one may be repeated."""

    steps: Mapping[str, StepRule]
    stops: Mapping[str, StopRule]
    repeat_months: int


@dataclass(frozen=True, slots=True)
class Billed:
    """A bill that was served, and the last day to pay it."""

    number: str
    served_on: date
    due_on: date


@dataclass(frozen=True, slots=True)
class Served:
    """A step that was taken: the day on which it was served."""

    step: str
    number: str
    served_on: date


@dataclass(frozen=True, slots=True)
class Stop:
    """Recovery is stopped from a day to another, both included; without an end, for good."""

    code: str
    from_: date
    until: date | None = None

    def covers(self, day: date) -> bool:
        """Whether recovery is stopped on a day."""
        return self.from_ <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a property, with dates (Asia/Kolkata), in any order.

    Attributes:
        bills: that were served.
        served: the steps that were taken.
        balances: what was owed at the end of each day on which it changed, in paise.
        stops: stays by a court, disputes, a merged village.
        late: what of it is late on the day of the facts; None: all that is owed is.
    """

    bills: tuple[Billed, ...] = ()
    served: tuple[Served, ...] = ()
    balances: tuple[tuple[date, int], ...] = ()
    stops: tuple[Stop, ...] = ()
    late: Late | None = None

    def __post_init__(self) -> None:
        """Refuse two balances of one day. Raises ValueError."""
        if len({when for when, _ in self.balances}) < len(self.balances):
            raise ValueError("there are two balances of one day")

    def owed(self, day: date) -> int:
        """What was owed at the end of a day; 0 before the first balance."""
        known = [each for each in self.balances if each[0] <= day]
        return max(known)[1] if known else 0

    def asked(self, day: date) -> int:
        """What a notice of that day asks: what is late, in paise; below 1 nothing is."""
        owed = self.owed(day)
        return owed if self.late is None else min(owed, self.late.total_paise)

    def before(self, day: date) -> tuple[Served, ...]:
        """The bills and the steps that were served for the debt of a day, as they were served; a
        bill's step is ``bill``."""
        clear = self.debt_since(day)
        found = [*(Served(BILL, each.number, each.served_on) for each in self.bills), *self.served]
        found.sort(key=lambda each: (each.served_on, each.step != BILL, each.number))
        return tuple(each for each in found if clear < each.served_on <= day)

    def debt_since(self, day: date) -> date:
        """The last day by ``day`` on which nothing was owed."""
        known = sorted(each for each in self.balances if each[0] <= day)
        clear = known[0][0] - _DAY if known else day
        for at, (_, paise) in enumerate(known):
            if paise <= 0:
                clear = known[at + 1][0] - _DAY if at + 1 < len(known) else day
        return clear


@dataclass(frozen=True, slots=True)
class Signatory:
    """The person who signs, and the post in which they do."""

    name: str
    post: str

    def __post_init__(self) -> None:
        """Refuse who has no name. Raises Invalid."""
        for field in ("name", "post"):
            value = getattr(self, field)
            if not isinstance(value, str) or is_blank(value):
                raise Invalid("nobody has signed", {f"signed_by.{field}": ["must be given"]})


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a step is lawful on a day.

    Attributes:
        step: its code.
        allowed: whether it is.
        from_: the first day on which it is, as far as the facts say; None when something has to
            happen first (a service, the end of a stop, a debt).
        why: when it is not: each reason, naming the rule.
    """

    step: str
    allowed: bool
    from_: date | None
    why: tuple[Name, ...] = ()


def answer(step: str, facts: Facts, day: date, ladder: Ladder) -> Answer:
    """Whether a step is lawful on a day.

    Raises:
        Invalid: the ladder has no such step.
    """
    rule = rule_of(step, ladder)
    known = tuple(stop for stop in facts.stops if stop.from_ <= day)
    clear = facts.debt_since(day)
    starts = _starts(rule, facts, clear, day)
    why = [] if starts else [_nothing_before(rule, ladder)]
    firsts = [_counted(start, rule.waits_days, known, least) for start, least in starts]
    first = min((each for each in firsts if each is not None), default=None)
    if first is not None and first > day:
        why.append(_too_early(rule, first))
    taken = [each.served_on for each in facts.served if each.step == rule.code]
    if same := [when for when in taken if clear < when <= day]:
        again = months_later(max(same), ladder.repeat_months)
        if again > day:
            why.append(_taken_already(max(same), again, ladder))
        first = first and _counted(max(first, again) - _DAY, 0, known)
    if facts.owed(day) < max(rule.least_paise, 1):
        first = None
        why.append(_too_little(rule, facts.owed(day)))
    elif first is not None and first <= day and facts.asked(day) < max(rule.least_paise, 1):
        # What is late by then is not known of a later day: only what is on the day of the facts.
        more = facts.late.more_from if facts.late else None
        first = more and _counted(max(first, more) - _DAY, 0, known)
        why.append(_too_little_late(rule, facts.asked(day), more))
    why += [_stopped(stop, ladder) for stop in known if stop.covers(day)]
    return Answer(step, not why, first, tuple(why))


def answers(facts: Facts, day: date, ladder: Ladder) -> tuple[Answer, ...]:
    """Of every step, in the ladder's order."""
    return tuple(answer(step, facts, day, ladder) for step in ladder.steps)


def check(
    step: str, facts: Facts, day: date, ladder: Ladder, signed_by: Signatory | None = None
) -> StepRule:
    """Let a step pass, or refuse it; nothing is sent that has not come through here.

    Raises:
        Invalid: there is no such step, or a person has to sign it and nobody has.
        Conflict: it is not lawful on that day; the message has each reason.
    """
    rule = rule_of(step, ladder)
    signed_rightly(rule, signed_by)
    found = answer(step, facts, day, ladder)
    if not found.allowed:
        raise Conflict(
            f"{rule.name.en}: not on {in_digits(day)}. " + " ".join(w.en for w in found.why)
        )
    return rule


def rule_of(step: str, ladder: Ladder) -> StepRule:
    """The rule of a step. Raises Invalid: the ladder has no such step."""
    if step not in ladder.steps:
        known = ", ".join(ladder.steps)
        raise Invalid("no such step", {"step": [f"must be one of {known}, not {step!r:.40}"]})
    return ladder.steps[step]


def signed_rightly(rule: StepRule, signed_by: Signatory | None) -> None:
    """Refuse a step that a person has to sign and nobody has. Raises Invalid."""
    if rule.signed and signed_by is None:
        said = f"{rule.name.en} is signed by a person, by name: {rule.rule.en}"
        raise Invalid("nobody has signed", {"signed_by": [said]})


def _starts(rule: StepRule, facts: Facts, clear: date, day: date) -> list[tuple[date, date]]:
    """The services for the debt of that day from which the wait is counted, each with a day before
    which the step does not come whatever the count."""
    if rule.after == BILL:
        # Nothing is late before it is due, however early the bill came.
        found = [(bill.served_on, bill.due_on + _DAY) for bill in facts.bills]
    else:
        found = [(each.served_on, date.min) for each in facts.served if each.step == rule.after]
    return [each for each in found if clear < each[0] <= day]


def _counted(
    start: date, days: int, stops: tuple[Stop, ...], least: date = date.min
) -> date | None:
    """The first day after so many days that count, itself without a stop and no sooner than
    ``least``; None when a stop does not end."""
    day, left = start, days + 1
    while left > 0 or day < least:
        day += _DAY
        ends = [stop.until for stop in stops if stop.covers(day)]
        if None in ends:
            return None
        if ends:
            day = max(end for end in ends if end is not None)
            left = max(left, 1)
        else:
            left -= 1
    return day


def _nothing_before(rule: StepRule, ladder: Ladder) -> Name:
    before = ladder.steps[rule.after].name if rule.after != BILL else Name("देयक", "bill")
    return Name(
        f"या देण्यासाठी आधी {before.mr} बजावल्याची नोंद नाही. नियम: {rule.rule.mr}",
        f"No {before.en} has been served for this debt. The rule: {rule.rule.en}",
    )


def _too_little(rule: StepRule, owed: int) -> Name:
    if owed <= 0:
        return Name("काहीही देणे नाही.", "Nothing is owed.")
    least, has = rupees(rule.least_paise), rupees(owed)
    return Name(
        f"{least} पेक्षा कमी देणे आहे ({has}). नियम: {rule.rule.mr}",
        f"Less than {least} is owed ({has}). The rule: {rule.rule.en}",
    )


def _too_little_late(rule: StepRule, late: int, more: date | None) -> Name:
    then_mr = f" पुढील कर {in_digits(more)} पासून थकीत होईल." if more else ""
    then_en = f" More is late from {in_digits(more)}." if more else ""
    if late <= 0:
        return Name(f"काहीही थकीत नाही.{then_mr}", f"Nothing that was served is late.{then_en}")
    least, has = rupees(rule.least_paise), rupees(late)
    return Name(
        f"{least} पेक्षा कमी थकीत आहे ({has}).{then_mr} नियम: {rule.rule.mr}",
        f"Less than {least} is late ({has}).{then_en} The rule: {rule.rule.en}",
    )


def _too_early(rule: StepRule, first: date) -> Name:
    return Name(
        f"{in_digits(first)} पूर्वी नाही. नियम: {rule.rule.mr}",
        f"Not before {in_digits(first)}. The rule: {rule.rule.en}",
    )


def _taken_already(when: date, again: date, ladder: Ladder) -> Name:
    months = ladder.repeat_months
    return Name(
        f"{in_digits(when)} रोजी बजावले आहे; पुन्हा {in_digits(again)} पासून. नियम: तीच पायरी "
        f"{devanagari(months)} महिन्यांत दोनदा नाही.",
        f"Served on {in_digits(when)}; again from {in_digits(again)}. The rule: the same step is "
        f"not taken twice within {months} months.",
    )


def _stopped(stop: Stop, ladder: Ladder) -> Name:
    rule = ladder.stops.get(stop.code)
    if rule is None:
        raise Invalid("no such stop", {"stop": [f"{stop.code!r:.40} is not in the ladder's data"]})
    until_mr = f"{in_digits(stop.until)} पर्यंत" if stop.until else "पुढील आदेशापर्यंत"
    until_en = f"until {in_digits(stop.until)}" if stop.until else "until further notice"
    since = in_digits(stop.from_)
    return Name(
        f"{rule.name.mr}: {since} पासून {until_mr} थांबविले आहे. नियम: {rule.rule.mr}",
        f"{rule.name.en}: stopped from {since} {until_en}. The rule: {rule.rule.en}",
    )
