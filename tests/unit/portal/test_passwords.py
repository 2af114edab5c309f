"""Which passwords an officer may have."""

import pytest

from services.portal.domain.passwords import LONGEST, Rule, broken, normal
from services.portal.reference import common_passwords

NAMES = ("a.jadhav2", "अभय जाधव", "Abhay Jadhav")


def rules(password: str) -> list[Rule]:
    return broken(password, NAMES, common_passwords())


@pytest.mark.parametrize(
    "password",
    [
        "a kettle under the neem",
        "पाऊस आला धरण भरले",
        "violet-umbrella-19",
        "  spaces may stand anywhere  ",
        "k7#Lm2!pQz9w",
        "🚲 down to Kothrud",
    ],
)
def test_what_is_long_and_nobodys_guess_may_be_used(password: str) -> None:
    assert rules(password) == []


@pytest.mark.parametrize("password", ["", "short", "eleven char"])
def test_fewer_than_twelve_characters_are_refused(password: str) -> None:
    assert rules(password) == [Rule.SHORT]


def test_the_longest_is_long_and_has_an_end() -> None:
    word = "the rain in pune falls mainly in july. " * 20
    assert rules(word[:LONGEST]) == []
    assert rules(word[: LONGEST + 1]) == [Rule.LONG]


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "Passw0rd!!!!",
        "P@$$w0rd2026",
        "Welcome@12345",
        "ganpatibappamorya",
        "GanpatiBappaMorya@2026",
        "palikapalika",
        "Pune@Pune@2026",
        "Swachhbharat#1",
        "qwertyuiop12",
        "correcthorsebatterystaple",
    ],
)
def test_what_many_people_use_is_refused(password: str) -> None:
    assert Rule.COMMON in rules(password)


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaa",
        "ababababababab",
        "123456789012",
        "abcdefghijkl",
        "lkjihgfedcba",
        "१११११११११११११",
    ],
)
def test_a_few_characters_over_and_over_or_a_row_of_keys_are_refused(password: str) -> None:
    assert Rule.MONOTONE in rules(password)


@pytest.mark.parametrize(
    "password",
    ["my name is JADHAV", "abhay likes tea", "a.jadhav2 is my code", "जाधव यांचा परवलीचा"],
)
def test_ones_own_name_or_code_is_refused_in_either_script(password: str) -> None:
    assert Rule.NAMES in rules(password)


def test_the_same_characters_are_the_same_password_however_they_were_put_together() -> None:
    assert normal("caf\u0065\u0301 au lait!!") == normal("caf\u00e9 au lait!!")
