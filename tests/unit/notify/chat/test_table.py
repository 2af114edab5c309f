"""The city's table of states is whole, and each mistake in one is told."""

import copy
from importlib import resources

import pytest

from palika.city_data import with_corporation
from palika.reading import Mistakes
from palika.yaml_files import loaded
from services.grievance.domain.lifecycle import State
from services.grievance.reference import city
from services.notify.domain.chat.checks import reachable
from services.notify.domain.chat.graph import mermaid
from services.notify.domain.chat.reading import read_table
from services.tax.documents.data import ladder

TEXT = (resources.files("services.notify") / "data" / "chat.yaml").read_text(encoding="utf-8")
RAW = with_corporation(loaded(TEXT))
TABLE = read_table(RAW)


def _mistakes(raw):
    with pytest.raises(Mistakes) as told:
        read_table(raw)
    return dict(told.value.found)


def _changed(*path, to):
    raw = copy.deepcopy(RAW)
    inner = raw
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to
    return raw


def test_every_state_is_reached():
    assert reachable(TABLE) == set(TABLE.states)


def test_keywords_are_of_kinds_that_the_city_has():
    assert set(TABLE.keywords) <= set(city().subcategories)


def test_what_other_services_have_codes_for_is_named():
    assert {str(each) for each in State} <= set(TABLE.names)
    assert set(ladder().steps) <= set(TABLE.names)


@pytest.mark.parametrize(
    ("path", "to", "place", "rule"),
    [
        (("states", "menu", "choices", "tax", "to"), "nowhere", "to", "must be one of"),
        (("states", "tax", "do"), "dance", "do", "must be one of"),
        (("states", "tax", "then"), {"none": "menu"}, "then", "one, many missing"),
        (("states", "g-place", "pin"), "perhaps", "pin", "true or false"),
        (("states", "menu", "says"), {"mr": "नमस्कार"}, "says", "en missing"),
        (("states", "menu", "says", "mr"), "न" * 1_025, "says, mr", "1024"),
        (("states", "dues-owed", "choices", "pay", "mr"), "क" * 21, "pay, mr", "20"),
        (("states", "menu", "choices", "tax", "en"), "x" * 25, "tax, en", "24"),
        (("states", "dues-owed", "says", "en"), "{paid}", "states, dues-owed", "{paid}"),
        (("states", "dues", "then", "nothing"), "dues-owed", "states, dues-owed", "need not"),
        (("states", "f-reason", "takes", "text", "to"), "f-rated", "f-rated", "{rating}"),
        (("rules", "remind_minutes"), 60, "remind_minutes", "less than end_minutes"),
        (("commands", "stop", "to"), "gone", "commands, stop, to", "must be one of"),
        (("texts", "over", "en"), "Bye {name}", "texts, over, en", "{name}"),
        (("template",), "Chat Answer", "template", "name of a template"),
        (("states", "opted-in", "choices"), {}, "choices", "one at least"),
        (("states", "link-code", "says", "mr"), "", "says, mr", "must be text"),
    ],
)
def test_a_mistake_is_told_with_its_place(path, to, place, rule):
    told = _mistakes(_changed(*path, to=to))
    assert any(place in where and rule in what for where, what in told.items()), told


def test_a_state_that_nothing_leads_to_is_told():
    alone = {"says": {"mr": "अ", "en": "a"}, "choices": {"m": {"mr": "म", "en": "m", "to": "menu"}}}
    told = _mistakes(_changed("states", "island", to=alone))
    assert told == {"states, island": "nothing leads here"}


def test_a_state_without_a_way_on_is_told():
    told = _mistakes(_changed("states", "menu", to={"says": {"mr": "अ", "en": "a"}}))
    assert "way on" in told["states, menu"]


def test_actions_in_a_circle_are_told():
    told = _mistakes(_changed("states", "g-match", "then", "none", to="g-match"))
    assert any("without saying anything" in each for each in told.values())


def test_the_picture_has_every_state_and_way():
    drawn = mermaid(TABLE)
    assert drawn.startswith("flowchart TD\n")
    for name in TABLE.states:
        assert f"s_{name.replace('-', '_')}" in drawn
    assert 's_g_confirm -->|"Yes, file it"| s_g_file' in drawn
