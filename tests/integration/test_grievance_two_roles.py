"""Who is an officer and a citizen too: the citizen's word is theirs on their own grievance only."""

import pytest

from palika.auth import Identity
from palika.errors import Forbidden
from tests.support.grievances import CITIZEN, HOUR, NOW

BOTH = Identity.of("officer:roads-je", "officer", "citizen")
CITIZENS_OWN = ("rate", "close", "appeal")


@pytest.mark.parametrize("step", CITIZENS_OWN)
def test_an_officer_who_is_a_citizen_too_does_not_speak_for_another_citizen(desk, step):
    done = desk.resolved(caller=CITIZEN)
    with pytest.raises(Forbidden, match=f"to {step} a grievance is for"):
        desk.take(step, done, BOTH, NOW + HOUR)
    assert desk.stored(done).version == done.version
    assert not set(CITIZENS_OWN) & set(desk.get(done, BOTH)["steps"])


def test_nor_do_they_withdraw_what_another_citizen_has_filed(desk):
    filed = desk.file(CITIZEN)
    with pytest.raises(Forbidden, match="to withdraw a grievance is for"):
        desk.take("withdraw", filed, BOTH)


@pytest.mark.parametrize("step", CITIZENS_OWN)
def test_on_their_own_they_have_both_roles(desk, step):
    done = desk.resolved(caller=BOTH)
    assert {"rate", "close", "reopen", "appeal", "comment"} < set(desk.get(done, BOTH)["steps"])
    taken = desk.take(step, done, BOTH, NOW + HOUR)
    assert taken is not None
    assert desk.timeline(done)[-1]["step"] in (step, "close")
