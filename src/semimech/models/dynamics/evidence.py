"""How sure each edge is: the curvature of the likelihood at its maximum, fits without it, q-values, what is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.flatten_util import ravel_pytree
from scipy import stats

from semimech.models.dynamics.least_squares import LeastSquares
from semimech.models.dynamics.left_out import inverse_diagonal, rises, scatter
from semimech.models.dynamics.objective import CourseObjective, Courses

ASKED = 0.2, 10.0  # q below the one, standard errors up to the other: edges that are left out, the rest fitted again


@dataclass(frozen=True, eq=False)
class Evidence:
    """Maximum-likelihood estimates and their spread, for the parameters that were free.

    estimate, error: trees of the parameters; error is the standard error, infinite where the data do not tell, and NaN
    where the parameter was held. p: of 'this weight is 0' (nodes x nodes), NaN where held. sigma: sd of the noise.
    freedom: samples less free parameters.
    """

    estimate: Any
    error: Any
    p: np.ndarray
    sigma: float
    freedom: int

    def tests(self) -> tuple[np.ndarray, np.ndarray]:
        """(p, q) of 'this weight is 0': q by Benjamini-Hochberg over the free ones; NaN where held."""
        q, free = self.p.copy(), ~np.isnan(self.p)
        q[free] = _false_share(self.p[free])
        return self.p, q


def evidence(objective: CourseObjective, parameters: Any, data: Courses, free: Any, iterations: int = 30) -> Evidence:
    """Go on to the maximum of the likelihood by Levenberg-Marquardt, without penalty, and test every weight there.

    parameters, data: of one member. free: tree of the parameters, True for what is fitted. cov = sigma^2 (J^T J)^-1, J
    the derivatives of the samples, sigma^2 = SSE / (samples - free parameters). In double precision. Penalised
    estimates are pulled to zero and have no such test.

    An edge is as sure as the most doubtful of three tests says: Wald's by this curvature; Wald's by the scatter between
    conditions, which is larger where the law or its noise is not what the fit takes it for; and, where these leave a
    doubt (ASKED), the likelihood ratio of a fit without the edge, for a likelihood with several maxima is no parabola
    (Bates and Watts 1988, doi:10.1002/9780470316757). 'shooting' takes samples with their noise for starts, which
    biases it where the field magnifies it; so whole courses from the same field are fitted and tested too, and an edge
    has to be there, with the same sign, in both.
    """
    told = _at_maximum(objective, parameters, data, free, iterations)
    if objective.mode != "shooting":
        return told
    even = data._replace(weights=(data.weights > 0).astype(data.weights.dtype))
    whole = _at_maximum(replace(objective, mode="whole"), parameters, even, free, iterations)
    same = np.sign(told.estimate.weights) == np.sign(whole.estimate.weights)
    return replace(told, p=np.where(same | np.isnan(told.p), np.maximum(told.p, whole.p), 1.0))


def _at_maximum(objective: CourseObjective, parameters: Any, data: Courses, free: Any, iterations: int) -> Evidence:
    with jax.enable_x64(True):
        wide, courses = (jax.tree.map(_doubled, tree) for tree in (parameters, data))
        flat, restored = ravel_pytree(wide)
        chosen = jnp.flatnonzero(ravel_pytree(free)[0])
        problem = LeastSquares(objective.carrying_tangents(), chosen, wide, courses)
        best = problem.solved(np.asarray(flat[chosen]), iterations)
        freedom = max(int((np.asarray(courses.weights) > 0).sum()) - best.x.size, 1)
        sigma = (best.squares / freedom) ** 0.5
        error = sigma * np.sqrt(inverse_diagonal(best.jacobian))
        t = np.abs(best.x) / np.maximum(error, scatter(best, len(courses.observed)))
        edge = np.isin(chosen, restored(jnp.arange(flat.size)).weights)
        asked = edge & (t < ASKED[1])
        asked[edge] &= _false_share(2 * stats.t.sf(t[edge], freedom)) < ASKED[0]
        t[asked] = np.fmin(t[asked], np.sqrt(rises(problem, best, np.flatnonzero(asked))[asked]) / sigma)

        def placed(values: np.ndarray, elsewhere: Array) -> Any:
            return jax.tree.map(np.asarray, restored(elsewhere.at[chosen].set(values)))

        unknown = jnp.full(flat.shape, jnp.nan)
        p = placed(2 * stats.t.sf(t, freedom), unknown).weights
        return Evidence(placed(best.x, flat), placed(error, unknown), p, sigma, freedom)


def _false_share(p: np.ndarray) -> np.ndarray:
    return np.asarray(stats.false_discovery_control(p)) if p.size else p


def _doubled(leaf: Array) -> Array:
    return leaf if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) else jnp.asarray(leaf, jnp.float64)
