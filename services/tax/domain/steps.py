"""The steps of a computation, each of which can be followed by hand."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from palika.text import Name
from services.tax.domain.history import Basis

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Step(NamedTuple):
    """One line of an explanation.

    Attributes:
        rule: which kind of step it is; ``explanation.py`` has the words for each.
        amount_paise: what it gives; below 0 when it takes something off.
        subject: what it is about (a floor's label, a head's or a concession's name).
        figures: what it is computed of, by name: paise, ``Fraction`` for percentages, hundredths of
            a square metre, years.
        basis: what the figure rests on; None where nothing but arithmetic is done.
    """

    rule: str
    amount_paise: int
    subject: Name | str | None = None
    figures: Mapping[str, Any] = NOTHING
    basis: Basis | None = None
