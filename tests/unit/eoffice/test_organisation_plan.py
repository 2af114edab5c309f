"""What five files would change, and everything that is wrong with them."""

from datetime import date
from typing import Any

import pytest

from services.eoffice.commands.import_organisation import read_tables
from services.eoffice.domain.organisation import Leave
from services.eoffice.domain.organisation_plan import Known, Plan, draw
from tests.support.organisation_files import city, edited

TODAY = date(2026, 7, 1)
NONE = Known({table: {} for table in ("departments", "sections", "posts", "people")}, {})


def drawn(texts: dict[str, str], known: Known = NONE, day: date = TODAY) -> tuple[Plan, list[Any]]:
    found, wrong = read_tables(texts)
    plan, against = draw(known, found, day, TODAY)
    told = [(each.table, each.line, each.column, each.rule) for each in [*wrong, *against]]
    return plan, told


def mistakes(texts: dict[str, str], known: Known = NONE, day: date = TODAY) -> list[Any]:
    return drawn(texts, known, day)[1]


def after(plan: Plan, known: Known = NONE) -> Known:
    """What is there when a plan was carried out."""
    units = {table: dict(rows) for table, rows in known.units.items()}
    holdings = dict(known.holdings)
    for each in plan.withdrawn:
        del holdings[each.key]
    for number, each in enumerate((*plan.added, *plan.changed, *plan.ended)):
        if each.table == "holdings":
            holdings[each.key or f"{plan.day}:{number}"] = each.values
        else:
            units[each.table][each.key] = each.values
    return Known(units, holdings, known.leaves)


CITY = after(drawn(city())[0])


def test_what_is_new_begins_on_the_day_or_when_the_file_says():
    texts = edited("posts", "1,engineer,normal,,", "1,engineer,normal,01-04-2020,")
    plan, wrong = drawn(texts)
    assert wrong == []
    since = {each.key: each.values["since"] for each in plan.added if each.table == "posts"}
    assert since == {
        "clerk": date(2020, 4, 1),
        "engineer": TODAY,
        "chief": TODAY,
        "lawyer": TODAY,
    }


@pytest.mark.parametrize("day", [TODAY, date(2027, 1, 1)])
def test_the_same_again_changes_nothing(day):
    plan, wrong = drawn(city(), CITY, day)
    assert (wrong, plan.is_empty) == ([], True)
    assert plan.unchanged == {
        "departments": 2,
        "sections": 1,
        "posts": 4,
        "people": 3,
        "holdings": 4,
    }


@pytest.mark.parametrize("separator", [";", "\t"])
def test_it_is_read_as_a_spreadsheet_writes_it(separator):
    texts = {
        table: "\ufeff" + text.replace(",", separator).replace("\n", "\r\n")
        for table, text in city().items()
    }
    plan, wrong = drawn(texts, CITY)
    assert (wrong, plan.is_empty) == ([], True)


def test_what_is_not_in_the_files_ends_the_day_before():
    day = date(2026, 8, 1)
    texts = edited("holdings", "lawyer,c.joshi3,additional,,,\n", "")
    texts = edited("posts", "lawyer,law,,विधी अधिकारी,Law Officer,4,,secret,,\n", "", texts)
    plan, wrong = drawn(texts, CITY, day)
    assert wrong == []
    assert {(each.table, each.values["until"]) for each in plan.ended} == {
        ("posts", date(2026, 7, 31)),
        ("holdings", date(2026, 7, 31)),
    }
    assert drawn(texts, after(plan, CITY), day)[0].is_empty
    back = mistakes(city(), after(plan, CITY), date(2026, 9, 1))
    assert [each[:3] for each in back] == [("posts", 5, "code")]


def test_what_begins_later_is_imported_twice_from_an_earlier_day():
    day = date(2026, 8, 1)
    known = after(drawn(city(), NONE, day)[0])
    texts = edited("holdings", "clerk,a.more1,regular,,,", "clerk,a.more1,regular,2026-08-01,,")
    plan, wrong = drawn(texts, known)
    assert (wrong, plan.is_empty) == ([], True)


def test_a_line_that_ends_a_holding_is_imported_twice():
    texts = edited("holdings", "lawyer,c.joshi3,additional,,,", "lawyer,c.joshi3,additional,,U,")
    texts = edited("holdings", ",U,", ",2026-06-30,", texts)
    known = Known(
        CITY.units, {key: {**row, "since": date(2026, 6, 1)} for key, row in CITY.holdings.items()}
    )
    known = Known(
        {
            table: {code: {**row, "since": date(2026, 6, 1)} for code, row in rows.items()}
            for table, rows in CITY.units.items()
        },
        known.holdings,
    )
    plan, wrong = drawn(texts, known)
    assert wrong == []
    assert [each.values["until"] for each in plan.ended] == [date(2026, 6, 30)]
    assert drawn(texts, after(plan, known))[0].is_empty
    # Of a new one nobody knows then when it began.
    unknown = mistakes(texts, Known(known.units, {}))
    assert ("holdings", 5, "since") in {each[:3] for each in unknown}


def test_what_is_over_is_not_changed():
    texts = edited("posts", "Law Officer,4,,secret,,", "Law Officer,4,,secret,,2026-07-31")
    texts = edited("holdings", "lawyer,c.joshi3,additional,,,\n", "", texts)
    known = after(drawn(texts, CITY, date(2026, 8, 1))[0], CITY)
    later = edited("posts", "Law Officer", "Head, Law".replace(",", ""), texts)
    found = mistakes(later, known, date(2026, 8, 2))
    assert [each[:3] for each in found if each[0] == "posts"] == [("posts", 5, "en")] * len(found)
    assert "what was, is not changed" in found[0][3]


def test_people_change_places_in_one_import():
    texts = edited("holdings", "clerk,a.more1", "clerk,X")
    texts = edited("holdings", "engineer,b.kale2", "engineer,a.more1", texts)
    texts = edited("holdings", "clerk,X", "clerk,b.kale2", texts)
    day = date(2026, 8, 1)
    plan, wrong = drawn(texts, CITY, day)
    assert wrong == []
    assert {(each.values["post"], each.values["person"]) for each in plan.added} == {
        ("clerk", "b.kale2"),
        ("engineer", "a.more1"),
    }
    assert len(plan.ended) == 2
    # Before that day somebody thinks better of it.
    plan, wrong = drawn(city(), after(plan, CITY))
    assert wrong == []
    assert (len(plan.withdrawn), len(plan.changed), len(plan.added)) == (2, 2, 0)


def test_names_and_lines_change_at_once_and_so_not_later():
    texts = edited("posts", "Clerk,1,engineer", "Senior Clerk,2,chief")
    plan, wrong = drawn(texts, CITY)
    assert wrong == []
    assert [dict(each.before) for each in plan.changed] == [
        {"en": "Clerk", "level": 1, "reports_to": "engineer"}
    ]
    later = mistakes(texts, CITY, date(2026, 8, 1))
    assert sorted(each[:3] for each in later) == [
        ("posts", 2, "en"),
        ("posts", 2, "level"),
        ("posts", 2, "reports_to"),
    ]


def test_a_column_that_a_file_lacks_says_nothing():
    texts = city(people="a.more1,अनघा मोरे,Anagha More\nb.kale2,भरत काळे,B K\nc.joshi3,चि,C J\n")
    texts["people"] = texts["people"].replace(",phone,email,language,since,until", "")
    plan, wrong = drawn(texts, CITY)
    assert wrong == []
    assert {each.key for each in plan.changed} == {"b.kale2", "c.joshi3"}


WRONG = [
    ("departments", "law,विधी,Law", "Law!,विधी,Law", (3, "code", "small letters")),
    ("departments", "law,विधी,Law", "law,,Law", (3, "mr", "empty")),
    ("departments", "law,विधी,Law", "streets,विधी,Law", (3, "code", "line 2 already")),
    ("sections", "works,streets", "works,lanes", (2, "department", "no department")),
    ("posts", "streets,works,लिपिक", "streets,desk,लिपिक", (2, "section", "no section")),
    ("posts", "streets,works,लिपिक", "law,works,लिपिक", (2, "section", "of streets, not of law")),
    ("posts", "Clerk,1,", "Clerk,one,", (2, "level", "number from 1")),
    ("posts", "1,engineer,normal", "1,nobody,normal", (2, "reports_to", "no post")),
    ("posts", "1,engineer,normal", "1,clerk,normal", (2, "reports_to", "clerk → clerk")),
    ("posts", "4,,secret,,\nlawyer", "4,clerk,secret,,\nlawyer", (2, "reports_to", "a circle")),
    ("posts", "engineer,normal", "engineer,hush", (2, "clearance", "top_secret")),
    ("posts", "normal,,", "normal,12/31/2026,", (2, "since", "01-04-2026")),
    ("people", "भरत काळे", "???? ????", (3, "mr", "CSV UTF-8")),
    ("posts", "normal,,", "normal,2026-12-31,2026-12-30", (2, "until", "2026-12-31 or later")),
    ("people", "b.kale2,भरत", "clerk,भरत", (3, "code", "posts.csv, line 2")),
    ("people", "9812345610", "98", (2, "phone", "mobile")),
    ("people", "a.more@example.org", "a.more", (2, "email", "name@example.org")),
    ("holdings", "engineer,b.kale2", "boss,b.kale2", (3, "post", "no post")),
    ("holdings", "engineer,b.kale2", "engineer,nobody", (3, "person", "no officer")),
    ("holdings", "b.kale2,regular", "b.kale2,acting", (3, "kind", "regular or additional")),
    ("holdings", "engineer,b.kale2", "clerk,b.kale2", (3, "post", "is held by a.more1")),
    ("holdings", "engineer,b.kale2", "engineer,a.more1", (3, "post", "as their own")),
    ("holdings", "lawyer,c.joshi3", "chief,c.joshi3", (5, "post", "holds chief")),
    ("holdings", "regular,,,GAD/1", "regular,2026-01-01,,", (2, "post", "begins on 2026-07-01")),
    ("holdings", "GAD/1", "GAD/1,more", (2, None, "7 cells, the header 6")),
]


@pytest.mark.parametrize(("table", "old", "new", "told"), WRONG)
def test_each_rule_names_file_line_and_column(table, old, new, told):
    found = mistakes(edited(table, old, new))
    line, column, words = told
    own = [each for each in found if each[:3] == (table, line, column)]
    assert own, found
    assert words in own[0][3]


def test_all_mistakes_are_told_at_once():
    texts = edited("posts", "Clerk,1,", "Clerk,one,")
    texts = edited("people", "भरत काळे", "", texts)
    texts = edited("holdings", "chief,c.joshi3", "boss,c.joshi3", texts)
    assert {each[:3] for each in mistakes(texts)} == {
        ("posts", 2, "level"),
        ("people", 3, "mr"),
        ("holdings", 4, "post"),
    }


def test_a_circle_is_told_once_and_in_full():
    texts = edited("posts", "4,,secret,,\nlawyer", "4,clerk,secret,,\nlawyer")
    circles = [each for each in mistakes(texts) if "circle" in each[3]]
    assert [each[3] for each in circles] == ["is a circle: clerk → engineer → chief → clerk"]


def test_what_is_personal_is_in_no_mistake():
    found, wrong = read_tables(edited("people", "a.more@example.org", "a.more at home"))
    assert [each.value for each in wrong] == [None]
    assert found["people"][0].sound is False


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        ({"posts": "code,mr\n"}, 1, "no such column"),
        ({"posts": ""}, 1, "the columns are code"),
        ({"holdings": "post,person,kind\n"}, 1, "no line"),
        ({"people": "code,mr,en,shoe\n"}, 1, "no column of this table"),
        ({"people": 'code,mr,en\n"a'}, 2, "unexpected end"),
        ({"people": "code,mr,en\na,\0,b"}, 2, "NUL"),
    ],
)
def test_what_is_no_such_file_is_told_by_its_line(change, line, words):
    ((table, _),) = change.items()
    own = [each for each in mistakes(city() | change) if each[:2] == (table, line)]
    assert own
    assert words in own[0][3]


def test_a_file_that_is_missing_ends_nothing():
    texts = city()
    del texts["holdings"]
    assert ("holdings", None) in {each[:2] for each in mistakes(texts, CITY)}


def test_the_past_is_not_changed():
    texts = edited("people", "b.kale2,भरत काळे,Bharat Kale,,,,,", "b.kale2,भरत,B,,,,2019-01-01,")
    assert ("people", 3, "since") in {each[:3] for each in mistakes(texts, CITY)}
    texts = edited("departments", "Law,,", "Law,,2026-07-15")
    late = mistakes(texts, CITY, date(2026, 8, 1))
    assert ("departments", 3, "until") in {each[:3] for each in late}


def test_who_stands_in_for_a_colleague_stays():
    leave = Leave("c.joshi3", "b.kale2", date(2026, 7, 20), date(2026, 8, 5))
    known = Known(CITY.units, CITY.holdings, [leave])
    texts = edited("people", "b.kale2,भरत काळे,Bharat Kale,,,,,\n", "")
    texts = edited("holdings", "engineer,b.kale2,regular,,,\n", "", texts)
    assert mistakes(texts, known, date(2026, 8, 1))[0][:3] == ("people", None, "code")
    assert mistakes(texts, known, date(2026, 8, 6)) == []
    # And until the leave is over, when a day is given.
    kale = "b.kale2,भरत काळे,Bharat Kale"
    for until, wrong in (("2026-08-04", [("people", 3, "code")]), ("2026-08-05", [])):
        texts = edited("people", f"{kale},,,,,", f"{kale},,,,,{until}")
        texts = edited("holdings", "b.kale2,regular,,,", f"b.kale2,regular,,{until},", texts)
        assert [each[:3] for each in mistakes(texts, known, date(2026, 8, 1))] == wrong
