"""The grievance service's tables."""

from services.grievance.models.base import Base
from services.grievance.models.desk import Leave, Officer, SavedView
from services.grievance.models.grievance import IS_OPEN, Grievance, SearchWords
from services.grievance.models.history import Follower, Link, Tie, Timeline
from services.grievance.models.review import Appeal, Attachment, SampleCheck, SampleDraw

__all__ = [
    "IS_OPEN",
    "Appeal",
    "Attachment",
    "Base",
    "Follower",
    "Grievance",
    "Leave",
    "Link",
    "Officer",
    "SampleCheck",
    "SampleDraw",
    "SavedView",
    "SearchWords",
    "Tie",
    "Timeline",
]
