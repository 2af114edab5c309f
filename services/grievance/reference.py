"""What the city edits (``data/*.yaml``), as it is now: a change is seen within a second."""

from functools import cache
from typing import Any

from services.grievance.domain import catalogue_file
from services.grievance.domain.calendar import Calendar
from services.grievance.domain.calendar_file import calendar as calendar_of
from services.grievance.domain.catalogue import Catalogue
from services.grievance.domain.escalation import Matrix
from services.grievance.domain.escalation import matrix as matrix_of
from services.grievance.domain.policy import Policy
from services.grievance.domain.policy import policy as policy_of
from services.grievance.files import Folder, Kept, WrongData


def catalogue_in(folder: Folder) -> Catalogue:
    """The catalogue that a folder's files make, over the shipped ones.

    Raises:
        WrongData: a file is not as it should be; each mistake has its file and line.
    """
    raw = folder.yaml(catalogue_file.CATALOGUE)
    try:
        files = catalogue_file.parts(raw)
    except ValueError as error:
        raise folder.wrong([(catalogue_file.CATALOGUE, str(error))]) from error
    parts, unreadable = {}, []
    for name in files:
        try:
            parts[name] = folder.yaml(name)
        except WrongData as error:
            unreadable += error.mistakes
    wards = folder.yaml(catalogue_file.WARDS)
    if unreadable:
        raise WrongData(unreadable)
    try:
        return catalogue_file.catalogue(raw, parts, wards)
    except catalogue_file.Mistakes as error:
        raise folder.wrong(error.found) from error


_city = Kept(catalogue_in)
_calendar = Kept(lambda folder: folder.parsed("calendar.yaml", calendar_of))
_matrix = Kept(lambda folder: folder.parsed("escalation.yaml", matrix_of))
_policy = Kept(lambda folder: folder.parsed("policy.yaml", policy_of))


def city() -> Catalogue:
    """The city's categories, departments and wards.

    Raises:
        WrongData: a file is not as it should be, and there has been no good one in this process.
    """
    return _city()


def calendar() -> Calendar:
    """The city's working hours and holidays. Raises as ``city``."""
    return _calendar()


def matrix() -> Matrix:
    """To whom, and when, what is late is escalated. Raises as ``city``."""
    return _matrix()


def policy() -> Policy:
    """The numbers and reasons that steps are taken by. Raises as ``city``."""
    return _policy()


def check_all() -> None:
    """Read everything, so that a mistake is an error when a service starts. Raises as ``city``."""
    for kept in (_city, _calendar, _matrix, _policy):
        kept()


@cache
def read_data(name: str) -> Any:
    """One file that only the demo and the measurements use, read once a process."""
    return Folder.of_the_city().yaml(name)
