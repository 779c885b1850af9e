"""The estimators of effects against closed forms, dense algebra and SciPy's optimiser."""

import numpy as np
import pytest
from scipy import optimize, stats

from semimech.data.condition import Condition
from semimech.models.effects.adaptive import SPIKE, likelihoods, mixtures, shrink_adaptively, spreads_for
from semimech.models.effects.bayes import STEPS, shared_error, shrink_genes
from semimech.models.effects.low_rank import shrink_rank, shrunk_values
from semimech.models.effects.noise import Noise


def noise(conditions, features, shared=0.0, variance=1.0):
    names = tuple(Condition(((f"p{i}", 1.0),)) for i in range(conditions))
    everywhere = np.full((conditions, conditions), shared)
    ones = np.ones(conditions)
    return Noise(names, np.full(features, variance), np.ones((conditions, features)), ones, ones, everywhere)


def test_singular_values_are_those_of_the_known_rank_one():
    strength, ratio = np.array([1.3, 2.0, 5.0]), 0.2
    inflated = np.sqrt((strength + 1 / strength) * (strength + ratio / strength))
    best = (strength**2 - ratio / strength**2) / inflated  # Gavish and Donoho 2017, section III
    np.testing.assert_allclose(shrunk_values(inflated * 10, 20, 100), best * 10)
    assert shrunk_values(np.array([1 + np.sqrt(ratio) - 1e-6]) * 10, 20, 100) == 0


def test_a_known_programme_is_found_and_shared_noise_is_not_taken_for_one():
    random = np.random.default_rng(0)
    known = noise(40, 300, shared=0.5, variance=4.0)
    controls = np.sqrt(0.5) * random.normal(size=300)
    programme = np.outer(np.where(np.arange(40) % 2, 1.0, -1.0), random.normal(size=300))
    error = 2 * (random.normal(size=(40, 300)) + controls)
    found = shrink_rank(programme + error, known)
    assert ((found - programme) ** 2).mean() < 0.06 * (error**2).mean()
    assert np.abs(shrink_rank(error, known)).max() < 1e-6
    unaware = shrink_rank(error, noise(40, 300, variance=4.0))
    assert (unaware**2).mean() > 0.5


def test_empirical_bayes_is_the_dense_posterior_mean_at_the_best_prior():
    random = np.random.default_rng(1)
    known = noise(6, 4, shared=0.3, variance=2.0)
    values = random.normal(size=(6, 4)) * 2.5
    found, shared = shrink_genes(values, known), shared_error(values, known)
    covariance = 2.0 * known.covariance
    for gene in range(4):
        grid = STEPS * np.median(np.linalg.eigvalsh(known.covariance)) * 2.0
        densities = [stats.multivariate_normal(cov=covariance + t * np.eye(6)).logpdf(values[:, gene]) for t in grid]
        inverse = np.linalg.inv(covariance + grid[int(np.argmax(densities))] * np.eye(6))
        np.testing.assert_allclose(found[:, gene], values[:, gene] - covariance @ inverse @ values[:, gene], atol=1e-9)
        np.testing.assert_allclose(shared[:, gene], 2.0 * known.shared @ inverse @ values[:, gene], atol=1e-9)


def test_the_mixture_is_the_optimum_that_scipy_finds():
    random = np.random.default_rng(2)
    z = np.where(random.random(400) < 0.2, 4.0, 0.0) * random.normal(size=400) + random.normal(size=400)
    likelihood = likelihoods(np.abs(z), spreads_for(6.0)[::3])

    def loss(logits):
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        return -np.log(likelihood @ shares).sum() - (SPIKE - 1) * np.log(shares[0])

    best = optimize.minimize(loss, np.zeros(likelihood.shape[1]), method="L-BFGS-B")
    found = mixtures(likelihood, np.ones((2, 400)))
    np.testing.assert_allclose(found[0], found[1])
    assert loss(np.log(found[0] + 1e-300)) == pytest.approx(best.fun, abs=0.1)


def test_adaptive_shrinkage_is_the_integral_of_the_posterior():
    random = np.random.default_rng(3)
    errors = random.uniform(0.5, 2, (2, 3000))
    truth = np.where(random.random((2, 3000)) < 0.1, 5.0, 0.0) * random.normal(size=(2, 3000)) * errors
    values = truth + errors * random.normal(size=(2, 3000))
    found = shrink_adaptively(values, errors)
    assert ((found - truth) ** 2).mean() < 0.25 * ((values - truth) ** 2).mean()
    # The posterior mean under the mixture that made the data, by quadrature.
    beta = np.linspace(-25, 25, 4001)
    prior = 0.1 * stats.norm(scale=5).pdf(beta)
    for column in range(0, 3000, 300):
        z = values[0, column] / errors[0, column]
        weight = prior * stats.norm.pdf(z - beta) * (beta[1] - beta[0])
        mean = (beta * weight).sum() / (weight.sum() + 0.9 * stats.norm.pdf(z))
        assert found[0, column] / errors[0, column] == pytest.approx(mean, abs=0.35)
    assert not shrink_adaptively(values, np.zeros_like(errors)).any()


def test_one_outlier_spoils_no_other_condition():
    values = np.random.default_rng(4).normal(size=(30, 5000))
    values[7, 11] = 100.0
    with np.errstate(invalid="raise", divide="raise"):
        found = shrink_adaptively(values, np.ones_like(values))
    assert np.isfinite(found).all()
    assert found[7, 11] == pytest.approx(100, rel=0.01)
    assert np.abs(np.delete(found, 7, axis=0)).max() < 3
