"""How much of a model's score is the molecule, and how much the place it was measured in (Clever Hans)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from semimech.audit.fingerprints import morgan, tanimoto
from semimech.audit.landmarks import landmark_features, ridge
from semimech.audit.partitions import PARTITIONS, Partition, partition
from semimech.audit.source_means import source_levels, source_predictions
from semimech.audit.source_scores import Held, scores_of
from semimech.audit.table import Bioactivities
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, silent

LOOKED_AT = 2_000


@dataclass(frozen=True, kw_only=True)
class ConfoundingOptions:
    """How compounds are held out and described."""

    splits: tuple[Partition, ...] = PARTITIONS
    """Ways to hold out: random, scaffold, cluster, time, document, assay."""

    folds: int = 5
    """Folds of each way but time, which has one."""

    radius: int = 3
    """Radius of the Morgan fingerprint in bonds."""

    bits: int = 1024
    """Length of the Morgan fingerprint."""

    def __post_init__(self) -> None:
        wrong = set(self.splits) - set(PARTITIONS)
        if wrong or not self.splits:
            raise UserError(f"--splits must be of {', '.join(PARTITIONS)}.")
        if self.folds < 2:
            raise UserError("--folds must be at least 2.")


@dataclass(frozen=True, eq=False)
class Confounding:
    """Scores of chemistry, of source alone and of both, on each split, for all compounds and the series.

    scores: a row for each split and set of compounds (all, series), columns as `scores_of` gives them. missing:
    splits that the table does not allow. levels: what the source-only model sees.
    """

    scores: pd.DataFrame
    missing: tuple[Partition, ...]
    levels: tuple[str, ...]


def confounding_of(
    table: Bioactivities,
    in_series: np.ndarray | None = None,
    options: ConfoundingOptions | None = None,
    *,
    seed: int = 0,
    monitor: Monitor = silent,
) -> Confounding:
    """Score a chemistry model beside a model that sees only where compounds were measured, on the same splits.

    Chemistry: ridge on Tanimoto similarities (`landmarks`); source: shrunken means of assay, document, source, year
    (`source_means`); both: chemistry on what the source leaves. Bounds teach at their limit and are not judged.
    Raises UserError where no column says where compounds were measured.
    """
    options, compounds = options or ConfoundingOptions(), table.compounds
    levels = source_levels(compounds)
    if not levels:
        raise UserError(
            "No column tells where compounds were measured (assay, document, source, year), so the score cannot be "
            "divided between chemistry and source: say --assay COLUMN or --document COLUMN."
        )
    fingerprints = morgan(table, options.radius, options.bits)
    rows, missing = [], []
    for number, how in enumerate(options.splits):
        monitor(f"{how} split", number, len(options.splits))
        tests = partition(table, fingerprints, how, options.folds, seed)
        if not tests:
            missing.append(how)
            continue
        folds = [_held(compounds, fingerprints, test, levels, seed) for test in tests]
        held = pd.concat([part.assign(fold=fold) for fold, part in enumerate(folds)])
        held["in_series"] = False if in_series is None else in_series[held.index]
        rows.append({"split": how, "compounds": "all"} | scores_of(Held(held), seed))
        if held["in_series"].any():
            rows.append({"split": how, "compounds": "series"} | scores_of(Held(held[held["in_series"]]), seed))
    if not rows:
        raise UserError(f"The table cannot be split by {', '.join(missing)}: give --splits random.")
    return Confounding(pd.DataFrame(rows).set_index(["split", "compounds"]), tuple(missing), tuple(levels))


def _held(
    compounds: pd.DataFrame, fingerprints: np.ndarray, test: np.ndarray, levels: list[str], seed: int
) -> pd.DataFrame:
    """Predictions for the measured test compounds of one fold, and what training shares with them."""
    train, measured = ~test, test & (compounds["relation"] == "=").to_numpy()
    y = compounds["p_activity"].to_numpy(float)
    first, second = landmark_features(fingerprints[train], fingerprints[measured], seed=seed)
    seen, source = source_predictions(compounds[train], y[train], compounds[measured], levels)
    found = compounds.loc[measured, [*dict.fromkeys([*levels, "p_activity"])]].assign(
        baseline=y[train].mean(),
        chemistry=ridge(first, y[train], second),
        source_only=source,
        both=source + ridge(first, y[train] - seen, second),
    )
    for name in levels:
        found[f"shared_{name}"] = found[name].isin(set(compounds.loc[train, name].dropna()))
    return found.join(_neighbours(compounds, fingerprints, train, found.index.to_numpy(), levels, seed))


def _neighbours(
    compounds: pd.DataFrame,
    fingerprints: np.ndarray,
    train: np.ndarray,
    tested: np.ndarray,
    levels: list[str],
    seed: int,
) -> pd.DataFrame:
    """Similarity of the nearest training compound, whether its labels are the same, and how often chance's would be.

    Of at most 2,000 compounds drawn at random; the others are left out.
    """
    chosen = np.sort(np.random.default_rng(seed).permutation(tested)[:LOOKED_AT])
    places = np.flatnonzero(train)
    similarity = tanimoto(fingerprints[chosen], fingerprints[places])
    nearest = places[similarity.argmax(1)]
    found = pd.DataFrame({"similarity": similarity.max(1)}, index=chosen)
    for name in levels:
        own, theirs = compounds[name].to_numpy()[chosen], compounds[name].to_numpy()[nearest]
        shares = compounds[name][train].value_counts(normalize=True)
        found[f"nearest_{name}"] = (own == theirs).astype(float)
        found[f"chance_{name}"] = pd.Series(own).map(shares).fillna(0).to_numpy(float)
    return found
