"""The readings of one repeat: the same predictions scored with and without a threshold on the confidence."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from semimech.audit.focus.pool import ABOVE, BELOW, EXACT

FIXED, RECALIBRATED, RANKING, REGRESSION = "fixed threshold", "recalibrated", "ranking", "regression"
ERROR = "squared error"
READINGS = (FIXED, RECALIBRATED, RANKING)
MEANING = {
    FIXED: "balanced accuracy of confidences cut at 0.5",
    RECALIBRATED: "balanced accuracy at the cut-off that is best on left-out compounds of the training half",
    RANKING: "area under the ROC curve of the confidences",
    REGRESSION: "concordance of predicted and measured activity over the pairs that censoring leaves comparable",
    ERROR: "mean squared error of predicted values; its gains are reductions",
}
LEAST_OF_A_HALF = 3


def balanced_accuracy(confidence: np.ndarray, label: np.ndarray, cut: np.ndarray | float) -> np.ndarray:
    """Mean of sensitivity and specificity of `confidence >= cut`: (N, rows), (rows,), (N,) -> (N,)."""
    called = confidence >= np.broadcast_to(cut, confidence.shape[:1])[:, None]
    return 0.5 * (called[:, label == 1].mean(axis=1) + (~called[:, label == 0]).mean(axis=1))


def area_under_roc(confidence: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Share of pairs (reaching, not reaching) ranked rightly, ties counting half: (N, rows), (rows,) -> (N,)."""
    ranks = rankdata(confidence, axis=1)[:, label == 1]
    positive, negative = np.count_nonzero(label == 1), np.count_nonzero(label == 0)
    return (ranks.sum(axis=1) - positive * (positive + 1) / 2) / (positive * negative)


def best_cut(confidence: np.ndarray, label: np.ndarray) -> np.ndarray:
    """The cut-off of the largest balanced accuracy, midway between two neighbouring confidences: -> (N,)."""
    order = np.argsort(-confidence, axis=1)
    ranked, labels = np.take_along_axis(confidence, order, axis=1), label[order]
    hits = np.cumsum(labels == 1, axis=1) / np.count_nonzero(label == 1)
    alarms = np.cumsum(labels == 0, axis=1) / np.count_nonzero(label == 0)
    gain = (hits - alarms)[:, :-1]
    best = np.where(ranked[:, :-1] > ranked[:, 1:], gain, -np.inf).argmax(axis=1)[:, None]
    return 0.5 * (np.take_along_axis(ranked, best, 1) + np.take_along_axis(ranked, best + 1, 1))[:, 0]


def concordance(predicted: np.ndarray, values: np.ndarray, relation: np.ndarray) -> np.ndarray:
    """Harrell's C: (N, rows), (rows,), (rows,) -> (N,); a pair counts where one value surely exceeds the other.

    Source: Harrell et al. 1982 (10.1001/jama.1982.03320430047030).
    """
    lowest = np.where(relation == BELOW, -np.inf, values)
    highest = np.where(relation == ABOVE, np.inf, values)
    larger, smaller = np.nonzero(lowest[:, None] > highest)
    if not len(larger):
        return np.full(len(predicted), np.nan)
    # One N after another: all pairs of a large series for all N would not fit.
    pairs = ((one[larger], one[smaller]) for one in predicted)
    return np.array([(first > second).mean() + 0.5 * (first == second).mean() for first, second in pairs])


def error(predicted: np.ndarray, values: np.ndarray, relation: np.ndarray) -> np.ndarray:
    """Mean squared error over the exact values: (N, rows), (rows,), (rows,) -> (N,)."""
    exact = relation == EXACT
    return np.square(predicted[:, exact] - values[exact]).mean(axis=1)


def classified(predicted: np.ndarray, labels: np.ndarray, left_out: np.ndarray, own: np.ndarray) -> np.ndarray:
    """The three classification readings, 3 x T x N; NaN where either half has fewer than 3 of a class.

    `predicted` N x T x rows with `labels` rows x T are scored; the cut-off is chosen on `left_out` with labels `own`.
    """
    scores = np.full((len(READINGS), labels.shape[1], len(predicted)), np.nan)
    for number in range(labels.shape[1]):
        known, inner = ~np.isnan(labels[:, number]), ~np.isnan(own[:, number])
        label, label_inner = labels[known, number], own[inner, number]
        least = min(np.count_nonzero(one == side) for one in (label, label_inner) for side in (0, 1))
        if least < LEAST_OF_A_HALF:
            continue
        confidence = predicted[:, number, known]
        cut = best_cut(left_out[:, number, inner], label_inner)
        scores[0, number] = balanced_accuracy(confidence, label, 0.5)
        scores[1, number] = balanced_accuracy(confidence, label, cut)
        scores[2, number] = area_under_roc(confidence, label)
    return scores
