"""The flow of calls that the city edits (``data/calls.yaml``), read and proved once a process."""

from functools import cache

from palika.city_data import with_corporation
from services.notify.domain.call.states import Table
from services.notify.domain.call.table import read_table
from services.notify.reference import read_data


@cache
def city_flow() -> Table:
    """The city's flow of calls.

    Raises:
        Invalid: the file is no YAML.
        Mistakes: names every mistake in it.
    """
    return read_table(with_corporation(read_data("calls.yaml")))
