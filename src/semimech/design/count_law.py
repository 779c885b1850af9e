"""What counting gives to the variance of a cell, and what biology: the negative-binomial law on the effect scale."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from semimech.data.counts import count_sums
from semimech.data.screen import Screen

MULTIPLES = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0)
LARGE = 200.0  # mean count from which the delta method is as good as the sum over counts
NODES = 5  # library sizes at which a cell's law is computed
CHUNK = 256
FEATURES = 1_000  # that stand for all where values are pooled
STEP = 0.1  # of the logarithm of a rate, for the derivative
DEPTH = ("depth", "cell", "effect")


@dataclass(frozen=True, eq=False)
class CountLaw:
    """Counts of control cells: x ~ negative binomial with mean library x rate, variance mean + dispersion mean^2.

    rate, dispersion: (features,). library: mean of the counts of a cell; spread: sd of its logarithm.
    """

    rate: np.ndarray
    dispersion: np.ndarray
    library: float
    spread: float

    def cell_variance(self, multiple: float = 1.0, *, counting_only: bool = False) -> np.ndarray:
        """Variance of log(1 + 10^4 x / library) over cells at this multiple of the depth (features,).

        `counting_only`: of Poisson counts, without dispersion. Exact sums over counts; above a mean of 200 the delta
        method, (a / (1 + a mu))^2 (mu + phi mu^2) with a = 10^4 / library.
        """
        dispersion = np.zeros_like(self.dispersion) if counting_only else self.dispersion
        parts = self._by_library(multiple, dispersion)
        centre = sum(weight * mean for weight, (mean, _) in parts)
        return np.array([weight * (within + (mean - centre) ** 2) for weight, (mean, within) in parts]).sum(0)

    def sensitivity(self, multiple: float = 1.0) -> np.ndarray:
        """d mean / d log rate on the effect scale at this multiple of the depth (features,): 1 where counts abound."""
        raised = replace(self, rate=self.rate * np.exp(STEP))
        return (raised._mean(multiple) - self._mean(multiple)) / STEP

    def by_depth(self, cell: float) -> pd.DataFrame:
        """What other depths make of the pooled variance of a cell, `cell` as it was measured (depth, cell, effect).

        effect: by how much the effects themselves grow on the effect scale, root mean square over features.
        """
        law = self._thinned()
        here, size = law.cell_variance().mean(), (law.sensitivity() ** 2).mean()
        rows = [
            (
                multiple,
                cell * law.cell_variance(multiple).mean() / here,
                float(np.sqrt((law.sensitivity(multiple) ** 2).mean() / size)),
            )
            for multiple in MULTIPLES
        ]
        return pd.DataFrame(rows, columns=list(DEPTH))

    def counting_share(self) -> float:
        """Share of a cell's variance that counts without dispersion have too."""
        law = self._thinned()
        return float(law.cell_variance(counting_only=True).mean() / law.cell_variance().mean())

    def _thinned(self) -> CountLaw:
        """Some features of every rate stand for all, where there are many."""
        order = np.argsort(self.rate)[:: max(1, len(self.rate) // FEATURES)]
        return replace(self, rate=self.rate[order], dispersion=self.dispersion[order])

    def _mean(self, multiple: float) -> np.ndarray:
        return np.array([weight * one[0] for weight, one in self._by_library(multiple, self.dispersion)]).sum(0)

    def _by_library(self, multiple: float, dispersion: np.ndarray) -> list[tuple[float, tuple[np.ndarray, np.ndarray]]]:
        """(weight, mean and variance of the values) of cells of some library sizes."""
        points, weights = np.polynomial.hermite_e.hermegauss(NODES)
        libraries = multiple * self.library * np.exp(self.spread * points - self.spread**2 / 2)
        moments = [_moments(library * self.rate, dispersion, 1e4 / library) for library in libraries]
        return list(zip(weights / weights.sum(), moments, strict=True))


def count_law_of(screen: Screen) -> CountLaw | None:
    """The law of the control cells, dispersion by moments within batches; None without counts or controls.

    Robinson and Smyth 2007, doi:10.1093/biostatistics/kxm030.
    """
    controls = np.flatnonzero(screen.is_control)
    if screen.scale != "counts" or len(controls) < 2:
        return None
    sums = count_sums(screen, controls)
    rows = sums.control_rows.sum()
    library = float(sums.control_library.sum() / rows)
    square = float(sums.control_squared.sum() / rows)
    spread = float(np.sqrt(np.log(max(square / library**2, 1.0))))
    return CountLaw(sums.control_rates, sums.dispersion, library, spread)


def _moments(mean: np.ndarray, dispersion: np.ndarray, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of log(1 + factor x) for counts of these means and dispersions."""
    first = np.log1p(factor * mean)
    second = (factor / (1 + factor * mean)) ** 2 * (mean + dispersion * mean**2)
    small = np.flatnonzero(mean <= LARGE)
    order = small[np.argsort(mean[small] * (1 + dispersion[small]))]
    for start in range(0, len(order), CHUNK):
        part = order[start : start + CHUNK]
        mu, phi = mean[part], np.maximum(dispersion[part], 1e-9)
        spread = np.sqrt(mu + phi * mu**2)
        counts = np.arange(int((mu + 12 * spread).max()) + 20)
        share = stats.nbinom.pmf(counts, 1 / phi[:, None], 1 / (1 + phi * mu)[:, None])
        value = np.log1p(factor * counts)
        total = share.sum(1)
        first[part] = share @ value / total
        second[part] = share @ value**2 / total - first[part] ** 2
    return first, second
