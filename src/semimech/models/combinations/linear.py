"""Ridge of changes on what was given, with the noise that conditions share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from semimech.models.baselines.fitted import encode
from semimech.models.combinations.table import Changes


@dataclass(frozen=True, eq=False)
class AdditivePath:
    """All solutions B(tau) = argmin (Y - T B)' V^-1 (Y - T B) + |B|^2 / tau^2, V = C v_g, of one decomposition."""

    back: np.ndarray  # T' C^-1/2 Q, perturbations x conditions
    sizes: np.ndarray  # eigenvalues of C^-1/2 T T' C^-1/2
    turned: np.ndarray  # Q' C^-1/2 Y, conditions x features
    variance: np.ndarray

    @classmethod
    def of(cls, changes: Changes, perturbations: tuple[str, ...]) -> AdditivePath:
        """For changes Y of conditions with inputs T = tanh(doses)."""
        scales, axes = np.linalg.eigh(changes.covariance)
        white = (axes / np.sqrt(scales)) @ axes.T
        inputs = white @ encode(changes.conditions, perturbations)
        sizes, turns = np.linalg.eigh(inputs @ inputs.T)
        return cls(inputs.T @ turns, np.maximum(sizes, 0), turns.T @ (white @ changes.values), changes.variance)

    def solve(self, spread: float) -> np.ndarray:
        """B (perturbations x features) for effects that are a priori of sd `spread` = tau; 0 is no change."""
        if spread == 0:
            return np.zeros((len(self.back), self.turned.shape[1]))
        return self.back @ (self.turned / (self.sizes[:, None] + self.variance / spread**2))


def beyond_sums(changes: Changes, perturbations: tuple[str, ...], spread: float) -> tuple[np.ndarray, np.ndarray]:
    """(target, root) of what combinations do beyond sums: root H is white where target is that of H.

    The sums are integrated out: with W = (C + (tau^2 / v) T T')^-1, v that of a typical feature, what explains
    H of the combinations c best has |root (Y~ - H)|^2, root' root = W_cc, Y~ = W_cc^-1 W_c: Y. Features are in units of
    the noise of a row, sqrt(v_g).
    """
    inputs = encode(changes.conditions, perturbations)
    combined = np.array([condition.is_combination for condition in changes.conditions])
    prior = spread**2 / float(np.median(changes.variance))
    weights = np.linalg.inv(changes.covariance + prior * inputs @ inputs.T)
    sizes, axes = np.linalg.eigh(weights[np.ix_(combined, combined)])
    sizes = np.maximum(sizes, sizes.max() * 1e-10)
    root = (axes * np.sqrt(sizes)) @ axes.T
    back = (axes / np.sqrt(sizes)) @ axes.T
    return back @ weights[combined] @ (changes.values / np.sqrt(changes.variance)), root
