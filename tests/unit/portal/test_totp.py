"""The second factor."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from services.portal.domain import totp

# RFC 6238, appendix B: the secret of its tests with SHA-1, and the last six of its eight digits.
SECRET = b"12345678901234567890"
VECTORS = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
    20000000000: "353130",
}


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), VECTORS.items())
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert totp.code_at(SECRET, totp.step_of(at(seconds))) == code
    assert totp.accepted(SECRET, code, at(seconds), None) == seconds // 30


def test_a_clock_may_be_half_a_minute_off_and_no_more() -> None:
    now = at(1234567890)
    code = totp.code_at(SECRET, totp.step_of(now))
    for seconds, taken in ((-60, False), (-30, True), (0, True), (30, True), (60, False)):
        then = now + timedelta(seconds=seconds)
        assert (totp.accepted(SECRET, code, then, None) is not None) == taken, seconds


def test_a_code_is_taken_once_and_none_before_it() -> None:
    now = at(1234567890)
    present = totp.step_of(now)
    step = totp.accepted(SECRET, totp.code_at(SECRET, present), now, None)
    assert step == present
    for earlier in (present, present - 1):
        assert totp.accepted(SECRET, totp.code_at(SECRET, earlier), now, step) is None
    assert totp.accepted(SECRET, totp.code_at(SECRET, present + 1), now, step) == present + 1


@pytest.mark.parametrize("code", ["", "12345", "1234567", "००५९२४", "abcdef", "\udc00"])
def test_what_is_no_code_is_refused(code: str) -> None:
    assert totp.accepted(SECRET, code, at(1234567890), None) is None


def test_the_picture_says_whose_it_is_and_the_secret() -> None:
    told = urlsplit(totp.address(SECRET, "a.jadhav2", "City of Pune"))
    assert (told.scheme, told.netloc) == ("otpauth", "totp")
    assert told.path == "/City%20of%20Pune%3Aa.jadhav2"
    query = parse_qs(told.query)
    assert query == {"secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"], "issuer": ["City of Pune"]}
    assert totp.shown(SECRET).replace(" ", "") == query["secret"][0]


def test_a_code_on_paper_is_read_however_it_is_typed() -> None:
    code = totp.new_recovery_code()
    assert len(code) == 11
    plain = totp.typed_recovery_code(code)
    assert plain == totp.typed_recovery_code(f" {code.lower().replace('-', ' ')} ")
    assert totp.typed_recovery_code("oil10-abcde") == "01110ABCDE"
    assert len({totp.new_recovery_code() for _ in range(500)}) == 500
