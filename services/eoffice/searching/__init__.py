"""Keeping the words of what can be found in step with the rows they are made of."""

from services.eoffice.searching.checking import Difference, How, differences, reindex
from services.eoffice.searching.keeping import index, secrecy_changed
from services.eoffice.searching.sources import SOURCES, Entry

__all__ = [
    "SOURCES",
    "Difference",
    "Entry",
    "How",
    "differences",
    "index",
    "reindex",
    "secrecy_changed",
]
