"""Which steps a letter takes, and how two of its versions are told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Conflict, Invalid
from services.eoffice.domain.differences import changes, html, plain
from services.eoffice.domain.letters import (
    Channel,
    State,
    Step,
    after,
    check_channel,
    check_text,
    filled,
    templates,
)

TEXT = {"title": "t", "subject": "s", "salutation": "", "body": "b", "closing": ""}
BOTH = {"mr": TEXT, "en": TEXT}
RULE = {"approved_by": {"from_level": 2}, "second_officer": False, "source": "illustrative"}
LEGAL = {
    (State.DRAFT, Step.REVISE): State.DRAFT,
    (State.DRAFT, Step.APPROVE): State.APPROVED,
    (State.DRAFT, Step.DISCARD): State.DISCARDED,
    (State.APPROVED, Step.RETURN): State.DRAFT,
    (State.APPROVED, Step.DISPATCH): State.DISPATCHED,
    (State.APPROVED, Step.DISCARD): State.DISCARDED,
    (State.SENDING, Step.DISPATCH): State.DISPATCHED,
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("step", Step)
def test_every_step_in_every_state_is_legal_or_refused_with_the_legal_ones(state, step):
    if (state, step) in LEGAL:
        assert after(state, step) is LEGAL[state, step]
        return
    with pytest.raises(Conflict) as refused:
        after(state, step)
    assert refused.value.details["legal"] == [b.method for a, b in LEGAL if a is state]


@pytest.mark.parametrize(
    ("channel", "missing"),
    [
        (Channel.POST, "to_address"),
        (Channel.EMAIL, "to_email"),
        (Channel.SMS, "to_phone"),
        (Channel.WHATSAPP, "to_phone"),
        (Channel.HAND, None),
    ],
)
def test_a_channel_needs_its_address(channel, missing):
    addresses = dict.fromkeys(("to_address", "to_email", "to_phone"), "x")
    check_channel(channel, addresses)
    if missing is None:
        check_channel(channel, dict.fromkeys(addresses))
        return
    with pytest.raises(Invalid, match=f"{channel} needs {missing}"):
        check_channel(channel, addresses | {missing: None})


def test_a_letter_does_not_point_into_the_file():
    with pytest.raises(Invalid, match=r"\{n:3\} points into the file"):
        check_text("as in {n:3}", "")
    with pytest.raises(Invalid, match="must not be empty"):
        check_text("  ", "")
    check_text("**Approved**\n\n- one", "")


def test_blanks_are_filled_and_other_brackets_stay():
    assert filled("[subject] ([file]) [x]", {"subject": "S", "file": "F"}) == "S (F) [x]"


def test_differences_are_shown_word_by_word():
    found = changes("Pay ₹ 5,000 by <May>.", "Pay ₹ 6,000 by <May>, at once.")
    assert plain(found).startswith("Pay ₹ [-5,000-]{+6,000+} by ")
    assert html(found).startswith("Pay ₹ <del>5,000</del><ins>6,000</ins> by ")
    assert "&lt;May&gt;" in html(found)


@given(st.text(alphabet="ab \n<क", max_size=60), st.text(alphabet="ab \n<क", max_size=60))
def test_both_versions_can_be_read_from_their_difference(before, after_):
    found = changes(before, after_)
    assert "".join(each.text for each in found if each.kind != "added") == before
    assert "".join(each.text for each in found if each.kind != "removed") == after_


def test_long_texts_are_compared_by_lines():
    before = "\n".join(f"line {each} of it" for each in range(5_000))
    found = changes(before, before.replace("line 7 of", "line seven of"))
    assert [each.text for each in found if each.kind == "added"] == ["line seven of it\n"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"number": "{department}/{year}"}, "number"),
        ({"templates": {}}, "there must be one"),
        ({"templates": {"x": {"mr": {}}}}, "x, mr: lacks title, subject"),
        ({"templates": {"x": BOTH}}, "x: needs second_officer"),
        ({"templates": {"x": BOTH | RULE | {"source": ""}}}, "x: needs second_officer"),
        ({"templates": {"x": BOTH | RULE | {"alone_below": -1}}}, "x: alone_below must be"),
        (
            {"templates": {"x": BOTH | RULE | {"alone_below": 3, "second_officer": True}}},
            "x: alone_below must be",
        ),
        ({"templates": {"x": BOTH | RULE | {"approved_by": {}}}}, "x: approved_by: nobody may"),
        (
            {"templates": {"x": BOTH | RULE | {"approved_by": {"from_level": "2"}}}},
            "must be a whole level",
        ),
    ],
)
def test_a_wrong_file_of_templates_is_refused(changed, said):
    sound = {
        "number": "{department}/OUT/{year}/{serial:05d}",
        "templates": {"letter": BOTH | RULE},
    }
    assert templates(sound).wording("letter", "mr").title == "t"
    with pytest.raises(ValueError, match=said):
        templates(sound | changed)
