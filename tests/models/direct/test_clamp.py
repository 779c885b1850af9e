"""The do-clamp ridge against slow references."""

import numpy as np
import pytest
from scipy import integrate, stats

from semimech.models.direct.clamps import Clamps
from semimech.models.direct.denoised import posterior
from semimech.models.direct.network import screen_network
from semimech.models.direct.regression import do_clamp_ridge
from semimech.models.direct.rivals import inverse
from semimech.models.direct.solved import Solved


def clamps_from(weights: np.ndarray, sources: int, error: float = 0.0, seed: int = 0) -> Clamps:
    """Knock-outs of the first nodes of x = B x, held at -1, exact but for Gaussian errors."""
    n = len(weights)
    values = np.zeros((sources, n))
    for k in range(sources):
        free = np.arange(n) != k
        values[k, free] = np.linalg.solve((np.eye(n) - weights)[np.ix_(free, free)], -weights[free, k])
        values[k, k] = -1.0
    values += error * np.random.default_rng(seed).standard_normal(values.shape)
    names = tuple(f"n{j}" for j in range(n))
    errors = np.full(values.shape, max(error, 1e-6))
    return Clamps(names, ("molecule",) * n, names[:sources], np.arange(sources), -np.eye(sources), values, errors)


def random_weights(seed: int, nodes: int, sources: int, share: float = 0.15) -> np.ndarray:
    random = np.random.default_rng(seed)
    weights = np.where(random.random((nodes, nodes)) < share, random.uniform(-0.6, 0.6, (nodes, nodes)), 0.0)
    np.fill_diagonal(weights, 0)
    weights[:, sources:] = 0
    return weights


def test_the_posterior_is_that_of_its_mixture():
    random = np.random.default_rng(0)
    truth = np.where(random.random(400) < 0.2, 5 * random.standard_normal(400), 0.0)
    values = truth + random.standard_normal(400)
    mean, sd = posterior(values, np.ones(400))
    assert ((mean - truth) ** 2).mean() < 0.6 * ((values - truth) ** 2).mean()
    # Where one normal has all the weight the posterior is known.
    wide = 4.0 * random.standard_normal(400)
    mean, sd = posterior(wide, np.full(400, 1e-3))
    np.testing.assert_allclose(mean, wide, rtol=1e-2, atol=1e-2)
    assert sd.max() < 2e-3


def test_one_posterior_by_quadrature():
    values, spread = np.array([1.7, -0.3]), np.array([0.0, 0.5, 1.0])
    shares = np.array([0.5, 0.2, 0.3])

    def density(beta: float, x: float) -> float:
        return float(sum(p * stats.norm.pdf(beta, 0, s) for p, s in zip(shares[1:], spread[1:], strict=True))) * float(
            stats.norm.pdf(x, beta, 1)
        )

    for x in values:
        zero = shares[0] * stats.norm.pdf(x)
        whole = zero + integrate.quad(density, -12, 12, args=(x,))[0]
        mean = integrate.quad(lambda b: b * density(b, x), -12, 12)[0] / whole  # noqa: B023 - used at once
        total = 1 + spread**2
        member = shares * stats.norm.pdf(x, 0, np.sqrt(total))
        assert mean == pytest.approx((member / member.sum() * spread**2 / total).sum() * x)


def test_errors_are_those_of_repeats():
    random = np.random.default_rng(1)
    x, noise = random.standard_normal((12, 4)), np.full((12, 4), 0.02)
    y, noise_y = random.standard_normal((12, 1)), np.full((12, 1), 0.03)
    noise[0], noise_y[1] = 0.05, 0.1
    ridge = 0.05
    weight, variance = Solved.of(x, noise**2, ridge).weights(y, noise_y**2)
    fixed = ridge * np.trace(x.T @ x) / 4 * np.eye(4)
    np.testing.assert_allclose(weight, np.linalg.solve(x.T @ x + fixed, x.T @ y))
    repeats = []
    for _ in range(4000):
        other, seen = x + noise * random.standard_normal(x.shape), y + noise_y * random.standard_normal(y.shape)
        repeats.append(np.linalg.solve(other.T @ other + fixed, other.T @ seen)[:, 0])
    np.testing.assert_allclose(np.sqrt(variance[:, 0]), np.std(repeats, axis=0), rtol=0.06)


def test_leaving_out_rows_and_a_regressor_is_solving_without_them():
    random = np.random.default_rng(4)
    x, y = random.standard_normal((9, 5)), random.standard_normal((9, 3))
    noise, noise_y = random.random((2, 9, 5))[0], random.random((9, 3))
    whole = Solved.of(x, noise, 0.1)
    penalty = 0.1 * np.trace(x.T @ x) / 5 * np.eye(4)
    rows, columns = np.array([0, 2, 3, 5, 6, 7, 8]), np.array([0, 1, 3, 4])
    part = x[np.ix_(rows, columns)]
    inverse = np.linalg.inv(part.T @ part + penalty)
    hat = inverse @ part.T
    expected = hat @ y[rows]
    missed = y[rows] - part @ expected
    inner = noise[np.ix_(rows, columns)]
    found, variance = whole.without(np.array([1, 4]), 2).weights(y, noise_y)
    np.testing.assert_allclose(found[columns], expected)
    for f in range(3):
        terms = inverse[:, None, :] * missed[None, :, None, f] - hat[:, :, None] * expected[None, None, :, f]
        slow = hat**2 @ noise_y[rows, f] + (terms**2 * inner).sum((1, 2))
        np.testing.assert_allclose(variance[columns, f], slow)


def test_exact_effects_give_the_weights_back():
    weights = random_weights(2, 14, 9)
    clamps = clamps_from(weights, 9)
    found = do_clamp_ridge(clamps, 1e-9)
    told = np.isfinite(found.weight)
    assert (~told).sum() == 9  # a source and itself
    np.testing.assert_allclose(found.weight[told], weights[:, :9][told], atol=1e-4)
    np.testing.assert_allclose(inverse(clamps)["weight"], weights[:, :9], atol=1e-8)


def test_a_chain_has_no_shortcut():
    weights = np.zeros((3, 3))
    weights[1, 0], weights[2, 1] = 0.8, 0.8
    found = do_clamp_ridge(clamps_from(weights, 2, error=0.01), 1e-3)
    assert abs(found.weight[2, 0]) < 0.1 < found.weight[1, 0]
    assert abs(found.t[2, 0]) < 3 < found.t[2, 1]


def test_false_edges_are_as_rare_as_said():
    false, called = 0, 0
    for seed in range(6):
        weights = random_weights(seed, 30, 30, 0.06)
        clamps = clamps_from(weights, 30, error=0.03, seed=seed)
        found = do_clamp_ridge(clamps, 0.03)
        seen = np.isfinite(found.weight) & (np.abs(found.t) > 3.5)
        false += int((seen & (weights == 0)).sum())
        called += int(seen.sum())
    assert called > 200
    assert false / called < 0.1


def test_what_saturates_is_a_misfit_and_widens_the_errors():
    weights = random_weights(3, 40, 40, 0.08)
    exact = clamps_from(weights, 40, error=0.01)
    bent = Clamps(**{**vars(exact), "values": np.where(exact.own, exact.values, np.tanh(3 * exact.values) / 3)})
    straight, found = do_clamp_ridge(exact, 0.03), do_clamp_ridge(bent, 0.03)
    assert found.misfit > straight.misfit
    assert np.nanmedian(found.error) > np.nanmedian(straight.error)


def test_unknown_options_are_told(counts):
    from semimech.support.errors import UserError

    with pytest.raises(UserError, match="method 'guess'"):
        screen_network(counts, method="guess")
    with pytest.raises(UserError, match="above 0"):
        screen_network(counts, dose=-1.0)
