"""The Gaussian process against its closed forms written out, and what its kernel means."""

import numpy as np
import pytest
from scipy import stats

from semimech.data.condition import Condition
from semimech.design.next.kernel import TERMS, Kernel
from semimech.design.next.surrogate import Surrogate, _mode, surrogate_of
from semimech.support.errors import UserError

NAMES = "abcde"


def single(name: str, dose: float = 1.0) -> Condition:
    return Condition(((name, dose),))


def pair(a: str, b: str) -> Condition:
    return Condition(((a, 1.0), (b, 1.0)))


SINGLES = tuple(single(name) for name in NAMES)
PAIRS = tuple(pair(a, b) for i, a in enumerate(NAMES) for b in NAMES[i + 1 :])


def fitted(seed: int = 0, conditions: tuple[Condition, ...] = (*SINGLES, *PAIRS[:4])) -> Surrogate:
    values = np.random.default_rng(seed).normal(size=(len(conditions), 6))
    return surrogate_of(conditions, values, asked=PAIRS)


def test_posterior_is_conditional_normal() -> None:
    fit = fitted()
    known, asked = fit.inputs, fit.kernel.inputs(PAIRS)
    total = fit.covariance(known, known) + np.diag(fit.noise)
    cross, own = fit.covariance(asked, known), fit.covariance(asked, asked)
    inverse = np.linalg.inv(total)
    np.testing.assert_allclose(fit.predict(PAIRS), cross @ inverse @ fit.values, atol=1e-9)
    np.testing.assert_allclose(fit.posterior(PAIRS), own - cross @ inverse @ cross.T, atol=1e-9)
    np.testing.assert_allclose(fit.variance(asked), np.diag(own))


def test_left_out_is_a_fit_without_it() -> None:
    fit = fitted()
    left = fit.left_out()
    for i in range(len(fit.conditions)):
        others = np.delete(np.arange(len(fit.conditions)), i)
        part = Surrogate(
            fit.kernel,
            tuple(fit.conditions[j] for j in others),
            fit.values[others],
            fit.weights,
            fit.noise[others],
            0.0,
        )
        np.testing.assert_allclose(left[i], part.predict([fit.conditions[i]])[0], atol=1e-8)


def test_mode_is_where_the_likelihood_with_its_prior_is_greatest() -> None:
    random = np.random.default_rng(1)
    roots = random.normal(size=(2, 8, 3))
    parts = np.concatenate([roots @ np.swapaxes(roots, 1, 2), np.eye(8)[None]])
    values, centre = random.normal(size=(8, 5)), np.log([1.0, 0.1, 0.1])
    found = _mode(parts, values, centre, centre)

    def density(logs: np.ndarray) -> float:
        law = stats.multivariate_normal(np.zeros(8), np.tensordot(np.exp(logs), parts, 1))
        return law.logpdf(values.T).sum() + stats.norm(centre, 2.0).logpdf(logs).sum()

    for step in 0.05 * np.concatenate([np.eye(3), -np.eye(3)]):
        assert density(found) > density(found + step)


def test_every_term_is_positive_semi_definite_and_its_diagonal_right() -> None:
    conditions = (*SINGLES, single("a", 2.0), *PAIRS, Condition((("a", 1.0), ("b", -1.0), ("c", 0.5)), "day 2"))
    values = np.random.default_rng(2).normal(size=(len(conditions), 4))
    kernel = Kernel.of(conditions, values, features={"a": np.array([1.0, 0]), "b": np.array([1.0, 1])})
    assert set(kernel.terms) == set(TERMS)
    inputs = kernel.inputs(conditions)
    whole = kernel.between(inputs, inputs)
    for term in whole:
        assert np.linalg.eigvalsh(term).min() > -1e-9
    np.testing.assert_allclose(kernel.diagonal(inputs), np.diagonal(whole, axis1=1, axis2=2))


def test_pairs_that_are_alike_written_out() -> None:
    conditions = (*SINGLES, *PAIRS)
    kernel = Kernel.of(conditions, np.random.default_rng(3).normal(size=(len(conditions), 7)))
    a = kernel.inputs(PAIRS[:5])
    term = kernel.between(a, a)[kernel.terms.index("pair-alike")]
    s = kernel.profiles
    for i, x in enumerate(a.strengths):
        for j, y in enumerate(a.strengths):
            (p, q), (u, v) = np.flatnonzero(x), np.flatnonzero(y)
            expected = x[p] * x[q] * y[u] * y[v] * (s[p, u] * s[q, v] + s[p, v] * s[q, u])
            assert term[i, j] == pytest.approx(expected)


def test_only_terms_that_are_called_for() -> None:
    assert Kernel.of(SINGLES, np.ones((5, 2))).terms == ("shared", "own")
    assert "pair" in Kernel.of(SINGLES, np.ones((5, 2)), PAIRS).terms
    assert "dose" in Kernel.of(SINGLES, np.ones((5, 2)), [single("a", 2.0)]).terms


def test_additive_truth_is_learnt_from_singles() -> None:
    random = np.random.default_rng(4)
    effects = dict(zip(NAMES, random.normal(size=(5, 30)), strict=True))
    conditions = (*SINGLES, *PAIRS[:5])
    values = np.array([sum(effects[name] for name in c.names) for c in conditions])
    asked = PAIRS[5:]
    truth = np.array([sum(effects[name] for name in c.names) for c in asked])
    predicted = surrogate_of(conditions, values, asked=asked).predict(asked)
    assert ((predicted - truth) ** 2).sum() < 0.01 * (truth**2).sum()


def test_conditions_of_more_rows_have_less_noise() -> None:
    fit = surrogate_of(SINGLES, np.ones((5, 3)), counts=np.array([1, 1, 1, 1, 4]))
    np.testing.assert_allclose(fit.noise[0] / fit.noise[4], 4)


def test_nothing_measured_is_said() -> None:
    with pytest.raises(UserError, match="No effect was measured"):
        surrogate_of((), np.zeros((0, 3)))
