"""From the amounts of molecules in cells to what an instrument says of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from semimech.data.scale import Scale
from semimech.support.errors import UserError
from semimech.support.options import require_one_of, require_within

SECTION = "section [measurement]"
ONLY = {
    "counts": ("library_size", "library_spread", "expression_spread", "dispersion", "dropout", "failing"),
    "log-ratio": ("noise",),
}
LOST_DEPTH = 0.1  # of the library of a cell that fails quality control, half of which is ambient


@dataclass(frozen=True)
class Measurement:
    """How cells are read; in TOML the section [measurement]. Raises UserError for options that do not fit.

    scale: counts (library size x batch factor x expression -> negative binomial -> dropout) or log-ratio (log2 to the
    untreated start + batch offset + Gaussian noise).
    library_size: median of the counts of a cell; library_spread: sd of its natural logarithm.
    expression_spread: sd of the natural logarithm of the genes' own means. batch_spread: the same of the factor of
    every gene in every batch, on both scales. dispersion: median phi, variance = mean + phi mean^2.
    dropout: greatest share of counts lost, that of a gene with mean 0; with mean m it is dropout / (1 + m).
    failing: share of cells that fail quality control: a tenth of the library, half of it from other cells.
    noise: sd of a log-ratio.
    """

    scale: str = "counts"
    library_size: float = 5_000.0
    library_spread: float = 0.4
    expression_spread: float = 1.0
    batch_spread: float = 0.1
    dispersion: float = 0.2
    dropout: float = 0.0
    failing: float = 0.0
    noise: float = 0.1

    def __post_init__(self) -> None:
        require_one_of(SECTION, "scale", self.scale, ("counts", "log-ratio"))
        spreads = ("library_spread", "expression_spread", "batch_spread")
        limits = {name: (getattr(self, name), 0.0, 5.0) for name in spreads}
        limits |= {name: (getattr(self, name), 0.0, 1.0) for name in ("dropout", "failing")}
        limits["library_size"] = (self.library_size, 1.0, 1e9)
        limits["dispersion"] = (self.dispersion, 1e-6, 100.0)
        limits["noise"] = (self.noise, 0.0, 100.0)
        require_within(SECTION, limits)
        for scale, names in ONLY.items():
            for name in names if scale != self.scale else ():
                if getattr(self, name) != getattr(type(self), name):
                    raise UserError(
                        f"The option {name} of the {SECTION} says nothing of a screen of scale '{self.scale}': "
                        f'leave it out, or say scale = "{scale}".'
                    )

    def instrument(self, random: np.random.Generator, features: int, batches: int) -> Instrument:
        """Draw what is fixed for genes and batches."""
        factors = np.exp(self.batch_spread * random.standard_normal((features, batches)))
        expression = np.exp(self.expression_spread * random.standard_normal(features))
        dispersion = self.dispersion * np.exp(0.5 * random.standard_normal(features))
        return Instrument(self, factors, expression, dispersion)

    @property
    def as_scale(self) -> Scale:
        """The scale of the screen."""
        return cast(Scale, self.scale)


@dataclass(frozen=True, eq=False)
class Cells:
    """Per row of a screen: the batch's number, library size (counts), and whether it passes quality control."""

    batch: np.ndarray
    library_size: np.ndarray
    passes: np.ndarray

    def take(self, rows: slice) -> Cells:
        """Only some rows."""
        return Cells(self.batch[rows], self.library_size[rows], self.passes[rows])


@dataclass(frozen=True, eq=False)
class Instrument:
    """A measurement with its constants: batch factors (features x batches), expression and dispersion (features,)."""

    options: Measurement
    batch_factors: np.ndarray
    expression: np.ndarray
    dispersion: np.ndarray

    def cells(self, random: np.random.Generator, batch: np.ndarray) -> Cells:
        """Library sizes and failures of the rows whose batches are given."""
        n = len(batch)
        library = self.options.library_size * np.exp(self.options.library_spread * random.standard_normal(n))
        passes = random.random(n) >= self.options.failing if self.options.scale == "counts" else np.ones(n, bool)
        return Cells(batch, library * np.where(passes, 1.0, LOST_DEPTH), passes)

    def read(self, random: np.random.Generator, log2_levels: np.ndarray, start: np.ndarray, cells: Cells) -> np.ndarray:
        """Measured values (rows x features, float32) of log2 levels; `start` are those of the untreated start."""
        if self.options.scale == "log-ratio":
            change = log2_levels - start + np.log2(self.batch_factors).T[cells.batch]
            return (change + self.options.noise * random.standard_normal(change.shape)).astype(np.float32)

        mean = self.expected(log2_levels, start, cells)
        counts = random.poisson(random.standard_gamma(1 / self.dispersion, mean.shape) * (self.dispersion * mean))
        if self.options.dropout:
            counts[random.random(mean.shape) < self.options.dropout / (1 + mean)] = 0
        return counts.astype(np.float32)

    def expected(self, log2_levels: np.ndarray, start: np.ndarray, cells: Cells) -> np.ndarray:
        """Mean counts (rows x features) before dropout."""
        share = _shares(self.expression * np.exp2(log2_levels))
        failed = ~cells.passes
        if failed.any():
            share[failed] = 0.5 * share[failed] + 0.5 * _shares(self.expression * np.exp2(start[failed]))
        return cells.library_size[:, None] * _shares(share * self.batch_factors.T[cells.batch])

    def constants(self, features: pd.Index) -> pd.DataFrame:
        """Expression and dispersion of each feature, empty for log-ratios."""
        values = {"expression": self.expression, "dispersion": self.dispersion}
        return pd.DataFrame(values if self.options.scale == "counts" else {}, index=features)


def _shares(amounts: np.ndarray) -> np.ndarray:
    return amounts / amounts.sum(-1, keepdims=True)
