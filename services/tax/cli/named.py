"""Wards and uses as people call them, in tables of the command line."""

from services.tax.domain.explanation import USES
from services.tax.reference import wards


def ward_name(code: str, language: str = "en") -> str:
    """A ward's name; one that the city's file no longer has is called by its code."""
    known = wards().get(code)
    return code if known is None else known.name.in_(language)


def use_name(code: str, language: str = "en") -> str:
    """A use's name."""
    return USES[code].in_(language) if code in USES else code
