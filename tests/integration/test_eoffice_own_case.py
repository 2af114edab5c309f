"""What counts as one case, and as one's own proposal, whatever way it was brought about."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.errors import Forbidden
from palika.local import Postgres
from services.eoffice.commands.add_paper import add_paper
from services.eoffice.commands.approve import approve_file
from services.eoffice.commands.continue_file import next_volume, open_part
from services.eoffice.commands.delegate import delegate
from services.eoffice.commands.hold_post import transfer_person, vacate_post
from services.eoffice.commands.leave import take_leave
from services.eoffice.commands.note import confirm_note, save_draft
from services.eoffice.reference import volume_pages
from services.eoffice.schemas.approving import Approving
from services.eoffice.schemas.delegating import Delegating, TakingLeave
from services.eoffice.schemas.filing import AddingPaper, NextVolume, OpeningPart
from services.eoffice.schemas.noting import DraftSaving, DraftStep
from services.eoffice.schemas.organisation import TransferringPerson, Vacating
from tests.support.databases import service_database
from tests.support.eoffice import CE, CLERK, DE, JE, NOW, emptied
from tests.support.eoffice_moves import ADMIN, opened, take
from tests.support.part import wait_for

LIMIT = 3 * 100_000_00
"""What the deputy engineer may sanction under works."""
JADHAV = Identity.of("officer:a.jadhav2", "officer")
LATER = NOW + timedelta(days=2)
WAITING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


@pytest.fixture
def sessions(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "eoffice") as found:
        yield emptied(found)


def do(sessions, command, schema, by, now=NOW, **asked):
    with sessions.begin() as session:
        return command(session, by, schema().load(asked), now)


def sanction(sessions, file, paise, by=DE):
    asked = {"id": str(file.id), "power": "works", "amount_paise": paise}
    return do(sessions, approve_file, Approving, by, **asked).approval


def further(sessions, file):
    """The next volume of a file, which is bulky."""
    pages = {"kind": "enclosure", "title": "Drawings", "pages": volume_pages() + 1}
    do(sessions, add_paper, AddingPaper, DE, file_id=str(file.id), **pages)
    return do(sessions, next_volume, NextVolume, DE, file_id=str(file.id))


def test_a_limit_is_of_all_volumes_and_parts_of_a_case(sessions):
    file = opened(sessions, DE)
    sanction(sessions, file, LIMIT - 200)
    second = further(sessions, file)
    part = do(sessions, open_part, OpeningPart, DE, file_id=str(second.id))
    inner = do(sessions, open_part, OpeningPart, DE, file_id=str(part.id))
    sanction(sessions, inner, 100)
    for each in (second, part, inner):
        with pytest.raises(Forbidden, match="was sanctioned in this case before") as refused:
            sanction(sessions, each, 101)
        assert refused.value.details["before_paise"] == LIMIT - 100
    sanction(sessions, second, 100)
    # Another file is another case.
    sanction(sessions, opened(sessions, DE), LIMIT)


def test_two_parts_that_are_sanctioned_at_once_are_seen_one_by_the_other(sessions):
    file = opened(sessions, DE)
    parts = [do(sessions, open_part, OpeningPart, DE, file_id=str(file.id)) for _ in range(2)]
    asked = Approving().load({"id": str(parts[0].id), "power": "works", "amount_paise": LIMIT})

    def waits():
        with sessions() as session:
            return session.connection().exec_driver_sql(WAITING).scalar() == 1

    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session:
            approve_file(session, DE, asked, NOW)
            session.flush()
            second = pool.submit(sanction, sessions, parts[1], 1)
            wait_for(waits, 20, "the second waits")
        with pytest.raises(Forbidden, match="was sanctioned in this case before"):
            second.result(60)


@pytest.fixture
def linked(sessions):
    """The junior engineer acts for the deputy engineer, who is on leave from the next day on."""
    asked = {"linked": "a.jadhav2", "since": "2026-07-02", "until": "2026-07-05"}
    do(sessions, take_leave, TakingLeave, DE, **asked)
    return sessions


def noted(sessions, file, post):
    asked = {"file_id": str(file.id), "markup": "Sanction it.", "language": "en", "post": post}
    draft = do(sessions, save_draft, DraftSaving, JADHAV, LATER, **asked)
    do(sessions, confirm_note, DraftStep, JADHAV, LATER, id=str(draft.id), post=post)


def decide(sessions, file):
    asked = {"id": str(file.id), "post": "roads-de", "power": "works", "amount_paise": 100}
    return do(sessions, approve_file, Approving, JADHAV, LATER, **asked).approval


def test_what_one_wrote_a_note_on_and_pulled_up_is_ones_own_proposal(linked):
    file = opened(linked, CLERK)
    take(linked, "forward", file, CLERK, to="roads-je")
    noted(linked, file, "roads-je")
    take(linked, "pull_up", file, JADHAV, LATER, post="roads-de")
    with pytest.raises(Forbidden, match="has put file"):
        decide(linked, file)


def test_what_one_sent_back_up_the_line_is_ones_own_proposal(linked):
    file = opened(linked, DE)
    take(linked, "forward", file, DE, to="roads-je")
    take(linked, "send_back", file, JADHAV, LATER, post="roads-je", remark="for sanction")
    with pytest.raises(Forbidden, match="has put file"):
        decide(linked, file)


def test_what_one_only_marked_down_is_not_ones_own_proposal(linked):
    file = opened(linked, CE)
    take(linked, "forward", file, CE, to="roads-je")
    # To the clerk, who reports to this desk, and who puts it up past it.
    take(linked, "forward", file, JADHAV, LATER, post="roads-je", to="roads-clerk")
    take(linked, "forward", file, CLERK, LATER, to="roads-de")
    assert decide(linked, file).capacity == "linked"


def delegated(sessions, file, by=JE):
    """The junior engineer sanctions by a power that the chief engineer has delegated."""
    asked = {"id": str(file.id), "power": "works", "amount_paise": 100}
    return do(sessions, approve_file, Approving, by, **asked).approval


@pytest.fixture
def given(sessions):
    do(sessions, delegate, Delegating, CE, to="roads-je", what=["works"], most_paise=1000)
    return sessions


def test_what_one_opened_is_not_sanctioned_by_a_delegated_power(given):
    file = opened(given, JE)
    with pytest.raises(Forbidden, match="has put file") as refused:
        delegated(given, file)
    assert refused.value.details["may"][0] == "roads-de"
    asked = {"id": str(file.id), "power": "works", "amount_paise": 100, "route": True}
    assert do(given, approve_file, Approving, JE, **asked).routed_to == "roads-de"


def test_whose_first_note_it_is_does_not_sanction_by_a_delegated_power(given):
    file = opened(given, CLERK)
    take(given, "put_up", file, CLERK)
    asked = {"file_id": str(file.id), "markup": "Sanction Rs 1.", "language": "en"}
    draft = do(given, save_draft, DraftSaving, JE, **asked)
    do(given, confirm_note, DraftStep, JE, id=str(draft.id))
    with pytest.raises(Forbidden, match="has put file"):
        delegated(given, file)


def test_what_one_put_up_and_got_back_is_not_sanctioned_by_a_delegated_power(given):
    file = opened(given, CLERK)
    take(given, "put_up", file, CLERK)
    take(given, "put_up", file, JE)
    take(given, "send_back", file, DE)
    with pytest.raises(Forbidden, match="has put file"):
        delegated(given, file)


def test_what_another_proposed_is_sanctioned_by_a_delegated_power_with_a_note_of_ones_own(given):
    file = opened(given, CLERK)
    asked = {"file_id": str(file.id), "markup": "Sanction Rs 1.", "language": "en"}
    for by in (CLERK, JE):
        draft = do(given, save_draft, DraftSaving, by, **asked)
        do(given, confirm_note, DraftStep, by, id=str(draft.id))
        if by is CLERK:
            take(given, "put_up", file, CLERK)
    assert delegated(given, file).delegated_by == "roads-ce"


def test_what_one_opened_as_linked_officer_one_does_not_sanction_as_such(linked):
    asked = {"subject": "Kerbs", "post": "roads-de"}
    file = opened(linked, JADHAV, LATER, **asked)
    with pytest.raises(Forbidden, match="has put file"):
        decide(linked, file)


def test_what_was_proposed_in_a_file_is_not_sanctioned_in_a_part_of_it(sessions):
    """The person counts, and the case: the deputy's post is the junior engineer's too."""
    asked = {"to": "roads-de", "person": "a.jadhav2", "additional": True, "until": "2026-07-31"}
    do(sessions, vacate_post, Vacating, ADMIN, code="roads-de")
    do(sessions, transfer_person, TransferringPerson, ADMIN, **asked)
    file = opened(sessions, JE)
    take(sessions, "put_up", file, JE)
    own = {"post": "roads-de"}
    part = do(sessions, open_part, OpeningPart, JADHAV, file_id=str(file.id), **own)
    for each in (file, part):
        with pytest.raises(Forbidden, match="has put file") as refused:
            decide(sessions, each)
        assert refused.value.details["may"][0] == "roads-ce"


def test_a_proposal_in_the_volume_before_is_ones_own(linked):
    file = opened(linked, JE)
    take(linked, "forward", file, JE, to="roads-de")
    second = further(linked, file)
    with pytest.raises(Forbidden, match="has put file"):
        decide(linked, second)
