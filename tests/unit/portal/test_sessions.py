"""How long somebody stays signed in."""

from datetime import UTC, datetime, timedelta

import pytest

from services.portal.domain.sessions import (
    CITIZEN,
    GRACE,
    HALF_WAY,
    OFFICER,
    Kept,
    Length,
    Stage,
    is_over,
    takes_old_key,
)

NOW = datetime(2026, 4, 1, 6, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def session(officer: bool, **changes: object) -> Kept:
    length = OFFICER if officer else CITIZEN
    given: dict[str, object] = {
        "stage": Stage.WHOLE,
        "officer": officer,
        "created_at": NOW,
        "seen_at": NOW,
        "until": NOW + length.whole,
        "ended": False,
    }
    return Kept(**(given | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(("officer", "length"), [(True, OFFICER), (False, CITIZEN)])
def test_who_rests_too_long_is_signed_out(officer: bool, length: Length) -> None:
    assert not is_over(session(officer), NOW + length.idle - SECOND)
    assert is_over(session(officer), NOW + length.idle)


@pytest.mark.parametrize(("officer", "length"), [(True, OFFICER), (False, CITIZEN)])
def test_who_never_rests_is_signed_out_in_the_end(officer: bool, length: Length) -> None:
    end = NOW + length.whole
    assert not is_over(session(officer, seen_at=end - SECOND), end - SECOND)
    assert is_over(session(officer, seen_at=end - SECOND), end)


@pytest.mark.parametrize("stage", [Stage.SECOND, Stage.ENROL])
def test_between_password_and_second_factor_there_are_minutes(stage: Stage) -> None:
    half = session(True, stage=stage, seen_at=NOW + HALF_WAY)
    assert not is_over(half, NOW + HALF_WAY - SECOND)
    assert is_over(half, NOW + HALF_WAY)


def test_what_was_ended_is_over() -> None:
    assert is_over(session(False, ended=True), NOW)


def test_the_key_before_is_taken_for_a_moment() -> None:
    assert takes_old_key(NOW, NOW + GRACE - SECOND)
    assert not takes_old_key(NOW, NOW + GRACE)
