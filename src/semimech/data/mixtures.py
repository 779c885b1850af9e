"""One component or two: likelihood ratios of Gaussian mixtures in one dimension, for many samples at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats
from scipy.special import expit

STEPS = 30
SMOOTHING = 0.25
LEAST_SPREAD = 0.5  # of a component, in units of the fixed component or of the whole: narrower ones are spikes


class Mixture(NamedTuple):
    """Two components for each sample: share of the second, means and sds (samples x 2), and twice the gain in log L."""

    share: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    ratio: np.ndarray


def two_components(samples: np.ndarray, is_first_known: bool) -> Mixture:
    """Fit (1 - pi) N(m0, s0) + pi N(m1, s1) to each sample (samples x values) by EM, against one Gaussian.

    With `is_first_known` the first component is the standard normal, which control cells have; otherwise both are free
    and ordered by their means. The best of several starts is kept. Dempster, Laird and Rubin 1977,
    doi:10.1111/j.2517-6161.1977.tb01600.x.
    """
    centre, spread = samples.mean(1), np.maximum(samples.std(1), 1e-9)
    single = _log_normal(samples, centre[:, None], spread[:, None]).sum(1)
    best: Mixture | None = None
    for quantile in (0.35, 0.65):
        found = _fitted(samples, quantile, spread, is_first_known)
        found = found._replace(ratio=2 * (found.ratio - single))
        if best is None:
            best = found
            continue
        better = found.ratio > best.ratio
        wide = better[:, None]
        best = Mixture(
            np.where(better, found.share, best.share),
            np.where(wide, found.mean, best.mean),
            np.where(wide, found.sd, best.sd),
            np.where(better, found.ratio, best.ratio),
        )
    assert best is not None
    return best._replace(ratio=np.maximum(best.ratio, 0.0))  # the one component is among the mixtures


def _fitted(samples: np.ndarray, quantile: float, spread: np.ndarray, is_first_known: bool) -> Mixture:
    second = (samples > np.quantile(samples, quantile, axis=1, keepdims=True)).astype(samples.dtype)
    least = np.full(len(samples), LEAST_SPREAD) if is_first_known else 0.25 * spread
    parts = _maximised(samples, second, least, is_first_known)
    for _ in range(STEPS):
        first, other = _log_joint(samples, *parts)
        second = expit(other - first)
        parts = _maximised(samples, second, least, is_first_known)
    share, mean, sd = parts
    return Mixture(share, mean, sd, np.logaddexp(*_log_joint(samples, *parts)).sum(1))


def _maximised(
    samples: np.ndarray, second: np.ndarray, least: np.ndarray, is_first_known: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Share of the second component, means and sds that fit best where each value is of it with chance `second`."""
    n = samples.shape[1]
    squares = samples**2
    size = np.stack([n - second.sum(1), second.sum(1)], 1) + 1e-9
    total = np.einsum("bn,bn->b", second, samples), np.einsum("bn,bn->b", second, squares)
    mean = np.stack([samples.sum(1) - total[0], total[0]], 1) / size
    square = np.stack([squares.sum(1) - total[1], total[1]], 1) / size
    sd = np.maximum(np.sqrt(np.maximum(square - mean**2, 0.0)), least[:, None])
    if is_first_known:
        mean[:, 0], sd[:, 0] = 0.0, 1.0
    return np.clip(size[:, 1] / n, 1e-6, 1 - 1e-6), mean, sd


def _log_joint(
    samples: np.ndarray, share: np.ndarray, mean: np.ndarray, sd: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    first = _log_normal(samples, mean[:, :1], sd[:, :1]) + np.log1p(-share)[:, None]
    return first, _log_normal(samples, mean[:, 1:], sd[:, 1:]) + np.log(share)[:, None]


def _log_normal(x: np.ndarray, mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    return -0.5 * ((x - mean) / sd) ** 2 - np.log(sd) - 0.5 * np.log(2 * np.pi)


def resampled(values: np.ndarray, shape: np.ndarray, samples: int, random: np.random.Generator) -> np.ndarray:
    """Samples as large as `values`, of its mean and sd, with the distribution of `shape` (smoothed bootstrap).

    The null hypothesis of one component, whatever its skew. Silverman and Young 1987, doi:10.1093/biomet/74.3.469.
    """
    drawn = random.choice((shape - shape.mean()) / max(shape.std(), 1e-12), (samples, len(values)))
    drawn = (drawn + SMOOTHING * random.standard_normal(drawn.shape)) / np.sqrt(1 + SMOOTHING**2)
    return values.mean() + values.std() * drawn


def tail_of(
    ratio: float,
    values: np.ndarray,
    shape: np.ndarray,
    is_first_known: bool,
    samples: tuple[int, int],
    level: float,
    random: np.random.Generator,
) -> tuple[float, float]:
    """p of the likelihood ratio among resamples of one component, and what it must exceed at the level.

    samples: how many are drawn, and how many more where none of them reaches `ratio`, so that small p are resolved.
    p is not below that of chi square with the number of added parameters: where resamples never overlap with the
    first component their ratios are all 0, and any number would seem large.
    """
    null = two_components(resampled(values, shape, samples[0], random), is_first_known).ratio
    freedom = 1 if is_first_known else 3
    critical = float(max(np.quantile(null, 1 - level), stats.chi2.isf(level, freedom)))
    if not (null >= ratio).any() and samples[1]:
        null = np.r_[null, two_components(resampled(values, shape, samples[1], random), is_first_known).ratio]
    resampled_p = (1 + (null >= ratio).sum()) / (1 + len(null))
    return float(max(resampled_p, stats.chi2.sf(ratio, freedom))), critical


def transported(cells: np.ndarray, controls: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The control cells (m x features) with each feature moved, rank by rank, to its distribution among the cells.

    Each feature alone is as in the cells, but features go together as in the controls: a population in which no cell
    responds as a whole more than another, however zeros and saturation have bent single features.
    """
    ranks = np.argsort(np.argsort(controls + 1e-9 * random.standard_normal(controls.shape), axis=0), axis=0)
    place = ((ranks + 0.5) / len(controls) * len(cells)).astype(int)
    return np.take_along_axis(np.sort(cells, axis=0), place, axis=0)


def shrunken_response(cells: np.ndarray, controls: np.ndarray) -> np.ndarray:
    """Mean difference of each feature times max(0, 1 - 1/z^2), z its ratio to its standard error (features,).

    James and Stein's shrinkage, feature by feature: what noise alone gives is left out.
    """
    difference = cells.mean(0) - controls.mean(0)
    square = cells.var(0) / len(cells) + controls.var(0) / len(controls)
    shrink = np.maximum(1 - square / np.maximum(difference**2, 1e-24), 0.0)
    return difference * shrink if shrink.any() else difference


def two_means(points: np.ndarray, random: np.random.Generator, starts: int = 8) -> np.ndarray:
    """The vector between the centres of the best split of points (n x k) into two; Lloyd 1982,
    doi:10.1109/TIT.1982.1056489.
    """
    best, direction = np.inf, np.zeros(points.shape[1])
    for _ in range(starts):
        centres = points[random.choice(len(points), 2, replace=False)]
        for _ in range(30):
            nearer = ((points[:, None] - centres[None]) ** 2).sum(2).argmin(1)
            if nearer.min() == nearer.max():
                break
            centres = np.stack([points[nearer == k].mean(0) for k in (0, 1)])
        cost = ((points[:, None] - centres[None]) ** 2).sum(2).min(1).sum()
        if cost < best:
            best, direction = cost, centres[1] - centres[0]
    return direction
