"""Search over the site: both languages, forms of words, misspelt ones."""

from datetime import date, timedelta

import pytest

from services.portal.content.loading import SHIPPED, load
from services.portal.site.searching import Index, number_in, search_index


@pytest.fixture(scope="module")
def index():
    return Index(load(SHIPPED), date(2026, 11, 29))


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("property tax", "/services/pay-property-tax"),
        ("मिळकतकर भरणे", "/services/pay-property-tax"),
        ("घरपट्टी", "/services/pay-property-tax"),
        ("जन्म दाखला", "/services/birth-certificate"),
        ("BIRTH certificates", "/services/birth-certificate"),
        ("नळजोड", "/services/water-connection"),
        ("जन्मदाखला", "/services/birth-certificate"),
        ("janma dakhala", "/services/birth-certificate"),
        ("मृत्यूदाखला", "/services/death-certificate"),
        ("panipatti", "/services/water-meter-complaint"),
        ("RTI", "/services/rti-application"),
        ("debris", "/services/debris-collection"),
        ("PMC/SWM/2026/19", "/tenders/compactor-vehicles"),
    ],
)
def test_what_people_look_for_comes_first(index, query, first):
    assert index.find(query).hits[0].address == first


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("PMC-2026-000554", ("grievance", "PMC-2026-000554")),
        (" pmc-२०२६-०००५५४ ", ("grievance", "PMC-2026-000554")),
        ("DEMO-1-0000039", ("property", "DEMO-1-0000039")),
        ("P/9/00220", ("property", "P/9/00220")),
        ("property tax", None),
        ("मिळकतकर", None),
        ("2026-27", None),
    ],
)
def test_a_number_is_known_by_its_form(query, number):
    assert number_in(query) == number


@pytest.mark.parametrize(("marathi", "english"), [("कचरा", "garbage"), ("रस्त्यावरील", "road")])
def test_a_marathi_word_finds_what_the_english_one_finds(index, marathi, english):
    found = {each.address for each in index.find(marathi).hits}
    assert found
    assert found & {each.address for each in index.find(english).hits}


def test_a_document_with_all_words_is_found_and_others_are_not(index):
    found = index.find("waste debris").hits
    assert found
    assert len(found) < len(index.find("waste").hits)


def test_hits_are_counted_by_kind_and_one_kind_can_be_asked_for(index):
    found = index.find("tax")
    assert found.kinds["services"] >= 3
    only = index.find("tax", "notices")
    assert {each.kind for each in only.hits} == {"notices"}
    assert only.kinds == found.kinds


@pytest.mark.parametrize(
    ("query", "suggestion"),
    [("sertificate", "certificate"), ("proprty taxx", "property tax"), ("तक्रर", "तक्रार")],
)
def test_a_misspelt_word_is_told_in_another_spelling(index, query, suggestion):
    assert index.find(query).suggestion == suggestion


@pytest.mark.parametrize("query", ["", "  ", "the of", "zzzzqqq", "'; DROP", "\x00", "x" * 5000])
def test_whatever_is_typed_is_answered(index, query):
    index.find(query)


def test_what_is_not_out_yet_is_neither_found_nor_suggested():
    content = load(SHIPPED)
    notice = content.get("notices", "water-closure-thursday")
    first = notice.facts["from_"]
    before, on = (search_index(content, first - timedelta(days=ago)) for ago in (1, 0))
    address = "/notices/water-closure-thursday"
    assert address in [each.address for each in on.find(notice.title.en).hits]
    for title in (notice.title.en, notice.title.mr):
        found = before.find(title)
        assert address not in [each.address for each in found.hits]
        assert found.suggestion is None or notice.title.en not in found.suggestion
