"""Numbers of files by the city's scheme."""

import copy

import pytest

from services.eoffice.domain.numbering import numbering
from services.eoffice.reference import city_numbering, read_data


def test_a_number_has_department_section_head_year_and_serial():
    prefix = city_numbering().prefix("roads", "est", "tender", 2026)
    assert city_numbering().number(prefix, 7) == "ROADS/EST/TENDER/2026/0007"


def test_a_part_that_is_not_there_is_left_out():
    assert city_numbering().prefix("water-supply", None, "bill", 2026) == "WATER-SUPPLY/BILL/2026/"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"file": "{department}/{year}"}, "serial"),
        ({"file": "{serial}/{year}"}, "serial"),
        ({"file": "{department}/{serial}"}, "year"),
        ({"file": "{ward}/{year}/{serial}"}, "ward"),
        ({"heads": {"general": {"mr": "सर्वसाधारण"}}}, "name"),
        ({"heads": {"Tender 1": {"mr": "निविदा", "en": "Tenders"}}}, "small letters"),
        ({"heads": {"bill": {"mr": "देयके", "en": "Bills"}}}, "general"),
    ],
)
def test_a_mistake_in_the_scheme_is_named(changes, complaint):
    with pytest.raises(ValueError, match=complaint):
        numbering(copy.deepcopy(read_data("numbering.yaml")) | changes)
