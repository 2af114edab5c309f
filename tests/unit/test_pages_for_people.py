"""What the pages for who is on call and who asks after threats promise is there."""

import ast
import re
import shlex
from functools import cache
from pathlib import Path

import pytest

from tests.support.commands import ROOT
from tests.support.pages import must_all_exist, must_exist, must_lead_somewhere

ON_CALL = ROOT / "docs" / "on-call.md"
THREATS = ROOT / "docs" / "security.md"
PAGES = (ON_CALL, THREATS, ROOT / "CONTRIBUTING.md")
# One line of a table of threats: the threat, what stands against it, what proves that.
_LINE = re.compile(r"\| (?P<threat>[^|]+) \| (?P<measure>[^|]+) \| (?P<proof>[^|]+) \|")
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_what_who_is_on_call_types_exists() -> None:
    text = ON_CALL.read_text("utf-8")
    blocks = re.findall(r"```sh\n(.+?)\n```", text, re.DOTALL)
    assert blocks
    for block in blocks:
        must_all_exist(block)
    for line in re.findall(r"`palika ([^`]+)`", text.replace("\n", " ")):
        must_exist(shlex.split(line))


def test_who_is_on_call_has_one_page() -> None:
    assert len(ON_CALL.read_text("utf-8").splitlines()) <= 66


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_links_lead_somewhere(page: Path) -> None:
    must_lead_somewhere(page)


def threats() -> list[re.Match[str]]:
    """The lines of the tables of threats."""
    found = [_LINE.fullmatch(line) for line in THREATS.read_text("utf-8").splitlines()]
    return [line for line in found if line and line["threat"] != "threat"]


@cache
def names_in(file: str) -> frozenset[str]:
    """The names of a file's tests."""
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_line_that_looks_like_a_threat_is_one() -> None:
    rows = [line for line in THREATS.read_text("utf-8").splitlines() if line.startswith("| ")]
    assert len(threats()) == len([row for row in rows if row != "| threat | measure | test |"])
    assert len(threats()) > 50


@pytest.mark.parametrize("line", threats(), ids=lambda line: line["threat"])
def test_every_threat_names_a_test_that_there_is_or_says_that_there_is_none(
    line: re.Match[str],
) -> None:
    named = _TEST.findall(line["proof"])
    assert named or "**not covered**" in line["proof"]
    assert line["proof"].count("`") == 2 * len(named), "all that is quoted is a test"
    for file, test in named:
        assert test in names_in(file), f"{file} has no {test}"
