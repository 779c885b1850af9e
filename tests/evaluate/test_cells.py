"""Cell-level scores against scipy and slow loops, on the cells they were said to be about."""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cdist, pdist

from semimech.data.effects import effects_of
from semimech.data.screen import Screen, normalise
from semimech.data.splits import split_screen
from semimech.evaluate import cells as cells_module
from semimech.evaluate.cells import sample_cells
from semimech.evaluate.reference import reference_of


def test_distances_against_scipy(cells: Screen) -> None:
    reference = reference_of(cells, split_screen(cells, "cells")[0])
    predicted = np.random.default_rng(0).normal(size=reference.observed.shape) * 0.3
    samples = reference.single_cells
    energy, wasserstein = samples.e_distances(predicted), samples.wasserstein(predicted)
    for p in range(len(reference.conditions)):
        keep = reference.scored[p]
        a, b = samples.control[p][:, keep] + predicted[p, keep], samples.observed[p][:, keep]
        expected = 2 * cdist(a, b).mean() - pdist(a).mean() - pdist(b).mean()
        assert energy[p] == pytest.approx(expected, abs=1e-4)
        each = [stats.wasserstein_distance(a[:, g], b[:, g]) for g in range(keep.sum())]
        assert wasserstein[p] == pytest.approx(np.mean(each), abs=1e-5)


def test_the_true_shift_is_closer_than_no_change(cells: Screen) -> None:
    reference = reference_of(cells, split_screen(cells, "cells")[0])
    truth, nothing = reference.observed, np.zeros_like(reference.observed)
    samples = reference.single_cells
    changed = [condition.names != ("k6",) for condition in reference.conditions]
    assert (samples.e_distances(truth) < samples.e_distances(nothing))[changed].all()
    assert samples.e_distances(truth)[changed].mean() < 0.5 * samples.e_distances(nothing)[changed].mean()


def test_own_targets_do_not_count(cells: Screen) -> None:
    reference = reference_of(cells, split_screen(cells, "cells")[0])
    spoilt = np.where(reference.scored, 0.0, 50.0)
    samples = reference.single_cells
    np.testing.assert_array_equal(samples.e_distances(spoilt), samples.e_distances(np.zeros_like(spoilt)))
    np.testing.assert_array_equal(samples.wasserstein(spoilt), samples.wasserstein(np.zeros_like(spoilt)))


def test_control_cells_come_from_training_and_match_the_batches(cells: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells_module, "CELLS_PER_CONDITION", 12)
    split = split_screen(cells, "cells")[0]
    effects = effects_of(cells, split.test)
    scored = np.ones((len(effects), cells.shape[1]), bool)
    samples = sample_cells(cells, split, split.test, effects, scored, 0)
    values = normalise(cells.responses.toarray(), "counts")
    rows = {row.tobytes(): i for i, row in enumerate(values.astype(np.float32))}
    for condition, test, control in zip(effects.conditions, samples.observed, samples.control, strict=True):
        assert test.shape == control.shape == (12, cells.shape[1])
        test_rows = [rows[row.tobytes()] for row in test.astype(np.float32)]
        control_rows = [rows[row.tobytes()] for row in control.astype(np.float32)]
        assert set(test_rows) <= set(split.test)
        assert {cells.conditions[cells.condition_codes[i]] for i in test_rows} == {condition}
        assert set(control_rows) <= set(split.train)
        assert cells.is_control[control_rows].all()
        assert cells.batches[test_rows].tolist() == cells.batches[control_rows].tolist()
    again = sample_cells(cells, split, split.test, effects, scored, 0)
    np.testing.assert_array_equal(again.observed[0], samples.observed[0])


def test_only_the_most_variable_features_of_training_controls_are_kept(
    cells: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells_module, "FEATURES", 5)
    split = split_screen(cells, "cells")[0]
    reference = reference_of(cells, split)
    controls = split.train[cells.is_control[split.train]]
    variance = normalise(cells.responses[controls].toarray(), "counts").var(0)
    assert reference.single_cells.columns.tolist() == sorted(np.argsort(-variance)[:5].tolist())
    assert np.isfinite(reference.single_cells.e_distances(reference.observed)).all()
