"""How well a mixture of experts predicts compounds of documents it has not seen, beside others of their assay."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special, stats

from semimech.audit.mechanisms.experts import Experts, experts, gates, labelled_experts, log_density, one_law
from semimech.audit.mechanisms.space import Space
from semimech.support.progress import Monitor, silent

FOLDS, STARTS = 5, 3
FREEDOMS = (2.5, 4.0, 8.0, 30.0)
SCALES = np.exp(np.linspace(-0.8, 0.8, 33))


class HeldOut:
    """The folds of a space and the one law of each: what numbers of mechanisms are compared on."""

    def __init__(self, space: Space, seed: int = 0, starts: int = STARTS, monitor: Monitor = silent) -> None:
        self.space, self.seed, self.starts, self.monitor = space, seed, starts, monitor
        folds = _folds(space.units, seed)
        self.trains = [np.flatnonzero(folds != fold) for fold in range(FOLDS)]
        self.tests = [np.flatnonzero(folds == fold) for fold in range(FOLDS)]
        self.parts = [space.take(train) for train in self.trains]
        self.bases = [one_law(part) for part in self.parts]
        self.variances = np.empty(len(space))
        for test, base in zip(self.tests, self.bases):
            self.variances[test] = base.variance(space.law[test])

    def densities(self, count: int) -> np.ndarray:
        """Log-density of each compound (n,), held out, under `count` mechanisms."""

        def fit(fold: int) -> tuple[Experts, np.ndarray]:
            self.monitor(f"{count} mechanisms", fold, FOLDS)
            if count == 1:
                return self.bases[fold], np.ones((len(self.tests[fold]), 1))
            rng = np.random.default_rng([self.seed, count, fold])
            found = experts(self.parts[fold], count, self.bases[fold], self.starts, rng)
            near = self.space.nearness[np.ix_(self.tests[fold], self.trains[fold])]
            return found, gates(near, found.memberships)

        return self._scored(fit)

    def labelled_densities(self, labels: np.ndarray) -> np.ndarray:
        """The same where the mechanisms are known: labels (n,), integers from 0."""
        count = int(labels.max()) + 1

        def fit(fold: int) -> tuple[Experts, np.ndarray]:
            train, test = labels[self.trains[fold]], labels[self.tests[fold]]
            return labelled_experts(self.parts[fold], train, count, self.bases[fold]), np.eye(count)[test]

        return self._scored(fit)

    def _scored(self, fit: Callable[[int], tuple[Experts, np.ndarray]]) -> np.ndarray:
        errors, chances = [], []
        for fold, test in enumerate(self.tests):
            found, gate = fit(fold)
            predicted = found.predict(self.space.common[test], self.space.own[test])
            shift = self._shifts(fold, found, (gate * predicted).sum(1))
            errors.append((self.space.values[test] - shift)[:, None] - predicted)
            chances.append(gate)
        order = np.argsort(np.concatenate(self.tests))
        return self._profiled(np.concatenate(errors)[order], np.concatenate(chances)[order])

    def _shifts(self, fold: int, found: Experts, predicted: np.ndarray) -> np.ndarray:
        """The shift of each held-out compound's assay, from training and from the others of its assay held out.

        So neither a number of mechanisms gains by explaining shifts: both know them as well.
        """
        test, train = self.tests[fold], self.trains[fold]
        assays, count = self.space.assays, self.space.assays.max() + 1
        learnt = np.zeros(count)
        learnt[np.unique(assays[train])] = found.shifts
        known = learnt[assays[test]]
        left = self.space.values[test] - predicted - known
        size = self.bases[fold].sizes
        others = np.bincount(assays[test], minlength=count)[assays[test]] - 1
        sums = np.bincount(assays[test], left, minlength=count)[assays[test]] - left
        before = np.bincount(assays[train], minlength=count)[assays[test]]
        ratio = float(self.variances[test].mean()) / size.assay
        return np.asarray(known + sums / (others + before + ratio))

    def _profiled(self, errors: np.ndarray, chances: np.ndarray) -> np.ndarray:
        """Log-densities at the common scale and tails of most likelihood: errors and chances n x K."""
        scale, best = np.sqrt(self.variances)[:, None], (-np.inf, np.zeros(0))
        logs = np.log(np.maximum(chances, 1e-12))
        for freedom in FREEDOMS:
            for factor in SCALES:
                found = special.logsumexp(logs + log_density(errors, factor * scale, freedom), axis=1)
                total = float(found[self.space.judged].sum())
                if total > best[0]:
                    best = (total, found)
        return best[1]


class Divided:
    """Several divisions into folds, whose log-densities are averaged: a verdict must not hang on one of them."""

    def __init__(self, space: Space, seed: int, divisions: int, monitor: Monitor = silent) -> None:
        self.space = space
        self.each = [HeldOut(space, seed * divisions + number, STARTS, monitor) for number in range(divisions)]

    def densities(self, count: int) -> np.ndarray:
        """Log-density of each compound (n,), held out, under `count` mechanisms: the mean over divisions."""
        return np.mean([one.densities(count) for one in self.each], axis=0)

    def labelled_densities(self, labels: np.ndarray) -> np.ndarray:
        """The same where the mechanisms are known: labels (n,), integers from 0."""
        return np.mean([one.labelled_densities(labels) for one in self.each], axis=0)


def compared(more: np.ndarray, fewer: np.ndarray, space: Space) -> tuple[float, float, float]:
    """Gain of log-density per compound, its standard error over units, and the one-sided p-value that it is not 0.

    Units (documents) are what is drawn: the error is that of the sum over them, with Student's t.
    """
    judged = space.judged
    sums = np.bincount(space.units[judged], (more - fewer)[judged])
    sums = sums[np.bincount(space.units[judged]) > 0]
    count, total = len(sums), float(sums.sum())
    error = float(np.sqrt(count / (count - 1) * np.square(sums - sums.mean()).sum())) if count > 1 else np.inf
    p = float(stats.t.sf(total / error, count - 1)) if 0 < error < np.inf else 1.0
    return total / judged.sum(), error / judged.sum(), p


def _folds(units: np.ndarray, seed: int) -> np.ndarray:
    """The fold of each compound: whole units, the largest first into the fold that has the fewest compounds."""
    sizes = np.bincount(units)
    order = np.random.default_rng(seed).permutation(len(sizes))
    fold_of, filled = np.zeros(len(sizes), int), np.zeros(FOLDS)
    for unit in order[np.argsort(-sizes[order], kind="stable")]:
        fold_of[unit] = filled.argmin()
        filled[fold_of[unit]] += sizes[unit]
    return fold_of[units]
