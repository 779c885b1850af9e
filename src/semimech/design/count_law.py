"""What counting gives to the variance of a cell, and what biology: the negative-binomial law on the effect scale."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import stats

from semimech.data.counts import count_sums
from semimech.data.screen import Screen

MULTIPLES = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0)
LARGE = 50.0  # mean count from which the delta method is as good as the sum over counts
LEAST = 1e-6  # rates and dispersions below this are as good as none
POINTS, CELLS = 400, 100  # rates between which moments are interpolated; quantiles that stand for all cells
NODES = 5  # library sizes at which a cell's law is computed
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

        `counting_only`: of Poisson counts, without dispersion. Of counts of a rate the delta method above a rate of 50,
        (a / (1 + a mu))^2 mu with a = 10^4 / library, and sums over counts below; of rates the quantiles of a gamma
        distribution with variance phi.
        """
        mean, square = self._over_cells(multiple, np.ones((1, 1)) if counting_only else self._varying)
        return square - mean**2

    def sensitivity(self, multiple: float = 1.0) -> np.ndarray:
        """d mean / d log rate on the effect scale at this multiple of the depth (features,): 1 where counts abound."""
        raised = replace(self, rate=self.rate * np.exp(STEP))
        higher, here = (law._over_cells(multiple, self._varying)[0] for law in (raised, self))
        return (higher - here) / STEP

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

    @cached_property
    def _varying(self) -> np.ndarray:
        """Rates of cells over their mean (features x cells): quantiles of the gamma distribution with variance phi."""
        shape = 1 / np.maximum(self.dispersion, LEAST)[:, None]
        return stats.gamma.ppf((np.arange(CELLS) + 0.5) / CELLS, shape) / shape

    def _over_cells(self, multiple: float, varying: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean of the values, and of their squares, over cells of all library sizes (features,)."""
        points, weights = np.polynomial.hermite_e.hermegauss(NODES)
        libraries = multiple * self.library * np.exp(self.spread * points - self.spread**2 / 2)
        each = [_moments(size * self.rate[:, None] * varying, 1e4 / size) for size in libraries]
        mean, square = (np.array([part[k].mean(1) for part in each]) for k in (0, 1))
        return weights @ mean / weights.sum(), weights @ square / weights.sum()


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


def _moments(rate: np.ndarray, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean of log(1 + factor x) and of its square over cells with Poisson counts at these rates (features x cells)."""
    grid = np.geomspace(max(rate.min(), LEAST), max(rate.max(), 2 * LEAST), POINTS)
    mean = np.log1p(factor * grid) - 0.5 * grid * (factor / (1 + factor * grid)) ** 2
    square = mean**2 + grid * (factor / (1 + factor * grid)) ** 2
    exact = grid <= LARGE
    counts = np.arange(int(LARGE + 12 * np.sqrt(LARGE)))
    share, value = stats.poisson.pmf(counts, grid[exact, None]), np.log1p(factor * counts)
    mean[exact], square[exact] = share @ value, share @ value**2
    place = np.log(np.maximum(rate, grid[0]))
    return np.interp(place, np.log(grid), mean), np.interp(place, np.log(grid), square)
