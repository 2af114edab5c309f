"""Who is told of a review: those who attend it."""

from sqlalchemy.orm import Session

from services.warroom.commands.sitting import Sitting
from services.warroom.domain.reviews import Phase
from services.warroom.models import ReviewRow
from services.warroom.queries.reviews import meetings_at, review_at
from services.warroom.queries.states import NOW, states


def attending(session: Session, sitting: Sitting) -> list[str]:
    """The posts that attend a review to come: who leads it and takes its minutes, the owners of the
    projects and KPIs on its agenda, and who was there at the last one of its series."""
    meeting = sitting.meeting
    found = {meeting.chair, meeting.secretary, *meeting.takers}
    on = [each for each in sitting.review.items.values() if not each.dropped]
    projects = [each.project_id for each in on if each.project_id is not None]
    found |= {each.project.owner for each in states(session, projects, NOW)}
    found |= {each.owner for each in on if each.owner is not None}
    before = meetings_at(
        session, NOW, ReviewRow.series == meeting.series, ReviewRow.occurs_on < meeting.occurs_on
    )
    last = next((key for key, each in before if each.phase is Phase.CLOSED), None)
    if last is not None:
        found |= {each.post for each in review_at(session, last).attendance.values()}
    return sorted(found)
