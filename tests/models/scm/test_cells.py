"""What cells vary together, against a covariance by hand; and what it is worth where perturbations are few."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.condition import Condition, Perturbation
from semimech.data.effects import effects_of
from semimech.data.screen import Screen
from semimech.data.splits import Split, split_screen
from semimech.models.scm import LinearSCM
from semimech.models.scm.cells import within_components
from semimech.models.scm.law import law_of


@pytest.fixture(scope="module")
def screen() -> Screen:
    """A cascade in which every cell differs by chance; four knock-outs, of which few upstream of any other."""
    random = np.random.default_rng(0)
    genes = 8
    matrix = np.diag([0.9] * 7, -1)
    label = np.repeat(np.arange(-1, 4) * 2, [200, 80, 80, 80, 80])
    batch = np.tile(["one", "two"], 260)
    values = np.empty((len(label), genes))
    for row, target in enumerate(label):
        system, right = np.eye(genes) - matrix, 0.4 * random.normal(size=genes)
        if target >= 0:
            system[target], right[target] = np.eye(genes)[target], -1.5
        values[row] = np.linalg.solve(system, right)
    values += np.where(batch == "two", 1.0, 0.0)[:, None]
    treated = np.flatnonzero(label >= 0)
    design = sp.csr_array((np.ones(treated.size), (treated, label[treated] // 2)), shape=(len(label), 4))
    return Screen(
        8 + values,
        design,
        tuple(Perturbation(f"k{j}", "knock-out", {f"g{2 * j}": -1}) for j in range(4)),
        pd.DataFrame(index=[f"g{j}" for j in range(genes)]),
        pd.DataFrame({"batch": batch}, index=map(str, range(len(label)))),
        "log-normalised",
    )


def everything(screen: Screen) -> Split:
    return Split("all", "all", 0, np.arange(screen.shape[0]), np.arange(0))


def test_components_are_those_of_the_centred_rows(screen: Screen) -> None:
    split = everything(screen)
    found = within_components(screen, split, effects_of(screen, split.train))
    table = pd.DataFrame(np.asarray(screen.responses, float))
    centred = table - table.groupby([screen.condition_codes, screen.batches]).transform("mean")
    wanted = centred.T.to_numpy() @ centred.to_numpy()
    assert found is not None
    np.testing.assert_allclose(found.T @ found, wanted / np.trace(wanted), atol=1e-5)


def test_tables_have_no_cells(screen: Screen) -> None:
    few = screen.take(np.r_[:5, 200:203, 280:283])
    assert within_components(few, everything(few), effects_of(few, np.arange(11))) is None


def test_further_rows_have_the_weight_that_was_asked_for() -> None:
    random = np.random.default_rng(1)
    effects, cells = random.normal(size=(4, 6)), random.normal(size=(3, 6))
    cells /= np.linalg.norm(cells)
    law = law_of(effects, {0: [1]}, 0.3, cells, 2.0)
    assert (law.effects[4:] ** 2).sum() == pytest.approx(2 * (effects**2).sum())
    assert law.penalty == law_of(effects, {0: [1]}, 0.3).penalty
    assert len(law_of(effects, {}, 0.3, cells, 0.0).effects) == 4


def test_cells_help_where_perturbations_are_few(screen: Screen) -> None:
    errors = {}
    for within in ((0.0,), (0.0, 1.0, 10.0)):
        total = 0.0
        for split in split_screen(screen, "leave-one-out-complete")[1:3]:
            effects = effects_of(screen, split.test)
            target = 2 * int(effects.conditions[0].names[0][1])
            shifts = {effects.conditions[0].names[0]: float(effects.values[0, target])}
            fitted = LinearSCM(own_shift="given", shifts=shifts, within=within, floors=(0.0,)).fit(screen, split)
            total += float(((fitted.predict(effects.conditions).mean - effects.values) ** 2).sum())
        errors[within] = total
    assert errors[0.0, 1.0, 10.0] < 0.7 * errors[0.0,]


def test_the_network_of_a_fit_with_cells_is_drawn_with_its_evidence(screen: Screen) -> None:
    fitted = LinearSCM(within=(10.0,)).fit(screen, everything(screen))
    assert len(fitted.effects) > len(fitted.conditions)
    network = fitted.network()
    assert np.isfinite(network.edges[["weight", "lower", "deviation"]].to_numpy()).all()
    assert network.matrix()[1, 0] > 0.2
    assert fitted.predict([Condition((("k1", 1.0),))]).mean.shape == (1, 8)
