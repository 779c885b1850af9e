"""Do the intervals of predictions hold what was observed, and how wide are they?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from semimech.evaluate.alignment import placed
from semimech.evaluate.bootstrap import dirichlet_weights, interval, resampled
from semimech.evaluate.reference import Reference
from semimech.evaluate.sentences import held_out
from semimech.evaluate.summaries import Reduce, Summarise, ratio
from semimech.models.base import Prediction

Predictions = Mapping[tuple[str, int], Prediction]
COLUMNS = ("split", "model", "is_baseline", "level", "coverage", "lower", "upper", "width", "n_conditions")
TOLERANCE = 0.03


@dataclass(frozen=True)
class IntervalCard:
    """What is said of intervals [l, u] beside observed effects y of conditions p and features g.

    As in a `ScoreCard`, `summarise(reference, bounds)` gives sums over each condition, bounds being l and u (2 x
    conditions x features), and `reduce` a value of any sum of them. Neither card says that a model is better: no
    verdict is made of them, and a width is to be compared where coverages are equal.
    """

    name: str
    title: str
    equation: str
    best: str
    reference: str
    summarise: Summarise
    reduce: Reduce
    family: ClassVar[str] = "intervals"
    needs: ClassVar[str] = "intervals of the predictions"
    higher_is_better: ClassVar[None] = None


def inside(reference: Reference, bounds: np.ndarray) -> np.ndarray:
    """How many observed effects are within their bounds, and how many have bounds (conditions x 2)."""
    counted = reference.scored & np.isfinite(bounds).all(0)
    held = counted & (reference.observed >= bounds[0]) & (reference.observed <= bounds[1])
    return np.stack([held.sum(1), counted.sum(1)], axis=1).astype(np.float64)


def widths(reference: Reference, bounds: np.ndarray) -> np.ndarray:
    """Sum of u - l, and how many have bounds (conditions x 2)."""
    counted = reference.scored & np.isfinite(bounds).all(0)
    width = np.where(counted, bounds[1] - bounds[0], 0.0)
    return np.stack([width.sum(1), counted.sum(1)], axis=1)


INTERVAL_SCORES: tuple[IntervalCard, ...] = (
    IntervalCard(
        "coverage", "Coverage of the intervals",
        "share of all (p, g) with l <= y <= u",
        "the level of the intervals", "Vovk et al. 2005, doi:10.1007/b106715", inside, ratio,
    ),
    IntervalCard(
        "interval-width", "Width of the intervals",
        "mean over all (p, g) of u - l",
        "the least at the same coverage", "Lei et al. 2018, doi:10.1080/01621459.2017.1307116", widths, ratio,
    ),
)  # fmt: skip


def coverage_table(
    folds: Sequence[tuple[Reference, Predictions]], baselines: Collection[str], draws: int, seed: int
) -> pd.DataFrame:
    """Coverage with its 95 % interval by the bootstrap over conditions, and width, of each split and model.

    All folds and seeds together. Models without intervals have no row.
    """
    rows = []
    for split in dict.fromkeys(reference.split for reference, _ in folds):
        mine = [(reference, predictions) for reference, predictions in folds if reference.split == split]
        unique = list(dict.fromkeys(condition for reference, _ in mine for condition in reference.conditions))
        weights = dirichlet_weights(len(unique), draws, seed)
        for model in dict.fromkeys(name for _, predictions in mine for name, _ in predictions):
            levels = {p.level for _, ps in mine for (name, _), p in ps.items() if name == model and p.lower is not None}
            if len(levels) == 1:
                found = {card.name: _sums(card, model, mine, unique) for card in INTERVAL_SCORES}
                lower, upper = interval(resampled(weights, found["coverage"], ratio))
                value, width = (float(ratio(found[card.name].sum(0))) for card in INTERVAL_SCORES)
                about = (split, model, model in baselines, *levels)
                rows.append((*about, value, lower, upper, width, int((found["coverage"][:, 1] > 0).sum())))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _sums(
    card: IntervalCard, model: str, folds: Sequence[tuple[Reference, Predictions]], unique: Sequence[object]
) -> np.ndarray:
    """Sums of each condition over folds and seeds (conditions x 2)."""
    place = {condition: i for i, condition in enumerate(unique)}
    total = np.zeros((len(unique), 2))
    for reference, predictions in folds:
        rows = [place[condition] for condition in reference.conditions]
        for (name, _), prediction in predictions.items():
            if name == model and prediction.lower is not None and prediction.upper is not None:
                bounds = [placed(bound, prediction, reference) for bound in (prediction.lower, prediction.upper)]
                np.add.at(total, rows, card.summarise(reference, np.stack(bounds)))
    return total


def coverage_sentences(table: pd.DataFrame) -> tuple[str, ...]:
    """A sentence for each model whose coverage is more than three points from the level of its intervals."""
    models = table[~table["is_baseline"].astype(bool)]
    off = (models["coverage"] - models["level"]).abs() > TOLERANCE
    return tuple(_sentence(row) for _, row in models[off].iterrows())


def _sentence(row: pd.Series) -> str:
    ends, verdict = "", "narrow" if row["coverage"] < row["level"] else "wide"
    beyond_chance = row["level"] < row["lower"] or row["level"] > row["upper"]
    if np.isfinite(row["lower"]):
        ends = f" [{100 * row['lower']:.1f}, {100 * row['upper']:.1f}]"
    said = f"too {verdict} there" if beyond_chance else f"too {verdict} there, if it is not chance"
    return (
        f"On {held_out(row['split'])}, the {100 * row['level']:g} % intervals of {row['model']} hold "
        f"{100 * row['coverage']:.1f} %{ends} of the observed effects: they are {said}."
    )
