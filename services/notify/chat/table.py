"""The city's table of states, read once a process."""

from functools import cache
from importlib import resources

from palika.yaml_files import loaded
from services.notify.domain.chat.reading import read_table
from services.notify.domain.chat.table import Table


@cache
def city_table() -> Table:
    """The city's.

    Raises:
        Unusable: ``data/chat.yaml`` is no YAML.
        Mistakes: each with its place and the rule that it breaks.
    """
    path = resources.files("services.notify") / "data" / "chat.yaml"
    return read_table(loaded(path.read_text(encoding="utf-8")))
