"""Imports one after another, of whatever files: what holds after each that is not refused."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import count
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from palika.spreadsheets import csv_text
from services.eoffice.commands.import_organisation import read_tables
from services.eoffice.domain.organisation_lines import COLUMNS, UNITS
from services.eoffice.domain.organisation_plan import Known, Plan, draw
from services.eoffice.domain.organisation_rules import circle, overlapping

FIRST = date(2026, 7, 1)
_SOME = [str(FIRST + timedelta(days=each)) for each in (0, 9, 18)]
_RARELY = st.sampled_from([*([""] * 20), *_SOME])
_DAYS = st.sampled_from([*([""] * 12), *_SOME])
_NAMES = st.sampled_from([*(["one"] * 12), "two"])
_FIXED = {
    "mr": "नाव",
    "clearance": "normal",
    "level": "1",
    "phone": "",
    "email": "",
    "order_ref": "",
}
_KEYS = count()
_POSTS, _PEOPLE = ("p1", "p2", "p3"), ("a1", "a2", "a3")


@st.composite
def files(draw_: Any) -> dict[str, str]:
    """Five files in which much is right."""
    posts = draw_(st.sampled_from([*([_POSTS] * 6), _POSTS[:2]]))
    people = draw_(st.sampled_from([*([_PEOPLE] * 6), _PEOPLE[:2]]))
    order = draw_(st.permutations(posts))
    own = draw_(st.permutations(people))
    holdings = [{"post": post, "person": own[at % len(own)]} for at, post in enumerate(posts)]
    for at, each in enumerate(holdings):
        each["kind"] = "regular" if at < len(own) else "additional"
    lines: dict[str, list[dict[str, str]]] = {
        "departments": [{"code": "d1"}],
        "sections": [],
        "posts": [
            {
                "code": each,
                "department": "d1",
                # Now and then a circle.
                "reports_to": draw_(st.sampled_from(["", "", *order[: max(1, order.index(each))]])),
                "en": draw_(_NAMES),
                "until": draw_(_RARELY),
            }
            for each in posts
        ],
        "people": [{"code": each, "en": draw_(_NAMES)} for each in people],
        "holdings": draw_(st.lists(st.sampled_from(holdings), min_size=1, unique_by=str)),
    }
    lines["holdings"] = [
        {**each, "since": draw_(_DAYS), "until": draw_(_DAYS)} for each in lines["holdings"]
    ]
    return {
        table: csv_text(
            [COLUMNS[table], *([_cell(name, each) for name in COLUMNS[table]] for each in found)]
        )
        for table, found in lines.items()
    }


def _cell(name: str, line: Mapping[str, str]) -> str:
    return line.get(name) or _FIXED.get(name) or ("name" if name == "en" else "")


def drawn(known: Known, texts: dict[str, str], day: date, today: date) -> tuple[Plan, list[Any]]:
    found, wrong = read_tables(texts)
    plan, against = draw(known, found, day, today)
    return plan, [*wrong, *against]


def carried_out(known: Known, plan: Plan) -> Known:
    units = {table: dict(each) for table, each in known.units.items()}
    holdings = dict(known.holdings)
    for each in plan.withdrawn:
        del holdings[each.key]
    for each in (*plan.added, *plan.changed, *plan.ended):
        if each.table != "holdings":
            units[each.table][each.key] = each.values
        else:
            holdings[next(_KEYS) if each.key is None else each.key] = each.values
    return Known(units, holdings)


def exported(known: Known) -> dict[str, str]:
    tables = {**known.units, "holdings": known.holdings}
    return {
        table: csv_text(
            [
                COLUMNS[table],
                *(
                    ["normal" if name == "clearance" else row[name] for name in COLUMNS[table]]
                    for row in each.values()
                ),
            ]
        )
        for table, each in tables.items()
    }


def check(before: Known, after: Known, plan: Plan) -> None:
    held = [(row, 1) for row in after.holdings.values()]
    assert list(overlapping(held)) == []
    reports_to = {code: each["reports_to"] for code, each in after.units["posts"].items()}
    there = {
        code
        for code, each in after.units["posts"].items()
        if each["until"] is None or each["until"] >= plan.day
    }
    assert not [code for code in there if circle(reports_to, code)]
    for row, _ in held:
        assert row["until"] is None or row["until"] >= row["since"]
    for table in UNITS:
        assert after.units[table].keys() >= before.units[table].keys()
        for code, row in before.units[table].items():
            now = after.units[table][code]
            assert now["since"] == row["since"]
            if table != "people" and row["until"] is not None and row["until"] < plan.day:
                assert now == row
    for key, row in before.holdings.items():
        over = row["until"] is not None and row["until"] < plan.day - timedelta(days=1)
        if row["since"] < plan.day:
            assert after.holdings[key]["since"] == row["since"]
        if over and row["since"] < plan.day:
            assert after.holdings[key]["until"] == row["until"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(files(), st.integers(0, 9), st.sampled_from([0, 0, 0, 7])), min_size=1, max_size=4
    )
)
def test_after_each_import_all_rules_hold_and_the_same_again_changes_nothing(imports):
    known = Known({table: {} for table in UNITS}, {})
    today = FIRST
    for texts, passed, ahead in imports:
        today += timedelta(days=passed)
        day = today + timedelta(days=ahead)
        plan, wrong = drawn(known, texts, day, today)
        event("refused" if wrong else f"imported: {len(known.holdings) > 0}")
        if wrong:
            continue
        after = carried_out(known, plan)
        check(known, after, plan)
        again, against = drawn(after, texts, day, today)
        assert (against, again.is_empty) == ([], True)
        own, against = drawn(after, exported(after), day, today)
        assert (against, own.is_empty) == ([], True)
        known = after
