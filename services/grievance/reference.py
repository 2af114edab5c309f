"""What the city edits (``data/``), as it is now: a change is seen within a second."""

from collections.abc import Collection
from datetime import datetime
from functools import cache, partial
from typing import Any

from services.grievance.domain import boundaries as boundaries_file
from services.grievance.domain import catalogue_file
from services.grievance.domain.boundaries import Boundaries
from services.grievance.domain.calendar import Calendar
from services.grievance.domain.calendar_file import calendar as calendar_of
from services.grievance.domain.catalogue import Catalogue
from services.grievance.domain.escalation import Matrix
from services.grievance.domain.escalation import matrix as matrix_of
from services.grievance.domain.policy import Policy
from services.grievance.domain.policy import policy as policy_of
from services.grievance.files.city import Folder, Kept, Mistake, WrongData

_OTHERS = {"seed.yaml", "labelled.yaml", "posts.yaml", "demo_posts.yaml"}


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


def calendar_in(folder: Folder) -> Calendar:
    """The working calendar of a folder. Raises as ``catalogue_in``."""
    return folder.parsed("calendar.yaml", calendar_of)


def matrix_in(folder: Folder) -> Matrix:
    """The ladder of escalation of a folder, for the departments of its catalogue. Raises as
    ``catalogue_in``."""
    departments = _codes(folder, catalogue_file.CATALOGUE, "departments")
    return folder.parsed("escalation.yaml", partial(matrix_of, departments=departments))


def policy_in(folder: Folder) -> Policy:
    """The policy of a folder, for its ladder of escalation. Raises as ``catalogue_in``."""
    rungs = [each.post for each in matrix_in(folder).levels]
    return folder.parsed("policy.yaml", partial(policy_of, rungs=rungs))


def boundaries_in(folder: Folder) -> Boundaries:
    """The wards on the map, of a folder. Raises as ``catalogue_in``."""
    wards = _codes(folder, catalogue_file.WARDS, "wards")
    return folder.parsed(boundaries_file.FILE, partial(boundaries_file.boundaries, wards=wards))


def _codes(folder: Folder, name: str, part: str) -> Collection[str]:
    """What another file may name. Wrong, it is told as the catalogue tells it: once."""
    return folder.parsed(name, partial(catalogue_file.codes, part))


_city, _calendar = Kept(catalogue_in), Kept(calendar_in)
_matrix, _policy = Kept(matrix_in), Kept(policy_in)
_boundaries = Kept(boundaries_in)


def city() -> Catalogue:
    """The city's categories, departments and wards.

    Raises:
        WrongData: a file is not as it should be, and there has been no good one in this process.
    """
    return _city()


def city_changed_at() -> datetime:
    """When the newest of the files that ``city`` is made of was written. Raises as ``city``."""
    return _city.written_at()


def calendar() -> Calendar:
    """The city's working hours and holidays. Raises as ``city``."""
    return _calendar()


def matrix() -> Matrix:
    """To whom, and when, what is late is escalated. Raises as ``city``."""
    return _matrix()


def policy() -> Policy:
    """The numbers and reasons that steps are taken by. Raises as ``city``."""
    return _policy()


def boundaries() -> Boundaries:
    """Where each ward lies. Raises as ``city``."""
    return _boundaries()


def check_all() -> None:
    """Read everything, so that a mistake is an error when a service starts. Raises as ``city``."""
    for kept in (_city, _calendar, _matrix, _policy, _boundaries):
        kept()


def mistakes_in(folder: Folder) -> list[Mistake]:
    """All that is wrong in a folder's files, and the files in it that nothing would read."""
    found: list[Mistake] = []
    for read in (catalogue_in, calendar_in, matrix_in, policy_in, boundaries_in):
        try:
            read(folder)
        except WrongData as error:
            # What one needs of another's file it finds as wrong again.
            found += [each for each in error.mistakes if each not in found]
    # One that cannot be read may list others.
    found = list(dict.fromkeys(found))
    unused = [] if found else sorted(folder.own_files() - folder.stamps.keys() - _OTHERS)
    return found + [Mistake(name, 1, "nothing reads a file of this name") for name in unused]


@cache
def read_data(name: str) -> Any:
    """One file that only the demo and the measurements use, read once a process."""
    return Folder.of_the_city().yaml(name)
