"""Unpaired cells at several times: what the means do not tell, and screens that have no cells to compare."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.dynamics import CellBoxCourses
from semimech.models.dynamics.law import NetworkLaw
from semimech.models.dynamics.learning import courses_of
from semimech.models.dynamics.population import PopulationObjective
from semimech.support.errors import UserError

CELLS = 20


def screen() -> Screen:
    """Two genes; a drug raises the first, which the second follows; cells differ before any treatment."""
    random = np.random.default_rng(0)
    rows, design, times = [], [], []
    for time, shift in ((2.0, (0.6, 0.1)), (8.0, (1.0, 0.6))):
        for dose in (0.0, 1.0):
            rows.append(3 + 0.3 * random.normal(size=(CELLS, 2)) + dose * np.array(shift))
            design += [[dose]] * CELLS
            times += [time] * CELLS
    names = [f"cell {i}" for i in range(len(times))]
    return Screen(
        np.concatenate(rows).astype(np.float32),
        sp.csr_array(np.array(design)),
        (Perturbation("drug", "drug", {}),),
        pd.DataFrame(index=["A", "B"]),
        pd.DataFrame({"time": times}, index=names),
        "log-normalised",
    )


@pytest.mark.parametrize("compare", ["energy", "sinkhorn"])
def test_populations_are_fitted_from_cells_that_are_not_paired(compare: Any) -> None:
    data = screen()
    split = Split("all", "all", 0, np.arange(data.shape[0]), np.arange(0))
    model = CellBoxCourses(folds=0, steps=20, compare=compare, cells=20, population_steps=150)
    fitted = model.fit(data, split)
    assert fitted.population_error[-1] < 0.5 * fitted.population_error[0]
    asked = [condition for condition in data.conditions if condition.names]
    np.testing.assert_allclose(fitted.predict(asked).mean, [[0.6, 0.1], [1.0, 0.6]], atol=0.3)


def test_unperturbed_cells_stay_what_they_are() -> None:
    law = NetworkLaw()
    parameters = law.start(2, 1, 0)._replace(weights=jnp.asarray([[0.0, 1.0], [1.0, 0.0]]))
    data = courses_of(np.array([1.0, 4.0]), np.zeros((2, 2, 2)), activity=np.array([[0.0], [1.0]]))
    start = jnp.asarray(np.random.default_rng(0).normal(size=(5, 2)), jnp.float32)
    moved = PopulationObjective(law).moved(parameters, data, start).states
    np.testing.assert_allclose(moved[0], 0, atol=1e-6)
    assert np.abs(moved[1]).min() > 0


def test_screens_without_cells_are_told() -> None:
    data = screen()
    treated = np.flatnonzero(~data.is_control)
    model = CellBoxCourses(folds=0, steps=1, compare="energy")
    ratios = Screen(data.responses, data.design, data.perturbations, data.features, data.obs, "log-ratio")
    with pytest.raises(UserError, match="compared from unperturbed cells"):
        model.fit(ratios, Split("all", "all", 0, treated, np.arange(0)))
    for wrong in ({"compare": "magic"}, {"compare": "energy", "shooting": True}, {"compare": "energy", "cells": 1}):
        with pytest.raises(UserError):
            CellBoxCourses(**wrong)
