"""The mixture's equations against ridge written out, and gates, shifts and gains against what they must be."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from semimech.audit.mechanisms.experts import Sizes, gates, log_density, one_law, solve
from semimech.audit.mechanisms.held_out import Divided, HeldOut, compared
from semimech.audit.mechanisms.selection import number_of
from semimech.audit.mechanisms.space import Space


def space_of_numbers(n: int = 60, seed: int = 0, law: int = 5, own: int = 3, noise: float = 0.3) -> Space:
    """Random features, eight units of two assays each, and values of one law with shifts."""
    rng = np.random.default_rng(seed)
    features, assays = rng.normal(size=(n, law)), rng.integers(16, size=n)
    assays = np.unique(assays, return_inverse=True)[1]
    values = features @ rng.normal(size=law) + rng.normal(0, 0.7, 16)[assays] + rng.normal(0, noise, n)
    near = np.exp(-((features[:, None, :2] - features[None, :, :2]) ** 2).sum(-1))
    np.fill_diagonal(near, 0)
    departures = np.column_stack([np.ones(n), features[:, : own - 1]])
    blocks = np.digitize(features[:, 0], [-0.5, 0.5])
    family = np.arange(law) % 2
    return Space(
        features, family, departures, near, blocks, assays, assays // 2, values - values.mean(), np.ones(n, bool)
    )


def test_solve_is_ridge_with_a_column_for_each_assay() -> None:
    space, rng = space_of_numbers(), np.random.default_rng(1)
    members, robust = rng.dirichlet(np.ones(2), 60), rng.uniform(0.5, 1.5, (60, 2))
    sizes = Sizes(np.array([0.5, 2.0]), 0.7, 0.4, 0.3)
    found = solve(space, members, robust, sizes)
    of_assay = space.of_assay.toarray().T
    zeros = np.zeros_like(space.own)
    rows = [np.column_stack([space.common, *part, of_assay]) for part in ((space.own, zeros), (zeros, space.own))]
    design, weight = np.vstack(rows), np.concatenate((members * robust).T)
    assays = of_assay.shape[1]
    penalty = [[1e-6], 1 / sizes.law[space.family], np.full(6, 1 / sizes.own), np.full(assays, 1 / sizes.assay)]
    prior = sizes.noise * np.diag(np.concatenate(penalty))
    inverse = np.linalg.inv(design.T @ (weight[:, None] * design) + prior)
    direct = inverse @ (design.T @ (weight * np.tile(space.values, 2)))
    np.testing.assert_allclose(found.weights, direct[:12])
    np.testing.assert_allclose(found.shifts, direct[12:])
    np.testing.assert_allclose(found.predicted.T.ravel(), design @ direct)
    np.testing.assert_allclose(found.inverse, inverse[:12, :12], atol=1e-9)
    assert found.freedom == pytest.approx(len(direct) - np.trace(prior @ inverse))
    expected = (direct[6:12] ** 2 + sizes.noise * np.diag(inverse)[6:12]).mean()
    assert found.sizes.own == pytest.approx(expected)


def test_one_law_finds_its_sizes() -> None:
    found = one_law(space_of_numbers(400))
    assert found.sizes.noise * 2 == pytest.approx(0.09, rel=0.5)  # Student's of 4: its variance is twice its scale
    assert found.sizes.assay == pytest.approx(0.49, rel=0.6)


def test_gates_are_votes_of_neighbours() -> None:
    near = np.array([[4.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    members = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    chances = gates(near, members)
    assert chances[0] == pytest.approx([0.8, 0.2], abs=0.01)
    assert chances[1] == pytest.approx(members.mean(0))
    np.testing.assert_allclose(chances.sum(1), 1)


def test_density_is_students() -> None:
    error = np.linspace(-3, 3, 7)
    np.testing.assert_allclose(log_density(error, 0.8), stats.t(4, scale=0.8).logpdf(error))


def test_held_out_shifts_are_taken_off() -> None:
    space = space_of_numbers(400)
    held = HeldOut(space)
    assert (np.sort(np.concatenate(held.tests)) == np.arange(400)).all()
    for train, test in zip(held.trains, held.tests):
        assert not set(space.units[train]) & set(space.units[test])
    moved = np.random.default_rng(3).normal(0, 5, space.assays.max() + 1)[space.assays]
    other = replace(space, values=space.values + moved)
    gap = held.densities(1).mean() - HeldOut(other).densities(1).mean()
    assert abs(gap) < 0.4  # shifts ten times those of before cost little


def test_divisions_are_averaged() -> None:
    space = space_of_numbers(120)
    parts = [HeldOut(space, seed).densities(1) for seed in (2, 3)]
    np.testing.assert_allclose(Divided(space, 1, 2).densities(1), np.mean(parts, axis=0))


def test_gain_is_that_of_units() -> None:
    space, rng = space_of_numbers(200), np.random.default_rng(0)
    gain = rng.normal(0.2, 1, 200)
    total, error, p = compared(gain, np.zeros(200), space)
    sums = np.bincount(space.units, gain)
    assert total == pytest.approx(gain.mean())
    assert error * 200 == pytest.approx(np.sqrt(len(sums)) * sums.std(ddof=1))
    assert p == pytest.approx(stats.ttest_1samp(sums, 0, alternative="greater").pvalue)


def test_two_opposite_laws_are_two_and_one_law_is_one() -> None:
    space = space_of_numbers(400, law=4, own=5)
    flipped = np.where(space.blocks == 1, -1.0, 1.0)
    values = space.values * flipped
    blocks = np.unique(np.arange(400) // 20 + 20 * space.blocks, return_inverse=True)[1]
    two = replace(space, values=values - values.mean(), blocks=blocks)
    assert number_of(HeldOut(space, starts=2), 2, 0.05)[0] == 1
    assert number_of(HeldOut(two, starts=4), 2, 0.05)[0] == 2
