"""Who of the office has to do with a grievance: its holder, its department, its ward's officer.

What a caller may learn beyond what every desk sees hangs on that: who the citizen is, and what is
in a private grievance.
"""

from collections.abc import Set
from dataclasses import dataclass

from palika.errors import Forbidden
from services.grievance.domain.lifecycle import Step

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
        level: the same by its number, 0 at the bottom.
        any_posts: whether the city has entered any. Before that nobody's seat is known.
        is_post: whether the code is that of a post, active or not.
    """

    code: str
    department: str | None = None
    wards: tuple[str, ...] = ()
    rung: str | None = None
    level: int = 0
    any_posts: bool = True
    is_post: bool = False

    def is_of_the_centre(self, roles: Set[str]) -> bool:
        """Whether it is of the city's centre (the commissioner's office, the control room): a
        supervisor without a post. Who has left their post is not."""
        return "supervisor" in roles and not self.is_post

    @property
    def said(self) -> str:
        """Where that is, as the end of a sentence."""
        if self.department is None:
            return f"{self.code} is no active post"
        return f"{self.code} is the {self.rung} of {self.department}"

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


HANDLING = frozenset(
    {
        Step.ACKNOWLEDGE, Step.ASSIGN, Step.START, Step.WAIT, Step.RESOLVE, Step.REJECT,
        Step.TRANSFER, Step.MERGE, Step.UNMERGE, Step.REOPEN, Step.DETACH, Step.LOCATE, Step.CHECK,
    }
)  # fmt: skip
"""The steps that decide about a grievance. To comment on one, to show something or to link it is
open to every desk."""


def may_handle(
    seat: Seat, roles: Set[str], step: Step, department: str, ward: str | None, officer: str | None
) -> bool:
    """Whether a step is the caller's business.

    Once the city has entered its posts, an officer acts from one of them. A supervisor without a
    post is of the city's centre (the commissioner's office, the control room), and may; so may an
    admin, and a service for its own work. Who acts as the grievance's citizen is not asked.

    Args:
        seat: of the caller.
        roles: in which they act on this grievance (``access.acting_roles``).
        step: what is to be done.
        department: as ``Seat.has_to_do_with`` has it, and so are the others.
        ward: of the grievance.
        officer: who has it.
    """
    if step not in HANDLING or not seat.any_posts:
        return True
    if not roles.isdisjoint({"admin", "service", "citizen"}) or roles.isdisjoint(_DESKS):
        return True
    return seat.is_of_the_centre(roles) or seat.has_to_do_with(department, ward, officer)


def check_may_handle(
    seat: Seat, roles: Set[str], step: Step, department: str, ward: str | None, officer: str | None
) -> None:
    """Refuse a step of the office to whom the grievance is no business: see ``may_handle``.

    Raises:
        Forbidden: the message says whose business it is.
    """
    if not may_handle(seat, roles, step, department, ward, officer):
        raise Forbidden(
            f"to {step} it is for the post that has it in hand, the posts of {department} and the "
            f"officer of its ward; {seat.said}",
            {"department": department, "post": seat.code, "step": str(step)},
        )


def check_may_decide(
    seat: Seat, roles: Set[str], authority: tuple[str, int], department: str, ward: str | None
) -> None:
    """Refuse to decide an appeal to whom the city has not made its authority.

    Args:
        seat: of the caller.
        roles: the caller's.
        authority: the post of the ladder that decides (``decided_by`` in ``policy.yaml``), and its
            level: of the grievance's department, or of its ward where that is the ward officer. One
            above it may too, where that one had a part in it.
        department: of the grievance.
        ward: of the grievance.

    Raises:
        Forbidden: the message says who the authority is.
    """
    if "admin" in roles or not seat.any_posts or seat.is_of_the_centre(roles):
        return
    post, level = authority
    if seat.level < level or not seat.has_to_do_with(department, ward, None):
        raise Forbidden(
            f"the appeal is decided by the {post} of {department}, or who is above it; {seat.said}",
            {"department": department, "post": seat.code, "authority": post},
        )


def check_may_set_posts(seat: Seat, roles: Set[str], code: str, *departments: str) -> None:
    """Refuse to change a post, or its leave, to whom it is no business.

    Args:
        seat: of the caller.
        roles: the caller's; an admin is refused nothing.
        code: of the post.
        departments: whose it is, and whose it would be.

    Raises:
        Forbidden: it is the caller's own, or of another department.
    """
    if "admin" in roles or not seat.any_posts:
        return
    if code == seat.code:
        raise Forbidden(f"{code} is your own post: another one changes it", {"post": code})
    check_may_set_leave(seat, roles, *departments)


def check_may_set_leave(seat: Seat, roles: Set[str], *departments: str) -> None:
    """Refuse to say when the post of another department is away. Arguments and errors as
    ``check_may_set_posts``; one's own leave is one's own business."""
    if "admin" in roles or not seat.any_posts or seat.is_of_the_centre(roles):
        return
    for department in departments:
        if seat.department != department:
            raise Forbidden(
                f"the posts of {department} are its own department's business; {seat.said}",
                {"department": department, "post": seat.code},
            )


_DESKS = frozenset({"officer", "supervisor"})

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
