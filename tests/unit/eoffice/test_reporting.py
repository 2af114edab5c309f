"""Ages, words, and who reads whose diary."""

import ast
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from palika.errors import Forbidden
from palika.india import day_of, start_of
from services.eoffice.domain.organisation import Organisation, Post
from services.eoffice.domain.reporting import bands, check_diary, reporting
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.reference import city_reporting

TODAY = date(2026, 7, 1)


def test_every_moment_is_of_one_age():
    ages = bands([7, 15, 30])
    assert [each.code for each in ages] == ["0-7", "8-15", "16-30", "31+"]
    for back in range(40):
        for moment in (
            start_of(TODAY - timedelta(days=back)),
            start_of(TODAY - timedelta(days=back - 1)) - timedelta(microseconds=1),
        ):
            within = []
            for each in ages:
                since, before = each.moments(TODAY)
                if (since is None or since <= moment) and moment < before:
                    within.append(each)
            (only,) = within
            days = (TODAY - day_of(moment)).days
            assert only.first <= days
            assert only.last is None or days <= only.last


def test_what_a_fast_clock_wrote_is_of_today():
    since, before = bands([7])[0].moments(TODAY)
    assert since < datetime(2026, 7, 2, tzinfo=UTC) < before


@pytest.mark.parametrize("ages", [[], [7, 7], [15, 7], [-1], ["7"], [True, 3], [7.0]])
def test_ages_are_whole_days_that_rise(ages):
    with pytest.raises(ValueError, match="ages"):
        bands(ages)


def test_an_act_without_words_is_called_by_its_verb():
    told = reporting({"ages": [7], "acts": {"file": {"closed": {"mr": "बंद", "en": "closed it"}}}})
    assert told.words("file", "closed").mr == "बंद"
    assert told.words("receipt", "closed").en == "closed"


def test_an_act_is_called_something_in_both_languages():
    with pytest.raises(ValueError, match="file: closed"):
        reporting({"ages": [7], "acts": {"file": {"closed": {"en": "closed it"}}}})


def test_a_diary_is_read_by_the_post_and_by_who_is_above():
    def post(code: str, above: str | None) -> Post:
        return Post(code, "d", None, code, code, 1, above, Secrecy.NORMAL, TODAY, None)

    posts = {each.code: each for each in (post("je", "de"), post("de", "ce"), post("ce", None))}
    city = Organisation({}, {}, posts, {}, ())
    for reader in ("je", "de", "ce"):
        check_diary(city, "je", reader)
    with pytest.raises(Forbidden) as refused:
        check_diary(city, "de", "je")
    assert refused.value.details["legal"] == ["de", "ce"]


def verbs() -> Iterator[tuple[str, str]]:
    """Kind and verb of the acts that commands write down, where they stand in a call."""
    calls = (
        each
        for path in Path("services/eoffice").rglob("*.py")
        for each in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Name)
    )
    for call in calls:
        given = [part for each in call.args for part in _parts(each)]
        words = [
            each.value
            for each in given
            if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
        if call.func.id == "act" and len(words) == 2:
            yield words[0], words[1]
        elif call.func.id == "written" and len(words) == 1:
            yield "receipt", words[0]


def _parts(argument: ast.expr) -> list[ast.expr]:
    inner = argument.value if isinstance(argument, ast.Starred) else argument
    return inner.elts if isinstance(inner, ast.Tuple) else [inner]


def test_what_a_diary_and_an_archive_tell_of_has_words():
    found = set(verbs())
    assert {("file", "dispatched a letter"), ("receipt", "put_in_file")} <= found
    assert {each for each in found if each not in city_reporting().acts} == set()
