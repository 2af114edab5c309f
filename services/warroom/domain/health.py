"""How a project stands, and why, in words that its owner can answer.

Each rule looks at one thing and asks for a colour; the project has the worst that is asked for. The
thresholds are the city's (``data/policy.yaml``). A project that nobody works on is not judged.
"""

from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction
from typing import Final

from palika.india import day_of, in_digits, rupees
from palika.text import Name
from services.warroom.domain.facts import SEVERE, Health, Light, Reason, Standing, State
from services.warroom.domain.policy import Policy, Threshold
from services.warroom.domain.progress import earned, expected, planned_end, whole_percent

ORDER: Final = (Light.RED, Light.AMBER, Light.GREEN, Light.NONE)
"""From the worst to what is not judged."""
_NOT_JUDGED: Final = {
    Standing.ON_HOLD: Name("काम स्थगित आहे", "on hold"),
    Standing.COMPLETED: Name("प्रकल्प पूर्ण झाला आहे", "completed"),
    Standing.DROPPED: Name("प्रकल्प रद्द झाला आहे", "dropped"),
}


def health(
    state: State,
    policy: Policy,
    today: date,
    heard_on: date | None = None,
    came_in: bool = False,
) -> Health:
    """How a project stands on a day (of India), with all reasons, the worst first.

    Args:
        heard_on: when its owner last changed anything of it; None: as was known before.
        came_in: somebody else has brought it in on that day, and its owner has said nothing yet.
    """
    if heard_on is None and state.health is not None:
        came_in = state.health.came_in
    before = state.health.heard_on if state.health else None
    heard_on = heard_on or before or day_of(state.updated_at)
    standing = state.project.standing
    if standing is not Standing.ACTIVE:
        reason = Reason(f"is_{standing}", Light.NONE, _NOT_JUDGED[standing])
        return Health(Light.NONE, (reason,), heard_on, came_in)
    reasons = [each for rule in _RULES for each in rule(state, policy, today)]
    # Of what is finished nothing is to be heard any more.
    if not _finished(state):
        reasons.append(_silence(heard_on, came_in, policy, today))
    reasons.sort(key=lambda each: ORDER.index(each.light))
    return Health(reasons[0].light, tuple(reasons), heard_on, came_in)


def _schedule(state: State, policy: Policy, today: date) -> Iterator[Reason]:
    """What was to be done by today, against what is."""
    found = earned(state.milestones.values(), today)
    if found is None:
        text = Name("टप्पे किंवा त्यांचे भार नोंदवलेले नाहीत", "no milestones with a weight are recorded")
        yield Reason("no_plan", Light.AMBER, text)
        return
    planned, done = whole_percent(found.planned), whole_percent(found.earned)
    index = found.index
    if index is None:
        text = Name("आजपर्यंत कोणताही टप्पा नियोजित नव्हता", "nothing was to be reached yet")
        yield Reason("schedule", Light.GREEN, text)
        return
    text = Name(
        f"आजपर्यंत {planned}% काम नियोजित होते, {done}% झाले",
        f"{planned}% was planned by now, {done}% is done",
    )
    yield Reason("schedule", _light(policy.schedule_percent, index * 100), text)


def _slip(state: State, policy: Policy, today: date) -> Iterator[Reason]:
    """By how much the expected end is after the plan's."""
    plan, found = planned_end(state.milestones.values()), expected(state, today)
    if plan is None or found is None:
        return
    late = (found.finish - plan).days
    end, planned = in_digits(found.finish), in_digits(plan)
    if _finished(state):
        by = (
            (f"; {late} दिवस उशीर", f": {in_days(late)} late")
            if late > 0
            else ("; वेळेत", ", in time")
        )
        text = Name(f"सर्व टप्पे {end} रोजी पूर्ण{by[0]}", f"all of it was reached on {end}{by[1]}")
        yield Reason("slip", Light.GREEN, text)
        return
    if late <= 0:
        text = Name(f"{end} रोजी पूर्ण होणे अपेक्षित; वेळेत", f"expected on {end}, in time")
    else:
        text = Name(
            f"{end} रोजी पूर्ण होणे अपेक्षित; नियोजित {planned}, {late} दिवस उशीर",
            f"expected on {end}, planned for {planned}: {in_days(late)} late",
        )
    yield Reason("slip", _light(policy.slip_days, late), text)


def in_days(number: int) -> str:
    """So many days, in English."""
    return "1 day" if number == 1 else f"{number} days"


def _finished(state: State) -> bool:
    """Whether every milestone is reached: how late that was is past, and asks for nothing."""
    found = state.milestones.values()
    return bool(found) and all(each.done_on is not None for each in found)


def _spend(state: State, policy: Policy, today: date) -> Iterator[Reason]:
    """Whether money runs ahead of work."""
    budget, spent = state.budget_paise, state.spent_paise
    if not budget:
        if spent:
            text = Name(
                f"मंजुरीची नोंद नसताना {rupees(spent)} खर्च",
                f"{rupees(spent)} spent, and no sanction is recorded",
            )
            yield Reason("unsanctioned", Light.RED, text)
        return
    found = earned(state.milestones.values(), today)
    share = Fraction(spent, budget)
    if spent > budget:
        text = Name(
            f"खर्च {rupees(spent)}, तरतूद {rupees(budget)}: तरतुदीपेक्षा जास्त",
            f"{rupees(spent)} spent of {rupees(budget)}: more than there is",
        )
        yield Reason("overspent", Light.RED, text)
    if found is None:
        return
    gone, done = whole_percent(share), whole_percent(found.earned)
    text = Name(
        f"खर्च {gone}%, काम {done}%",
        f"{gone}% of the money is spent, {done}% of the work is done",
    )
    yield Reason("spend", _light(policy.spend_points, (share - found.earned) * 100), text)


def _silence(heard_on: date, came_in: bool, policy: Policy, today: date) -> Reason:
    """Since when its owner has recorded nothing. The words have the day and not how long ago that
    is: what is so each day anew would be a change of every project in every night."""
    days, day = (today - heard_on).days, in_digits(heard_on)
    text = Name(f"प्रकल्प अधिकाऱ्याची शेवटची नोंद {day} रोजी", f"last update by its owner on {day}")
    if came_in:
        text = Name(
            f"प्रकल्प {day} रोजी नोंदला; प्रकल्प अधिकाऱ्याने अद्याप काहीही नोंदवलेले नाही",
            f"came in on {day}; nothing was recorded by its owner yet",
        )
    return Reason("silence", _light(policy.silence_days, days), text)


def _issues(state: State, policy: Policy, today: date) -> Iterator[Reason]:
    """Severe issues that are open, and those that should not be any more."""
    severe = [each for each in state.issues.values() if each.open and each.severity in SEVERE]
    overdue = [each for each in severe if each.due_on < today]
    text = Name(f"गंभीर अडचणी {len(severe)}", f"severe issues open: {len(severe)}")
    yield Reason("issues", _light(policy.severe_issues, len(severe)), text)
    if overdue:
        text = Name(
            f"मुदत उलटलेल्या गंभीर अडचणी {len(overdue)}",
            f"severe issues beyond their day: {len(overdue)}",
        )
        yield Reason("overdue_issues", _light(policy.overdue_issues, len(overdue)), text)


def _risks(state: State, policy: Policy, today: date) -> Iterator[Reason]:
    """The worst risk."""
    found = [each for each in state.risks.values() if each.open]
    if not found:
        return
    worst = max(found, key=lambda each: each.score)
    text = Name(
        f"सर्वात मोठी जोखीम {worst.likelihood} × {worst.impact}: {worst.title}",
        f"the worst risk is {worst.likelihood} × {worst.impact}: {worst.title}",
    )
    yield Reason("risk", _light(policy.risk_score, worst.score), text)


_RULES: Final[tuple[Callable[[State, Policy, date], Iterator[Reason]], ...]] = (
    *(_schedule, _slip, _spend, _issues, _risks),
)


def _light(threshold: Threshold, value: Fraction | int) -> Light:
    """The colour that a value asks for; a threshold belongs to the worse side."""
    if threshold.falls:
        value, amber, red = -value, -threshold.amber, -threshold.red
    else:
        amber, red = threshold.amber, threshold.red
    if value >= red:
        return Light.RED
    return Light.AMBER if value >= amber else Light.GREEN
