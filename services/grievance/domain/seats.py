"""Who of the office has to do with a grievance: its holder, its department, its ward's officer.

What a caller may learn beyond what every desk sees hangs on that: who the citizen is, and what is
in a private grievance.
"""

from collections.abc import Set
from dataclasses import dataclass

from palika.errors import Forbidden

WARD_OFFICER = "ward-officer"
"""The rung of the escalation ladder that answers for a ward, whatever the department."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Where somebody of the office sits.

    Attributes:
        code: of the post, as the caller's subject names it.
        department: whose post it is; None: the city has no active post of that code.
        wards: that it is for; empty: the whole city.
        rung: its rung of the escalation ladder, by the post's name there.
    """

    code: str
    department: str | None = None
    wards: tuple[str, ...] = ()
    rung: str | None = None

    @property
    def own_wards(self) -> tuple[str, ...]:
        """The wards that it answers for in all departments; none for who is no ward officer."""
        return self.wards if self.rung == WARD_OFFICER else ()

    def has_to_do_with(self, department: str, ward: str | None, officer: str | None) -> bool:
        """Whether it holds the grievance, or is of its department, or is the officer of its ward.

        Args:
            department: of the grievance.
            ward: of the grievance, if it is known.
            officer: the post that has it in hand, if one has.
        """
        return self.code == officer or department == self.department or ward in self.own_wards


def check_may_reach(
    seat: Seat, roles: Set[str], department: str, ward: str | None, officer: str | None
) -> None:
    """Refuse to tell who the citizen is to whom the grievance is no business.

    Args:
        seat: of the caller.
        roles: the caller's; an admin is refused nothing.
        department: as ``Seat.has_to_do_with`` has it, and so are the others.
        ward: of the grievance.
        officer: who has it.

    Raises:
        Forbidden: the message says who may.
    """
    if "admin" not in roles and not seat.has_to_do_with(department, ward, officer):
        raise Forbidden(
            f"who has filed it is told to the post that has it in hand, to the posts of "
            f"{department} and to the officer of its ward",
            {"department": department, "post": seat.code},
        )


SEE_ALL = frozenset({"supervisor", "admin", "service"})
"""The roles that read every private grievance: those who decide appeals, those who run the city's
affairs, and services for their own work."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Which private grievances somebody may read.

    Attributes:
        subject: of the caller.
        seat: where they sit; None: they may read all.
    """

    subject: str
    seat: Seat | None

    @property
    def is_whole(self) -> bool:
        """Whether nothing is hidden."""
        return self.seat is None

    def sees(self, filed_by: str, department: str, ward: str | None, officer: str | None) -> bool:
        """Whether a private grievance may be read, unless they have had it in hand before.

        Args:
            filed_by: the subject of whoever filed it, who may read their own.
            department: as ``Seat.has_to_do_with`` has it, and so are the others.
            ward: of the grievance.
            officer: who has it.
        """
        return (
            self.seat is None
            or filed_by == self.subject
            or self.seat.has_to_do_with(department, ward, officer)
        )


CONTENT = ("description", "attributes", "media_url", "address", "lat", "lon", "remark",
         "reopen_reason", "rating_comment")  # fmt: skip
"""What a private grievance says, and where it is: left out for who may not read it."""
EVERYTHING = Sight("", None)
"""Of who works on the database itself."""


def hidden(number: str, department: str) -> Forbidden:
    """The refusal to show a private grievance."""
    return Forbidden(
        f"{number} is private: it is read by the posts of {department}, by who has it in hand or "
        "has had it, by the officer of its ward and by supervisors",
        {"number": number, "department": department},
    )
