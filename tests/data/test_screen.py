"""A screen is checked when it is made, and read in blocks."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from semimech.data import screen as module
from semimech.data.condition import Condition, Perturbation
from semimech.data.screen import Screen, normalise
from semimech.support.errors import UserError


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"design": sp.csr_array(np.zeros((3, 3)))}, "3 design rows where 120"),
        ({"perturbations": ()}, "3 design columns where 0"),
        ({"features": pd.DataFrame(index=["a", "b"])}, "2 feature names where 5"),
        ({"features": pd.DataFrame(index=list("aabcd"))}, "feature name a stands more than once"),
        ({"features": pd.DataFrame({"role": ["king"] * 5}, index=list("abcde"))}, "role king is unknown"),
        ({"obs": pd.DataFrame(index=["x"] * 120)}, "name x stands more than once"),
        ({"obs": pd.DataFrame(index=["x"])}, "1 obs rows where 120"),
        ({"scale": "loud"}, "scale 'loud' is unknown"),
        ({"responses": np.zeros((0, 5))}, "0 rows and 5 features"),
    ],
)
def test_parts_must_agree(small, change: dict, says: str) -> None:
    with pytest.raises(UserError, match=says):
        replace(small(), **change)


@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize(
    ("value", "says"),
    [
        (np.nan, "value of G3 in row cell7 .row 8. is nan"),
        (np.inf, "G3 in row cell7 .row 8. is inf"),
        (-2.0, "'count' of G3 in row cell7 .row 8. is negative .-2."),
        (1.5, "'count' of G3 in row cell7 .row 8. is fractional .1.5."),
    ],
)
def test_bad_values_are_named_by_row_and_column(small, value: float, says: str, sparse: bool) -> None:
    whole = small().responses.toarray()
    whole[7, 3] = value
    with pytest.raises(UserError, match=says):
        replace(small(), responses=sp.csr_array(whole) if sparse else whole)


def test_fractions_are_no_fault_on_other_scales(small) -> None:
    assert small("log-normalised").scale == "log-normalised"
    assert small("log-ratio", sparse=False).scale == "log-ratio"


def test_a_dose_that_is_not_finite_is_refused(small) -> None:
    design = small().design.toarray()
    design[4, 1] = np.inf
    with pytest.raises(UserError, match="dose that is not finite in row 5"):
        replace(small(), design=sp.csr_array(design))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.integers(0, 119), min_size=1), st.integers(1, 130), st.booleans())
def test_blocks_cover_the_rows_asked_for(small, rows: set[int], step: int, sparse: bool) -> None:
    screen = small(sparse=sparse)
    whole = screen.responses.toarray() if sparse else screen.responses
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_BYTES", step * 4 * 5)
        found = list(screen.blocks(np.array(sorted(rows))))
    np.testing.assert_array_equal(np.concatenate([numbers for numbers, _ in found]), sorted(rows))
    np.testing.assert_array_equal(np.concatenate([block for _, block in found]), whole[sorted(rows)])


def test_take_keeps_rows_together(small) -> None:
    screen = small()
    rows = np.array([5, 3, 50])
    part = screen.take(rows)
    np.testing.assert_array_equal(part.responses.toarray(), screen.responses.toarray()[rows])
    np.testing.assert_array_equal(part.design.toarray(), screen.design.toarray()[rows])
    assert list(part.obs.index) == ["cell5", "cell3", "cell50"]


def test_conditions_are_those_of_the_rows(small) -> None:
    screen = small()
    for row in range(screen.shape[0]):
        names = tuple(n for n, dose in zip(screen.perturbation_names, screen.design.toarray()[row]) if dose)
        assert screen.conditions[screen.condition_codes[row]] == Condition(tuple((n, 1.0) for n in names))
    np.testing.assert_array_equal(screen.is_control, screen.design.toarray().sum(1) == 0)


def test_contexts_join_the_columns_that_vary(small) -> None:
    screen = small()
    obs = screen.obs.assign(context="K562", medium=["a", "b"] * 60, time=[1, 2, 3] * 40)
    screen = replace(screen, obs=obs)
    assert screen.contexts[1] == "b, time 2"
    assert len(np.unique(screen.batches)) == 6  # batch goes with medium here; three times each


def test_default_doses_are_medians() -> None:
    screen = Screen(
        np.zeros((4, 1)),
        sp.csr_array(np.array([[1.0], [2.0], [6.0], [0.0]])),
        (Perturbation("a"),),
        pd.DataFrame(index=["g"]),
        pd.DataFrame(index=list("wxyz")),
        "log-ratio",
    )
    assert screen.default_doses == {"a": 2.0}


def test_normalise_is_log1p_of_ten_thousand() -> None:
    block = np.array([[1.0, 3.0], [0.0, 0.0]], np.float32)
    expected = [[np.log1p(2500.0), np.log1p(7500.0)], [0, 0]]
    np.testing.assert_allclose(normalise(block, "counts"), expected, rtol=1e-6)
    assert normalise(block, "log-ratio") is block
