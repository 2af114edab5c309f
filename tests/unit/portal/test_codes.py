"""One-time codes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from services.portal.domain import codes
from services.portal.domain.codes import Outcome, Sent, judge

NOW = datetime(2026, 4, 1, 6, 0, tzinfo=UTC)


def sent(**changes: object) -> Sent:
    given: dict[str, object] = {
        "digest": "d",
        "until": NOW + codes.VALID,
        "tries": 0,
        "used": False,
    }
    return Sent(**(given | changes))  # type: ignore[arg-type]


def test_it_has_six_digits_with_its_leading_zeros() -> None:
    draws: Iterator[int] = iter([7, 999_999])
    assert codes.new_code(lambda most: next(draws) if most == 10**6 else -1) == "000007"
    assert codes.new_code(lambda _: next(draws)) == "999999"


@pytest.mark.parametrize("text", ["482913", " 482 913 ", "४८२९१३", "४८२ ९१३"])
def test_it_is_read_in_either_script_and_with_blanks(text: str) -> None:
    assert codes.typed(text) == "482913"


def test_the_right_one_is_right_to_its_last_try_and_second() -> None:
    assert judge(sent(), "d", NOW) is Outcome.RIGHT
    assert judge(sent(tries=codes.TRIES - 1), "d", NOW) is Outcome.RIGHT
    assert judge(sent(), "d", NOW + codes.VALID - timedelta(seconds=1)) is Outcome.RIGHT
    assert judge(sent(), "e", NOW) is Outcome.WRONG


@pytest.mark.parametrize(
    "changes",
    [{"used": True}, {"until": NOW}, {"tries": codes.TRIES}],
    ids=lambda each: next(iter(each)),
)
@pytest.mark.parametrize("digest", ["d", "e"])
def test_what_is_over_is_over_whatever_is_typed(changes: dict[str, object], digest: str) -> None:
    assert judge(sent(**changes), digest, NOW) is Outcome.OVER
