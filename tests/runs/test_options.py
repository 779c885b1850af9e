"""Which splits a screen is judged on when none is named."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.screen import Screen
from semimech.runs.options import RunOptions
from semimech.support.errors import UserError


def bulk(doses: Sequence[float]) -> Screen:
    """Six drugs alone at each dose, twice."""
    design = np.concatenate([np.eye(6) * dose for dose in doses] * 2)
    return Screen(
        np.random.default_rng(0).normal(size=(len(design), 3)),
        sp.csr_array(design),
        tuple(Perturbation(name, "drug") for name in "abcdef"),
        pd.DataFrame(index=list("xyz")),
        pd.DataFrame(index=[f"r{i}" for i in range(len(design))]),
        "log-ratio",
    )


@pytest.mark.parametrize(("doses", "expected"), [((1.0,), ("perturbations",)), ((1.0, 2.0), ("conditions",))])
def test_singles_at_one_dose_are_judged_as_unseen_perturbations(
    doses: Sequence[float], expected: tuple[str, ...]
) -> None:
    assert RunOptions().splits_for(bulk(doses)) == expected
    assert RunOptions(splits=("conditions",)).splits_for(bulk(doses)) == ("conditions",)


def test_a_prior_brings_its_models_and_their_comparisons() -> None:
    chosen = {each.name: each for each in RunOptions(models=("scm",), prior="edges.csv").estimators()}
    assert list(chosen)[-4:] == ["scm", "cellbox", "cellbox-prior", "cellbox-shuffled-prior"]
    assert [getattr(each, "prior", None) for each in chosen.values()][-3:] == [None, "edges.csv", "edges.csv"]


@pytest.mark.parametrize(
    ("options", "words"),
    [({"models": ("cellbox-prior",)}, "cellbox-prior needs a table of edges"), ({"prior": 3}, "prior is 3")],
)
def test_a_prior_that_is_missing_or_no_path_is_refused(options: dict, words: str) -> None:
    with pytest.raises(UserError, match=words):
        RunOptions(**options)
