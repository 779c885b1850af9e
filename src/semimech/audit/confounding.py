"""How much of a model's score is the molecule, and how much the place it was measured in (Clever Hans)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from semimech.audit.fingerprints import morgan, nearest
from semimech.audit.landmarks import Landmarks, landmarks_of
from semimech.audit.partitions import PARTITIONS, Partition, partition
from semimech.audit.source_means import source_levels, source_predictions
from semimech.audit.source_scores import Held, scores_of
from semimech.audit.table import Bioactivities
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, Steps, silent

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
        if self.radius < 1 or not 16 <= self.bits <= 65_536:
            raise UserError("--radius must be at least 1 and --bits from 16 to 65,536.")


@dataclass(frozen=True, eq=False)
class Confounding:
    """Scores of chemistry, of source alone and of both, on each split, for all compounds and the series.

    scores: a row for each split and set of compounds (all, series), columns as `scores_of` gives them. missing:
    splits that the table does not allow. levels: what the source-only model sees. unjudged: a series was
    named, and none of its compounds has a measured value to be judged by.
    """

    scores: pd.DataFrame
    missing: tuple[Partition, ...]
    levels: tuple[str, ...]
    unjudged: bool = False


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
    steps = Steps(monitor, len(options.splits) + 1)
    described = _described(table, options, levels, in_series, seed, steps.begin("structures"))
    rows, missing = [], []
    for how in options.splits:
        inner = steps.begin(f"{how} split")
        tests = partition(table, described.fingerprints, how, options.folds, seed, inner)
        scored = _scored(described, how, tests, inner) if tests else []
        rows += scored
        missing += [] if scored else [how]
    if not rows:
        raise UserError(f"The table cannot be split by {', '.join(missing)}: give --splits random.")
    scores = pd.DataFrame(rows).set_index(["split", "compounds"])
    unjudged = in_series is not None and "series" not in scores.index.get_level_values("compounds")
    return Confounding(scores, tuple(missing), tuple(levels), unjudged)


@dataclass(frozen=True, eq=False)
class _Described:
    """What all splits have in common: compounds, fingerprints, similarities to landmarks, levels, series, seed."""

    compounds: pd.DataFrame
    fingerprints: np.ndarray
    landmarks: Landmarks
    levels: list[str]
    in_series: np.ndarray
    seed: int


def _described(
    table: Bioactivities,
    options: ConfoundingOptions,
    levels: list[str],
    in_series: np.ndarray | None,
    seed: int,
    monitor: Monitor,
) -> _Described:
    fingerprints = morgan(table, options.radius, options.bits, monitor)
    mask = np.zeros(len(table), bool) if in_series is None else in_series
    return _Described(table.compounds, fingerprints, landmarks_of(fingerprints, seed=seed), levels, mask, seed)


def _scored(of: _Described, how: Partition, tests: list[np.ndarray], monitor: Monitor) -> list[dict[str, object]]:
    """A row of scores for all compounds, and one for the series where it is among those held out."""
    parts = []
    for fold, test in enumerate(tests):
        monitor("folds", fold, len(tests))
        parts.append(_held(of, test).assign(fold=fold))
    held = pd.concat(parts)
    rows: list[dict[str, object]] = []
    for name, which in (("all", np.ones(len(held), bool)), ("series", of.in_series[held.index])):
        if which.any():
            neighbours = _neighbours(of, held[which], tests)
            rows.append({"split": how, "compounds": name, **scores_of(Held(held[which].join(neighbours)), of.seed)})
    return rows


def _held(of: _Described, test: np.ndarray) -> pd.DataFrame:
    """Predictions for the measured test compounds of one fold, and whether training has their labels."""
    compounds, levels, train = of.compounds, of.levels, ~test
    measured = test & (compounds["relation"] == "=").to_numpy()
    y = compounds["p_activity"].to_numpy(float)
    seen, source = source_predictions(compounds[train], y[train], compounds[measured], levels)
    targets = np.column_stack([y, y])
    targets[train, 1] -= seen
    predicted = of.landmarks.ridge(train, targets, measured, of.landmarks.every - of.landmarks.moments(test))
    found = compounds.loc[measured, [*dict.fromkeys([*levels, "p_activity"])]].assign(
        baseline=y[train].mean(), chemistry=predicted[:, 0], source_only=source, both=source + predicted[:, 1]
    )
    for name in levels:
        found[f"shared_{name}"] = found[name].isin(set(compounds.loc[train, name])).where(found[name].notna())
    return found


def _neighbours(of: _Described, held: pd.DataFrame, tests: list[np.ndarray]) -> pd.DataFrame:
    """Similarity of the nearest training compound, whether its labels are the same, and how often chance's would be.

    Of at most 2,000 of the held-out compounds, drawn at random; the others are left out.
    """
    drawn = held.iloc[np.sort(np.random.default_rng(of.seed).permutation(len(held))[:LOOKED_AT])]
    return pd.concat([_nearest(of, rows.index.to_numpy(), ~tests[int(fold)]) for fold, rows in drawn.groupby("fold")])


def _nearest(of: _Described, chosen: np.ndarray, train: np.ndarray) -> pd.DataFrame:
    places = np.flatnonzero(train)
    place, similarity = nearest(of.fingerprints[chosen], of.fingerprints[places])
    found = pd.DataFrame({"similarity": similarity}, index=chosen)
    for name in of.levels:
        labels = of.compounds[name]
        own, theirs = labels.to_numpy()[chosen], labels.to_numpy()[places[place]]
        shares = pd.Series(own).map(labels[train].value_counts(normalize=True)).fillna(0).to_numpy(float)
        # A compound without the label is not asked for it.
        found[f"nearest_{name}"] = np.where(pd.isna(own), np.nan, own == theirs)
        found[f"chance_{name}"] = np.where(pd.isna(own), np.nan, shares)
    return found
