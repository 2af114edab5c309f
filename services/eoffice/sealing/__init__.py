"""The record at work: every change of a sealed row stands in an act of a chain."""

from services.eoffice.sealing.keys import Keys, city_keys_of_record
from services.eoffice.sealing.record import Done, act, histories

__all__ = ["Done", "Keys", "act", "city_keys_of_record", "histories"]
