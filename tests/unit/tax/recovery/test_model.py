"""What is learned leaves as data, and says the same there; it never learns from the future."""

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import brier_score_loss, roc_auc_score

from services.tax.domain.recovery import ACTIONS, Action
from services.tax.recovery import measures
from services.tax.recovery.card import card
from services.tax.recovery.examples import gather
from services.tax.recovery.explanation import importance, reasons, told
from services.tax.recovery.features import FEATURES, features
from services.tax.recovery.model import NotAModel, loaded, sigmoid, with_action
from services.tax.recovery.training import TooLittle, check_enough, exported, parts, train
from tests.support.recovery import rules, trained

MISSING = float("nan")


@pytest.fixture(scope="module")
def model():
    """Of the small city."""
    return trained()[1].model


def columns(rows: int) -> np.ndarray:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(rows, len(FEATURES))).astype(np.float32)
    x[rng.random(x.shape) < 0.1] = MISSING
    return x


def test_trees_say_the_same_as_data():
    x = with_action(columns(3000), np.random.default_rng(4).integers(0, 5, 3000))
    y = np.nan_to_num(x[:, 0]) + x[:, -1] > 0.2
    learner = HistGradientBoostingClassifier(max_iter=20, random_state=1).fit(x, y)
    chance = sigmoid(exported(learner).raw(x))
    np.testing.assert_allclose(chance, learner.predict_proba(x)[:, 1], rtol=1e-12)


def test_a_model_says_the_same_after_it_was_stored(model):
    document = model.to_bytes()
    again = loaded(document, trained()[1].sha256)
    x = columns(500)
    for place in range(len(ACTIONS)):
        np.testing.assert_array_equal(model.chances(x, place), again.chances(x, place))
        np.testing.assert_array_equal(model.shares(x, place), again.shares(x, place))
    assert again.to_bytes() == document


def test_chances_and_shares_are_within_bounds(model):
    x = columns(500) * 50
    chances, paise = model.table(x, np.full(500, 1000_00))
    assert ((chances >= 0) & (chances <= 1)).all()
    assert ((paise >= 0) & (paise <= 1000_00)).all()


@pytest.mark.parametrize(
    "break_",
    [
        lambda raw: raw.update(format=99),
        lambda raw: raw.update(features=raw["features"][1:]),
        lambda raw: raw["share"]["trees"][0].update(left=[1] * 3),
        # A node that is its own child would be walked for ever.
        lambda raw: raw["share"]["trees"][0]["left"].__setitem__(1, 1),
        lambda raw: raw["share"]["trees"][0]["feature"].__setitem__(0, 10_000),
        lambda raw: raw["calibration"].update(kind="pickle"),
        lambda raw: raw.pop("threshold"),
    ],
)
def test_what_is_no_model_is_refused(model, break_):
    raw = json.loads(model.to_bytes())
    break_(raw)
    with pytest.raises(NotAModel):
        loaded(json.dumps(raw).encode())


def test_a_model_with_another_hash_is_refused(model):
    with pytest.raises(NotAModel, match="its hash is another"):
        loaded(model.to_bytes() + b" ", trained()[1].sha256)


@pytest.mark.parametrize("document", [b"", b"\x80\x04.", b"[]", b"null", b'{"format": 1}'])
def test_what_is_no_document_is_refused(document):
    with pytest.raises(NotAModel):
        loaded(document)


def test_a_model_is_better_than_to_say_the_mean(model):
    judged = model.figures["judged"]
    assert judged["brier"] < judged["brier_of_the_mean"] * 0.97
    assert judged["auc"] > 0.65
    assert judged["calibration_error"] < 0.05


def test_the_parts_of_the_past_do_not_touch():
    cut, wait = trained()[1].cut, timedelta(days=rules().paid.days)
    assert max(cut.teach) + wait < min(cut.calibrate)
    assert max(cut.calibrate) + wait < min(cut.judge)
    assert trained()[1].model.data_until < min(cut.judge)


def test_what_is_learned_does_not_depend_on_what_came_later():
    """Payments after the model's last day are doubled, and it learns the same."""
    city, first = trained()
    until = first.cut.calibrate[-1] + timedelta(days=rules().paid.days)
    shifted = []
    for history in city.histories():
        credits = [
            each if each.on <= until else each._replace(paise=each.paise * 2)
            for each in history.credits
        ]
        shifted.append(replace(history, credits=credits))
    days = [*first.cut.teach, *first.cut.calibrate]
    examples = gather(shifted, days, rules().paid, rules().least_overdue_paise, city.amnesties)
    again = train(
        examples.between(first.cut.teach[0], first.cut.teach[-1]).thinned(20_000, 2026),
        examples.between(first.cut.calibrate[0], first.cut.calibrate[-1]),
        rules().paid,
        until=until,
        illustrative=True,
        enough=rules().enough,
        trees=25,
        now=first.model.trained_at,
    )
    assert replace(first.model, figures={}).to_bytes() == replace(again, figures={}).to_bytes()


def test_the_action_that_was_taken_most_often_is_counted_and_of_another_there_may_be_none():
    judged = trained()[1].judged
    calls = judged.where(np.isin(judged.action, [0, ACTIONS.index(Action.CALL)]))
    count = int((calls.action > 0).sum())
    enough = replace(rules().enough, examples=1, paid=1, a_kind=count)
    check_enough(calls, rules().paid, enough, "teach")
    with pytest.raises(TooLittle, match=f"{count} is the most that any one action was taken"):
        check_enough(calls, rules().paid, replace(enough, a_kind=count + 1), "teach")


def test_too_little_history_is_refused_in_words():
    enough = rules().enough
    with pytest.raises(TooLittle, match=r"acted on 2 days .* needs 6"):
        parts([date(2025, 1, 1), date(2025, 6, 1)], 60, enough)
    close = [date(2025, 1, 1) + timedelta(days=8 * each) for each in range(8)]
    with pytest.raises(TooLittle, match="too close together"):
        parts(close, 60, enough)
    judged = trained()[1].judged
    with pytest.raises(TooLittle, match=r"to teach: 50 decisions .* needs 500"):
        train(
            judged.where(np.arange(50)),
            judged,
            rules().paid,
            until=date(2025, 1, 1),
            illustrative=True,
            enough=enough,
        )


def test_the_measures_are_scikit_learns():
    rng = np.random.default_rng(5)
    chance = rng.random(4000).round(2)
    came = rng.random(4000) < chance
    assert measures.brier(chance, came) == pytest.approx(brier_score_loss(came, chance))
    assert measures.auc(chance, came) == pytest.approx(roc_auc_score(came, chance))
    rows = measures.reliability(chance, came)
    true, said = calibration_curve(came, chance, n_bins=10)
    # Where a chance lies on an edge scikit-learn puts it into the bin below.
    assert [row["came"] for row in rows] == pytest.approx(true.tolist(), abs=0.06)
    assert [row["said"] for row in rows] == pytest.approx(said.tolist(), abs=0.02)


def test_an_owner_is_explained_in_both_languages(model):
    city = trained()[0]
    found = []
    for index in range(200):
        history = city.history(index)
        day = city.day(50)
        if history.before(day).overdue_paise(day) > 100_000:
            found += reasons(model, features(history, day, city.amnesties), Action.CALL)
    assert found
    for each in found:
        assert each.words.mr != each.words.en
        assert each.words.en.endswith(".")
        assert abs(each.by) >= 0.02
        assert told(each, "mr")[0] in "+−"
        assert "nan" not in each.words.en.replace("financial", "").split()
        assert "nan%" not in each.words.en
    assert len({each.code for each in found}) > 3


def test_importance_finds_what_matters_and_not_what_does_not(model):
    found = dict(importance(model, trained()[1].judged, 1, most_rows=3000, rounds=1))
    assert set(found) == {*FEATURES, "action"}
    assert max(found.values()) > 0.001
    assert found["use_institutional"] < max(found.values())


@pytest.mark.parametrize("language", ["mr", "en"])
def test_the_card_tells_what_it_is_and_what_it_cannot_tell(model, language):
    written = card(model, "2025-01-01-abcdef12", language)
    assert "2025-01-01-abcdef12" in written
    for word in {"mr": ("काल्पनिक", "जप्ती"), "en": ("made-up city", "named person", "by rule")}[
        language
    ]:
        assert word in written
    assert f"{model.figures['judged']['brier']}" in written
    assert "{" not in written
