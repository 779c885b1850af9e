"""One field for knock-outs, knock-downs and series: its states against SciPy, and a circuit found again."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from scipy.integrate import solve_ivp
from scipy.special import expit

from semimech.models.dynamics.production import Experiments, Production, ProductionFit, fit_production, states
from semimech.models.dynamics.regulators import log_odds

WEIGHTS = np.array([[0, 0, 0], [4.0, 0, 0], [0, -4.0, 0]])  # a cascade: 0 activates 1, 1 represses 2
BIAS = np.array([0.2, -2.0, 1.5])
PUSH = np.array([[-2.0, 0, 0], [0, 2.0, 0], [1.5, 0, -2.0]])
PUSHED = np.repeat([1.0, 0.0], 4)


def _parameters(dtype: type) -> Production:
    parts = (WEIGHTS, BIAS, np.zeros(3), np.full(3, 0.3), PUSH)
    return Production(*(jnp.asarray(part, dtype) for part in parts))


def _seen(dtype: type) -> Experiments:
    left = np.concatenate([np.ones((1, 3)), 1 - np.eye(3), 1 - np.eye(3) / 2])
    trust = (left > 0).astype(float)
    parts = (np.full((7, 3), 0.5), left, trust, np.zeros((3, 9, 3)), PUSHED)
    return Experiments(*(jnp.asarray(part, dtype) for part in parts))


@cache
def _circuit() -> tuple[Experiments, ProductionFit]:
    """The cascade's own levels with noise, and the fit."""
    random = np.random.default_rng(0)
    seen = _seen(np.float32)
    clean = states(_parameters(np.float32), seen)
    steady = np.asarray(clean.steady)
    course = np.concatenate([np.repeat(steady[:1][None], 3, 0), clean.series], 1)
    noisy = [part + 0.02 * random.standard_normal(part.shape) for part in (steady, course)]
    seen = seen._replace(steady=noisy[0] * (np.asarray(seen.left) > 0), series=noisy[1])
    return seen, fit_production(seen, noise=0.02, starts=1, steps=300)


def test_states_are_those_of_the_equations() -> None:
    with jax.enable_x64(True):
        seen = _seen(np.float64)
        found = jax.tree.map(np.asarray, states(_parameters(np.float64), seen))

    def rate(_: float, state: np.ndarray, left: np.ndarray, push: np.ndarray) -> np.ndarray:
        mrna, protein = state[:3], state[3:]
        made = left * expit(WEIGHTS @ protein + BIAS + push)
        return np.concatenate([made - mrna, np.exp(0.3) * (mrna - protein)])

    for row, left in enumerate(np.asarray(seen.left)):
        rest = solve_ivp(rate, (0, 60), np.full(6, 0.5), args=(left, np.zeros(3)), rtol=1e-8).y[:, -1]
        np.testing.assert_allclose(found.steady[row], rest[:3], atol=1e-5)
    begin = np.concatenate([found.steady[0]] * 2)
    first = solve_ivp(rate, (0, 4), begin, args=(np.ones(3), PUSH[0]), rtol=1e-8).y[:, -1]
    last = solve_ivp(rate, (0, 4), first, args=(np.ones(3), np.zeros(3)), rtol=1e-8).y[:, -1]
    # Half a sample a step, and the protein of its begin: what lags twice behind is 0.05 away right after a push.
    np.testing.assert_allclose(found.series[0, [3, 7]], [first[:3], last[:3]], atol=0.06)


def test_the_edges_of_a_cascade_have_the_evidence() -> None:
    _, fit = _circuit()
    true = WEIGHTS != 0
    assert fit.evidence[true].min() > 2 * fit.evidence[~true & ~np.eye(3, dtype=bool)].max()
    assert np.array_equal(np.sign(fit.weights.mean(0))[true], np.sign(WEIGHTS)[true])


def test_log_odds_are_positive_for_its_edges_only() -> None:
    seen, fit = _circuit()
    odds = log_odds(seen, fit, noise=0.03)
    pairs = ~np.eye(3, dtype=bool)
    assert np.isneginf(np.diag(odds)).all()
    assert np.array_equal(odds[pairs] > 0, (WEIGHTS != 0)[pairs])
