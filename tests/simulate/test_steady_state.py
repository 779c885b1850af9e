import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import root

from semimech.simulate.steady_state import contract, solve_steady_state
from semimech.support.errors import UserError


@pytest.fixture
def law() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    scale = random.uniform(0.8, 1.2, 7)
    return contract(random.standard_normal((7, 7)), scale, 0.9), scale, random.standard_normal((5, 7))


def test_it_is_a_fixed_point(law):
    weights, scale, inputs = law
    state = solve_steady_state(weights, scale, inputs)
    np.testing.assert_allclose(state, scale * np.tanh(state @ weights.T + inputs), atol=1e-12)


def test_agrees_with_a_root_finder_and_with_integration_from_elsewhere(law):
    weights, scale, inputs = law
    state = solve_steady_state(weights, scale, inputs)
    start = np.random.default_rng(2).uniform(-1, 1, 7)
    for x, u in zip(state, inputs, strict=True):

        def slope(y: np.ndarray, u: np.ndarray = u) -> np.ndarray:
            return scale * np.tanh(weights @ y + u) - y

        np.testing.assert_allclose(root(slope, start, tol=1e-13).x, x, atol=1e-10)
        late = solve_ivp(lambda _, y, f=slope: f(y), (0, 300), start, rtol=1e-9, atol=1e-11).y[:, -1]
        np.testing.assert_allclose(late, x, atol=1e-7)


def test_contract_sets_the_largest_singular_value(law):
    weights, scale, _ = law
    assert np.linalg.svd(scale[:, None] * weights, compute_uv=False)[0] == pytest.approx(0.9)


def test_a_network_that_never_settles_is_refused():
    flip = np.array([[0.0, 5.0], [-5.0, 0.0]])
    with pytest.raises(UserError, match="does not settle"):
        solve_steady_state(flip, np.ones(2), np.array([[0.3, 0.1]]), limit=200)
