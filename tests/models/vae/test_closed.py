"""The closed form against a loop over cells, and what it makes of pairs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp
from tests.models.vae.screens import PERTURBED, cell_screen

from semimech.data.condition import Condition, Perturbation
from semimech.data.counts import count_sums
from semimech.data.effects import effects_of
from semimech.data.screen import Screen
from semimech.models.vae.closed import closed_form, rates_of, squared_errors
from semimech.models.vae.nodes import Nodes, edge_table, nodes_of


def test_rates_are_those_of_a_loop() -> None:
    screen, _ = cell_screen()
    rows = np.arange(0, screen.shape[0], 2)
    rates = rates_of(screen, rows)
    counts = screen.responses.toarray().astype(float)
    control = [rows[screen.is_control[rows] & (screen.batches[rows] == b)] for b in range(2)]
    base = np.stack([(counts[c].sum(0) + 0.5) / counts[c].sum() for c in control])
    np.testing.assert_allclose(rates.base, np.log(base), rtol=1e-6)
    one = rows[screen.design[rows].toarray()[:, 2] > 0]
    rate = [counts[c].sum(0) / counts[c].sum() for c in control]
    expected = sum(counts[i].sum() * rate[screen.batches[i]] for i in one)
    change = np.log((counts[one].sum(0) + 0.5) / (expected + 0.5))
    row = effects_of(screen, rows).conditions.index(Condition(((PERTURBED[2], 1.0),)))
    kept = rates.offsets[row] / change
    assert ((kept > 0) & (kept <= 1)).all()
    assert np.abs(change[np.abs(change) > 1] - rates.offsets[row][np.abs(change) > 1]).max() < 0.3


def test_a_pair_never_given_is_the_product_of_rates() -> None:
    screen, planted = cell_screen(cells=150)
    closed = closed_form(screen, np.arange(screen.shape[0]), 0)
    pair = (Condition(((PERTURBED[2], 1.0), (PERTURBED[3], 1.0))),)
    design = closed.design(pair)
    np.testing.assert_array_equal(design, [[0, 0, 1, 1, 0]])
    np.testing.assert_allclose(closed.offset(pair, design)[0], closed.offsets[2] + closed.offsets[3], atol=0.05)
    predicted = closed.predict(pair, design)[0]
    assert np.corrcoef(predicted, planted[2] + planted[3])[0, 1] > 0.95
    theta = np.exp(np.median(closed.log_theta))
    assert 4 < theta < 14


def test_changes_of_nothing_are_as_large_as_their_errors() -> None:
    random = np.random.default_rng(5)
    control, batch = np.repeat([True, False], [400, 1200]), np.tile(np.arange(20), 80)
    rate = random.dirichlet(np.full(300, 2.0)) * np.exp(0.03 * random.normal(size=(20, 300)))
    counts = random.poisson(2000 * np.exp(0.3 * random.normal(size=1600))[:, None] * rate[batch]).astype(np.float32)
    design = sp.csr_array(((np.arange(1600) % 3)[:, None] == np.arange(3)) & ~control[:, None]).astype(float)
    obs = pd.DataFrame({"batch": batch.astype(str)}, index=[f"c{i}" for i in range(1600)])
    genes = pd.DataFrame(index=[f"g{i}" for i in range(300)])
    screen = Screen(counts, design, tuple(Perturbation(p) for p in "abc"), genes, obs, "counts")
    sums = count_sums(screen, np.arange(1600))
    ratio = (sums.changes**2).mean(1) / squared_errors(sums).mean(1)
    np.testing.assert_allclose(ratio, 1, atol=0.15)


def test_two_perturbations_of_one_gene_are_two_nodes() -> None:
    screen, _ = cell_screen()
    other = Perturbation("X1", "knock-out", {PERTURBED[1]: -1.0})
    screen = replace(screen, perturbations=(other, *screen.perturbations[1:]), _effects={})
    nodes = nodes_of(screen, closed_form(screen, np.arange(screen.shape[0]), 0), 24)
    assert len(set(nodes.names)) == 24
    assert nodes.names[:2] == (PERTURBED[1], f"{PERTURBED[1]} (perturbation)")
    assert nodes.columns[:2].tolist() == [1, -1]


def test_edges_among_genes_that_are_no_nodes_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "edges.csv").write_text("source,target\nG20,G21\n", encoding="utf-8")
    names = tuple(f"G{j}" for j in range(5))
    told = edge_table(tmp_path / "edges.csv", Nodes(names, np.arange(5)), 0.01, None)
    assert (told.pi == 0.01).all()
    assert "no edge of edges.csv joins two of the network's 5 nodes" in told.words
