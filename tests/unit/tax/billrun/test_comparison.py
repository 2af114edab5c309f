"""The sums of a dry run: the same whichever process has counted which property."""

import random

from services.tax.billrun.comparison import LONGEST, Change, Comparison


def changes(count: int) -> list[tuple[Change, str]]:
    rng = random.Random(5)
    found = []
    for number in range(count):
        before = rng.choice([0, rng.randrange(1, 100_000)])
        why_not = "no rate" if rng.random() < 0.05 else ""
        now = 0 if why_not else rng.choice([0, before, rng.randrange(1, 100_000)])
        ward, use = rng.choice(["north", "south"]), rng.choice(["residential", "mixed"])
        found.append((Change(f"P/{number:05d}", ward, use, before, now), why_not))
    return found


def counted(many: list[tuple[Change, str]]) -> Comparison:
    found = Comparison()
    for each in many:
        found.add(*each)
    return found


def test_the_sums_are_of_all_properties() -> None:
    many = changes(3_000)
    found = counted(many)
    assert found.properties == 3_000
    assert found.total.paise == sum(each.now for each, _ in many)
    assert found.total.paise_before == sum(each.before for each, _ in many)
    assert found.total.count == sum(each.now > 0 for each, _ in many)
    north = dict(found.by_ward())["north"]
    assert north.paise == sum(each.now for each, _ in many if each.ward == "north")
    mixed = dict(found.by_use())["mixed"]
    assert mixed.count_before == sum(each.before > 0 for each, _ in many if each.use == "mixed")
    assert found.problems.count == sum(bool(why_not) for _, why_not in many)


def test_the_largest_changes_are_of_those_with_both_demands() -> None:
    many = changes(3_000)
    found = counted(many).to_dict()
    both = sorted(
        (each.rise for each, why in many if each.before and each.now and not why), reverse=True
    )
    assert [each["rise"] for each in found["rises"]] == both[:LONGEST]
    assert [each["rise"] for each in found["falls"]] == both[::-1][:LONGEST]


def test_who_has_no_demand_any_more_is_listed_with_the_reason() -> None:
    found = Comparison()
    found.add(Change("P/1", "north", "mixed", 500, 0), "no rate")
    found.add(Change("P/2", "north", "mixed", 700, 0), "")
    found.add(Change("P/3", "north", "mixed", 0, 300), "")
    found.add(Change("P/4", "north", "mixed", 0, 0), "")
    told = found.to_dict()
    assert told["only_before"]["some"] == [
        {"ward": "north", "number": "P/1", "reason": "no rate"},
        {"ward": "north", "number": "P/2", "reason": "nothing to demand"},
    ]
    assert told["only_now"] == {"count": 1, "some": [{"ward": "north", "number": "P/3"}]}
    assert told["nothing"] == 2
    assert told["total"]["percent"] == -75.0


def test_two_halves_together_are_the_whole() -> None:
    many = changes(5_000)
    whole, half = counted(many), counted(many[::2])
    half.merge(counted(many[1::2]))
    first, second = whole.to_dict(), half.to_dict()
    for name in ("only_before", "only_now", "problems"):
        # All are counted; which of them are named is the first ones' of each process.
        assert first.pop(name)["count"] == second.pop(name)["count"]
    assert first == second


def test_its_size_is_bounded() -> None:
    found = counted(changes(20_000))
    assert len(found.rises) + len(found.falls) <= 100 * LONGEST
    assert len(found.only_before.some) == len(found.only_now.some) == LONGEST


def test_a_change_from_nothing_has_no_percentage() -> None:
    found = Comparison()
    found.add(Change("P/3", "north", "mixed", 0, 300), "")
    assert found.total.percent is None
