"""What was held in each condition, how far, and what followed: the table that edges are read from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from semimech.data.condition import GENETIC
from semimech.data.effects import Effects, effects_of
from semimech.data.screen import Screen
from semimech.support.errors import UserError

MANY = 50  # features from which the median effect of a condition says how its library is composed
CLEAR = 4.0  # standard errors beyond which an effect is taken for one


@dataclass(frozen=True, eq=False)
class Clamps:
    """Conditions in which genes are held.

    features, roles: of the screen. sources: names of the genes held; columns: their features, -1 where they are not
    measured (sources,).
    levels: shift at which each is held, 0 where it is free (conditions x sources). values, errors: effects and their
    standard errors (conditions x features).
    """

    features: tuple[str, ...]
    roles: tuple[str, ...]
    sources: tuple[str, ...]
    columns: np.ndarray
    levels: np.ndarray
    values: np.ndarray
    errors: np.ndarray

    @property
    def held(self) -> np.ndarray:
        """True where a source is held (conditions x sources)."""
        return self.levels != 0

    @property
    def own(self) -> np.ndarray:
        """True where a feature is held (conditions x features)."""
        own = np.zeros(self.values.shape, bool)
        measured = self.columns >= 0
        own[:, self.columns[measured]] = self.held[:, measured]
        return own

    @property
    def z(self) -> np.ndarray:
        """Effect over standard error, 0 where nothing varies (conditions x features)."""
        return np.divide(self.values, self.errors, out=np.zeros_like(self.values), where=self.errors > 0)


def clamps_of(screen: Screen, rows: np.ndarray, dose: float | None = None) -> Clamps:
    """The conditions among the rows whose perturbations each act on one gene.

    dose: size of the shift at which every target is held, on the scale of effects. Not given: that of the target's own
    readout or the largest clear effect of the perturbation, whichever is larger; and where the readout of a knock-out
    does not clearly fall, at least the whole level of the controls, for the protein may be gone all the same. A dose
    that is too large costs little, one that is too small much.
    Where a condition has a single row, its errors are the robust spread of the features' effects over conditions.
    Raises UserError without two such perturbations.
    """
    found = clamps_if_any(screen, rows, dose)
    if found is None:
        raise UserError(
            "The screen has fewer than two perturbed genes with rows and controls, and a network of direct effects "
            "needs "
            "at least two: give knock-outs, knock-downs or activations, each with one target (--targets)."
        )
    return found


def clamps_if_any(screen: Screen, rows: np.ndarray, dose: float | None = None) -> Clamps | None:
    """As `clamps_of`, None where fewer than two genes were perturbed."""
    kind = {p.name: p.kind for p in screen.perturbations if p.kind in GENETIC and len(p.targets) <= 1}
    target = {p.name: next(iter(p.targets), p.name) for p in screen.perturbations if p.name in kind}
    effects = effects_of(screen, rows)
    effects = effects.take(np.array([all(name in kind for name in c.names) for c in effects.conditions], bool))
    sources = tuple(dict.fromkeys(target[name] for c in effects.conditions for name in c.names))
    if len(sources) < 2:
        return None
    place = {name: k for k, name in enumerate(sources)}
    column = {name: j for j, name in enumerate(screen.feature_names)}
    columns = np.array([column.get(name, -1) for name in sources])
    values = _centred(effects, screen.scale != "log-ratio")
    errors = _errors(effects, values)
    signs = np.zeros((len(effects), len(sources)))
    whole = np.zeros_like(signs)
    for row, condition in enumerate(effects.conditions):
        for name in condition.names:
            k = place[target[name]]
            signs[row, k] = 1.0 if kind[name] == "activation" else -1.0
            if kind[name] == "knock-out" and screen.scale != "log-ratio" and columns[k] >= 0:
                whole[row, k] = effects.control_mean[columns[k]]
    found = Clamps(screen.feature_names, tuple(screen.features["role"]), sources, columns, signs, values, errors)
    whole[_falls(found)] = 0
    sizes = np.full(signs.shape, dose) if dose is not None else np.maximum(whole, _shown(found))
    return replace(found, levels=signs * sizes)


def _falls(clamps: Clamps) -> np.ndarray:
    """True where the own readout of what is held has clearly moved as it should (conditions x sources)."""
    falls = np.zeros(clamps.levels.shape, bool)
    measured = clamps.columns >= 0
    falls[:, measured] = np.sign(clamps.levels[:, measured]) * clamps.z[:, clamps.columns[measured]] > CLEAR
    return falls


def _shown(clamps: Clamps) -> np.ndarray:
    """Size of the largest clear effect of each condition, its own on what is held included (conditions x sources)."""
    clear = (np.abs(clamps.z) > CLEAR) | clamps.own
    largest = np.where(clear, np.abs(clamps.values), 0.0).max(1)
    floor = np.median(largest[largest > 0]) if (largest > 0).any() else 1.0
    return np.where(largest > 0, largest, floor)[:, None] * np.ones(len(clamps.sources))


def _centred(effects: Effects, composed: bool) -> np.ndarray:
    """Effects less the median over features: where one feature gives way, the shares of all others rise."""
    values = effects.values.astype(np.float64)
    return values - np.median(values, axis=1, keepdims=True) if composed and values.shape[1] >= MANY else values


def _errors(effects: Effects, values: np.ndarray) -> np.ndarray:
    """Standard errors, none below that of the variance of a row pooled over conditions.

    Twenty cells in which a rare transcript is not seen vary by nothing, and that says little.
    """
    errors: np.ndarray = effects.standard_errors.astype(np.float64)
    known = np.isfinite(errors)
    rows = np.where(known, effects.counts[:, None], 0.0)
    pooled = (rows**2 * np.where(known, errors, 0.0) ** 2).sum(0) / np.maximum(rows.sum(0), 1)
    spread = 1.4826 * np.median(np.abs(values - np.median(values, axis=0)), axis=0)
    return np.where(known, np.maximum(errors, np.sqrt(pooled / effects.counts[:, None])), spread)
