"""Keeping the words of what can be found in step with the rows they are made of."""

from services.eoffice.searching.checking import Difference, How, differences, reindex
from services.eoffice.searching.entries import Entry
from services.eoffice.searching.keeping import index, index_paper, lock_places, secrecy_changed
from services.eoffice.searching.sources import SOURCES

__all__ = [
    "SOURCES",
    "Difference",
    "Entry",
    "How",
    "differences",
    "index",
    "index_paper",
    "lock_places",
    "reindex",
    "secrecy_changed",
]
