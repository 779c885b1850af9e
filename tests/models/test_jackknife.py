import numpy as np
import pytest

from semimech.models.jackknife import jackknife_interval


def test_of_a_mean_it_is_the_standard_error() -> None:
    data = np.random.default_rng(0).standard_normal(30)
    refits = np.array([np.delete(data, i).mean() for i in range(30)])
    lower, upper = jackknife_interval(np.array(data.mean()), refits)
    half = 1.6449 * data.std(ddof=1) / np.sqrt(30)
    assert float(upper - lower) == pytest.approx(2 * half)
    assert float(upper + lower) == pytest.approx(2 * data.mean())


def test_one_refit_gives_no_interval() -> None:
    assert np.isnan(jackknife_interval(np.zeros(3), np.zeros((1, 3)))).all()
