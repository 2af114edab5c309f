"""The city's policy in numbers and reasons (``data/policy.yaml``)."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from palika.errors import Conflict, Forbidden, Invalid
from palika.text import Name
from services.grievance.domain.access import SUPERVISORS
from services.grievance.domain.appeals import Appealed, AppealRules, appeal_rules
from services.grievance.domain.plain import flag, keys, mapping, name, one_of, whole


@dataclass(frozen=True, slots=True)
class Rejection:
    """A reason for which a grievance may be rejected.

    For one that is not ``appealable`` there is another way than the city's appeal.
    """

    name: Name
    appealable: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """What steps are taken by.

    Attributes:
        reopen_days: how many days of 24 hours a resolution may be taken back.
        max_reopens: how often its citizen may.
        close_after_days: so many days of 24 hours after its citizen's last word, or after itself, a
            resolution is closed.
        wait_days: after so many days of 24 hours without an answer the clock goes on.
        keep_contact_days: so many days of 24 hours after its end a grievance knows who filed it,
            whatever they ask for.
        due_soon_share: when more than this part of a promise is used, it is due soon.
        sample_percent: of a day's resolutions, how many another officer looks at.
        satisfied_from: the least of the ratings 1 to 5 that says so.
        auto_assign: whether what is filed or transferred is given to an officer at once.
        rejections: the reasons, by code.
        appeals: the levels of appeal.
    """

    reopen_days: int
    max_reopens: int
    close_after_days: int
    wait_days: int
    keep_contact_days: int
    due_soon_share: Fraction
    sample_percent: Fraction
    satisfied_from: int
    auto_assign: bool
    rejections: Mapping[str, Rejection]
    appeals: AppealRules

    def authority_of(self, level: int) -> str | None:
        """The rung of the ladder that decides an appeal to this level (from 1); None: the city
        names none, or has that level no more."""
        return self.appeals[level - 1].decided_by if level <= len(self.appeals) else None

    def is_satisfied(self, rating: int) -> bool:
        """Whether a rating says that the citizen is satisfied."""
        return rating >= self.satisfied_from

    def rejections_for(self, roles: Set[str]) -> list[dict[str, str]]:
        """The reasons that are theirs to give: ``code``, ``mr`` and ``en`` of each."""
        supervises = not SUPERVISORS.isdisjoint(roles)
        return [
            {"code": code, "mr": each.name.mr, "en": each.name.en}
            for code, each in self.rejections.items()
            if supervises or each.appealable
        ]

    def check_rejection(self, code: str, note: str | None, roles: Set[str]) -> None:
        """Refuse a reason that the policy does not have, is not the caller's, or has no note.

        Raises:
            Invalid: no such reason (the message names them), or no word to the citizen.
            Forbidden: the reason excludes appeals, and the caller is no supervisor.
        """
        known = self.rejections.get(code)
        if known is None:
            rule = f"{code!r} is not known; must be one of: {', '.join(self.rejections)}"
            raise Invalid("no such reason", {"rejection": [rule]})
        if not (note and note.strip()):
            raise Invalid("needs a note", {"remark": [f"{code} needs a word to the citizen"]})
        if not known.appealable and SUPERVISORS.isdisjoint(roles):
            raise Forbidden(
                f"to reject as {code}, which is excluded from appeals, is for "
                f"{', '.join(sorted(SUPERVISORS))}",
                {"rejection": code, "roles": sorted(SUPERVISORS)},
            )

    def check_appealable(
        self,
        number: str,
        rejection: str | None,
        rejected_at: datetime | None,
        earlier: Sequence[Appealed],
    ) -> None:
        """Refuse a further appeal where an order has confirmed that the subject is excluded.

        Whether the subject is one that is excluded may itself be appealed to one level. Once a
        level has ordered something no rejection excludes the grievance any more.

        Args:
            number: of the grievance.
            rejection: the code of the reason; None: it is not rejected.
            rejected_at: when.
            earlier: its appeals so far.

        Raises:
            Conflict: the message names the reason.
        """
        known = self.rejections.get(rejection or "")
        if known is None or known.appealable or rejected_at is None:
            return
        orders = [
            each.decided_at > rejected_at
            for each in earlier
            if each.decided_at is not None and not each.lapsed
        ]
        if orders and all(orders):
            raise Conflict(
                f"{number} was rejected as {rejection} ({known.name.en}), and that was confirmed "
                "on appeal: it is excluded from further appeals",
                {"rejection": rejection},
            )


def policy(raw: Any, rungs: Collection[str]) -> Policy:
    """Make the policy of what a city wrote.

    Args:
        raw: what was read.
        rungs: the posts of the escalation ladder, which decide appeals.

    Raises:
        ValueError: something is missing or breaks a rule; the message says where.
    """
    keys(
        "policy",
        raw,
        (
            "reopen_days", "max_reopens", "close_after_days", "wait_days", "keep_contact_days",
            "due_soon_share", "sample_percent", "rating", "auto_assign", "rejections", "appeals",
        ),
    )  # fmt: skip
    keys("rating", raw["rating"], ("satisfied_from",))
    return Policy(
        whole("reopen_days", raw["reopen_days"], 0, 365),
        whole("max_reopens", raw["max_reopens"], 0, 100),
        whole("close_after_days", raw["close_after_days"], 1, 365),
        whole("wait_days", raw["wait_days"], 1, 365),
        whole("keep_contact_days", raw["keep_contact_days"], 0, 3_650),
        _part("due_soon_share", raw["due_soon_share"], 1),
        _part("sample_percent", raw["sample_percent"], 100),
        whole("rating, satisfied_from", raw["rating"]["satisfied_from"], 1, 5),
        flag("auto_assign", raw["auto_assign"]),
        _rejections(raw["rejections"]),
        appeal_rules(raw["appeals"], rungs),
    )


def _part(place: str, value: Any, most: int) -> Fraction:
    if type(value) not in (int, float) or not 0 <= value <= most:
        raise ValueError(f"{place}: must be a number from 0 to {most}, not {value!r}")
    return Fraction(str(value))


def _rejections(raw: Any) -> dict[str, Rejection]:
    rejections = {}
    for code, each in mapping("rejections", raw).items():
        place = f"rejections, {code}"
        if not isinstance(code, str) or ":" in code:
            raise ValueError(f"{place}: a code is a word; a colon marks foreign ones")
        keys(place, each, ("mr", "en"), ("appeal",))
        appeal = one_of(f"{place}, appeal", each.get("appeal", "allowed"), ("allowed", "excluded"))
        rejections[code] = Rejection(name(place, each), appeal == "allowed")
    if not rejections:
        raise ValueError("rejections: at least one reason is needed")
    return rejections
