"""What was most likely meant by a code that there is not."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_LONGEST: Final = 64
"""What is longer is no code, and would take long to compare."""


def did_you_mean(code: str, known: Iterable[str]) -> str:
    """``; did you mean roads?``, to end a sentence that names an unknown code; empty if none of
    the `known` is near."""
    near = get_close_matches(code, sorted(known), n=1) if len(code) <= _LONGEST else []
    return f"; did you mean {near[0]}?" if near else ""
