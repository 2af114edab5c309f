"""Whose papers these are, as a city writes it (`data/documents/city.yaml`)."""

from typing import Any

from palika.text import Name
from services.kpi.domain.catalogue_reading import FileReading


def corporation(raw: Any) -> Name:
    """The corporation's name.

    Raises:
        Mistakes: names each, with its place in the file.
    """
    reading = FileReading()
    given = reading.mapping("file", raw, ("corporation",))
    found = reading.both("corporation", given["corporation"])
    reading.stop_if_wrong()
    return found
