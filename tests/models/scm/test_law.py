"""The closed form against a ridge for each node and a solve of all of them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import Ridge

from semimech.models.scm.law import Law, law_of

NODES = 15
OWN = {3: [0], 7: [1, 2], 0: [4]}


@pytest.fixture
def effects() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(9, NODES))


def naive_matrix(effects: np.ndarray, penalty: float) -> np.ndarray:
    """Row by row: ridge of a node on the others over the conditions that do not target it."""
    matrix = np.zeros((NODES, NODES))
    for j in range(NODES):
        rows = np.delete(effects, OWN.get(j, []), axis=0)
        others = np.delete(np.arange(NODES), j)
        matrix[j, others] = Ridge(penalty, fit_intercept=False).fit(rows[:, others], rows[:, j]).coef_
    return matrix


def naive_state(matrix: np.ndarray, clamped: list[int], levels: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    system, right = np.eye(NODES) - matrix, inputs.copy()
    system[clamped] = np.eye(NODES)[clamped]
    right[clamped] = levels
    return np.linalg.solve(system, right)


def self_share(law: Law) -> np.ndarray:
    """X_j' M_j X_j of every node."""
    return np.einsum("jc,cj->j", law.rows_of(np.arange(NODES)), law.effects)


@pytest.mark.parametrize("penalty", [0.05, 0.7, 20.0])
def test_matrix_is_the_ridge_of_each_node(effects: np.ndarray, penalty: float) -> None:
    wanted = naive_matrix(effects, penalty)
    law = Law(effects, OWN, penalty)
    assert_allclose(law.matrix(np.arange(NODES)), wanted, atol=1e-9)
    some = np.array([7, 2, 11])
    assert_allclose(law.matrix(some), wanted[np.ix_(some, some)], atol=1e-9)


@pytest.mark.parametrize("clamped", [[], [3], [3, 5], [0, 7, 9]])
def test_state_solves_the_clamped_network(effects: np.ndarray, clamped: list[int]) -> None:
    random = np.random.default_rng(1)
    levels, inputs = random.normal(size=len(clamped)), random.normal(size=NODES)
    law = Law(effects, OWN, 0.7)
    wanted = naive_state(naive_matrix(effects, 0.7), clamped, levels, inputs)
    state = law.solve(np.array(clamped, int), levels, (1 - self_share(law)) * inputs)
    assert_allclose(state, wanted, atol=1e-9)


def test_what_is_left_over_brings_a_condition_back(effects: np.ndarray) -> None:
    law = Law(effects, OWN, 0.7)
    left = law.effects - law.explained(law.effects)
    held = np.array([3])
    assert_allclose(law.solve(held, effects[0, held], left[0]), effects[0], atol=1e-9)
    assert_allclose(law.solve(np.array([], int), np.array([]), left[8]), effects[8], atol=1e-9)


def test_without_targets_it_is_the_covariance_of_effects(effects: np.ndarray) -> None:
    # (I - B)^-1 is then proportional to X'X + penalty, column by column.
    law = Law(effects, {}, 0.7)
    column = effects.T @ effects[:, 4]
    column[4] += 0.7
    assert_allclose(law.solve(np.array([4]), np.array([2.0])), 2 * column / column[4], atol=1e-9)


def test_strength_is_in_units_of_the_effects(effects: np.ndarray) -> None:
    one, other = law_of(effects, OWN, 0.3), law_of(10 * effects, OWN, 0.3)
    assert_allclose(one.matrix(np.arange(NODES)), other.matrix(np.arange(NODES)), atol=1e-9)
    assert law_of(np.zeros((2, 3)), {}, 0.3).penalty == 1.0


def test_thousands_of_nodes_and_hundreds_of_targets_are_fast() -> None:
    import time

    random = np.random.default_rng(2)
    effects = random.normal(size=(200, 5000))
    law = law_of(effects, {j: [j] for j in range(200)}, 0.3)
    begun = time.perf_counter()
    for j in range(200):
        law.solve(np.array([j]), np.array([-1.0]))
    assert time.perf_counter() - begun < 10
