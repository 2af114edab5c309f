"""What was learned, as data: it is read without running anything (decision 0019).

A model is one JSON document: trees or coefficients, the calibration, what it was trained on.
Whoever can write it can make it wrong; they cannot make it run. numpy applies it, scikit-learn is
not needed.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from services.tax.domain.recovery import ACTIONS, Prospect, Threshold
from services.tax.recovery.features import FEATURES

Floats = NDArray[np.float64]
FORMAT: Final = 1
_ROWS = 4096  # at a time: what fits into the cache
_MOST_NODES, _MOST_TREES = 1_000, 2_000


class NotAModel(ValueError):
    """The document is no model that this program can apply; ``str`` says why."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Nodes by number, the first is the root; a leaf has ``left`` 0."""

    feature: NDArray[np.int64]
    threshold: Floats
    missing_left: NDArray[np.bool_]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: Floats
    depth: int

    def add_to(self, total: Floats, x: Floats) -> None:
        """Add each row's leaf."""
        rows = np.arange(len(x))
        at = np.zeros(len(x), dtype=np.int64)
        for _ in range(self.depth):
            value = x[rows, self.feature[at]]
            goes_left = np.where(
                np.isnan(value), self.missing_left[at], value <= self.threshold[at]
            )
            leaf = self.left[at] == 0
            at = np.where(leaf, at, np.where(goes_left, self.left[at], self.right[at]))
        total += self.value[at]


@dataclass(frozen=True, slots=True)
class Trees:
    """A sum of trees."""

    baseline: float
    trees: tuple[Tree, ...]

    def raw(self, x: Floats) -> Floats:
        """The sum for each row."""
        total = np.full(len(x), self.baseline)
        for start in range(0, len(x), _ROWS):
            part, rows = total[start : start + _ROWS], x[start : start + _ROWS]
            for tree in self.trees:
                tree.add_to(part, rows)
        return total


@dataclass(frozen=True, slots=True)
class Linear:
    """A weighted sum of standardised features, of which are missing, and of all these by action."""

    mean: Floats
    scale: Floats
    weights: Floats
    intercept: float

    def raw(self, x: Floats) -> Floats:
        """The sum for each row."""
        total: Floats = widened(x, self.mean, self.scale) @ self.weights + self.intercept
        return total


def widened(x: Floats, mean: Floats, scale: Floats) -> Floats:
    """The columns of a linear model: see ``Linear``."""
    known, acts = x[:, : len(FEATURES)], x[:, len(FEATURES) :]
    missing = np.isnan(known)
    plain = np.clip(np.where(missing, 0.0, (known - mean) / scale), -5, 5)
    base = np.hstack([plain, missing])
    return np.hstack([base, acts, *(base * acts[:, [each]] for each in range(acts.shape[1]))])


def with_action(x: NDArray[Any], action: int | NDArray[np.int64]) -> Floats:
    """The features with an action, a column for each but ``none``."""
    acts = np.broadcast_to(np.asarray(action), (len(x),))
    columns = [acts == each for each in range(1, len(ACTIONS))]
    return np.column_stack([x.astype(np.float64), *columns]).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Calibration:
    """From a raw chance to one that comes true as often as it says.

    Attributes:
        kind: ``sigmoid`` (``points``: slope and intercept on the logit) or ``isotonic`` (``points``
            and ``values``, straight lines between them).
    """

    kind: str
    points: Floats
    values: Floats

    def of(self, chance: Floats) -> Floats:
        """The calibrated chances."""
        if self.kind == "isotonic":
            return np.interp(chance, self.points, self.values)
        slope, intercept = self.points
        return sigmoid(slope * logit(chance) + intercept)


def logit(chance: Floats) -> Floats:
    """The log of the odds, within bounds."""
    safe = np.clip(chance, 1e-6, 1 - 1e-6)
    return np.log(safe / (1 - safe))


def sigmoid(raw: Floats) -> Floats:
    """The chance of the log of the odds."""
    return 1 / (1 + np.exp(-np.clip(raw, -40, 40)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """All that is needed to score, and to say by what.

    Attributes:
        chance: the log of the odds that the threshold is paid.
        share: of what is owed, the part that is paid by who pays.
        calibration: of the chance.
        threshold: what counts as paid.
        typical: the middle value of each feature among those who are late.
        trained_at: when, aware.
        data_until: the last day whose payments it has seen.
        illustrative: it was trained on a made-up city, and must not be used for a real one.
        figures: what it was measured to do: for the card.
    """

    chance: Trees | Linear
    share: Trees
    calibration: Calibration
    threshold: Threshold
    typical: Floats
    trained_at: datetime
    data_until: date
    illustrative: bool
    figures: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """``trees`` or ``linear``."""
        return "trees" if isinstance(self.chance, Trees) else "linear"

    def chances(self, x: NDArray[Any], action: int | NDArray[np.int64]) -> Floats:
        """The chance that each row's threshold is paid after the action."""
        return self.calibration.of(sigmoid(self.chance.raw(with_action(x, action))))

    def shares(self, x: NDArray[Any], action: int | NDArray[np.int64]) -> Floats:
        """What part of what is owed each row pays, if it pays."""
        return np.clip(self.share.raw(with_action(x, action)), 0.0, 1.0)

    def table(self, x: NDArray[Any], owed: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Chances and expected paise, a row each and a column an action."""
        chances = np.column_stack([self.chances(x, place) for place in range(len(ACTIONS))])
        shares = np.column_stack([self.shares(x, place) for place in range(len(ACTIONS))])
        return chances, chances * shares * owed[:, None]

    def prospects(self, row: Sequence[float], owed: int) -> tuple[Prospect, ...]:
        """What each action may bring from one property."""
        chances, paise = self.table(np.array([row]), np.array([owed]))
        return tuple(
            Prospect(action, float(chances[0, place]), int(paise[0, place]))
            for place, action in enumerate(ACTIONS)
        )

    def to_bytes(self) -> bytes:
        """The document."""
        return json.dumps(_written(self), separators=(",", ":"), sort_keys=True).encode()


def digest(document: bytes) -> str:
    """The hash by which a document is known: SHA-256, in hexadecimal."""
    return hashlib.sha256(document).hexdigest()


def version_of(model: Model, document: bytes) -> str:
    """The name of a model: until when it has seen, and the begin of its hash."""
    return f"{model.data_until.isoformat()}-{digest(document)[:8]}"


def loaded(document: bytes, expected: str | None = None) -> Model:
    """Read a model.

    Args:
        document: as ``Model.to_bytes`` makes it.
        expected: its hash, where that is known.

    Raises:
        NotAModel: another hash, no JSON, of another format or for other features, or its trees
            do not hold together.
    """
    if expected is not None and digest(document) != expected:
        raise NotAModel("the model is not the one that was stored: its hash is another")
    try:
        return _read(json.loads(document))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        if isinstance(error, NotAModel):
            raise
        raise NotAModel(f"not a model: {error!r:.200}") from error


def _written(model: Model) -> dict[str, Any]:
    if isinstance(model.chance, Trees):
        chance: dict[str, Any] = {"trees": _written_trees(model.chance)}
    else:
        chance = {
            "linear": {
                "mean": model.chance.mean.tolist(),
                "scale": model.chance.scale.tolist(),
                "weights": model.chance.weights.tolist(),
                "intercept": model.chance.intercept,
            }
        }
    return {
        "format": FORMAT,
        "features": list(FEATURES),
        "actions": [str(each) for each in ACTIONS],
        "chance": chance,
        "share": _written_trees(model.share),
        "calibration": {
            "kind": model.calibration.kind,
            "points": model.calibration.points.tolist(),
            "values": model.calibration.values.tolist(),
        },
        "threshold": {
            "percent": model.threshold.percent,
            "at_least_paise": model.threshold.at_least_paise,
            "days": model.threshold.days,
        },
        # JSON has no NaN.
        "typical": [None if math.isnan(each) else each for each in model.typical.tolist()],
        "trained_at": model.trained_at.isoformat(),
        "data_until": model.data_until.isoformat(),
        "illustrative": model.illustrative,
        "figures": model.figures,
    }


def _written_trees(trees: Trees) -> dict[str, Any]:
    return {
        "baseline": trees.baseline,
        "trees": [
            {
                "feature": tree.feature.tolist(),
                "threshold": tree.threshold.tolist(),
                "missing_left": tree.missing_left.astype(int).tolist(),
                "left": tree.left.tolist(),
                "right": tree.right.tolist(),
                "value": tree.value.tolist(),
            }
            for tree in trees.trees
        ],
    }


def _read(raw: Any) -> Model:
    if raw["format"] != FORMAT:
        raise NotAModel(f"its format is {raw['format']!r}, not {FORMAT}")
    if tuple(raw["features"]) != FEATURES or tuple(raw["actions"]) != tuple(map(str, ACTIONS)):
        raise NotAModel("it is for other features or actions than this program has: train anew")
    chance: Trees | Linear
    if "trees" in raw["chance"]:
        chance = _read_trees(raw["chance"]["trees"])
    else:
        linear = raw["chance"]["linear"]
        chance = Linear(
            _floats(linear["mean"], len(FEATURES)),
            _floats(linear["scale"], len(FEATURES)),
            _floats(linear["weights"]),
            float(linear["intercept"]),
        )
    calibration = raw["calibration"]
    if calibration["kind"] not in ("sigmoid", "isotonic"):
        raise NotAModel(f"its calibration is {calibration['kind']!r}")
    typical = [math.nan if each is None else each for each in raw["typical"]]
    return Model(
        chance=chance,
        share=_read_trees(raw["share"]),
        calibration=Calibration(
            calibration["kind"], _floats(calibration["points"]), _floats(calibration["values"])
        ),
        threshold=Threshold(**raw["threshold"]),
        typical=np.array(typical, dtype=np.float64),
        trained_at=datetime.fromisoformat(raw["trained_at"]),
        data_until=date.fromisoformat(raw["data_until"]),
        illustrative=bool(raw["illustrative"]),
        figures=raw["figures"],
    )


def _floats(raw: Any, size: int | None = None) -> Floats:
    found = np.array(raw, dtype=np.float64)
    if found.ndim != 1 or not np.isfinite(found).all() or size not in (None, len(found)):
        raise NotAModel("a list of numbers is not one")
    return found


def _read_trees(raw: Any) -> Trees:
    if len(raw["trees"]) > _MOST_TREES:
        raise NotAModel("too many trees")
    return Trees(float(raw["baseline"]), tuple(_read_tree(each) for each in raw["trees"]))


def _read_tree(raw: Any) -> Tree:
    left, right = (np.array(raw[each], dtype=np.int64) for each in ("left", "right"))
    return tree_of(
        np.array(raw["feature"], dtype=np.int64),
        _floats(raw["threshold"]),
        np.array(raw["missing_left"], dtype=np.bool_),
        left,
        right,
        _floats(raw["value"]),
    )


def tree_of(
    feature: NDArray[np.int64],
    threshold: Floats,
    missing_left: NDArray[np.bool_],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    value: Floats,
) -> Tree:
    """A tree, if it is one: children come after their parents, so that no walk goes in a circle.

    Raises:
        NotAModel: it is none.
    """
    size = len(value)
    columns = len(FEATURES) + len(ACTIONS) - 1
    depths = np.zeros(size, dtype=np.int64)
    whole = (
        0 < size <= _MOST_NODES
        and {len(each) for each in (feature, threshold, missing_left, left, right)} == {size}
        and ((feature >= 0) & (feature < columns)).all()
    )
    if not whole:
        raise NotAModel("a tree does not hold together")
    for node in range(size):
        if left[node] == 0:
            continue
        if not (node < left[node] < size and node < right[node] < size):
            raise NotAModel("a tree does not hold together")
        depths[[left[node], right[node]]] = depths[node] + 1
    return Tree(feature, threshold, missing_left, left, right, value, int(depths.max()))
