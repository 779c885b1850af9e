"""Scores of held-out compounds: variance explained, ranking within assays, and what training shares with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

MODELS = ("chemistry", "source_only", "both")
UNITS = ("document", "assay", "source")
DRAWS = 500
LARGEST_ASSAY = 200


@dataclass(frozen=True, eq=False)
class Held:
    """Held-out compounds with fold, p_activity, baseline (the training mean), predictions, labels and neighbours."""

    table: pd.DataFrame

    @property
    def units(self) -> np.ndarray:
        """Numbers of what is exchangeable: documents, else assays, sources, else single compounds."""
        name = next((name for name in UNITS if name in self.table), None)
        numbers = (
            np.arange(len(self.table)) if name is None else pd.factorize(self.table[name], use_na_sentinel=False)[0]
        )
        return np.asarray(numbers)


def scores_of(held: Held, seed: int = 0) -> dict[str, float]:
    """Scores with 95 % intervals by a bootstrap over documents (else assays).

    r2_MODEL = 1 - sum (y - model)^2 / sum (y - training mean)^2, with _low and _high; r2_chemistry_less_source the
    same of the difference; ranking_MODEL, share of pairs of one assay and fold in the right order (.5 by chance);
    within_chemistry, correlation after taking off the means of assays in each fold; similarity, median of the nearest
    training compound; shared_LABEL, share of compounds whose label is in training; nearest_LABEL, whose nearest
    neighbour has the same label; chance_LABEL, what a random neighbour would give.
    """
    table = held.table
    found: dict[str, float] = {"n": len(table), **_explained(table, held.units, seed)}
    if "assay" in table:
        found |= _ranking(table, seed)
    found["similarity"] = float(table["similarity"].median())
    for name in (c for c in table if c.split("_")[0] in ("shared", "nearest", "chance")):
        found[name] = float(table[name].mean())
    return found


def _explained(table: pd.DataFrame, units: np.ndarray, seed: int) -> dict[str, float]:
    errors = {name: (table["p_activity"] - table[name]) ** 2 for name in ("baseline", *MODELS)}
    sums = np.stack([np.bincount(units, error) for error in errors.values()])
    count = sums.shape[1]
    weights = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), DRAWS)
    drawn, whole = weights @ sums.T, sums.sum(1)
    found: dict[str, float] = {}
    with np.errstate(divide="ignore", invalid="ignore"):
        for name, values, draws in (
            *((name, 1 - whole[i] / whole[0], 1 - drawn[:, i] / drawn[:, 0]) for i, name in enumerate(MODELS, 1)),
            ("chemistry_less_source", (whole[2] - whole[1]) / whole[0], (drawn[:, 2] - drawn[:, 1]) / drawn[:, 0]),
        ):
            low, high = np.nanquantile(draws, [0.025, 0.975])
            found |= {f"r2_{name}": float(values), f"r2_{name}_low": float(low), f"r2_{name}_high": float(high)}
    return found


def _ranking(table: pd.DataFrame, seed: int) -> dict[str, float]:
    """Pairs of the same assay in the right order, and the correlation of deviations from the means of assays.

    Of the same fold only: a mean that leaves a compound out is the lower the higher the compound.
    """
    right, pairs, deviations = dict.fromkeys(MODELS, 0.0), 0, []
    rng = np.random.default_rng(seed)
    for _, part in table.groupby(["fold", "assay"]):
        if len(part) < 2:
            continue
        deviations.append(part[["p_activity", *MODELS]] - part[["p_activity", *MODELS]].mean())
        part = part.iloc[rng.permutation(len(part))[:LARGEST_ASSAY]]
        y = part["p_activity"].to_numpy()
        above = y[:, None] > y[None]
        pairs += int(above.sum())
        for name in MODELS:
            values = part[name].to_numpy()
            difference = (values[:, None] - values[None])[above]
            right[name] += float((difference > 1e-9).sum() + 0.5 * (np.abs(difference) <= 1e-9).sum())
    found = {f"ranking_{name}": right[name] / pairs if pairs else np.nan for name in MODELS}
    within = pd.concat(deviations) if deviations else table.iloc[:0]
    return found | {"within_chemistry": float(within["p_activity"].corr(within["chemistry"]))}
