"""The agenda of a review, made of what has changed since the last one; what weighs most is first.

Every subject has its reasons, each with its weight (``review_policy``). What a court has is not
taken up, as the Project Monitoring Group has it; the item says so.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from palika.india import day_of, in_digits
from palika.text import Name
from services.warroom.domain.changes import Changes
from services.warroom.domain.decided import About
from services.warroom.domain.facts import SET_ASIDE, Decision, Light, Standing, State
from services.warroom.domain.health import ORDER, in_days
from services.warroom.domain.moved_plan import moved_plan
from services.warroom.domain.past import Past
from services.warroom.domain.red_kpis import KnownKpi, RedKpi, gap, in_words
from services.warroom.domain.review_policy import AgendaPolicy
from services.warroom.domain.reviews import Action, Item, Why, by_weight
from services.warroom.domain.slipped import slipped

_LIGHTS: Final = {
    Light.RED: Name("लाल", "red"),
    Light.AMBER: Name("पिवळी", "amber"),
    Light.GREEN: Name("हिरवी", "green"),
    Light.NONE: Name("मूल्यांकन नाही", "not judged"),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """A project as a review looks at it.

    Attributes:
        state: now.
        changes: since the last review.
        critical: the milestones on its critical path.
        actions: all that were assigned and are about it.
        past: when it was set aside, and what was withdrawn late.
        seen: the number of its last change that the last review has seen.
        begun: when the reviews began that have decided about it, by their ids.
    """

    state: State
    changes: Changes
    critical: frozenset[UUID]
    actions: Sequence[Action] = ()
    past: Past = field(default_factory=Past)
    seen: int = 0
    begun: Mapping[UUID, datetime] = field(default_factory=dict)


_Rule = Callable[[Subject, AgendaPolicy, date], Iterator[Why]]


def project_item(subject: Subject, policy: AgendaPolicy, today: date) -> Item | None:
    """A project's item; None: nothing puts it on the agenda."""
    state = subject.state
    rules = _RULES_OF.get(state.project.standing, _RULES)
    why = [each for rule in rules for each in rule(subject, policy, today)]
    excluded = tuple(
        Name(
            f"न्यायप्रविष्ट, चर्चेत घेतलेले नाही: {each.title}",
            f"before a court, not taken up: {each.title}",
        )
        for each in state.issues.values()
        if each.open and each.sub_judice
    )
    if not why:
        return None
    why.sort(key=lambda each: -each.weight)
    return Item(
        state.project.code,
        state.project.name,
        sum(each.weight for each in why),
        0,
        tuple(why),
        project_id=state.id,
        excluded=excluded,
    )


def kpi_item(
    kpi: RedKpi,
    policy: AgendaPolicy,
    projects: Sequence[str] = (),
    name: Name | None = None,
    overdue: Sequence[Why] = (),
    known: KnownKpi | None = None,
) -> Item:
    """The item of a red KPI; it weighs more the farther it is from its target, up to twice.

    Args:
        overdue: of actions about it, as ``overdue_actions`` has them.
        projects: the codes of those that are linked to it.
        name: what it is called; None: it is not known, and its code stands for it.
        known: how its values are shown; None: that is not known.
    """
    weight = policy.weights["red_kpi"]
    said = in_words(kpi, known)
    text = Name(
        f"निर्देशांक लाल ({kpi.period}): {said.mr}", f"the KPI is red ({kpi.period}): {said.en}"
    )
    why = [Why("red_kpi", weight, text)]
    if projects:
        told = ", ".join(projects)
        why.append(Why("red_kpi", 0, Name(f"जोडलेले प्रकल्प: {told}", f"linked projects: {told}")))
    weight += min(weight, round(weight * gap(kpi, known)))
    why[0] = replace(why[0], weight=weight)
    why += overdue
    weight += sum(each.weight for each in overdue)
    title = name or Name(f"निर्देशांक {kpi.code}", f"KPI {kpi.code}")
    return Item(kpi.code, title, weight, 0, tuple(why), owner=kpi.owner, department=kpi.department)


def merged(made: Mapping[UUID, Item], before: Mapping[UUID, Item]) -> dict[UUID, Item]:
    """The items made anew, with what the chair has decided of those before.

    An item that nothing puts on the agenda any more stays only if the chair has put it on.
    """
    found = {}
    for key, item in made.items():
        old = before.get(key)
        if old is not None:
            why = (*item.why, *(each for each in old.why if each.code == "chair"))
            item = replace(
                item,
                place=old.place,
                dropped=old.dropped,
                by_chair=old.by_chair,
                reason=old.reason,
                why=why,
            )
        found[key] = item
    for key, old in before.items():
        if key not in found and old.by_chair:
            only = tuple(each for each in old.why if each.code == "chair")
            found[key] = replace(old, why=only, weight=0)
    return found


def timed(items: Mapping[UUID, Item], minutes: int, policy: AgendaPolicy) -> dict[UUID, Item]:
    """The same with the minutes of each.

    As many as the time has room for get the least; what is left is shared by weight, up to the
    most. The others get none: they are taken together, by consent. Those that the chair has put
    somewhere come first, then the heaviest red KPIs (few, and one of a department), then projects
    by their weight. All together it is never more than ``minutes``.
    """
    order = by_weight(items)
    alone = _by_themselves(order, policy)
    # Also what would have room may be left: the second red KPI of a department.
    if len(alone[: minutes // policy.least_minutes]) < len(order):
        together = policy.consent_minutes
        if minutes >= together + policy.least_minutes:
            minutes -= together
    fits = alone[: minutes // policy.least_minutes]
    left = minutes - len(fits) * policy.least_minutes
    total = sum(each.weight for _, each in fits)
    given = dict.fromkeys(items, 0)
    room = policy.most_minutes - policy.least_minutes
    for key, each in fits:
        share = left * each.weight // total if total else 0
        given[key] = policy.least_minutes + min(room, share)
    return {key: replace(each, minutes=given[key]) for key, each in items.items()}


def _by_themselves(
    order: Sequence[tuple[UUID, Item]], policy: AgendaPolicy
) -> list[tuple[UUID, Item]]:
    """What may be gone through by itself, the first of it first."""
    chairs = [one for one in order if one[1].place is not None or one[1].by_chair]
    departments: set[str | None] = set()
    kpis: list[tuple[UUID, Item]] = []
    projects = []
    for one in order:
        item = one[1]
        if one in chairs:
            continue
        if item.project_id is not None:
            projects.append(one)
        elif item.department not in departments and len(kpis) < policy.kpis:
            departments.add(item.department)
            kpis.append(one)
    return [*chairs, *kpis, *projects]


def _turned(subject: Subject, policy: AgendaPolicy, today: date) -> Iterator[Why]:
    health = subject.state.health
    if health is None or health.light not in (Light.RED, Light.AMBER):
        return
    # What is a reason by itself (`_silent`) is not said twice.
    reasons = [
        each.text
        for each in health.reasons
        if each.light is health.light and each.code != "silence"
    ]
    mr, en = (
        f": {'; '.join(getattr(each, language) for each in reasons)}" if reasons else ""
        for language in ("mr", "en")
    )
    before = subject.changes.light[0] if subject.changes.light else None
    if before is not None and ORDER.index(health.light) < ORDER.index(before):
        text = Name(
            f"स्थिती {_LIGHTS[before].mr} वरून {_LIGHTS[health.light].mr} झाली{mr}",
            f"turned from {_LIGHTS[before].en} to {_LIGHTS[health.light].en}{en}",
        )
        code = "turned_red" if health.light is Light.RED else "turned_amber"
        yield Why(code, policy.weights[code], text)
    elif health.light is Light.RED:
        yield Why("red", policy.weights["red"], Name(f"स्थिती लाल{mr}", f"red{en}"))


def _slipped(subject: Subject, policy: AgendaPolicy, today: date) -> Iterator[Why]:
    yield from slipped(subject.state, subject.changes, subject.critical, policy, today)


def _actions(subject: Subject, policy: AgendaPolicy, today: date) -> Iterator[Why]:
    yield from overdue_actions(subject.actions, policy, today)


def overdue_actions(actions: Sequence[Action], policy: AgendaPolicy, today: date) -> Iterator[Why]:
    """A reason for each of these that is overdue."""
    for each in actions:
        days = each.days_overdue(today)
        if days:
            text = Name(
                f"कार्यवाही {days} दिवस थकीत ({each.post}): {each.title}",
                f"action overdue by {in_days(days)} ({each.post}): {each.title}",
            )
            yield Why("overdue_action", policy.weights["overdue_action"], text)


def _issues(subject: Subject, policy: AgendaPolicy, today: date) -> Iterator[Why]:
    for each in subject.state.issues.values():
        if each.open and not each.sub_judice and each.due_on < today:
            days = (today - each.due_on).days
            text = Name(
                f"अडचण {days} दिवस थकीत ({each.post}): {each.title}",
                f"issue overdue by {in_days(days)} ({each.post}): {each.title}",
            )
            yield Why("overdue_issue", policy.weights["overdue_issue"], text)


def _silent(subject: Subject, policy: AgendaPolicy, today: date) -> Iterator[Why]:
    health = subject.state.health
    for each in health.reasons if health else ():
        if each.code == "silence" and each.light in (Light.RED, Light.AMBER):
            yield Why("silent", policy.weights["silent"], each.text)


def _risks(subject: Subject, policy: AgendaPolicy, today: date) -> Iterator[Why]:
    changed = {*subject.changes.risks, *subject.changes.risen}
    for key, each in subject.state.risks.items():
        if each.open and each.score >= policy.risk_score and key in changed:
            text = Name(
                f"मोठी जोखीम {each.likelihood} × {each.impact}: {each.title}",
                f"high risk {each.likelihood} × {each.impact}: {each.title}",
            )
            yield Why("risk", policy.weights["risk"], text)


def _replanned(subject: Subject, policy: AgendaPolicy, today: date) -> Iterator[Why]:
    yield from moved_plan(subject.state, subject.changes, policy)


def _set_aside(subject: Subject, policy: AgendaPolicy, today: date) -> Iterator[Why]:
    """Its owner has put it on hold or dropped it, and no review has decided about it since."""
    past = subject.past
    if subject.state.project.standing not in SET_ASIDE or _noted(subject, today):
        return
    spell = past.spells[-1]
    day = in_digits(day_of(spell.since))
    mr, en = _ASIDE[spell.standing]
    times, days = len(past.spells), past.days_aside(today)
    text = Name(
        f"{day} रोजी {mr}; अध्यक्षांनी अद्याप नोंद घेतलेली नाही",
        f"{en} on {day}; the chair has not taken note yet",
    )
    if times > 1:
        text = Name(
            f"{text.mr}; {times} वेळा बाजूला ठेवला, एकूण {days} दिवस",
            f"{text.en}; set aside {times} times, {in_days(days)} in all",
        )
    yield Why("set_aside", policy.weights["set_aside"], text)


def _noted(subject: Subject, today: date) -> bool:
    """Whether a review that began since it was set aside has decided about the project; or it is on
    hold as a review has decided, and nobody has worked on it in between."""
    spells = subject.past.spells
    decided = _decided(subject)
    # A hold until a day is none beyond it.
    over = [
        each
        for _, each in decided
        if each.about is About.HOLD and each.day is not None and each.day < today
    ]
    if any(begun >= spells[-1].since for begun, each in decided if each not in over):
        return True
    begun, last = _last_turn(decided)
    if begun is None or last is None or last.about is not About.HOLD or last in over:
        return False
    worked = spells[-2].until if len(spells) > 1 else None
    held = spells[-1].standing is Standing.ON_HOLD
    return held and (worked is None or worked <= begun)


def _decided(subject: Subject) -> list[tuple[datetime, Decision]]:
    """What reviews have decided about it, each with when that review began."""
    return [
        (begun, each)
        for each in subject.state.decisions.values()
        if each.review_id is not None and (begun := subject.begun.get(each.review_id))
    ]


def _last_turn(
    decided: Sequence[tuple[datetime, Decision]],
) -> tuple[datetime, Decision] | tuple[None, None]:
    """The last word on whether it is worked on; of two of one meeting that of the later entry."""
    turns = [one for one in decided if one[1].about in (About.HOLD, About.RESUME)]
    return max(reversed(turns), key=lambda one: one[0], default=(None, None))


def _undone(subject: Subject, policy: AgendaPolicy, today: date) -> Iterator[Why]:
    """A review has put it on hold, or decided that it goes on, and its owner has not done so. A
    hold that was carried out ends when the work is taken up."""
    begun, last = _last_turn(_decided(subject))
    standing = subject.state.project.standing
    if begun is None or last is None or (last.day is not None and last.day < today):
        return
    held = any(each.until is not None and each.until > begun for each in subject.past.spells)
    if last.about is About.HOLD and standing is Standing.ACTIVE and not held:
        mr, en = "काम थांबवण्याचा", "to put it on hold"
    elif (
        last.about is About.RESUME
        and standing is Standing.ON_HOLD
        and subject.past.spells[-1].since < begun
    ):
        mr, en = "काम पुन्हा सुरू करण्याचा", "that it goes on"
    else:
        return
    day = in_digits(last.decided_on)
    text = Name(
        f"{day} रोजीच्या आढाव्यातील {mr} निर्णय अमलात नाही: {last.text}",
        f"the decision of the review of {day} {en} is not carried out: {last.text}",
    )
    yield Why("undone", policy.weights["undone"], text)


def _withdrawn_late(subject: Subject, policy: AgendaPolicy, today: date) -> Iterator[Why]:
    """A milestone was late and is withdrawn: what it was late by is not gone with it."""
    for each in subject.past.withdrawn_late:
        if each.position <= subject.seen:
            continue
        day = in_digits(each.planned_on)
        text = Name(
            f"{each.late_days} दिवस उशीर असताना मागे घेतला (नियोजित {day}): {each.name.mr}",
            f"withdrawn when {in_days(each.late_days)} late (planned for {day}): {each.name.en}",
        )
        yield Why("withdrawn_late", policy.weights["withdrawn_late"], text)


_ASIDE: Final = {
    Standing.ON_HOLD: ("काम स्थगित केले", "put on hold"),
    Standing.DROPPED: ("प्रकल्प रद्द केला", "dropped"),
}
_RULES: Final = (
    *(_turned, _slipped, _actions, _issues, _silent, _risks, _replanned),
    *(_set_aside, _undone, _withdrawn_late),
)
_RULES_OF: Final[Mapping[Standing, tuple[_Rule, ...]]] = {
    Standing.COMPLETED: (_withdrawn_late,),
    Standing.DROPPED: (_set_aside, _withdrawn_late),
}
"""Of what nobody works on any more."""
