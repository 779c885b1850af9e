"""Effects against a slow loop over conditions, batches and rows."""

from dataclasses import replace

import numpy as np
import pytest

from semimech.data.effects import effects_of
from semimech.data.screen import Screen, normalise


def slow_effect(screen: Screen, rows: np.ndarray, condition: object) -> tuple[np.ndarray, np.ndarray, int]:
    """Mean over rows of x - mean of the controls of the row's batch, and its standard error, by loops."""
    values = normalise(screen.responses.toarray().astype(np.float64), screen.scale)
    shifted, used, variance = [], [], np.zeros(screen.shape[1])
    controls = {}
    for batch in np.unique(screen.batches[rows]):
        here = [i for i in rows if screen.batches[i] == batch and screen.is_control[i]]
        if here:
            controls[batch] = values[here]
    for i in rows:
        if screen.conditions[screen.condition_codes[i]] != condition:
            continue
        if screen.scale == "log-ratio":
            shifted.append(values[i])
        elif screen.batches[i] in controls:
            shifted.append(values[i] - controls[screen.batches[i]].mean(0))
            used.append(screen.batches[i])
    n = len(shifted)
    for batch in set(used):
        share = used.count(batch) / n
        spread = controls[batch].var(0, ddof=1) if len(controls[batch]) > 1 else 0
        variance += share**2 * spread / len(controls[batch])
    return np.mean(shifted, 0), np.sqrt(np.var(shifted, 0, ddof=1) / n + variance), n


@pytest.mark.parametrize("scale", ["counts", "log-normalised", "log-ratio"])
@pytest.mark.parametrize("rows", ["all", "some"])
def test_effects_agree_with_a_loop(small, scale: str, rows: str) -> None:
    screen = small(scale)
    wanted = np.arange(120) if rows == "all" else np.random.default_rng(1).permutation(120)[:70]
    effects = effects_of(screen, wanted)
    assert {c.label for c in effects.conditions} == {"G0", "G1", "ELSEWHERE", "G0+G1"}
    for i, condition in enumerate(effects.conditions):
        mean, error, n = slow_effect(screen, np.sort(wanted), condition)
        np.testing.assert_allclose(effects.values[i], mean, atol=2e-5)
        np.testing.assert_allclose(effects.standard_errors[i], error, rtol=1e-3)
        assert effects.counts[i] == n
    np.testing.assert_array_equal(effects.design, (effects.design != 0).astype(np.float32))


def test_rows_in_batches_without_controls_are_left_out(small) -> None:
    screen = small()
    batch = np.where(screen.condition_codes == screen.condition_codes[1], "lonely", "shared")
    lonely = screen.conditions[screen.condition_codes[1]]
    assert not lonely.is_control
    effects = effects_of(replace(screen, obs=screen.obs.assign(batch=batch), _effects={}), np.arange(120))
    assert lonely not in effects.conditions
    assert effects.dropped == ((lonely.label, "no control rows in its batches"),)


def test_the_control_mean_is_that_of_the_control_rows(small) -> None:
    screen = small("log-normalised")
    effects = effects_of(screen, np.arange(120))
    np.testing.assert_allclose(effects.control_mean, screen.responses.toarray()[screen.is_control].mean(0), atol=1e-5)


def test_effects_do_not_depend_on_the_order_of_rows(small) -> None:
    screen = small()
    rows = np.random.default_rng(0).permutation(120)[:80]
    np.testing.assert_array_equal(effects_of(screen, rows).values, effects_of(screen, np.sort(rows)).values)


def test_backed_and_sparse_and_dense_agree(small, tmp_path) -> None:
    from semimech.data.anndata import write_h5ad
    from semimech.data.readers import ReadOptions, read_screen

    screen = small()
    write_h5ad(screen, tmp_path / "s.h5ad")
    backed = read_screen(tmp_path / "s.h5ad", ReadOptions(backed=True))
    assert backed.is_backed
    rows = np.arange(0, 120, 2)
    for other in (backed, small(sparse=False)):
        np.testing.assert_allclose(effects_of(other, rows).values, effects_of(screen, rows).values, atol=1e-6)
