"""The city as an endpoint: its jurisdiction and its languages."""

import dataclasses

import pytest
from flask import Flask

from palika.config import ConfigError, settings
from palika.errors import Invalid, NotFound
from services.portal.open311.city import City


def city(jurisdiction="", required="no"):
    return City(
        dataclasses.replace(
            settings(),
            open311_jurisdiction=jurisdiction,
            open311_jurisdiction_required=required,
        )
    )


def test_a_city_without_a_jurisdiction_does_not_look_at_it():
    city().check({})
    city().check({"jurisdiction_id": "anywhere"})


def test_another_jurisdiction_is_not_found_here():
    here = city("city.example")
    here.check({})
    here.check({"jurisdiction_id": "city.example"})
    with pytest.raises(NotFound, match="jurisdiction_id other"):
        here.check({"jurisdiction_id": "other"})


def test_it_may_be_required_where_there_is_one():
    with pytest.raises(Invalid, match="jurisdiction_id"):
        city("city.example", "yes").check({})
    with pytest.raises(ConfigError, match="must name"):
        city("", "yes")


@pytest.mark.parametrize(
    ("locale", "header", "language"),
    [
        ("en", "mr", "en"),
        ("EN-IN", "", "en"),
        ("mr_IN", "en", "mr"),
        ("fr", "en;q=0.5, mr;q=0.9", "mr"),
        (None, "fr, en;q=0.1", "en"),
        (None, "fr", "mr"),
        (None, "", "mr"),
        ("", "\x00;;q=x", "mr"),
    ],
)
def test_the_language_is_the_best_that_there_is(locale, header, language):
    with Flask(__name__).test_request_context("/", headers={"Accept-Language": header}):
        assert city().language({} if locale is None else {"locale": locale}) == language
