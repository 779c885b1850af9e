"""Fits without a parameter or a condition, against those that are really made, where the samples are linear."""

from dataclasses import dataclass

import numpy as np
import pytest

from semimech.models.dynamics.least_squares import LeastSquares, Optimum
from semimech.models.dynamics.left_out import inverse_diagonal, rises, scatter


@dataclass(frozen=True, eq=False)
class Line(LeastSquares):
    """Residuals slope x - aim + bend x^3 on one parameter each."""

    slope: np.ndarray
    aim: np.ndarray
    bend: float

    def missed(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.slope @ (x + self.bend * x**3) - self.aim)

    def slopes(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.slope * (1 + 3 * self.bend * x**2))


def line(bend: float) -> tuple[Line, Optimum]:
    random = np.random.default_rng(0)
    slope = random.normal(size=(30, 4))
    problem = Line(*[None] * 4, slope, slope @ [1, 0, -0.5, 0.2] + 0.1 * random.normal(size=30), bend)  # type: ignore[arg-type]
    return problem, problem.solved(np.zeros(4), 30)


@pytest.mark.parametrize("bend", [0.0, 0.3])
def test_the_rise_is_that_of_a_fit_without_the_parameter(bend: float) -> None:
    problem, best = line(bend)
    found = rises(problem, best, np.array([0, 1, 3]))
    for number in (0, 1, 3):
        moving = np.arange(4) != number
        linear = np.linalg.lstsq(problem.slope[:, moving], problem.aim, rcond=None)
        assert found[number] == pytest.approx(linear[1][0] - best.squares, rel=0.02)  # any x + bend x^3 can be reached
    assert np.isnan(found[2])


def test_an_optimum_that_a_fit_without_the_parameter_beats_tells_nothing() -> None:
    problem, best = line(0.0)
    worse = best._replace(residual=best.residual + 3)
    assert rises(problem, worse, np.array([3]))[3] == 0


def test_scatter_is_the_jackknife_over_conditions() -> None:
    problem, best = line(0.0)
    conditions = np.arange(30).reshape(10, 3)
    left = []
    for one in conditions:
        rest = np.setdiff1d(np.arange(30), one)
        left.append(np.linalg.lstsq(problem.slope[rest], problem.aim[rest], rcond=None)[0])
    exact = np.sqrt(0.9 * ((np.array(left) - np.mean(left, 0)) ** 2).sum(0))
    np.testing.assert_allclose(scatter(best, 10), exact, rtol=1e-6)


def test_inverse_diagonal_is_that_of_the_normal_equations() -> None:
    jacobian = np.random.default_rng(0).normal(size=(30, 6))
    np.testing.assert_allclose(inverse_diagonal(jacobian), np.diag(np.linalg.inv(jacobian.T @ jacobian)))
    assert np.isinf(inverse_diagonal(np.c_[jacobian, jacobian[:, 0]])[[0, 6]]).all()
