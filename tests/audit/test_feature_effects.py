"""Effects of features against SciPy's Welch test and plain least squares with dummies."""

import numpy as np
import pytest
from scipy import stats

from semimech.audit.feature_effects import corrected, feature_effects
from semimech.support.errors import UserError


def hc2(design: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Coefficient of the first column and its HC2 error, by the hat matrix."""
    inverse = np.linalg.pinv(design.T @ design)
    residual = y - design @ inverse @ design.T @ y
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    meat = design.T @ (design * (residual**2 / (1 - leverage))[:, None])
    return float((inverse @ design.T @ y)[0]), float(np.sqrt((inverse @ meat @ inverse)[0, 0]))


def satterthwaite(design: np.ndarray) -> float:
    """Degrees of freedom of the HC2 variance of the first column's coefficient, by the traces of n x n matrices."""
    hat = design @ np.linalg.pinv(design.T @ design) @ design.T
    rest = np.eye(len(hat)) - hat
    weights = np.linalg.pinv(design.T @ design)[0] @ design.T
    form = rest @ np.diag(weights**2 / np.diag(rest))
    return float(np.trace(form) ** 2 / np.trace(form @ form))


def test_bits_as_welch_says() -> None:
    rng = np.random.default_rng(0)
    bits = (rng.random((90, 70)) < rng.uniform(0.1, 0.9, 70)).astype(np.uint8)
    y = rng.normal(size=90) * (1 + bits[:, 0])
    found = feature_effects(bits, y)
    for j in range(70):
        expected = stats.ttest_ind(y[bits[:, j] == 1], y[bits[:, j] == 0], equal_var=False)
        assert found.p_value[j] == pytest.approx(expected.pvalue)
        assert found.freedom[j] == pytest.approx(expected.df)
        assert found.effect[j] == pytest.approx(y[bits[:, j] == 1].mean() - y[bits[:, j] == 0].mean())


def test_numbers_as_least_squares_says() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(40, 3)), rng.normal(size=40)
    found = feature_effects(x, y)
    for j in range(3):
        slope, error = hc2(np.column_stack([x[:, j], np.ones(40)]), y)
        assert (found.effect[j], found.standard_error[j]) == pytest.approx((slope, error))
        assert found.freedom[j] == pytest.approx(satterthwaite(np.column_stack([x[:, j], np.ones(40)])))


def test_within_groups_as_dummies_say() -> None:
    rng = np.random.default_rng(2)
    groups = np.r_[rng.integers(0, 6, 60), 7, 9]  # two groups of one, and numbers that nobody has
    bits = (rng.random((62, 4)) < 0.4).astype(np.uint8)
    y = rng.normal(size=62) + 2.0 * groups
    found = feature_effects(bits, y, groups)
    inside = slice(0, 60)
    dummies = np.eye(6)[groups[inside]]
    for j in range(4):
        slope, error = hc2(np.column_stack([bits[inside, j], dummies]), y[inside])
        assert (found.effect[j], found.standard_error[j]) == pytest.approx((slope, error))
        assert found.freedom[j] == pytest.approx(satterthwaite(np.column_stack([bits[inside, j], dummies])))


def test_rare_bits_of_many_groups_are_significant_as_often_as_they_should() -> None:
    rng = np.random.default_rng(4)
    groups, bits = np.repeat(np.arange(60), 5), np.zeros((300, 1), np.uint8)
    bits[:12:4] = 1  # the bit varies in three groups of five
    p = np.array([feature_effects(bits, rng.normal(size=300), groups).p_value[0] for _ in range(1500)])
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.025)
    assert (p < 0.001).mean() < 0.006


def test_what_does_not_vary_has_no_p_value() -> None:
    found = feature_effects(np.array([[1, 1], [1, 0], [1, 0], [1, 0]]), np.arange(4.0))
    assert np.isnan(found.p_value).all()  # nothing varies, or one compound alone carries it


@pytest.mark.parametrize("method", ["bh", "by", "holm", "bonferroni"])
def test_corrections_by_their_definitions(method: str) -> None:
    p = np.random.default_rng(3).beta(0.4, 2, 25)
    n, order = len(p), np.argsort(p)
    harmonic = sum(1 / i for i in range(1, n + 1)) if method == "by" else 1.0
    expected = np.empty(n)
    for rank, place in enumerate(order):
        if method in ("bh", "by"):
            expected[place] = min(1, min(p[order[i]] * n * harmonic / (i + 1) for i in range(rank, n)))
        elif method == "holm":
            expected[place] = min(1, max(p[order[i]] * (n - i) for i in range(rank + 1)))
        else:
            expected[place] = min(1, p[place] * n)
    found = corrected(np.r_[p, np.nan], method)  # type: ignore[arg-type]
    np.testing.assert_allclose(found[:-1], expected)
    assert np.isnan(found[-1])


def test_an_unknown_correction_is_refused() -> None:
    with pytest.raises(UserError, match="There is no correction 'fdr': use bh, by, holm, bonferroni"):
        corrected(np.ones(3), "fdr")  # type: ignore[arg-type]
