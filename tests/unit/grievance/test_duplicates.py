"""Likely duplicates: single pieces of evidence, and the whole measured on the labelled set."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from palika import cli
from services.grievance.domain.duplicates import (
    MAX_AGE_DAYS,
    MAX_OFFERED,
    THRESHOLD,
    Match,
    Report,
    rank,
)
from services.grievance.domain.place import Point, distance_m
from services.grievance.duplicates.labelled import EVALUATION_SEED, generate
from services.grievance.duplicates.measuring import Measure, measure
from services.grievance.reference import city, read_data

NOW = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
SPOT = Point(18.5204, 73.8567)
METRE = 1 / 111_195


def report(id: str = "new", **changes) -> Report:
    """A pothole at the spot, now."""
    return Report.of(
        **{
            "id": id,
            "subcategory": "pothole",
            "category": "roads",
            "ward": "kothrud-bavdhan",
            "filed_at": NOW,
            "place": SPOT,
            "description": "Deep pothole near Sai temple",
            "address": "Gandhi Road, Kothrud",
        }
        | changes
    )


def north(metres: float) -> Point:
    return Point(SPOT.lat + metres * METRE, SPOT.lon)


def only(new: Report, old: Report, radius_m: float = 250) -> Match | None:
    """The match of two reports, among others of the ward that are something else."""
    found = rank(new, [old, *others()], radius_m)
    return next((match for match in found if match.id == old.id), None)


def others() -> list[Report]:
    places = ("Ganesh school, Tilak Road", "Amrut bank, Canal Road", "Kamal hotel, Nehru Road")
    return [
        report(f"other{index}", place=None, description="road broken", address=f"{place}, Kothrud")
        for index, place in enumerate(places * 5)
    ]


def test_the_same_report_is_offered_with_its_reasons():
    match = only(report(), report("old", filed_at=NOW - timedelta(days=1), place=north(20)))
    assert match is not None
    assert match.distance_m == 20
    assert 0.9 < match.score <= 1
    assert set(match.reasons) == {
        "same_subcategory", "near", "same_place_names", "similar_words", "recent",
    }  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"category": "drainage", "subcategory": "manhole"},
        {"place": north(260)},
        {"filed_at": NOW - timedelta(days=MAX_AGE_DAYS, seconds=1)},
        {"place": None, "ward": "aundh-baner"},
    ],
    ids=["another category", "beyond the radius", "too old", "another ward, no position"],
)
def test_what_cannot_be_the_same_is_never_offered(changes):
    assert only(report(), report("old", **changes)) is None


def test_the_radius_is_the_kinds_own():
    old = report("old", place=north(200))
    assert only(report(), old, radius_m=250) is None
    assert only(report(), old, radius_m=1_000) is not None


def test_nearer_is_likelier():
    scores = [only(report(), report("old", place=north(at))).score for at in (0, 30, 60)]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)


def test_the_more_alike_two_stories_are_the_likelier_they_are_one():
    new = report(description="deep pothole full of stagnant water, two wheeler accident")
    alike = only(new, report("old", description="मोठा खड्डा, पाणी साचले, अपघात झाला"))
    unlike = only(new, report("old", description="डांबर खराब"))
    assert alike.score > unlike.score
    assert "similar_words" in alike.reasons
    assert "similar_words" not in unlike.reasons


def test_another_kind_of_the_category_counts_less():
    same = only(report(), report("old"))
    other = only(report(), report("old", subcategory="road-damage"))
    assert other.score < same.score
    assert other.reasons[0] == "same_category"


def test_another_pole_is_another_grievance_however_near():
    new = report(description="light off, pole no 45", subcategory="street-light")
    same = report("old", description="पथदिवा बंद, पोल क्र. ४५", subcategory="street-light")
    next_one = report("next", description="खांब क्रमांक 46 बंद", subcategory="street-light")
    offers = rank(new, [same, next_one], 250)
    assert [match.id for match in offers] == ["old"]
    assert "same_number" in offers[0].reasons


def test_without_a_position_a_landmark_in_the_other_language_is_enough():
    new = report(place=None, description="साई मंदिराजवळ मोठा खड्डा", address="गांधी रोड, कोथरूड")
    match = only(new, report("old"))
    assert match is not None
    assert match.distance_m is None
    assert {"same_ward", "same_place_names"} <= set(match.reasons)


def test_without_a_position_the_area_alone_is_not_enough():
    new = report(place=None, description="Deep pothole", address="Kothrud")
    assert only(new, report("old", description="Deep pothole", address="Kothrud")) is None


def test_without_position_and_address_nothing_is_offered():
    new = report(place=None, ward=None, description="खड्डा", address=None)
    assert rank(new, [report("old"), *others()], 250) == []


def test_offers_are_few_and_best_first():
    old = [report(f"old{at:02}", place=north(at)) for at in range(30)]
    offers = rank(report(), reversed(old), 250)
    assert [match.id for match in offers] == [each.id for each in old[:MAX_OFFERED]]
    assert all(match.score >= THRESHOLD for match in offers)


def test_nothing_comes_of_no_candidates_and_a_radius_of_nothing_is_no_error():
    assert rank(report(), [], 250) == []
    assert only(report(), report("old"), radius_m=0) is not None


@cache
def evaluation() -> Measure:
    return measure(generate(2_000, EVALUATION_SEED, "evaluation"))


def test_the_labelled_set_is_the_same_for_the_same_seed():
    first, again = (generate(100, 5, "evaluation") for _ in range(2))
    assert first == again
    assert first != generate(100, 6, "evaluation")
    assert len(first) == 100


def test_the_labelled_set_has_what_makes_it_hard():
    reports = generate(2_000, EVALUATION_SEED, "evaluation")
    placed = sum(each.report.place is not None for each in reports) / len(reports)
    marathi = sum(each.language == "mr" for each in reports) / len(reports)
    incidents = {each.incident for each in reports}
    assert 0.5 < placed < 0.8
    assert 0.5 < marathi < 0.8
    assert 0.3 < len(incidents) / len(reports) < 0.7
    assert [each.report.filed_at for each in reports] == sorted(
        each.report.filed_at for each in reports
    )


def test_no_phrase_of_the_evaluation_is_one_that_was_tuned_on():
    tuned_on = {
        phrase
        for kind in read_data("labelled.yaml")["kinds"].values()
        for phrases in kind["phrases"].values()
        for phrase in phrases[::2]
    }

    def used(half):
        texts = "\n".join(each.text for each in generate(1_000, 1, half))
        return {phrase for phrase in tuned_on if phrase in texts}

    assert len(used("development")) > len(tuned_on) / 2
    assert used("evaluation") == set()


def test_duplicates_with_positions_are_found_and_rightly():
    figures = evaluation().groups["both positions known"].to_dict()
    assert figures["pairs"] > 500
    assert figures["precision"] >= 0.84
    assert figures["recall"] >= 0.88


def test_duplicates_without_positions_are_found_as_far_as_words_can_tell():
    figures = evaluation().groups["a position missing"].to_dict()
    assert figures["pairs"] > 500
    assert figures["precision"] >= 0.62
    assert figures["recall"] >= 0.48


@pytest.mark.parametrize("languages", ["mr–mr", "en–en", "mr–en"])
def test_no_language_is_left_behind(languages):
    figures = evaluation().groups[languages].to_dict()
    assert figures["pairs"] > 150
    assert figures["f1"] >= 0.68


def test_whoever_files_what_is_open_mostly_sees_it_and_whoever_does_not_is_mostly_left_alone():
    figures = evaluation().to_dict()
    assert figures["found_among_first_three"] >= 0.78
    assert figures["first_reports_asked_in_vain"] <= 0.19
    assert figures["overall"]["precision"] >= 0.72
    assert figures["overall"]["recall"] >= 0.65


def test_what_is_measured_is_what_filing_offers():
    """The catalogue's radius of each kind, and what the queries find; no wider, no more."""
    asked: list[tuple[Report, list[Report], float]] = []

    def find(new: Report, candidates: Iterable[Report], radius_m: float) -> list[Match]:
        asked.append((new, list(candidates), radius_m))
        return rank(new, asked[-1][1], radius_m)

    measure(generate(500, EVALUATION_SEED, "evaluation"), find)
    for new, found, radius_m in asked:
        assert radius_m == city().subcategory(new.subcategory).duplicate_radius_m
        if new.place is None:
            assert all(old.ward == new.ward is not None for old in found)
        else:
            assert all(old.place or old.ward == new.ward for old in found)
    assert {radius_m for *_, radius_m in asked} == {100, 150}


def test_a_small_things_positions_err_as_a_large_ones_do():
    """Two telephones at one pothole may well be 60 m apart."""
    far = report("old", place=north(60))
    for radius_m in (100, 250):
        assert [match.id for match in rank(report("new", place=SPOT), [far], radius_m)] == ["old"]


def by_radius_alone(new: Report, candidates: Iterable[Report], radius_m: float) -> list[Match]:
    """FixMyStreet's rule: the same kind within the radius."""
    return [
        Match(old.id, 1.0, None, ())
        for old in candidates
        if old.subcategory == new.subcategory
        and old.place
        and new.place
        and distance_m(old.place, new.place) <= radius_m
    ]


def test_words_and_distance_do_better_than_a_radius_alone():
    plain = measure(generate(2_000, EVALUATION_SEED, "evaluation"), by_radius_alone)
    ours = evaluation()
    # Where both positions are known the radius alone does well; it is words that find the others.
    name = "both positions known"
    assert ours.groups[name].to_dict()["f1"] > plain.groups[name].to_dict()["f1"]
    assert ours.overall.to_dict()["f1"] > plain.overall.to_dict()["f1"] + 0.15


def test_the_command_prints_the_measure(capsys):
    assert cli.main(["grievance", "duplicates", "measure", "--reports", "300", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["set"] == "synthetic"
    assert figures["half"] == "evaluation"
    assert figures["reports"] == 300
    assert 0 < figures["overall"]["precision"] <= 1
    assert cli.main(["grievance", "duplicates", "measure", "--reports", "300"]) == 0
    shown = capsys.readouterr().out
    assert "both positions known" in shown
    assert "pothole" in shown
    assert "%" in shown
