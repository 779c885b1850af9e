"""Counts and log-ratios against the moments they must have."""

import numpy as np
import pytest

from semimech.simulate.measurement import Cells, Measurement
from semimech.support.errors import UserError

N, GENES = 4000, 6


def instrument(**options):
    return Measurement(**options).instrument(np.random.default_rng(0), GENES, 2)


def cells(library, passes=True):
    return Cells(np.arange(N) % 2, np.full(N, float(library)), np.full(N, passes))


def levels(value=0.0):
    return np.full((N, GENES), value)


def read(tool, which, log2=None):
    return tool.read(np.random.default_rng(1), levels() if log2 is None else log2, levels(), which)


def test_counts_have_the_mean_and_variance_of_a_negative_binomial():
    tool = instrument(batch_spread=0.0, dispersion=0.3)
    counts = read(tool, cells(600))
    mean = 600 * tool.expression / tool.expression.sum()
    np.testing.assert_allclose(counts.mean(0), mean, rtol=0.05)
    np.testing.assert_allclose(counts.var(0), mean + tool.dispersion * mean**2, rtol=0.15)
    assert (counts == np.round(counts)).all()


def test_batch_factors_multiply_each_gene():
    tool = instrument(batch_spread=0.5, dispersion=1e-4)
    counts = read(tool, cells(20_000))
    observed = counts[1::2].mean(0) / counts[::2].mean(0)
    expected = tool.batch_factors[:, 1] / tool.batch_factors[:, 0]
    ratio = observed / expected
    np.testing.assert_allclose(ratio / ratio[0], 1, rtol=0.03)  # up to the library size, which is shared out


def test_levels_act_in_proportion():
    tool = instrument(batch_spread=0.0)
    which = cells(600)
    up = levels()
    up[:, 0] = 1.0
    before, after = tool.expected(levels(), levels(), which)[0], tool.expected(up, levels(), which)[0]
    assert (after[0] / after[1]) / (before[0] / before[1]) == pytest.approx(2)
    assert after.sum() == pytest.approx(600)


def test_dropout_loses_the_share_it_says():
    plain, lossy = instrument(batch_spread=0.0), instrument(batch_spread=0.0, dropout=0.6)
    mean = plain.expected(levels(), levels(), cells(12))[0]
    kept = read(lossy, cells(12)).mean(0) / read(plain, cells(12)).mean(0)
    np.testing.assert_allclose(kept, 1 - 0.6 / (1 + mean), rtol=0.12)


def test_cells_that_fail_have_small_libraries_of_half_ambient_molecules():
    tool = instrument(failing=0.3, library_spread=0.0, batch_spread=0.0)
    drawn = tool.cells(np.random.default_rng(2), np.zeros(N, int))
    assert (~drawn.passes).mean() == pytest.approx(0.3, abs=0.03)
    assert set(np.round(drawn.library_size)) == {500.0, 5000.0}
    off = levels()
    off[:, 0] = -30.0
    mean = tool.expected(off, levels(), drawn)
    share = mean[:, 0] / mean.sum(1)
    assert share[drawn.passes].max() < 1e-6
    np.testing.assert_allclose(share[~drawn.passes], 0.5 * tool.expression[0] / tool.expression.sum())


def test_log_ratios_have_batch_offsets_and_gaussian_noise():
    tool = instrument(scale="log-ratio", noise=0.2, batch_spread=0.3)
    which = tool.cells(np.random.default_rng(3), np.arange(N) % 2)
    assert which.passes.all()
    values = read(tool, which, levels(1.5))
    np.testing.assert_allclose(values[::2].mean(0), 1.5 + np.log2(tool.batch_factors[:, 0]), atol=0.02)
    np.testing.assert_allclose(values[::2].std(0), 0.2, rtol=0.08)
    assert values.dtype == np.float32


@pytest.mark.parametrize(
    ("options", "says"),
    [({"scale": "count"}, "did you mean counts"), ({"dropout": 1.5}, "from 0 to 1"), ({"noise": -1.0}, "noise")],
)
def test_options_that_do_not_fit_are_said(options, says):
    with pytest.raises(UserError, match=says):
        Measurement(**options)


@pytest.mark.parametrize(
    ("options", "option"),
    [({"scale": "log-ratio", "failing": 0.1}, "failing"), ({"scale": "counts", "noise": 0.5}, "noise")],
)
def test_an_option_of_the_other_scale_is_refused(options, option):
    with pytest.raises(UserError, match=f"option {option} of the section .* says nothing"):
        Measurement(**options)
