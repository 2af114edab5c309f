"""What comes in, what goes out, and what the events carry."""

from services.warroom.schemas.events import ISSUE_RAISED as ISSUE_RAISED
from services.warroom.schemas.events import ISSUE_RESOLVED as ISSUE_RESOLVED
from services.warroom.schemas.events import MILESTONE_DONE as MILESTONE_DONE
from services.warroom.schemas.events import MILESTONE_SLIPPED as MILESTONE_SLIPPED
from services.warroom.schemas.events import PROJECT_ADDED as PROJECT_ADDED
from services.warroom.schemas.events import PROJECT_CHANGED as PROJECT_CHANGED
from services.warroom.schemas.events import PROJECT_TURNED as PROJECT_TURNED
