"""Sums over each condition from which scores are made: adding (weighted) conditions adds their sums."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from semimech.evaluate.reference import Reference

Summarise = Callable[[Reference, np.ndarray], np.ndarray]  # (reference, predicted c x f) -> sums, c x k
Reduce = Callable[[np.ndarray], np.ndarray]  # sums, ... x k -> value, ...

TOP = 20


def moments(reference: Reference, predicted: np.ndarray) -> np.ndarray:
    """n, sum x, sum y, sum x^2, sum y^2, sum x y over the scored features (conditions x 6)."""
    return _moments(predicted, reference.observed, reference.scored)


def centred_moments(reference: Reference, predicted: np.ndarray) -> np.ndarray:
    """The moments of x - m and y - m, m the mean response of training."""
    m = reference.mean_response
    return _moments(predicted - m, reference.observed - m, reference.scored)


def _moments(x: np.ndarray, y: np.ndarray, counted: np.ndarray) -> np.ndarray:
    x, y = x * counted, y * counted
    parts = (counted.sum(1), x.sum(1), y.sum(1), (x * x).sum(1), (y * y).sum(1), (x * y).sum(1))
    return np.stack(parts, axis=1).astype(np.float64)


def pearson(sums: np.ndarray) -> np.ndarray:
    """Pearson correlation from moments; 0 where only the prediction is constant."""
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return correlation(xx - x * x / n, yy - y * y / n, xy - x * y / n, xx, yy)


def correlation(vx: np.ndarray, vy: np.ndarray, cxy: np.ndarray, xx: np.ndarray, yy: np.ndarray) -> np.ndarray:
    """cxy / sqrt(vx vy); 0 where only x does not vary beyond rounding, NaN where y does not."""
    flat_x, flat_y = ~(vx > 1e-12 * xx), ~(vy > 1e-12 * yy)
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.clip(cxy / np.sqrt(vx * vy), -1, 1)
    return np.where(flat_y, np.nan, np.where(flat_x, 0.0, r))


def r_squared(sums: np.ndarray) -> np.ndarray:
    """1 - sum (y - x)^2 / sum (y - mean y)^2 from moments."""
    n, _, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = yy - y * y / n
        return 1 - _ratio(xx - 2 * xy + yy, np.where(spread > 1e-12 * yy, spread, 0))


def cosine(sums: np.ndarray) -> np.ndarray:
    """sum x y / sqrt(sum x^2 sum y^2) from moments; 0 for a prediction of zero."""
    _, _, _, xx, yy, xy = np.moveaxis(sums, -1, 0)
    return correlation(xx, yy, xy, xx, yy)


def nmse(sums: np.ndarray) -> np.ndarray:
    """sum (y - x)^2 / sum y^2 from moments."""
    _, _, _, xx, yy, xy = np.moveaxis(sums, -1, 0)
    return _ratio(xx - 2 * xy + yy, yy)


def mse(sums: np.ndarray) -> np.ndarray:
    """sum (y - x)^2 / n from moments."""
    n, _, _, xx, yy, xy = np.moveaxis(sums, -1, 0)
    return _ratio(xx - 2 * xy + yy, n)


def ratio(sums: np.ndarray) -> np.ndarray:
    """The first sum over the second; NaN where the second is not positive."""
    return _ratio(sums[..., 0], sums[..., 1])


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(below > 0, above / below, np.nan)


def each(values: np.ndarray) -> np.ndarray:
    """Sums whose ratio is the mean over the conditions that have a value (conditions x 2)."""
    known = np.isfinite(values)
    return np.stack([np.where(known, values, 0.0), known.astype(np.float64)], axis=1)


def averaged(summarise: Summarise, reduce: Reduce) -> Summarise:
    """The score of each condition by itself, to be averaged over conditions."""

    def of_each(reference: Reference, predicted: np.ndarray) -> np.ndarray:
        return each(reduce(summarise(reference, predicted)))

    return of_each


def absolute(reference: Reference, predicted: np.ndarray) -> np.ndarray:
    """sum |y - x| and n."""
    error = np.abs(reference.observed - predicted) * reference.scored
    return np.stack([error.sum(1), reference.scored.sum(1)], axis=1)


def noise_corrected(reference: Reference, predicted: np.ndarray) -> np.ndarray:
    """sum (y - x)^2 - s^2 and sum y^2 - s^2 over the entries with a standard error."""
    counted = reference.known_errors
    noise = np.where(counted, reference.standard_errors, 0.0) ** 2
    error = np.where(counted, reference.observed - predicted, 0.0) ** 2
    size = np.where(counted, reference.observed, 0.0) ** 2
    return np.stack([(error - noise).sum(1), (size - noise).sum(1)], axis=1)


def weighted_error(reference: Reference, predicted: np.ndarray) -> np.ndarray:
    """Error of each condition weighted by how far its response is from the mean response."""
    weight = ((reference.observed - reference.mean_response) * reference.scored) ** 2
    error = (weight * (reference.observed - predicted) ** 2).sum(1)
    return each(_ratio(error, weight.sum(1)))


def top_jaccard(reference: Reference, predicted: np.ndarray) -> np.ndarray:
    """Jaccard index of the features of the largest predicted and observed changes in each condition."""
    found, real = (_top(np.abs(values) * reference.scored) for values in (predicted, reference.observed))
    return each(_ratio((found & real).sum(1), (found | real).sum(1)))


def _top(sizes: np.ndarray) -> np.ndarray:
    chosen = np.zeros(sizes.shape, bool)
    first = np.argsort(-sizes, axis=1, kind="stable")[:, :TOP]
    np.put_along_axis(chosen, first, True, axis=1)
    return chosen & (sizes > 0)


def discrimination(reference: Reference, predicted: np.ndarray) -> np.ndarray:
    """PDS of each condition: the rank of its own observed effect among all, by cosine similarity."""
    counted = (reference.scored | reference.targets).all(0) & ~reference.targets
    n = len(reference.conditions)
    if n < 2:
        return each(np.full(n, np.nan))
    likeness = _directions(predicted[:, counted]) @ _directions(reference.observed[:, counted]).T
    own = np.diag(likeness)[:, None]
    others = ~np.eye(n, dtype=bool)
    tied = (np.abs(likeness - own) <= 1e-9) & others
    better = (likeness > own + 1e-9) & others
    return each(1 - (better.sum(1) + tied.sum(1) / 2) / (n - 1))


def _directions(rows: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)


def changes(reference: Reference, predicted: np.ndarray) -> np.ndarray:
    """Sizes of the sets of changed features: found and real, found, real, real with the right sign (conditions x 4)."""
    real, found = reference.changed, reference.significant(predicted)
    same_sign = real & (np.sign(predicted) == np.sign(reference.observed))
    return np.stack([(found & real).sum(1), found.sum(1), real.sum(1), same_sign.sum(1)], axis=1).astype(np.float64)


def reach(reference: Reference, predicted: np.ndarray) -> np.ndarray:
    """How much of the changed features' effects is reached in the right direction, and their whole."""
    size = np.where(reference.changed, np.abs(reference.observed), 0.0)
    along = np.where(reference.changed, predicted * np.sign(reference.observed), 0.0)
    return np.stack([np.clip(along, 0, size).sum(1), size.sum(1)], axis=1)


def by_feature(reference: Reference, predicted: np.ndarray) -> np.ndarray:
    """n, x, y, x^2, y^2, x y of every feature (conditions x 6 features)."""
    counted = reference.scored.astype(np.float64)
    x, y = predicted * counted, reference.observed * counted
    return np.concatenate([counted, x, y, x * x, y * y, x * y], axis=1)


def _feature_parts(sums: np.ndarray) -> tuple[np.ndarray, ...]:
    n, x, y, xx, yy, xy = np.split(sums, 6, axis=-1)
    m = np.maximum(n, 1e-300)
    return xx - x * x / m, yy - y * y / m, xy - x * y / m, xx, yy


def feature_correlations(sums: np.ndarray) -> np.ndarray:
    """Pearson correlation over conditions of every feature (... x features)."""
    return correlation(*_feature_parts(sums))


def feature_pearson(sums: np.ndarray) -> np.ndarray:
    """Mean over features of their correlation over conditions."""
    r = feature_correlations(sums)
    known = np.isfinite(r)
    return _ratio(np.where(known, r, 0).sum(-1), known.sum(-1))


def feature_centred_pearson(sums: np.ndarray) -> np.ndarray:
    """Pooled correlation after taking from each feature its own mean over the conditions."""
    return correlation(*(part.sum(-1) for part in _feature_parts(sums)))


def e_distance(reference: Reference, predicted: np.ndarray) -> np.ndarray:
    """E-distance of each condition."""
    return each(reference.single_cells.e_distances(predicted))


def wasserstein(reference: Reference, predicted: np.ndarray) -> np.ndarray:
    """Mean 1-D Wasserstein distance of each condition."""
    return each(reference.single_cells.wasserstein(predicted))
