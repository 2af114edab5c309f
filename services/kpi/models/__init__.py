"""The tables of the KPI service."""

from services.kpi.models.alerts import Alert, AlertMute
from services.kpi.models.base import Base
from services.kpi.models.definitions import Definition
from services.kpi.models.measures import MONTHS, PRINT, Measure, MeasureYear
from services.kpi.models.readings import Batch, Reading, SignOff, Told
from services.kpi.models.scorecards import (
    ScorecardEvidence,
    ScorecardMark,
    ScorecardResult,
    ScorecardReview,
)

__all__ = [
    "MONTHS",
    "PRINT",
    "Alert",
    "AlertMute",
    "Base",
    "Batch",
    "Definition",
    "Measure",
    "MeasureYear",
    "Reading",
    "ScorecardEvidence",
    "ScorecardMark",
    "ScorecardResult",
    "ScorecardReview",
    "SignOff",
    "Told",
]
