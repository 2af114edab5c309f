"""What services refuse with, told to who reads Marathi."""

import ast

import pytest
from marshmallow import Schema, ValidationError, fields, validate

from palika.auth import ANONYMOUS
from palika.config import settings
from palika.errors import Conflict, Invalid
from palika.rpc import Client
from services.portal.calls import Calls
from services.portal.pages.word_files import untranslated
from services.portal.refusals import for_reader, said
from services.portal.refusals.collecting import collected, patterns_of
from services.portal.refusals.files import catalogue
from services.portal.refusals.wording import VALUE


def test_every_refusal_is_translated_and_none_is_stale():
    known = {each.id for each in catalogue() if each.id and each.context is None}
    now = set(collected())
    assert now - known == set(), "run: palika site words"
    assert known - now == set(), "run: palika site words"
    assert untranslated(catalogue()) == []


def test_a_translation_has_the_values_of_its_pattern():
    for each in catalogue():
        if each.id:
            assert sorted(VALUE.findall(each.string)) == sorted(VALUE.findall(each.id)), each.id


@pytest.mark.parametrize(
    ("said_in_english", "told"),
    [
        ("must not be empty", "रिकामे असू नये"),
        ("there is no grievance PMC-2026-000012", "PMC-2026-000012 अशी तक्रार नाही"),
        ("there is no file PMC/ROADS/12 {x}", "PMC/ROADS/12 {x} अशी नस्ती नाही"),
        # A value that is a refusal of its own.
        ("line 3: must not be empty", "ओळ 3: रिकामे असू नये"),
        # What nobody knows stays as it is.
        ("the moon is full over Parvati", "the moon is full over Parvati"),
        ("रिकामे असू नये", "रिकामे असू नये"),
        ("", ""),
    ],
)
def test_a_sentence_is_told_with_its_values(said_in_english, told):
    assert said(said_in_english) == told


def test_a_sentence_that_several_patterns_fit_is_told_by_the_one_that_says_most():
    # Also "there is no {0}".
    assert said("there is no grievance 7") == "7 अशी तक्रार नाही"


def test_what_the_library_says_is_told():
    class Asked(Schema):
        number = fields.Integer(required=True, validate=validate.Range(1, 40))
        few = fields.Integer(validate=validate.Range(min=3))
        name = fields.String(validate=validate.Length(max=3))
        kind = fields.String(validate=validate.OneOf(["a", "b"]))

    with pytest.raises(ValidationError) as raised:
        Asked().load({"few": 1, "name": "long", "kind": "c", "more": 1})
    told = {name: said(rules[0]) for name, rules in raised.value.normalized_messages().items()}
    assert told == {
        "number": "हे भरणे आवश्यक आहे.",
        "few": "किमान 3 असावे.",
        "name": "कमाल लांबी 3 आहे.",
        "kind": "यांपैकी एक असावे: a, b.",
        "more": "असे काही विचारलेले नाही.",
    }
    with pytest.raises(ValidationError) as raised:
        Asked().load({"number": 0})
    assert said(raised.value.messages["number"][0]) == "1 ते 40 असावे."


def test_a_page_in_marathi_is_told_in_marathi_and_all_else_in_english(app):
    wrong = Invalid(
        "tax.pay: wrong arguments", {"rows": [{"name": ["must not be empty"]}], "n": ["odd"]}
    )
    for path in ("/en/services", "/open311/v2/requests.json", "/openapi.json", "/webhooks/plivo"):
        with app.test_request_context(path, headers={"Accept-Language": "mr"}):
            app.preprocess_request()
            assert for_reader(wrong) is wrong
    with app.test_request_context("/mr/services"):
        app.preprocess_request()
        told = for_reader(wrong)
        assert (type(told), told.message) == (Invalid, "tax.pay: माहिती चुकीची आहे")
        assert told.fields == {"rows": [{"name": ["रिकामे असू नये"]}], "n": ["odd"]}
        # The details of the others are for programs.
        kept = for_reader(Conflict("no such post", {"state": "must not be empty"}))
        assert (kept.message, kept.details) == ("असे पद नाही", {"state": "must not be empty"})
    assert for_reader(wrong) is wrong, "nobody asks"


def test_it_is_put_into_words_where_a_service_has_refused(app, monkeypatch):
    def refuse(*_):
        raise Conflict("no such post", {"code": "roads-je"})

    monkeypatch.setattr(Client, "_invoke", refuse)
    calls = Calls(settings("portal"))
    calls.word(for_reader)
    with app.test_request_context("/mr/services"):
        app.preprocess_request()
        with calls.as_(ANONYMOUS) as services, pytest.raises(Conflict) as raised:
            services.eoffice.posts()
    assert (raised.value.message, raised.value.details) == ("असे पद नाही", {"code": "roads-je"})


def test_patterns_are_read_out_of_what_is_raised():
    source = """
from palika.errors import Conflict, Invalid

_AWAY = "it is away"

def _wrong(field, rule):
    return Invalid("wrong arguments", {field: [rule]})

def work(number, late, names):
    if late:
        raise Conflict(f"file {number} is {'late' if late else 'early'}: {_AWAY}")
    raise _wrong("name", "too long, by " + str(names))
    raise Conflict(_AWAY)
    raise KeyError("not for people")
"""
    assert patterns_of(ast.parse(source)) == {
        "wrong arguments",
        "file {0} is late: it is away",
        "file {0} is early: it is away",
        "too long, by {0}",
        "it is away",
    }
