"""What comes in, what goes out, and what the events carry."""

from services.warroom.schemas.events import ACTION_ANSWERED as ACTION_ANSWERED
from services.warroom.schemas.events import ACTION_ASSIGNED as ACTION_ASSIGNED
from services.warroom.schemas.events import ACTION_CLAIMED as ACTION_CLAIMED
from services.warroom.schemas.events import ACTION_DONE as ACTION_DONE
from services.warroom.schemas.events import ACTION_DUE as ACTION_DUE
from services.warroom.schemas.events import ACTION_OVERDUE as ACTION_OVERDUE
from services.warroom.schemas.events import ISSUE_RAISED as ISSUE_RAISED
from services.warroom.schemas.events import ISSUE_RESOLVED as ISSUE_RESOLVED
from services.warroom.schemas.events import MILESTONE_DONE as MILESTONE_DONE
from services.warroom.schemas.events import MILESTONE_SLIPPED as MILESTONE_SLIPPED
from services.warroom.schemas.events import PROJECT_ADDED as PROJECT_ADDED
from services.warroom.schemas.events import PROJECT_CHANGED as PROJECT_CHANGED
from services.warroom.schemas.events import PROJECT_TURNED as PROJECT_TURNED
from services.warroom.schemas.events import REVIEW_CANCELLED as REVIEW_CANCELLED
from services.warroom.schemas.events import REVIEW_CLOSED as REVIEW_CLOSED
from services.warroom.schemas.events import REVIEW_MOVED as REVIEW_MOVED
