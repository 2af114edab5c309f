"""How often an owner may be addressed: nobody is worn down, whatever a model says.

An owner of ten flats is one owner. What they are sent about all of them counts together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from services.tax.domain.recovery import Action

WEEK, MONTH = 7, 30
"""Days."""


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that an owner hears of the city in any 7 and in any 30 days.

    Attributes:
        week: contacts in 7 days.
        month: contacts in 30 days.
        counted: the actions that are contacts.
    """

    week: int
    month: int
    counted: frozenset[Action]


@dataclass(slots=True)
class Contacts:
    """Who was addressed when; what is planned is added to it as it is planned.

    Attributes:
        caps: the rule.
        days: by owner (an id, never a name), in any order.
    """

    caps: Caps
    days: dict[str, list[date]] = field(default_factory=dict)

    @classmethod
    def of(cls, caps: Caps, days: Mapping[str, Iterable[date]]) -> "Contacts":
        """A copy that planning may change."""
        return cls(caps, {owner: list(each) for owner, each in days.items()})

    def refusal(self, owner: str, action: Action, day: date) -> str | None:
        """``cap_week`` or ``cap_month`` where one more on that day is too many, else None.

        Contacts of later days that are planned already count too: a cap holds for any 7 days, not
        for those before.
        """
        if action not in self.caps.counted:
            return None
        known = self.days.get(owner, ())
        for code, most, span in (
            ("cap_week", self.caps.week, WEEK),
            ("cap_month", self.caps.month, MONTH),
        ):
            near = [each for each in known if abs((each - day).days) < span]
            starts = [day, *(each for each in near if each <= day)]
            for start in starts:
                end = start + timedelta(days=span)
                if sum(start <= each < end for each in near) + 1 > most:
                    return code
        return None

    def add(self, owner: str, action: Action, day: date) -> None:
        """Count a contact, if the action is one."""
        if action in self.caps.counted:
            self.days.setdefault(owner, []).append(day)
