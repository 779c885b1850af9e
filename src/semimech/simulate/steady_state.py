"""The CellBox law solved by plain iteration in float64: the slow, sure reference that simulations stand on."""

from __future__ import annotations

import numpy as np

from semimech.support.errors import UserError


def solve_steady_state(
    weights: np.ndarray, scale: np.ndarray, inputs: np.ndarray, *, tolerance: float = 1e-13, limit: int = 10_000
) -> np.ndarray:
    """Steady states of the CellBox law, one for each row of `inputs`.

    x = s * tanh(W x + u), iterated from x = 0.
    weights: W[target, source] (nodes x nodes); scale: s > 0 (nodes,); inputs: u (conditions x nodes).
    Returns x (conditions x nodes, float64), the only steady state where the largest singular value of diag(s) W is
    below 1. Raises UserError where the iteration does not settle.
    Source: Yuan et al. 2021, doi:10.1016/j.cels.2020.11.013.

    >>> solve_steady_state(np.zeros((1, 1)), np.ones(1), np.zeros((1, 1)))
    array([[0.]])
    """
    weights, scale, inputs = (np.asarray(part, np.float64) for part in (weights, scale, inputs))
    state = np.zeros_like(inputs)
    for _ in range(limit):
        following = scale * np.tanh(state @ weights.T + inputs)
        change = np.abs(following - state).max(initial=0.0)
        state = following
        if change <= tolerance:
            return state
    raise UserError(f"The simulated network does not settle ({change:.1e} left): lower its weights.")


def contract(weights: np.ndarray, scale: np.ndarray, gain: float) -> np.ndarray:
    """Scale the weights so that the largest singular value of diag(s) W is `gain` (nodes x nodes)."""
    return weights * (gain / np.linalg.norm(scale[:, None] * weights, 2))
