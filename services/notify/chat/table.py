"""The city's table of states, read once a process."""

from functools import cache

from palika.city_data import with_corporation
from services.notify.domain.chat.reading import read_table
from services.notify.domain.chat.table import Table
from services.notify.reference import read_data


@cache
def city_table() -> Table:
    """The city's.

    Raises:
        Invalid: ``data/chat.yaml`` is no YAML.
        Mistakes: each with its place and the rule that it breaks.
    """
    return read_table(with_corporation(read_data("chat.yaml")))
