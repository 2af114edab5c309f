"""What the tests of packs share: a road in trouble, and what its pack says."""

import base64
import io
from pathlib import Path

from PIL import Image
from pypdf import PdfReader
from sqlalchemy.orm import Session, sessionmaker

from services.warroom.commands.add_photo import add_photo
from services.warroom.commands.assess_risk import add_risk
from services.warroom.commands.raise_issue import raise_issue
from services.warroom.queries.packs import find_pack, pack_content
from services.warroom.schemas import asking
from services.warroom.schemas import reviewing as schemas
from tests.support.warroom import OWNER, emptied
from tests.support.warroom_reviews import FIRST, ReviewRoom


def in_trouble(database: sessionmaker[Session], folder: Path) -> ReviewRoom:
    """A road in trouble, with all that a page shows."""
    room = ReviewRoom(emptied(database), folder)
    added = room.add()
    room.milestone(added.id)
    room.milestone(added.id, key="work", stage="execution", planned_on="2026-12-01")
    on = {"id": str(added.id)}
    issue = {"title": "Trees are to be cut", "severity": "high", "post": "garden-head"}
    room.do(raise_issue, asking.RaisingIssue, {**on, **issue, "due_on": "2026-06-03"})
    risk = {"title": "पावसाळा", "likelihood": 4, "impact": 5, "owner": "roads-ce"}
    room.do(add_risk, asking.AddingRisk, {**on, **risk, "mitigation": "काम आधी"})
    picture = io.BytesIO()
    Image.new("RGB", (640, 480), "green").save(picture, "JPEG")
    photo = {
        "content_base64": base64.b64encode(picture.getvalue()).decode(),
        "taken_on": "2026-05-30",
        "caption": "खड्डा",
    }
    args = asking.AddingPhoto().load({**on, **photo})
    add_photo(room.sessions.begin, room.store, OWNER, args, room.now)
    return room


def content(room: ReviewRoom, form: str, language: str = "mr", **given: str) -> bytes:
    asked = {"review_id": str(FIRST), "form": form, "language": language, **given}
    with room.sessions() as session:
        found = find_pack(session, schemas.ReadingPack().load(asked), room.now)
    return base64.b64decode(pack_content(room.store, *found)["content_base64"])


def words_of(pdf: bytes) -> str:
    return " ".join(
        " ".join(each.extract_text().split()) for each in PdfReader(io.BytesIO(pdf)).pages
    )
