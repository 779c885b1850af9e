"""Greedy sets against the best sets, variance against the posterior of the enlarged data, and wrong input."""

from itertools import combinations

import numpy as np
import pytest

from semimech.data.condition import Condition
from semimech.design.next.criteria import Additive, Coverage, VarianceReduction, coverage_of, greedy
from semimech.design.next.ranking import rank_next
from semimech.design.next.surrogate import Surrogate, surrogate_of
from semimech.models.base import Prediction
from semimech.support.errors import UserError

NAMES = "abcdef"
SINGLES = tuple(Condition(((name, 1.0),)) for name in NAMES)
PAIRS = tuple(Condition(((a, 1.0), (b, 1.0))) for a, b in combinations(NAMES, 2))


@pytest.fixture(scope="module")
def fit() -> Surrogate:
    known = (*SINGLES, *PAIRS[:3])
    return surrogate_of(known, np.random.default_rng(0).normal(size=(len(known), 8)), asked=PAIRS)


def enlarged(fit: Surrogate, more: tuple[Condition, ...]) -> Surrogate:
    """The same process after more conditions were measured."""
    return Surrogate(
        fit.kernel,
        (*fit.conditions, *more),
        np.concatenate([fit.values, np.zeros((len(more), fit.values.shape[1]))]),
        fit.weights,
        np.append(fit.noise, np.full(len(more), fit.typical)),
        fit.typical,
    )


def test_variance_reduction_is_that_of_the_enlarged_data(fit: Surrogate) -> None:
    candidates, targets = PAIRS[3:], PAIRS[5:]
    inputs = fit.kernel.inputs(candidates)
    criterion = VarianceReduction(fit, inputs, fit.kernel.inputs(targets))
    taken: tuple[Condition, ...] = ()
    before = np.trace(fit.posterior(targets))
    assert criterion.total == pytest.approx(before)
    for step in (4, 0, 7):
        for i, gain in enumerate(criterion.gains()):
            after = np.trace(enlarged(fit, (*taken, candidates[i])).posterior(targets))
            assert gain == pytest.approx(before - after, abs=1e-9)
        criterion.take(step)
        taken = (*taken, candidates[step])
        before = np.trace(enlarged(fit, taken).posterior(targets))


def test_greedy_coverage_is_within_the_submodular_bound() -> None:
    random = np.random.default_rng(1)
    for _ in range(20):
        similarity, covered = random.random((9, 8)), 0.3 * random.random(9)

        def worth(chosen: tuple[int, ...], s: np.ndarray = similarity, c: np.ndarray = covered) -> float:
            return float(np.maximum(s[:, list(chosen)].max(1), c).sum() - c.sum())

        best = max(worth(some) for some in combinations(range(8), 3))
        taken, gained = greedy(Coverage(similarity, covered), 3, np.ones(8))
        assert sum(gained) == pytest.approx(worth(tuple(taken)))
        assert sum(gained) >= (1 - np.exp(-1)) * best


def test_greedy_variance_is_near_the_best_set(fit: Surrogate) -> None:
    candidates = PAIRS[3:]
    inputs = fit.kernel.inputs(candidates)
    before = np.trace(fit.posterior(candidates))
    best = max(
        before - np.trace(enlarged(fit, tuple(candidates[i] for i in some)).posterior(candidates))
        for some in combinations(range(len(candidates)), 2)
    )
    _, gained = greedy(VarianceReduction(fit, inputs, inputs), 2, np.ones(len(candidates)))
    assert (1 - np.exp(-1)) * best <= sum(gained) <= best + 1e-9


def test_costs_are_what_gains_are_divided_by() -> None:
    taken, _ = greedy(Additive(np.array([3.0, 2.0, 1.0])), 3, np.array([10.0, 1.0, 0.1]))
    assert taken == [2, 1, 0]


def test_coverage_counts_what_was_measured() -> None:
    points = np.array([[0.0], [1.0], [5.0]])
    gains = coverage_of(points, points, points[:1]).gains()
    assert gains[0] == pytest.approx(0)
    assert gains.argmax() == 2


@pytest.mark.parametrize("criterion", ["variance", "disagreement", "diversity"])
def test_ranking_is_the_same_for_the_same_seed(fit: Surrogate, criterion: str) -> None:
    first, again = (rank_next(fit, PAIRS, 2, criterion, batches=3, seed=5) for _ in range(2))  # type: ignore[arg-type]
    assert first.table.equals(again.table)
    assert [len(batch) for batch in first.batches] == [2, 2, 2]
    assert first.left_out == PAIRS[:3]
    assert set(first.conditions) == set(PAIRS[3:])
    assert first.table["reason"].str.contains("measured conditions: ").all()


def test_members_of_a_model_disagree(fit: Surrogate) -> None:
    class Ensemble:
        def predict(self, conditions: tuple[Condition, ...]) -> Prediction:
            n = len(conditions)
            spread = np.array([[float("f" in c.names), 9.0] for c in conditions])
            return Prediction(tuple(conditions), ("x", "y"), np.zeros((n, 2)), spread=spread)

        def network(self) -> None:
            return None

    found = rank_next(fit, PAIRS, 4, "disagreement", fitted=Ensemble(), columns=np.array([0]))
    assert all("f" in condition.names for condition in found.batches[0])
    assert found.spread_of == "the members of the model"


def test_wrong_input_is_told(fit: Surrogate) -> None:
    with pytest.raises(UserError, match="named more than once"):
        rank_next(fit, (*PAIRS, PAIRS[0]), 1)
    with pytest.raises(UserError, match=r"asked for: 14, but there are 12 untested candidates \(3 more"):
        rank_next(fit, PAIRS, 7, batches=2)
    with pytest.raises(UserError, match="cost of a\\+e is -1"):
        rank_next(fit, PAIRS, 1, costs=[1, 1, 1, -1] + [1] * 11)
    with pytest.raises(UserError, match="criterion 'best' is unknown"):
        rank_next(fit, PAIRS, 1, "best")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="at least 1"):
        rank_next(fit, PAIRS, 0)
