"""What can be told with a given variance: detectable effects, power alone and among many tests, and recovery."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from semimech.support.errors import UserError

LEAST_LEVEL = 1e-12
GRID = 400  # levels at which the rule of Benjamini and Hochberg is tried


def power(effect: np.ndarray | float, variance: np.ndarray | float, level: float = 0.05) -> np.ndarray:
    """Chance that a two-sided z test finds an effect measured with this variance, arrays of one shape.

    Phi(|d| - z) + Phi(-|d| - z), d = effect / sd, z the quantile of level / 2. `effect` is the measured one: efficiency
    times that of an edited cell.

    >>> power(0.5, 0.03).round(2)
    np.float64(0.82)
    """
    _require_share("level", level)
    distance = np.abs(np.asarray(effect, float)) / np.sqrt(np.asarray(variance, float))
    tail = norm.isf(level / 2)
    return norm.cdf(distance - tail) + norm.cdf(-distance - tail)


def minimum_detectable_effect(
    variance: np.ndarray | float,
    power: float = 0.8,
    level: float = 0.05,
    *,
    efficiency: np.ndarray | float = 1.0,
    own: np.ndarray | float = 0.0,
) -> np.ndarray:
    """The least effect of an edited cell that is found with this power, in the shape of `variance`.

    |effect| = d sqrt(variance / (eps^2 - d^2 eps (1 - eps) own)), d the distance with that power: about z_(level/2) +
    z_(1-power) standard errors. `own` is sum_b w_b^2 / n_b of the perturbed cells (`Contrast.own`), through which
    unedited cells among them widen the measurement; infinite where no effect is large enough.
    """
    _require_share("level", level)
    if not level < power < 1:
        raise UserError(f"The power is {power:g}: give a chance between the level ({level:g}) and 1.")
    distance = _distance(power, level)
    measured = np.isfinite(variance)
    widened = np.where(measured, own, 0.0) * efficiency * (1 - efficiency)
    left = efficiency**2 - distance**2 * widened
    with np.errstate(divide="ignore"):
        return np.where(left > 0, distance * np.sqrt(np.asarray(variance, float) / np.maximum(left, 0)), np.inf)


def power_at_fdr(
    effects: np.ndarray, variance: np.ndarray | float, share: float, fdr: float = 0.05
) -> tuple[np.ndarray, np.ndarray]:
    """(share of the true effects that are found, level of a single test) by Benjamini and Hochberg's rule.

    effects: equally likely sizes of true effects (k,), of which a `share` of many features has one; variance: of their
    measurement, any shape, as both results have. The level is the largest a with a <= fdr F(a), F(a) = (1 - share) a +
    share power(a), to which the rule converges with many features. Benjamini and Hochberg 1995,
    doi:10.1111/j.2517-6161.1995.tb02031.x; Genovese and Wasserman 2002, doi:10.1111/1467-9868.00347.
    """
    _require_share("share", share)
    _require_share("fdr", fdr)
    sizes = np.atleast_1d(np.asarray(effects, float))
    flat = np.atleast_1d(np.asarray(variance, float))
    levels = np.array([_level(sizes, one, share, fdr) for one in flat.ravel()]).reshape(flat.shape)
    found = [power(sizes, one, level).mean() if level > 0 else 0.0 for one, level in zip(flat.flat, levels.flat)]
    shape = np.shape(variance)
    return np.reshape(found, shape), levels.reshape(shape)


def expected_correlation(effect_variance: np.ndarray | float, error_variance: np.ndarray | float) -> np.ndarray:
    """Expected Pearson correlation over features of a measured effect with the true one: sqrt(S / (S + V)).

    S: variance over features of the true effect as measured (times efficiency^2), V: mean over features of the variance
    of the measurement. With the mean square of the effect in the place of its variance it is the expected cosine; the
    correlation of two independent measurements is the product of theirs with the truth. To first order in 1 / features.

    >>> expected_correlation(0.09, 0.03).round(2)
    np.float64(0.87)
    """
    signal, noise = np.asarray(effect_variance, float), np.asarray(error_variance, float)
    return np.sqrt(signal / (signal + noise))


def _distance(power_wanted: float, level: float) -> float:
    return float(brentq(lambda distance: power(distance, 1.0, level) - power_wanted, 0.0, 50.0))


def _level(sizes: np.ndarray, variance: float, share: float, fdr: float) -> float:
    """The largest level that the rule accepts, 0 where it accepts none."""
    if not np.isfinite(variance):
        return 0.0

    def spare(level: float) -> float:
        return fdr * ((1 - share) * level + share * float(power(sizes, variance, level).mean())) - level

    grid = np.geomspace(LEAST_LEVEL, fdr, GRID)
    accepted = np.flatnonzero([spare(level) >= 0 for level in grid])
    if not accepted.size:
        return 0.0
    last = int(accepted[-1])
    return float(grid[last]) if last == GRID - 1 else float(brentq(spare, grid[last], grid[last + 1]))


def _require_share(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise UserError(f"The {name} is {value:g}: give a number between 0 and 1.")
