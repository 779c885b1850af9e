"""Which cells fail quality control, and what is said where that cannot be told."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.quality import quality
from semimech.data.screen import Screen
from semimech.support.errors import UserError

GENES = ("MT-ND1", *(f"G{i}" for i in range(30)))


def screen_of(scale: str = "counts", **columns: object) -> Screen:
    random = np.random.default_rng(0)
    values = random.poisson(5, (200, len(GENES))).astype(np.float32)
    values[:10] = random.poisson(0.4, (10, len(GENES)))
    values[10:15, 0] = 200
    obs = pd.DataFrame(columns, index=[f"c{i}" for i in range(200)])
    design = sp.csr_array((np.arange(200) % 2)[:, None].astype(float))
    return Screen(values, design, (Perturbation("P"),), pd.DataFrame(index=list(GENES)), obs, scale)  # type: ignore[arg-type]


def test_few_counts_and_dying_cells_are_outliers() -> None:
    screen = screen_of()
    passes = quality(screen, np.arange(200), 8.0)
    assert not passes[:15].any()
    assert passes[15:].mean() > 0.95
    some = quality(screen, np.arange(5, 200), 8.0)
    assert some[:5].all()
    np.testing.assert_array_equal(some[5:], passes[5:])


def test_a_column_says_it() -> None:
    passes = quality(screen_of(good=[str(i > 20) for i in range(200)]), np.arange(200), column="good")
    np.testing.assert_array_equal(passes, np.arange(200) > 20)


@pytest.mark.parametrize(
    ("screen", "column", "words"),
    [
        (screen_of(), "good", "no column 'good'"),
        (screen_of(good=["maybe"] * 200), "good", "has 'maybe' for the cell c0"),
        (screen_of(good=[False] * 200), "good", "All 200 cells fail quality control by the column 'good'"),
        (screen_of(good=[i % 2 for i in range(200)]), "good", "All 100 control cells fail .* by the column 'good'"),
        (screen_of(good=[i % 2 == 0 for i in range(200)]), "good", "All 100 treated cells fail"),
        (screen_of("log-normalised"), None, "needs raw counts"),
    ],
)
def test_what_cannot_be_told_is_said(screen: Screen, column: str | None, words: str) -> None:
    with pytest.raises(UserError, match=words):
        quality(screen, np.arange(200), column=column)
