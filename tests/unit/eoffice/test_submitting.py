"""What a desk is told of its acts, and which files can be public."""

from uuid import UUID

import pytest

from palika.errors import Invalid
from services.eoffice.domain.secrecy import Secrecy, check_public
from services.eoffice.domain.submitting import Outcome, Status

ACT, OTHER = UUID(int=1), UUID(int=2)
WRONG = {"code": "conflict", "message": "x", "details": {}}


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (
            Outcome(ACT, Status.DONE, result={"a": 1}),
            {"status": "done", "repeated": False, "result": {"a": 1}},
        ),
        (
            Outcome(ACT, Status.DONE, repeated=True),
            {"status": "done", "repeated": True, "result": None},
        ),
        (
            # Who may not see what is there is told so by nothing.
            Outcome(ACT, Status.CONFLICT, error=WRONG),
            {"status": "conflict", "error": WRONG, "now": None},
        ),
        (Outcome(ACT, Status.REFUSED, error=WRONG), {"status": "refused", "error": WRONG}),
        (Outcome(ACT, Status.WAITING, because=OTHER), {"status": "waiting", "because": str(OTHER)}),
    ],
)
def test_a_desk_is_told_what_belongs_to_what_became_of_its_act(outcome, told):
    assert outcome.shown() == {"id": str(ACT), **told}


def test_a_file_is_public_or_secret():
    check_public(Secrecy.NORMAL, public=True)
    for grade in Secrecy:
        check_public(grade, public=False)
    with pytest.raises(Invalid) as refused:
        check_public(Secrecy.TOP_SECRET, public=True)
    assert refused.value.fields == {"public": ["a top_secret file is not public"]}
