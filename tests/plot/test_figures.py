"""Each figure shows the numbers of its tables."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from semimech.data.network import Network
from semimech.evaluate.recovery import recovery
from semimech.plot.assumptions import assumption_picture
from semimech.plot.comparison import compared
from semimech.plot.graph import network_graph
from semimech.plot.heatmap import network_heatmap
from semimech.plot.latent import beside_direct, latent_heatmap
from semimech.plot.learning import learning_curves
from semimech.plot.predictions import predicted_against_observed
from semimech.plot.recovery import recovery_curves
from semimech.plot.scores import score_overview
from semimech.plot.screen import data_overview
from semimech.plot.style import to_svg
from semimech.simulate.demo import simulate_demo

NAN = float("nan")


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def score_table(values: dict[str, float], split: str = "s", ceiling: float = NAN) -> pd.DataFrame:
    rows = [
        (split, model, value, value - 0.01, value + 0.01, model != "cellbox", ceiling, ceiling)
        for model, value in values.items()
    ]
    columns = ["split", "model", "value", "lower", "upper", "is_baseline", "ceiling", "ceiling_stepped"]
    return pd.DataFrame(rows, columns=columns)


def test_score_overview_puts_the_best_baseline_line_and_far_values_at_the_edge():
    values = {"cellbox": 0.95, "ridge": 0.94, "a": 0.93, "b": 0.92, "c": 0.91, "mean": 0.1}
    ax = score_overview(score_table(values, ceiling=0.97), "r").axes[0]
    line = next(line for line in ax.lines if line.get_label() == "best baseline")
    assert line.get_xdata()[0] == 0.94
    low, high = ax.get_xlim()
    assert 0.1 < low < 0.9
    assert 0.97 < high < 1.0
    assert texts(ax) == ["◀ 0.1"]
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["mean", "c", "b", "a", "ridge", "cellbox"]


def test_score_overview_where_lower_is_better():
    values = {"cellbox": 0.5, "ridge": 0.6, "a": 0.7, "b": 0.8, "c": 0.9, "worst": 30.0}
    ax = score_overview(score_table(values), "NMSE", higher_is_better=False).axes[0]
    line = next(line for line in ax.lines if line.get_label() == "best baseline")
    assert line.get_xdata()[0] == 0.6
    assert texts(ax) == ["30 ▶"]


def test_score_overview_with_missing_values_and_many_splits():
    parts = [score_table({"cellbox": NAN, "ridge": 0.5 + 0.1 * i}, f"split {i}") for i in range(4)]
    assert len(score_overview(pd.concat(parts), "r").axes) == 4


@pytest.mark.parametrize("n", [0, 2, 500, 30_000])
def test_predicted_against_observed(n):
    random = np.random.default_rng(0)
    observed = random.standard_normal(n)
    predicted = observed + 0.3 * random.standard_normal(n)
    ax = predicted_against_observed([("cellbox", observed, predicted)], "log-ratio").axes[0]
    said = f"{np.corrcoef(observed, predicted)[0, 1]:.3f}" if n > 2 else "not defined"
    assert texts(ax) == [f"r = {said}\nn = {n:,}"]
    assert any(isinstance(part, PolyCollection) for part in ax.collections) == (n > 20_000)
    assert ax.get_xlabel() == "observed effect (log-ratio)"


@pytest.mark.parametrize(("higher", "words"), [(True, "better on 3 of 5"), (False, "better on 2 of 5")])
def test_compared_counts_who_is_better(higher, words):
    table = pd.DataFrame({"m": [1.0, 2.0, 3.0, 0.0, 0.0], "b": [0.0, 0.0, 0.0, 1.0, 2.0]}, index=list("vwxyz"))
    left, right = compared(table, "r", "condition", higher_is_better=higher).axes
    assert right.get_title(loc="left") == f"{words} conditions"
    top = [label.get_text() for label in left.get_yticklabels()][-1]
    assert top in ("x" if higher else "yz")


def test_compared_draws_the_ends_of_a_long_table():
    table = pd.DataFrame({"m": np.arange(100.0), "b": np.arange(100.0) - 1}, index=[f"g{i}" for i in range(100)])
    left, right = compared(table, "r", "feature").axes
    labels = [label.get_text() for label in left.get_yticklabels()]
    assert (len(labels), labels[0], labels[-1]) == (40, "g0", "g99")
    assert len(right.collections[0].get_offsets()) == 100


def test_learning_curves_mark_the_lowest_validation_error():
    history = pd.DataFrame({"step": [0, 1, 2], "train_error": [3.0, 2.0, 1.0], "validation_error": [3.0, 1.5, 2.0]})
    empty = history.assign(validation_error=NAN)
    named = learning_curves({"a": history.assign(measure="nats")}).axes[0]
    assert (named.get_xlabel(), named.get_ylabel()) == ("epoch", "nats")
    first, second = learning_curves({"a": history, "b": empty}).axes
    assert [line.get_label() for line in first.lines] == ["training", "validation", "lowest, at step 1"]
    assert [line.get_label() for line in second.lines] == ["training"]
    assert "mathdefault" not in "".join(label.get_text() for label in first.get_yticklabels(which="both"))


def test_heatmap_holds_every_weight_once():
    truth = simulate_demo().truth
    mesh = network_heatmap(truth).axes[0].collections[0]
    assert mesh.get_array().shape == (22, 26)
    shown = np.sort(mesh.get_array().ravel())
    whole = truth.matrix()[:22][:, [*range(18), *range(22, 30)]]
    np.testing.assert_array_equal(shown, np.sort(whole.ravel()))


def test_heatmap_of_a_large_network_is_cut_and_says_so():
    random = np.random.default_rng(0)
    weights = random.standard_normal((300, 300)) * (random.random((300, 300)) < 0.1)
    ax = network_heatmap(Network.from_matrix(weights, [f"g{i}" for i in range(300)])).axes[0]
    assert ax.collections[0].get_array().shape == (60, 60)
    assert ax.get_title(loc="left") == "the 60 most connected of 300 nodes"


def test_heatmap_leaves_out_what_sends_or_receives_nothing():
    weights = np.zeros((4, 4))
    weights[1, 0], weights[2, 0] = 1.0, -2.0
    axes = network_heatmap(Network.from_matrix(weights, list("abcd"))).axes[0]
    np.testing.assert_array_equal(np.sort(axes.collections[0].get_array().ravel()), [-2.0, 1.0])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a"]


def test_graph_draws_the_strongest_edges_by_sign_and_frequency():
    truth = simulate_demo().truth
    matrix = truth.matrix()
    frequency = np.where(matrix > 0, 1.0, 0.3) * (matrix != 0)
    network = Network.from_matrix(matrix + np.eye(30), truth.nodes, truth.roles, {"stability": frequency})
    ax = network_graph(network, edges=10).axes[0]
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    strength = np.abs(matrix) * frequency
    targets, sources = np.unravel_index(np.argsort(-strength, axis=None)[:10], strength.shape)
    assert len(arrows) == 10
    assert len([p for p in ax.patches if isinstance(p, FancyBboxPatch)]) == len({*targets, *sources})
    assert set(texts(ax)) == {truth.nodes[i] for i in {*targets, *sources}}
    opacity = sorted(round(0.15 + 0.8 * frequency[i, j], 2) for i, j in zip(targets, sources, strict=True))
    assert sorted(round(arrow.get_alpha(), 2) for arrow in arrows) == opacity


def test_graph_without_edges_is_empty_but_drawn():
    empty = Network(("a", "b"), pd.DataFrame({"source": [], "target": [], "weight": []}))
    assert "<svg" in to_svg(network_graph(empty))


def test_recovery_curves_name_the_base_rate():
    truth = simulate_demo().truth
    figure = recovery_curves([recovery(truth, truth, "truth")])
    signs = figure.axes[1]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["truth: AUPRC 1.00", "random order: 0.09"]
    assert "1.00 of 51 found" in texts(signs)


def test_data_overview_counts_rows_and_colours_what_is_clear():
    given = pd.DataFrame(
        [("a", 1.0, "µM", 10, True), ("a", 2.0, "µM", 5, False), ("b", 1.0, "µM", 7, True)],
        columns=["perturbation", "dose", "dose_unit", "rows", "alone"],
    )
    own = pd.DataFrame(
        [("a", "A", -1.0, 0.1), ("b", "B", 0.1, 0.2)],
        columns=["perturbation", "target", "effect", "standard_error"],
    )
    rows, doses, effects = data_overview(given, own, "log-ratio").axes
    assert sum(bar.get_width() for bar in rows.patches) == 22
    assert doses.get_xlabel() == "dose (µM)"
    assert [label.get_text() for label in effects.get_yticklabels()] == ["b on B", "a on A"]
    colours = effects.collections[1].get_facecolors()
    assert not np.allclose(colours[0], colours[1])
    assert len(data_overview(given, own.iloc[:0], "log-ratio").axes) == 2


def test_data_overview_of_many_perturbations_shows_both_ends():
    given = pd.DataFrame(
        [(f"g{i}", 1.0, "", i + 1, True) for i in range(200)],
        columns=["perturbation", "dose", "dose_unit", "rows", "alone"],
    )
    own = pd.DataFrame(columns=["perturbation", "target", "effect", "standard_error"])
    (ax,) = data_overview(given, own, "log1p").axes
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert (len(labels), labels[0], labels[-1]) == (30, "g0", "g199")


def drawn_figures():
    truth = simulate_demo().truth
    many = score_table({f"baseline number {i}": 0.1 * i for i in range(8)} | {"cellbox": 0.9}, ceiling=0.95)
    noise = np.random.default_rng(0).standard_normal((2, 300))
    table = pd.DataFrame(
        np.abs(noise[:, :30].T), columns=["cellbox", "ridge"], index=[f"condition {i}" for i in range(30)]
    )
    history = pd.DataFrame({"step": range(9), "train_error": np.arange(9) + 1.0, "validation_error": NAN})
    given = pd.DataFrame(
        [(f"drug {i}", dose, "µM", 9, dose > 1) for i in range(9) for dose in (1.0, 2.0)],
        columns=["perturbation", "dose", "dose_unit", "rows", "alone"],
    )
    own = pd.DataFrame(
        [(f"drug {i}", f"a target of drug {i}", -1.0, 0.1) for i in range(9)],
        columns=["perturbation", "target", "effect", "standard_error"],
    )
    yield "one split", score_overview(many, "Pearson correlation, pooled")
    yield (
        "splits",
        score_overview(pd.concat([many, many.assign(split="t"), many.assign(split="u")]), "Pearson correlation"),
    )
    yield "predicted", predicted_against_observed([("cellbox", *noise), ("ridge", *noise)], "log-ratio to untreated")
    yield "compared", compared(table, "Pearson correlation within conditions", "condition")
    yield "learning", learning_curves({"cellbox": history})
    yield "heatmap", network_heatmap(truth)
    latent = pd.DataFrame([(f"perturbation {i}", f"gene {j}", i - j) for i in range(9) for j in range(50)],
                          columns=["perturbation", "latent", "effect"])  # fmt: skip
    yield "latent", latent_heatmap(latent)
    yield "direct", beside_direct(pd.DataFrame({"weight": noise[0], "direct": noise[1]}), "gpo-vae")
    yield "recovery", recovery_curves([recovery(truth, truth, "cellbox"), recovery(truth, truth, "|correlation|")])
    yield "data", data_overview(given, own, "log-ratio to untreated")


@pytest.mark.parametrize(("name", "figure"), [pytest.param(*pair, id=pair[0]) for pair in drawn_figures()])
def test_nothing_is_cut_off_at_the_edge(name, figure):
    width, height = figure.get_size_inches()
    box = figure.get_tightbbox()
    assert box.x0 > -0.02
    assert box.y0 > -0.02
    assert box.x1 < width + 0.02
    assert box.y1 < height + 0.02


def test_groups_of_a_tested_assumption_stand_one_above_the_other():
    picture = pd.DataFrame({"group": ["0"] * 50 + ["24"] * 30, "value": np.r_[np.zeros(50), np.ones(30)]})
    figure = assumption_picture(picture, "sd")
    assert [ax.get_ylabel().replace("\n", " ") for ax in figure.axes] == ["0 n = 50", "24 n = 30"]
    assert figure.axes[-1].get_xlabel() == "sd"


def test_amounts_of_a_tested_assumption_are_dots_with_the_clear_ones_coloured():
    picture = pd.DataFrame(
        {"name": ["A", "B"], "value": [0.4, 0.9], "lower": [0.3, 0.8], "upper": [0.5, 1.0], "clear": [True, False]}
    )
    (ax,) = assumption_picture(picture, "fraction").axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["A", "B"]
    assert ax.get_xlim()[0] == 0
