"""The negative-binomial law on the effect scale, against sampling, the delta method and the scatter of cells."""

import numpy as np
import pytest
from tests.design.screens import count_screen

from semimech.design.components import declared
from semimech.design.count_law import CountLaw, count_law_of
from semimech.design.depth import at_depth
from semimech.design.estimate import components_of
from semimech.support.errors import UserError


def law(library: float = 2_000.0, spread: float = 0.3) -> CountLaw:
    return CountLaw(np.array([1e-5, 1e-3, 0.02, 0.3]), np.array([0.5, 0.2, 0.1, 0.05]), library, spread)


def test_variance_is_that_of_sampled_cells() -> None:
    random, known = np.random.default_rng(0), law()
    library = known.library * np.exp(known.spread * random.standard_normal((200_000, 1)) - known.spread**2 / 2)
    mean = library * known.rate
    counts = random.poisson(random.standard_gamma(1 / known.dispersion, mean.shape) * known.dispersion * mean)
    values = np.log1p(1e4 * counts / library)
    assert known.cell_variance() == pytest.approx(values.var(0), rel=0.05)
    poisson = np.log1p(1e4 * random.poisson(mean) / library)
    assert known.cell_variance(counting_only=True) == pytest.approx(poisson.var(0), rel=0.05)
    up = np.log1p(1e4 * random.poisson(1.1 * mean * random.standard_gamma(1 / known.dispersion, mean.shape)
                                       * known.dispersion) / library)  # fmt: skip
    assert known.sensitivity()[2:] == pytest.approx(((up.mean(0) - values.mean(0)) / np.log(1.1))[2:], rel=0.05)


def test_delta_method_where_counts_abound() -> None:
    known = law(library=30_000.0, spread=0.0)
    mean, factor = known.library * known.rate, 1e4 / known.library
    delta = (factor / (1 + factor * mean)) ** 2 * (mean + known.dispersion * mean**2)
    assert known.cell_variance()[2:] == pytest.approx(delta[2:], rel=0.15)
    assert known.sensitivity()[3] == pytest.approx(1.0, abs=0.01)


def test_law_of_a_screen_and_its_depths() -> None:
    screen = count_screen(1_500)
    found, measured = components_of(screen), components_of(count_screen(6_000))
    known = count_law_of(screen)
    assert known is not None
    assert known.cell_variance().mean() == pytest.approx(found.value("cell"), rel=0.05)
    assert 0 < found.counting < 1
    assert at_depth(found, 4.0).value("cell") == pytest.approx(measured.value("cell"), rel=0.08)
    assert at_depth(found, 1.0).value("cell") == pytest.approx(found.value("cell"))
    assert at_depth(found.declare(cell=1.0), 1.0).value("cell") == pytest.approx(1.0)
    with pytest.raises(UserError, match="20 times"):
        at_depth(found, 20.0)
    with pytest.raises(UserError, match="counts alone"):
        at_depth(declared(cell=1.0), 2.0)
