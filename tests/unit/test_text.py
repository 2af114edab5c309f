"""What is text, and what nobody would see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.text import is_blank, plain_digits


@pytest.mark.parametrize("text", ["", " \t\n", "\u200b", "\u00a0\u2060\ufeff", "\u0301", "\u3164"])
def test_what_nobody_sees_is_blank(text):
    assert is_blank(text)


@pytest.mark.parametrize("text", ["x", "क्\u200dष", "\u200bक", "👍", "!", "१", "\U0001fadf"])
def test_what_anybody_sees_is_not(text):
    assert not is_blank(text)


@given(st.text())
def test_digits_become_plain_and_all_else_stays(text):
    plain = plain_digits(text)
    assert len(plain) == len(text)
    for was, became in zip(text, plain, strict=True):
        assert became == (str(int(was)) if was.isdecimal() else was)
