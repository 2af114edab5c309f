"""A linked officer who is too low for a post decides there about no weeding and no hold, nor lets a
file be kept less long or be known to more."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.errors import Forbidden
from palika.local import Postgres
from services.eoffice.commands.correct_file import correct_file
from services.eoffice.commands.hold import hold_file, lift_hold
from services.eoffice.commands.leave import take_leave
from services.eoffice.commands.record_file import record_file
from services.eoffice.commands.weed import decide_weeding
from services.eoffice.models import File
from services.eoffice.schemas import records as schemas
from services.eoffice.schemas.correcting import CorrectingFile
from services.eoffice.schemas.delegating import TakingLeave
from tests.support.databases import service_database
from tests.support.eoffice import CE, NOW
from tests.support.eoffice_databases import scene
from tests.support.eoffice_moves import HOUR, opened, take
from tests.support.eoffice_records import LATER, Scene

__all__ = ["scene"]

ADDL = Identity.of("officer:addl-commissioner", "officer")
JADHAV, SHINDE = (Identity.of(f"officer:{each}", "officer") for each in ("a.jadhav2", "m.shinde3"))
"""Of level 2 and of level 3; the chief engineer's post is of level 4."""


MONTH_LATER = NOW + timedelta(days=31)
LINKED = [("a.jadhav2", NOW), ("m.shinde3", MONTH_LATER), ("a.jadhav2", LATER)]
"""Who looks after the chief engineer's post from which day on."""


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "eoffice") as found:
        for person, since in LINKED:
            days = {"since": str(since.date()), "until": str(since.date() + timedelta(days=4))}
            asked = {"linked": person, "person": "v.deshpande4", **days}
            with found.begin() as session:
                take_leave(session, ADDL, TakingLeave().load(asked), NOW)
        yield found


def check_refused(refused: pytest.ExceptionInfo[Forbidden]) -> None:
    details = refused.value.details
    assert (details["level"], details["linked_level"], details["decides_below"]) == (4, 2, 1)
    assert details["may"][0] == "addl-commissioner"
    assert "addl-commissioner may" in refused.value.message


def correct(
    scene: Scene, file: File, by: Identity, *, public: bool, now: datetime = NOW + HOUR
) -> File:
    said = {"id": str(file.id), "reason": "Asked for", "post": "roads-ce", "public": public}
    corrected: File = scene.do(correct_file, CorrectingFile, by, said, now)
    return corrected


def test_who_is_too_low_makes_no_file_public(scene):
    file = opened(scene.sessions, CE)
    with pytest.raises(Forbidden) as refused:
        correct(scene, file, JADHAV, public=True)
    check_refused(refused)


def test_who_is_too_low_takes_a_file_back_from_the_public(scene):
    file = opened(scene.sessions, CE, public=True)
    assert not correct(scene, file, JADHAV, public=False).public


def test_who_is_one_level_below_makes_a_file_public(scene):
    file = opened(scene.sessions, CE)
    assert correct(scene, file, SHINDE, public=True, now=MONTH_LATER).public


@pytest.mark.parametrize("approve", [True, False])
def test_who_is_too_low_decides_about_no_weeding(scene, approve):
    receipt = scene.closed_receipt()
    listed = scene.proposed(receipt)
    asked = {"id": str(listed.id), "receipt_id": str(receipt.id), "post": "roads-ce"}
    asked |= {"approve": approve, "remark": "Seen"}
    with pytest.raises(Forbidden) as refused:
        scene.do(decide_weeding, schemas.DecidingWeeding, JADHAV, asked, LATER)
    check_refused(refused)


def test_who_is_too_low_lifts_no_hold(scene):
    file = opened(scene.sessions, CE)
    asked = {"file_id": str(file.id), "kind": "inquiry", "remark": "Suit 2"}
    hold = scene.do(hold_file, schemas.Holding, CE, asked)
    asked = {"id": str(hold.id), "remark": "Over", "post": "roads-ce"}
    with pytest.raises(Forbidden) as refused:
        scene.do(lift_hold, schemas.Lifting, JADHAV, asked, NOW + HOUR)
    check_refused(refused)
    assert scene.do(lift_hold, schemas.Lifting, CE, asked, NOW + HOUR).lifted_by == "roads-ce"


def test_who_is_too_low_lets_a_file_be_kept_longer_and_not_less_long(scene):
    file = opened(scene.sessions, CE, head="complaint")
    take(scene.sessions, "close", file, CE)
    asked = {"id": str(file.id), "post": "roads-ce", "reason": "A precedent"}
    longer = {**asked, "category": "B"}
    made = scene.do(record_file, schemas.RecordingFile, JADHAV, longer, NOW + HOUR)
    assert made.category == "B"
    less = {**asked, "category": "C", "years": 1}
    with pytest.raises(Forbidden) as refused:
        scene.do(record_file, schemas.RecordingFile, JADHAV, less, NOW + HOUR)
    check_refused(refused)
