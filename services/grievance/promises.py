"""What the city promises and allows: the catalogue, the calendar and the policy, taken together."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from palika.errors import Invalid
from services.grievance.domain import lifecycle
from services.grievance.reference import city


@dataclass(frozen=True, slots=True)
class Facts:
    """What the catalogue says of a sub-category, for a grievance that is of it."""

    department: str
    parent: str | None
    priority: str
    minutes: int
    anonymous: bool
    evidence: bool
    private: bool


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise: how many minutes, and until when."""

    minutes: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Policy:
    """The numbers of the policy that steps are taken by."""

    reopen_days: int = 3
    max_reopens: int = 2
    satisfied_from: int = 3

    def is_satisfied(self, rating: int) -> bool:
        """Whether a rating says that the citizen is satisfied."""
        return rating >= self.satisfied_from

    def check_rejection(self, code: str) -> None:
        """Refuse a reason that the policy does not have. Raises Invalid."""
        if code not in REJECTIONS:
            known = ", ".join(REJECTIONS)
            raise Invalid(
                "no such reason",
                {"rejection": [f"{code!r} is not known; must be one of: {known}"]},
            )


REJECTIONS = {
    "not_responsible": {
        "mr": "महानगरपालिकेच्या अखत्यारीत नाही",
        "en": "Not the corporation's responsibility",
    },
    "insufficient_information": {"mr": "माहिती अपुरी", "en": "Not enough information"},
    "unable_to_fix": {"mr": "दुरुस्ती शक्य नाही", "en": "Cannot be put right"},
    "no_fault_found": {"mr": "दोष आढळला नाही", "en": "No fault was found"},
}


def policy() -> Policy:
    """The policy as it is now."""
    return Policy()


def reopen_until(resolved_at: datetime | None) -> str | None:
    """The last moment at which a resolution may be taken back, as JSON has it."""
    if resolved_at is None:
        return None
    return lifecycle.reopen_until(resolved_at, policy().reopen_days).isoformat()


def rejection_name(code: str | None) -> dict[str, str] | None:
    """What a reason is called, by language; one that is no longer in the policy is its own name."""
    if code is None:
        return None
    bare = code.partition(":")[2] or code
    return REJECTIONS.get(code, {"mr": bare, "en": bare})


def department_name(code: str) -> dict[str, str]:
    """What a department is called, by language; a foreign one is its own name."""
    known = city().departments.get(code)
    bare = code.partition(":")[2] or code
    return {"mr": bare, "en": bare} if known is None else asdict(known)


def facts(category: str) -> Facts:
    """What the catalogue says of one of the city's own sub-categories. Raises Invalid."""
    routing = city().route(category)
    return Facts(routing.department, None, "normal", routing.sla_hours * 60, True, False, False)


def imported_facts(category: str, department: str | None) -> Facts:
    """The same for an imported grievance, whose codes may be foreign. Raises Invalid."""
    routing = city().route_imported(category, department)
    return Facts(routing.department, None, "normal", routing.sla_hours * 60, True, False, False)


def checked(args: Mapping[str, Any], *, anonymous: bool) -> dict[str, Any]:
    """The arguments of a filing, with what the sub-category asks for found right.

    Raises:
        Invalid: no such category, an attribute that does not fit, or nobody may file it unnamed.
    """
    of = facts(args["category"])
    if anonymous and not of.anonymous:
        raise Invalid(
            "this cannot be filed anonymously",
            {"anonymous": [f"{args['category']} is taken from known citizens only"]},
        )
    if args["attributes"]:
        wrong = {f"attributes.{code}": ["is not asked"] for code in args["attributes"]}
        raise Invalid("attributes do not fit the category", wrong)
    return dict(args)


def needs_evidence(category: str) -> bool:
    """Whether a resolution must be shown; of a foreign category it need not."""
    return False


def promise(filed_at: datetime, of: Facts, *, paused: int = 0) -> Promised:
    """What is promised for a grievance filed then; ``paused`` minutes do not count."""
    return Promised(of.minutes, filed_at + timedelta(minutes=of.minutes + paused))


def resume(category: str, due_at: datetime, paused_at: datetime, now: datetime) -> Promised:
    """The due time of what has waited, and how many minutes it has."""
    waited = now - paused_at
    return Promised(int(waited.total_seconds() // 60), due_at + waited)
