"""The tables of the KPI service."""

from services.kpi.models.base import Base
from services.kpi.models.measures import MONTHS, Measure, MeasureYear
from services.kpi.models.scorecards import (
    ScorecardEvidence,
    ScorecardMark,
    ScorecardResult,
    ScorecardReview,
)

__all__ = [
    "MONTHS",
    "Base",
    "Measure",
    "MeasureYear",
    "ScorecardEvidence",
    "ScorecardMark",
    "ScorecardResult",
    "ScorecardReview",
]
