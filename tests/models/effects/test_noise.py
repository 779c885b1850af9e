"""The noise of effects against simulation, and sums of counts against loops."""

import numpy as np
import pytest
from tests.models.effects.screens import counted

from semimech.data.counts import count_sums
from semimech.data.effects import effects_of
from semimech.models.effects import noise_of
from semimech.simulate.demo import simulate_demo
from semimech.support.errors import UserError

CONDITIONS, GENES = 60, 45


@pytest.fixture(scope="module")
def repeated():
    """Thirty times the same perturbation, then thirty times none: raised, lowered and unchanged genes."""
    fold = np.ones((CONDITIONS, GENES))
    fold[:30, :15], fold[:30, 15:30] = 4.0, 0.25
    return counted(fold, cells=40, controls=600, batches=2)


def test_standard_errors_are_those_of_repeated_experiments(repeated):
    screen, _ = repeated
    rows = np.arange(screen.shape[0])
    effects = effects_of(screen, rows)
    noise = noise_of(screen, rows, effects)
    pooled = np.sqrt(noise.variance / noise.rows[0])
    for conditions in (slice(0, 30), slice(30, 60)):
        scatter = effects.values[conditions].std(0, ddof=1)
        told = np.log(noise.own_errors[conditions].mean(0) / scatter)
        for genes in (slice(0, 15), slice(15, 30), slice(30, 45)):
            assert told[genes].mean() == pytest.approx(0, abs=0.2)
        # The pooled variance knows nothing of the level; the law does, where perturbations have lowered it.
        assert abs(told[15:30].mean()) < abs(np.log(pooled / scatter)[15:30].mean())


def test_shared_noise_is_that_of_the_controls_of_common_batches(repeated):
    screen, _ = repeated
    rows = np.arange(screen.shape[0])
    effects = effects_of(screen, rows)
    noise = noise_of(screen, rows, effects)
    batch = screen.obs["batch"].to_numpy()
    controls = np.bincount(batch[screen.is_control])
    p, q = ((screen.condition_codes == screen.conditions.index(effects.conditions[i])) for i in (0, 7))
    expected = sum((batch[p] == b).mean() * (batch[q] == b).mean() / controls[b] for b in (0, 1))
    assert noise.shared[0, 7] == pytest.approx(expected)
    np.testing.assert_allclose(np.median(noise.standard_errors / effects.standard_errors), 1, atol=0.05)


def test_sums_of_counts_are_those_of_a_loop(repeated):
    screen, phi = repeated
    rows = np.random.default_rng(0).permutation(screen.shape[0])[:2500]
    sums = count_sums(screen, rows)
    counts = screen.responses.toarray()
    batch = screen.obs["batch"].to_numpy()
    code = screen.conditions.index(sums.conditions[3])
    mine = [i for i in rows if screen.condition_codes[i] == code]
    np.testing.assert_allclose(sums.counts[3], counts[mine].sum(0))
    assert sums.library_squared[3] == pytest.approx((counts[mine].sum(1) ** 2).sum())
    assert sums.rows[3] == len(mine)
    controls = [i for i in rows if screen.is_control[i] and batch[i] == 1]
    np.testing.assert_allclose(sums.control_counts[1], counts[controls].sum(0))
    expected = sum(
        counts[[i for i in mine if batch[i] == b]].sum() * sums.control_counts[b] / sums.control_library[b]
        for b in (0, 1)
    )
    np.testing.assert_allclose(sums.expected[3], expected)
    assert np.corrcoef(sums.dispersion, phi)[0, 1] > 0.95
    assert np.median(sums.dispersion / phi) == pytest.approx(1, abs=0.05)


def test_a_count_likelihood_needs_counts():
    screen = simulate_demo()
    with pytest.raises(UserError, match="needs raw counts"):
        count_sums(screen, np.arange(screen.shape[0]))
