"""The flow as data: what a city writes wrongly is told with its place, before anybody is called."""

from copy import deepcopy
from functools import cache
from importlib import resources

import pytest
import yaml

from palika.city_data import with_corporation
from palika.reading import Mistakes
from services.notify.domain.call.table import read_table


@cache
def _city() -> dict:
    path = resources.files("services.notify") / "data" / "calls.yaml"
    found: dict = with_corporation(yaml.safe_load(path.read_text("utf-8")))
    return found


def _found(change) -> str:
    raw = deepcopy(_city())
    change(raw)
    with pytest.raises(Mistakes) as caught:
        read_table(raw)
    return str(caught.value)


def _set(raw: dict, path: str, value: object) -> None:
    *way, last = path.split("/")
    for key in way:
        raw = raw[int(key)] if key.isdigit() else raw[key]
    raw[int(last) if last.isdigit() else last] = value


BOTH = {"mr": "{owed}", "en": "{owed}"}


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("states/greet/says", BOTH, "states, greet: {owed} is said before a check"),
        ("states/not_verified/says", BOTH, "states, not_verified: {owed} is said before a check"),
        ("states/menu/says", {"mr": "{status}", "en": "{status}"}, "{status} is not known here"),
        ("states/menu/says", {"mr": "{owed}", "en": "no"}, "says other facts in mr than in en"),
        (
            "states/menu/says",
            {"mr": "{verify}", "en": "{verify}"},
            "{verify} is nothing that can be said",
        ),
        (
            "states/menu/says",
            {"mr": "{name}", "en": "{name}"},
            "{name} is nothing that can be said",
        ),
        ("states/menu/says", {"mr": "{ x", "en": "x"}, "braces must hold the name of a fact"),
        ("states/menu/says", {"mr": "[hi|x]", "en": "x"}, "braces must hold the name of a fact"),
        ("states/menu/says", {"mr": "x"}, "needs a name in mr and in en"),
        ("states/menu/says", {"mr": "x" * 1001, "en": "x"}, "is longer than 1000 characters"),
        ("states/greet/then", "nowhere", "states, greet, then: there is no state 'nowhere'"),
        ("states/greet/then", "greet", "says the same again and again"),
        ("states/greet/then", "menu", "a stranger might do it"),
        ("states/greet/kind", "sing", "states, greet, kind: must be one of say, choice"),
        ("states/greet/do", ["promise"], "promise is done before a check"),
        ("states/greet/do", ["dance"], "must be one of promise"),
        ("states/verify/against", "owed", "states, verify, against: must be one of verify"),
        ("statuses/filed", {"mr": "{owed}", "en": "{owed}"}, "must have no braces"),
        ("limits/checks_an_hour", 0, "must be a whole number from 1 to 1000"),
        ("states/verify/nothing", "nowhere", "verify, nothing: there is no state"),
        ("states/verify/digits", 1, "states, verify, digits: must be a whole number from 2 to 12"),
        (
            "states/lost",
            {"kind": "end", "says": {"mr": "x", "en": "x"}, "outcome": "x"},
            "states, lost: no call comes here",
        ),
        ("limits/silent", "menu", "limits, silent: menu must be an end"),
        ("limits/again", 99, "limits, again: must be a whole number from 0 to 5"),
        ("limits/hours", 1, "hours not known"),
        ("flows/reminder/facts", ["owed"], "verify is not known here"),
        ("flows/reminder/direction", "up", "must be one of out, in"),
        ("flows/inbound/in_place_of", ["x"], "stands with calls that go out"),
        ("flows/reminder/in_place_of", [7], "must be text"),
        ("everywhere/0/keys", "1", "the key 1 is there twice"),
        ("everywhere/0/keys", "A", "must be one of 0, 1"),
        ("everywhere/0/do", ["opt_out"], "do not known"),
        ("everywhere/1", {"code": "silent"}, "needs keys or words"),
        ("constants/helpline", "call us", "must be a telephone number"),
        ("constants/owed", "1800 1", "is what a fact of calls is called"),
        ("states/ask_grievance/digits", 7, "must be the least and the most digits"),
        ("states/menu/choices/0/words", ["लिंक"], "may mean link and promise"),
        ("states/menu/choices/1/code", "link", "the answer link is there twice"),
        ("states", {}, "states: there must be one at least"),
    ],
)
def test_a_mistake_is_told(path: str, value: object, told: str):
    assert told in _found(lambda raw: _set(raw, path, value))


def test_a_call_that_can_never_end_is_told():
    def change(raw: dict) -> None:
        says = {"mr": "x", "en": "x"}
        loop = {
            "kind": "choice",
            "says": says,
            "choices": [{"code": "x", "keys": "1", "then": "loop"}],
        }
        raw["states"]["loop"] = loop
        raw["states"]["greet"]["then"] = "loop"

    assert "states, loop: no way leads from here to an end" in _found(change)


def test_every_mistake_is_told_at_once():
    def change(raw: dict) -> None:
        _set(raw, "limits/again", 99)
        _set(raw, "states/greet/then", "nowhere")

    told = _found(change)
    assert "limits, again" in told
    assert "states, greet, then" in told


@pytest.mark.parametrize(
    "raw", [None, [], "x", 7, {}, {"states": 7}, {"states": {"a": None}}, {"flows": []}]
)
def test_what_is_no_table_at_all_is_refused(raw: object):
    with pytest.raises(Mistakes):
        read_table(raw)
