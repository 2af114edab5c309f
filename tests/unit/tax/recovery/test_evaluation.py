"""The comparison is fair: the same budget, and what would have happened; and honest where not."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from services.tax.domain.recovery import ACTIONS, Action
from services.tax.recovery import fairness, offpolicy
from services.tax.recovery.evaluation import WAYS, compare, possible_in, told
from services.tax.recovery.pipeline import fit, fit_synthetic, try_out
from services.tax.recovery.policies import by_lot, largest_first
from services.tax.recovery.synthetic import generate
from services.tax.recovery.training import TooLittle
from tests.support.recovery import SEED, WARDS, rules, trained


@pytest.fixture(scope="module")
def trial():
    """The small city, compared."""
    city, made = trained()
    return try_out(city, made, rules(), SEED, rounds=100)


def everybody(size: int) -> dict[Action, np.ndarray]:
    return {each: np.ones(size, dtype=bool) for each in ACTIONS}


# ---- the made-up city


def test_the_same_seed_makes_the_same_city():
    one, two, other = (generate(120, 3, seed, WARDS) for seed in (1, 1, 2))
    assert all(one.history(each) == two.history(each) for each in range(120))
    assert any(one.history(each) != other.history(each) for each in range(120))


def test_what_happened_is_what_would_have_happened_after_the_action_taken():
    city = trained()[0]
    everyone = np.arange(len(city))
    acted = 0
    for month in city.decisions:
        came = np.where(city.bounced, 0, city.paid)[month : month + 2].sum(axis=0)
        assert (city.potential[month // 2][city.acts[month], everyone] == came).all()
        acted += int((city.acts[month] > 0).sum())
    assert acted > 1000


def test_a_history_counts_what_the_city_counts():
    city = trained()[0]
    for index in range(0, len(city), 97):
        history = city.history(index)
        for month in city.decisions[::5]:
            day = city.day(month)
            then = slice(0, month + 1)
            came = np.where(city.bounced, 0, city.paid)[:month, index].sum()
            bounced_late = city.bounced[month - 1, index] * city.paid[month - 1, index]
            owed = (city.demanded + city.charged)[then, index].sum() - came
            # A cheque of the month before came back on the 3rd: that is known on the 5th.
            assert history.before(day).owed_paise == max(owed, 0), bounced_late
            potential = city.potential[month // 2][city.acts[month, index], index]
            assert history.paid_within(day, 60) == potential


# ---- ways


def test_largest_first_gives_the_hardest_action_to_the_largest():
    owed = np.array([5, 9, 1, 7])
    counts = {Action.ATTACHMENT: 1, Action.CALL: 1, Action.MESSAGE: 5}
    possible = everybody(4) | {Action.ATTACHMENT: np.array([True, False, True, True])}
    chosen = largest_first(owed, counts, possible)
    assert [str(ACTIONS[each]) for each in chosen] == ["message", "call", "message", "attachment"]
    assert (by_lot(counts, everybody(4), 1) == by_lot(counts, everybody(4), 1)).all()


def test_all_ways_have_the_same_number_of_actions(trial):
    comparison = trial.figures["comparison"]
    officers = comparison["officers"]["by_action"]
    for way in WAYS:
        for action, row in comparison[way]["by_action"].items():
            # A way may leave some unused; none has more.
            assert row["actions"] <= officers[action]["actions"], (way, action)
    assert comparison["largest_first"]["actions"] == comparison["officers"]["actions"]
    assert comparison["model"]["actions"] >= 0.9 * comparison["officers"]["actions"]


def test_no_way_does_what_is_not_possible(trial):
    city, judged = trial.city, trial.trained.judged
    for month in city.decisions:
        at = np.flatnonzero(judged.day == city.day(month).toordinal())
        if not len(at):
            continue
        possible = possible_in(city, judged.property[at], month)
        for way in ("model", "largest_first", "lot"):
            for place, action in enumerate(ACTIONS[1:], 1):
                here = trial.outcome.chosen[way][at] == place
                assert possible[action][here].all()
                assert not city.owners.held[judged.property[at][here]].any()


def test_what_is_brought_is_what_came_in_more(trial):
    outcome = trial.outcome
    for way in WAYS:
        assert (outcome.brought[way] <= outcome.recovered[way]).all()
        assert outcome.actions[way].sum() == sum(row[0] for row in outcome.by_action[way].values())
    comparison = trial.figures["comparison"]
    for way in WAYS:
        for key in ("recovered_rupees_per_action", "brought_rupees_per_action"):
            low, high = comparison[way][key]["interval"]
            assert low <= comparison[way][key]["rupees"] <= high


def test_who_knows_what_would_happen_does_better_than_the_model_and_the_lot(trial):
    """The measure itself is tried: a way that cheats has to win by it."""
    city, made = trained()
    months = [month for month in city.decisions if city.day(month) in made.cut.judge]

    class Cheat:
        threshold = made.model.threshold

        def __init__(self) -> None:
            self.months = iter(months)

        def table(self, x, owed):
            month = next(self.months)
            at = np.flatnonzero(made.judged.day == city.day(month).toordinal())
            at = at[~city.owners.held[made.judged.property[at]]]
            would = city.potential[month // 2][:, made.judged.property[at]].T.astype(float)
            return np.full_like(would, 0.5), would

    cheats = compare(city, made.judged, Cheat(), rules(), months, SEED)
    figures = told(cheats, rules(), SEED, rounds=20)
    brought = {way: trial.figures["comparison"][way]["brought_rupees"] for way in WAYS}
    assert figures["model"]["brought_rupees"] > max(brought.values())
    assert brought["model"] > brought["lot"]


# ---- from the ledger alone


def test_an_estimate_is_refused_where_the_ways_hardly_agree():
    made = trained()[1]
    judged = made.judged
    chance = offpolicy.propensities(judged, 1)
    assert chance.shape == (len(judged), len(ACTIONS))
    np.testing.assert_allclose(chance.sum(axis=1), 1)
    few = np.zeros(len(judged), dtype=np.int64)
    few[:50] = ACTIONS.index(Action.ATTACHMENT)
    found = offpolicy.estimate(judged, few, made.model, chance)
    assert found.rupees is None
    assert "100 are needed" in found.refused
    nobody = offpolicy.estimate(judged, few * 0, made.model, chance)
    assert nobody.refused == "the way acts about nobody"


def test_an_estimate_is_refused_where_nobody_was_left_alone():
    """What a message brings *more than nothing* is not in a ledger in which all got one."""
    made = trained()[1]
    message = np.full(len(made.judged), ACTIONS.index(Action.MESSAGE))
    judged = replace(made.judged, action=message)
    chance = offpolicy.propensities(judged, 1)
    assert (chance[:, ACTIONS.index(Action.MESSAGE)] == 1).all()
    found = offpolicy.estimate(judged, message, made.model, chance)
    assert found.rupees is None
    assert "done nothing about the same owners in 0 decisions" in found.refused


def test_a_model_that_nobody_can_judge_is_refused():
    """Nobody pays in the last part: the figures would be no numbers."""
    city = trained()[0]
    days = [city.day(month) for month in city.decisions if month >= 12]
    last = days[len(days) * 3 // 4]
    histories = [
        replace(each, credits=[one for one in each.credits if one.on < last])
        for each in city.histories()
    ]
    with pytest.raises(TooLittle, match="to judge: 0 of"):
        fit(histories, len(city), days, rules(), city.amnesties, illustrative=True, trees=5)


def test_an_estimate_of_what_was_done_is_near_what_came_of_it():
    """Where the actions were drawn by lot, the truth is known to the estimate too."""
    city, made = trained()
    rng = np.random.default_rng(1)
    judged = made.judged
    drawn = rng.integers(0, 2, len(judged))  # half get a message
    months = {city.day(month).toordinal(): month // 2 for month in city.decisions}
    at = np.array([months[int(day)] for day in judged.day])
    would = city.potential[at, :, judged.property]
    lot = replace(judged, action=drawn, paid=would[np.arange(len(judged)), drawn])
    wanted = np.ones(len(judged), dtype=np.int64)
    chance = np.zeros((len(judged), len(ACTIONS)))
    chance[:, :2] = 0.5
    found = offpolicy.estimate(lot, wanted, made.model, chance)
    truth = (would[:, 1] - would[:, 0]).mean() / 100
    assert found.low <= truth <= found.high
    fewer = min(drawn.sum(), len(drawn) - drawn.sum())
    assert found.effective == pytest.approx(fewer, rel=0.01)


# ---- fairness


def test_the_report_counts_by_ward_and_use(trial):
    report = trial.figures["fairness"]
    assert {row["name"] for row in report["wards"]} == set(WARDS)
    judged = trial.trained.judged
    assert sum(row["decisions"] for row in report["wards"]) == len(judged)
    assert sum(row["decisions"] for row in report["uses"]) == len(judged)
    chosen = trial.outcome.chosen["model"]
    rate = sum(row["chosen"] * row["decisions"] for row in report["wards"]) / len(judged)
    assert rate == pytest.approx((chosen > 0).mean(), abs=1e-3)


def test_a_ward_that_is_singled_out_stands_out_in_words():
    judged = trained()[1].judged
    said = np.full(len(judged), 0.3)
    pays = np.random.default_rng(2).random(len(judged)) < 0.3
    chosen = np.zeros(len(judged), dtype=np.int64)
    east = judged.wards.index("east")
    chosen[judged.ward == east] = ACTIONS.index(Action.NOTICE)
    pays[judged.ward == judged.wards.index("west")] = False
    words = fairness.stands_out(fairness.report(judged, said, pays, chosen)["wards"])
    english = " ".join(each.en for each in words)
    assert "east: 100.0% of those who are late get a notice" in english
    assert "west: 30.0% were said to pay, 0.0% did." in english
    assert all(each.mr != each.en for each in words)


def test_nothing_stands_out_where_chance_alone_was_at_work():
    judged = trained()[1].judged
    rng = np.random.default_rng(3)
    said = np.full(len(judged), 0.3)
    pays = rng.random(len(judged)) < 0.3
    chosen = (rng.random(len(judged)) < 0.4).astype(np.int64)
    report = fairness.report(judged, said, pays, chosen, pays)
    assert fairness.stands_out(report["wards"]) == []
    assert report["wards"][0]["needless"] is None


# ---- around it


def test_training_is_the_same_each_time():
    enough = replace(rules(), enough=replace(rules().enough, examples=1, paid=1, a_kind=1))
    one, two = (fit_synthetic(200, 3, 1, WARDS, enough, trees=5)[1] for _ in range(2))
    stamped = replace(two.model, trained_at=one.model.trained_at)
    assert stamped.to_bytes() == one.document


def test_the_service_starts_without_what_bulk_work_needs():
    code = (
        "import sys, services.tax.service, services.tax.cli, services.tax.commands.carry_out\n"
        "heavy = {'sklearn', 'numpy', 'scipy', 'services.tax.recovery', 'pypdf', 'typst'}\n"
        "heavy &= set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
