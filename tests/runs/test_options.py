"""Which splits a screen is judged on when none is named."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.screen import Screen
from semimech.models.cellbox import CellBox
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
    assert list(chosen)[-5:] == ["scm", "cellbox", "cellbox-prior", "cellbox-shuffled-prior", "cellbox-no-network"]
    assert [getattr(each, "prior", None) for each in chosen.values()][-4:] == [None, "edges.csv", "edges.csv", None]


def test_the_same_without_its_network_stands_beside_a_model_with_its_options() -> None:
    options = {"cellbox": {"steps": 40, "members": 3}, "cellbox-no-network": {"members": 2}}
    chosen = {each.name: each for each in RunOptions(models=("cellbox",), model_options=options).estimators()}
    nested = chosen["cellbox-no-network"]
    assert isinstance(nested, CellBox)
    assert (nested.steps, nested.members, nested.internal_network) == (40, 2, False)
    assert not [name for name in chosen if name.startswith("cellbox-annotated")]
    annotated = [each.name for each in RunOptions(models=("cellbox-annotated",)).estimators()]
    assert annotated[-2:] == ["cellbox-annotated", "cellbox-annotated-no-network"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"models": ("cellbox-prior",)}, "cellbox-prior needs a table of edges"),
        ({"prior": 3}, "prior is 3"),
        ({"model_options": {"cellbox-prior": {"prior": "edges.csv"}}}, "cellbox-prior have a prior: give it in"),
    ],
)
def test_a_prior_that_is_missing_or_no_path_is_refused(options: dict, words: str) -> None:
    with pytest.raises(UserError, match=words):
        RunOptions(**options)


def test_a_steady_state_term_brings_the_same_without_it() -> None:
    options = RunOptions(models=(), steady_state="field", model_options={"neural-courses": {"hidden": 8}})
    with_term, without = options.estimators()[-2:]
    assert (with_term.name, without.name) == ("neural-courses", "neural-courses-no-term")
    assert [(each.steady_state, each.hidden) for each in (with_term, without)] == [("field", 8)] * 2  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"steady_state": "soft"}, "term 'soft' is unknown: use auto, trajectory, field, hard, controls"),
        ({"models": ("neural-courses-no-term",)}, "give --steady-state"),
        ({"model_options": {"neural-courses": {"steady_state": "hard"}}}, r"give it in \[run\]"),
    ],
)
def test_a_steady_state_term_that_cannot_be_is_refused(options: dict, words: str) -> None:
    with pytest.raises(UserError, match=words):
        RunOptions(**options)
