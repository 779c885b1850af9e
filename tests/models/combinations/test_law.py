"""The parts of the law of combinations against dense algebra and known truth."""

import numpy as np

from semimech.data.condition import Condition
from semimech.models.baselines.fitted import encode
from semimech.models.combinations.bilinear import fit_bilinear, given, products
from semimech.models.combinations.linear import AdditivePath, beyond_sums
from semimech.models.combinations.table import Changes

NAMES = tuple("abcdefgh")


def conditions(pairs):
    alone = [Condition(((name, 1.0),)) for name in NAMES]
    return (*alone, *(Condition(((NAMES[i], 1.0), (NAMES[j], 1.0))) for i, j in pairs))


def changes_of(random, pairs, features=5):
    asked = conditions(pairs)
    root = random.normal(size=(len(asked),) * 2) / 4
    covariance = np.eye(len(asked)) + root @ root.T
    return Changes(asked, random.normal(size=(len(asked), features)), random.uniform(0.5, 2, features), covariance)


def test_the_ridge_is_the_dense_generalised_one():
    random = np.random.default_rng(0)
    changes = changes_of(random, [(0, 1), (2, 5), (1, 7)])
    inputs, spread = encode(changes.conditions, NAMES), 0.7
    found = AdditivePath.of(changes, NAMES).solve(spread)
    for gene in range(5):
        precision = np.linalg.inv(changes.covariance * changes.variance[gene])
        normal = inputs.T @ precision @ inputs + np.eye(len(NAMES)) / spread**2
        expected = np.linalg.solve(normal, inputs.T @ precision @ changes.values[:, gene])
        np.testing.assert_allclose(found[:, gene], expected, atol=1e-10)
    assert not AdditivePath.of(changes, NAMES).solve(0.0).any()


def test_what_is_beyond_sums_has_the_loss_with_the_sums_integrated_out():
    random = np.random.default_rng(1)
    changes = changes_of(random, [(0, 1), (2, 5), (1, 7), (3, 4)], features=1)
    inputs = encode(changes.conditions, NAMES)
    target, root = beyond_sums(changes, NAMES, 0.7)
    whole = changes.covariance * changes.variance[0] + 0.7**2 * inputs @ inputs.T

    def exact(beyond):
        left = changes.values[:, 0].copy()
        left[len(NAMES) :] -= beyond
        return left @ np.linalg.inv(whole) @ left

    def told(beyond):
        return ((target[:, 0] - root @ beyond / np.sqrt(changes.variance[0])) ** 2).sum()

    first, second = random.normal(size=(2, 4))
    np.testing.assert_allclose(exact(first) - exact(second), told(first) - told(second), rtol=1e-8)


def test_products_are_the_sum_over_pairs_of_any_number_of_perturbations():
    factors = np.random.default_rng(2).normal(size=(8, 3))
    triple = Condition((("a", 1.0), ("c", -2.0), ("h", 0.5)))
    expected = factors[0] * factors[2] + factors[0] * factors[7] + factors[2] * factors[7]
    np.testing.assert_allclose(products(factors, given((triple,), NAMES))[0], expected)


def test_a_known_bilinear_term_is_found():
    random = np.random.default_rng(3)
    pairs = [(i, j) for i in range(8) for j in range(i)]
    members = given(conditions(pairs)[8:], NAMES)
    truth = products(random.normal(size=(8, 2)), members) @ random.normal(size=(2, 60))
    learnt = random.permutation(len(pairs))[:22]
    unseen = np.setdiff1d(np.arange(len(pairs)), learnt)
    noisy = truth + 0.2 * random.normal(size=truth.shape)
    fits = fit_bilinear(noisy[learnt] / 0.2, np.eye(22) / 0.2, members[learnt], 2, np.array([30.0, 1e5]), 12, 0)
    factors, programmes = fits[0]
    found = products(factors, members[unseen]) @ programmes
    assert np.corrcoef(found.ravel(), truth[unseen].ravel())[0, 1] > 0.97
    assert np.abs(products(fits[1][0], members) @ fits[1][1]).max() < 1e-3
