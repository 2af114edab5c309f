"""A grievance's state as the public is told it: open or closed, with a word on why."""

from palika.text import Name
from services.grievance.domain.lifecycle import OPEN, State

PUBLIC_STATUS: dict[State, str] = {state: "open" if state in OPEN else "closed" for state in State}
"""What Open311 GeoReport v2 knows of states: one that is put right is closed."""

NOTES: dict[State, Name] = {
    State.FILED: Name("नोंद झाली", "Registered"),
    State.ACKNOWLEDGED: Name("कार्यालयाने पाहिली", "Read by the office"),
    State.ASSIGNED: Name("अधिकाऱ्याकडे दिली", "Given to an officer"),
    State.IN_PROGRESS: Name("काम सुरू आहे", "Work has begun"),
    State.WAITING: Name("नागरिकाच्या उत्तराची प्रतीक्षा", "Waiting for the citizen's answer"),
    State.RESOLVED: Name("निराकरण झाले", "Put right"),
    State.CLOSED: Name("निराकरण झाले; तक्रार बंद", "Put right and closed"),
    State.REJECTED: Name("नाकारली", "Rejected"),
    State.WITHDRAWN: Name("नागरिकाने मागे घेतली", "Withdrawn by the citizen"),
    State.MERGED: Name("आधीच्या तक्रारीत विलीन", "Duplicate of an earlier one"),
}


def states_of(statuses: list[str]) -> list[State]:
    """The states that are shown as one of ``statuses``."""
    return [state for state, shown in PUBLIC_STATUS.items() if shown in statuses]
