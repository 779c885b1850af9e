"""The table to the digit against SciPy, whatever the zeros, ties and signs."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy import stats

from semimech.data.condition import Perturbation
from semimech.data.screen import Screen, normalise
from semimech.evaluate.interventions import columns
from semimech.evaluate.interventions.table import intervention_table
from semimech.support.errors import UserError


def screen_of(values: np.ndarray, given: np.ndarray, scale: str, *, sparse: bool) -> Screen:
    names = [f"g{j}" for j in range(values.shape[1])]
    rows = np.flatnonzero(given >= 0)
    count = int(given.max()) + 1
    return Screen(
        responses=sp.csr_array(values) if sparse else values,
        design=sp.csr_array((np.ones(len(rows)), (rows, given[rows])), shape=(len(given), count)),
        perturbations=tuple(Perturbation(f"g{k}", "knock-out", {f"g{k}": -1.0}) for k in range(count)),
        features=pd.DataFrame({"role": "molecule"}, index=names),
        obs=pd.DataFrame(index=[f"cell {i}" for i in range(len(given))]),
        scale=scale,
    )


def random_screen(kind: str, sizes: tuple[int, ...] = (40, 15, 9, 30)) -> Screen:
    random = np.random.default_rng(len(kind))
    given = np.repeat([-1, 0, 1, 2], sizes)
    shape = (len(given), 7)
    if kind == "counts":
        return screen_of(random.poisson(0.7, shape).astype(np.float32), given, "counts", sparse=True)
    values = random.normal(size=shape).astype(np.float32).round(1 if kind == "ties" else 6)
    return screen_of(values, given, "log-ratio", sparse=kind == "negative")


@pytest.mark.parametrize("kind", ["counts", "ties", "dense", "negative"])
@pytest.mark.parametrize("sizes", [(40, 15, 9, 30), (40, 5, 8, 2), (6, 20, 7, 3)])
def test_every_pair_agrees_with_scipy(kind, sizes):
    screen = random_screen(kind, sizes)
    table = intervention_table(screen)
    dense = screen.responses.toarray() if sp.issparse(screen.responses) else screen.responses
    values, given = normalise(dense, screen.scale).astype(float), screen.design.toarray() > 0
    compared = 0
    for a, b in zip(*np.nonzero(table.tested), strict=True):
        x, y = values[given[:, a], b], values[screen.is_control, b]
        assert table.wasserstein[a, b] == pytest.approx(stats.wasserstein_distance(x, y), abs=1e-12)
        assert table.p_value[a, b] == pytest.approx(stats.mannwhitneyu(x, y).pvalue, rel=1e-10)
        assert table.shift[a, b] == pytest.approx(x.mean() - y.mean(), abs=1e-12)
        compared += 1
    assert compared == 3 * 6
    adjusted = stats.false_discovery_control(table.p_value[table.tested])
    np.testing.assert_allclose(table.q_value[table.tested], adjusted)


def test_blocks_of_columns_change_nothing(monkeypatch):
    screen = random_screen("counts")
    whole = intervention_table(screen)
    monkeypatch.setattr(columns, "STORED", 50)
    np.testing.assert_array_equal(intervention_table(screen).p_value, whole.p_value)


def test_values_that_are_all_the_same_are_no_difference():
    values = np.ones((12, 2), np.float32)
    values[:, 1] = np.arange(12)
    table = intervention_table(screen_of(values, np.repeat([-1, 0], 6), "log-ratio", sparse=False))
    assert table.tested.tolist() == [[False, True]]
    values[:, 1] = 3.0
    table = intervention_table(screen_of(values, np.repeat([-1, 0], 6), "log-ratio", sparse=False))
    assert (table.p_value[0, 1], table.wasserstein[0, 1]) == (1.0, 0.0)


def test_only_cells_of_the_rows_asked_for_count_and_combinations_do_not():
    screen = random_screen("dense")
    rows = np.r_[0:20, 40:48, 55:60]
    part = intervention_table(screen, rows)
    assert (part.controls, part.cells.tolist(), part.sources) == (20, [8, 5], ("g0", "g1"))
    with pytest.raises(UserError, match="too few control rows"):
        intervention_table(screen, np.arange(40, 90))
    with pytest.raises(UserError, match="too few perturbations"):
        intervention_table(screen, np.arange(41))
