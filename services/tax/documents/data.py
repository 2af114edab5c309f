"""What the city has written for its documents, read once a process."""

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from services.tax.domain.notices import Ladder
from services.tax.domain.notices_file import ladder as ladder_of
from services.tax.files.yaml_file import parsed

_DATA: Final = Path(str(resources.files("services.tax"))) / "data"
NOTICES: Final = _DATA / "notices.yaml"
"""The shipped ladder of recovery."""
TEMPLATES: Final = _DATA / "documents"
"""The folder of the templates, the wording and the city's own particulars."""


@cache
def ladder() -> Ladder:
    """The city's ladder of recovery.

    Raises:
        WrongData: each mistake with its file, line, place and rule.
    """
    return parsed(NOTICES, ladder_of)
