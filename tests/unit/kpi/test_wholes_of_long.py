"""Values held against their wholes over a long history: the same as by looking at all days."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from palika.text import Name
from services.kpi.domain.entry import Key
from services.kpi.domain.indicators import MeasureInfo
from services.kpi.domain.places import Places
from services.kpi.domain.wholes import Above, Known

CITY = Places({"a": Name("अ", "a"), "b": Name("ब", "b")}, {}, {})
WHOLE = MeasureInfo(
    "some.whole", Name("क", "whole"), "tonnes", department="mill", every="month", by=("ward",)
)
DAYS = [date(2026, 1, 1) + timedelta(days=each) for each in range(8)]
KINDS = st.sampled_from(["sum", "level"])
BY = st.sampled_from([(), ("ward",)])


def looked_at_all(known: Known, key: Key) -> list[Above]:
    """What a value touches, by looking at every day of every part of it."""
    found = known.above(key)
    for code in known._parts[key.measure]:
        same = known._measures[code].by == known._measures[key.measure].by
        days = {
            day: place
            for place in ([key.place] if same else [*known._values[code]])
            for day in known._values[code][place]
        }
        for day, place in sorted(days.items()):
            at = known._newest(key.measure, key.place, day)
            if day >= key.day and at is not None and at.day == key.day:
                above = known.above(Key(code, place, day))
                found += [each for each in above if each.whole.code == key.measure]
    return found


@st.composite
def measures(draw: st.DrawFn) -> dict[str, MeasureInfo]:
    """A whole, two parts of it, and a part of the first, which is seldom above the whole."""
    whole = replace(WHOLE, kind=draw(KINDS), by=draw(BY))
    one = replace(whole, code="one.part", kind=draw(KINDS), by=draw(BY), at_most=whole.code)
    other = replace(one, code="other.part", kind=draw(KINDS), by=draw(BY), decimals=1)
    small = replace(
        one, code="small.part", kind=draw(KINDS), at_most=one.code, rarely_above=whole.code
    )
    return {each.code: each for each in (whole, one, other, small)}


@given(measures(), st.data())
def test_it_is_the_same_as_by_looking_at_every_day(known, data):
    places = {code: st.sampled_from(list(CITY.expected(of.by))) for code, of in known.items()}
    keys = st.sampled_from(list(known)).flatmap(
        lambda code: st.builds(Key, st.just(code), places[code], st.sampled_from(DAYS))
    )
    values = data.draw(st.dictionaries(keys, st.integers(0, 30), max_size=24))
    of = Known(values, known, CITY)
    for key in {*values, data.draw(keys)}:
        assert of.touched(key) == looked_at_all(of, key)


def test_a_long_history_is_not_looked_through_for_each_value(monkeypatch):
    """Each part is looked at with its own value and with that of its whole: no more."""
    known = {
        "some.whole": replace(WHOLE, kind="level"),
        "some.part": replace(WHOLE, code="some.part", kind="level", at_most="some.whole"),
    }
    days = [DAYS[0] + timedelta(days=each) for each in range(300)]
    of = Known({Key(code, "a", day): 1 for code in known for day in days}, known, CITY)
    asked: list[Key] = []
    above = Known.above
    monkeypatch.setattr(Known, "above", lambda self, key: asked.append(key) or above(self, key))
    for code in known:
        for day in days:
            of.touched(Key(code, "a", day))
    assert len(asked) == 3 * len(days)
