"""The judge: every score of every model beside its baseline, its ceiling and its uncertainty."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from semimech.evaluate.alignment import aligned
from semimech.evaluate.bootstrap import dirichlet_weights, interval
from semimech.evaluate.ceiling import NO_CEILING, Ceiling
from semimech.evaluate.comparison import best_baseline, difference, pairs_of
from semimech.evaluate.coverage import coverage_sentences, coverage_table
from semimech.evaluate.reference import Reference
from semimech.evaluate.scores import SCORES, ScoreCard
from semimech.evaluate.sentences import headline, pair_sentences, primary_score, sentences_of
from semimech.evaluate.tally import Tally, tally
from semimech.models.base import Prediction
from semimech.support.errors import UserError

MEAN_RESPONSE = "mean-response"


@dataclass(frozen=True, eq=False)
class Fold:
    """One fold: what is judged against, the predictions by (model, seed), and the ceiling."""

    reference: Reference
    predictions: Mapping[tuple[str, int], Prediction]
    ceiling: Ceiling = NO_CEILING


@dataclass(frozen=True, eq=False)
class Judgement:
    """What the judge found.

    table: one row for each split, model and score. value: mean over folds (and seeds) of the score; lower, upper:
    95 % interval by the Bayesian bootstrap over conditions; pooled: the score of all folds' conditions together;
    baseline: the mean response's value; best_baseline, best_baseline_value: the best by value in this split and
    score (for a baseline, the best other one), chosen after the fact, which is conservative: the models have to
    beat the luckiest baseline. difference, difference_lower, difference_upper: how much better than the best
    baseline (positive is better whichever way the score runs), with a paired interval; verdict: better, equal,
    worse or not told apart (`verdict_of`). ceiling: one half of the test rows against the other; ceiling_stepped: the
    same for all test rows against as many (`ceiling_of`); scaled: (value - baseline) / (ceiling_stepped - baseline),
    unclipped, no value without a stepped ceiling that is better than the baseline. folds_sd, seeds_sd: spread over
    folds and seeds. pairs: split, model, other, score, n_conditions and the same paired difference between every two
    models that are no baselines.
    per_condition: split, fold, model, seed, condition, score, value. per_feature: split, model, feature, r, error
    (root mean squared). dropped: split, fold, model, condition, reason. ceilings: for each split why none of its
    folds has a ceiling, '' where one has. intervals: split, model, is_baseline, level, coverage with lower and upper,
    width, n_conditions (`coverage_table`). headline, sentences: the verdict in words.
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    per_condition: pd.DataFrame
    per_feature: pd.DataFrame
    dropped: pd.DataFrame
    intervals: pd.DataFrame
    headline: str
    sentences: tuple[str, ...]
    primary_score: str
    ceilings: Mapping[str, str]


def judge(
    folds: Sequence[Fold], *, baselines: Collection[str] | None = None, draws: int = 1000, seed: int = 0
) -> Judgement:
    """Judge the predictions of all folds of one or more splits.

    `baselines` names the models that are baselines (those of the package if not given). The weights of a draw are
    the same for all models, so differences are paired, and for a condition in all the folds it is tested in.
    Raises UserError where there is nothing to judge, or a prediction does not cover the test conditions.
    """
    if not folds or not any(fold.predictions for fold in folds):
        raise UserError("There is nothing to judge: give at least one fold with a prediction.")
    known = frozenset(_package_baselines() if baselines is None else baselines)
    tables, pairs, conditions, features, dropped, ceilings = [], [], [], [], [], {}
    for split in dict.fromkeys(fold.reference.split for fold in folds):
        mine = [fold for fold in folds if fold.reference.split == split]
        arrays, lost = _arrays(split, mine)
        dropped.append(lost)
        cards = [card for card in SCORES if all(card.needs in fold.reference.provides for fold in mine)]
        references = [fold.reference for fold in mine]
        unique = list(dict.fromkeys(condition for reference in references for condition in reference.conditions))
        found = tally(references, arrays, cards, dirichlet_weights(len(unique), draws, seed), unique)
        tables.append(_table(split, found, cards, known, mine, len(unique)))
        pairs.append(
            pairs_of(split, found, cards, [model for model in found.models if model not in known], len(unique))
        )
        conditions.append(found.per_condition.assign(split=split))
        features.append(found.per_feature.assign(split=split))
        ceilings[split] = "" if any(fold.ceiling.values for fold in mine) else mine[0].ceiling.reason
    table = pd.concat(tables, ignore_index=True)
    primary = primary_score(folds[0].reference.scale)
    compared = pd.concat(pairs, ignore_index=True)
    intervals = coverage_table([(fold.reference, fold.predictions) for fold in folds], known, draws, seed)
    sentences = (*sentences_of(table, primary, ceilings), *pair_sentences(compared, primary))
    return Judgement(
        table,
        compared,
        _split_first(conditions),
        _split_first(features),
        pd.concat(dropped, ignore_index=True),
        intervals,
        headline(table, primary, sentences),
        (*sentences, *coverage_sentences(intervals)),
        primary,
        ceilings,
    )


def _package_baselines() -> list[str]:
    from semimech.models.baselines import BASELINES

    return [estimator.name for estimator in BASELINES]


def _split_first(parts: list[pd.DataFrame]) -> pd.DataFrame:
    whole = pd.concat(parts, ignore_index=True)
    return whole[["split", *(name for name in whole.columns if name != "split")]]


def _arrays(split: str, folds: Sequence[Fold]) -> tuple[list[dict[tuple[str, int], np.ndarray]], pd.DataFrame]:
    """Predicted effects in the order of each reference, and what could not be judged."""
    arrays: list[dict[tuple[str, int], np.ndarray]] = []
    lost: list[tuple[str, str, str, str, str]] = []
    for fold in folds:
        name = fold.reference.fold
        lost += [(split, name, "", label, reason) for label, reason in fold.reference.effects.dropped]
        arrays.append({})
        for (model, seed), prediction in fold.predictions.items():
            arrays[-1][model, seed], failed = aligned(prediction, fold.reference, model)
            lost += [(split, name, model, label, reason) for label, reason in failed]
    models = {frozenset(model for model, _ in fold) for fold in arrays}
    if len(models) > 1:
        uneven = sorted(frozenset.union(*models) - frozenset.intersection(*models))
        raise UserError(f"The folds of the split '{split}' lack predictions of {', '.join(uneven)}: fit every fold.")
    return arrays, pd.DataFrame(lost, columns=["split", "fold", "model", "condition", "reason"])


def _table(
    split: str, found: Tally, cards: Sequence[ScoreCard], baselines: frozenset[str], folds: list[Fold], n: int
) -> pd.DataFrame:
    """The rows of one split."""
    rows = []
    for c, card in enumerate(cards):
        ceiling = _mean([fold.ceiling.values.get(card.name, np.nan) for fold in folds])
        stepped = _mean([fold.ceiling.stepped.get(card.name, np.nan) for fold in folds])
        values = dict(zip(found.models, found.value[:, c], strict=True))
        b = values.get(MEAN_RESPONSE, np.nan)
        for m, model in enumerate(found.models):
            best = best_baseline(values, baselines - {model}, card.sign)
            lower, upper = interval(found.draws[m, c])
            rows.append(
                {
                    "split": split,
                    "model": model,
                    "is_baseline": model in baselines,
                    "score": card.name,
                    "value": values[model],
                    "lower": lower,
                    "upper": upper,
                    "pooled": found.pooled[m, c],
                    "baseline": b,
                    "best_baseline": best or "",
                    "best_baseline_value": values[best] if best else np.nan,
                    **difference(found, c, card, m, found.models.index(best) if best else None),
                    "ceiling": ceiling,
                    "ceiling_stepped": stepped,
                    "scaled": (values[model] - b) / (stepped - b) if card.sign * (stepped - b) > 0 else np.nan,
                    "folds_sd": found.folds_sd[m, c],
                    "seeds_sd": found.seeds_sd[m, c],
                    "n_conditions": n,
                    "n_folds": len(folds),
                }
            )
    return pd.DataFrame(rows)


def _mean(values: list[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")
