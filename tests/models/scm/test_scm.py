"""The model as a whole: it finds a linear network, predicts unseen knock-outs, abstains on noise, and says so."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.condition import Condition, Perturbation
from semimech.data.effects import effects_of
from semimech.data.screen import Screen
from semimech.data.splits import Split, split_screen
from semimech.models.base import Estimator, Fitted, Informed
from semimech.models.scm import FittedSCM, LinearSCM
from semimech.models.scm.selection import folds_of, halves, noise_size
from semimech.models.storage import load_fitted, save_fitted
from semimech.support.errors import UserError

GENES = tuple(f"g{i}" for i in range(12))
KNOCKED = 10


def network() -> np.ndarray:
    """Two cascades, g0 -> ... -> g5 and g6 -> ... -> g11, and an edge between them: what is downstream is learnable."""
    matrix = np.zeros((12, 12))
    for source in (0, 1, 2, 3, 4, 6, 7, 8, 9, 10):
        matrix[source + 1, source] = -0.8 if source in (2, 8) else 0.8
    matrix[8, 3] = 0.5
    return matrix


def held(matrix: np.ndarray, targets: tuple[int, ...], level: float = -2.0) -> np.ndarray:
    system, right = np.eye(12) - matrix, np.zeros(12)
    system[list(targets)] = np.eye(12)[list(targets)]
    right[list(targets)] = level
    return np.linalg.solve(system, right)


def screen_of(matrix: np.ndarray, pairs: tuple[tuple[int, int], ...] = ((0, 1), (2, 3)), cells: int = 40) -> Screen:
    """Log-normalised cells: controls, ten knock-outs of measured genes, one of a gene not measured, and pairs."""
    random = np.random.default_rng(7)
    given = [(), *((j,) for j in range(KNOCKED)), *pairs, (KNOCKED,)]
    states = [held(matrix, targets) if targets != (KNOCKED,) else np.linalg.inv(np.eye(12) - matrix)[:, 11] * 2
              for targets in given]  # fmt: skip
    label = np.repeat(np.arange(len(given)), [4 * cells, *[cells] * (len(given) - 1)])
    values = 4 + np.stack(states)[label] + 0.1 * random.normal(size=(len(label), 12))
    design = sp.lil_array((len(label), KNOCKED + 1))
    for row, k in enumerate(label):
        for j in given[k]:
            design[row, j] = 1
    genes = [Perturbation(f"k{j}", "knock-out", {f"g{j}": -1}) for j in range(KNOCKED)]
    return Screen(
        np.maximum(values, 0),
        design.tocsr(),
        (*genes, Perturbation("elsewhere", "knock-out")),
        pd.DataFrame(index=list(GENES)),
        pd.DataFrame(index=map(str, range(len(label)))),
        "log-normalised",
    )


@pytest.fixture(scope="module")
def screen() -> Screen:
    return screen_of(network())


def without(screen: Screen, name: str) -> Split:
    return next(s for s in split_screen(screen, "leave-one-out-complete") if s.fold == f"without {name}")


def error(fitted: Fitted, screen: Screen, split: Split) -> float:
    """Squared error on the test conditions, own targets aside, as a share of no change."""
    effects = effects_of(screen, split.test)
    predicted = fitted.predict(effects.conditions).mean
    kept = np.array([[f"k{j}" not in condition.names for j in range(12)] for condition in effects.conditions])
    return float(((predicted - effects.values)[kept] ** 2).sum() / (effects.values[kept] ** 2).sum())


def test_it_obeys_the_protocol(screen: Screen) -> None:
    split = split_screen(screen, "combinations")[0]
    fitted = LinearSCM().fit(screen, split)
    assert isinstance(LinearSCM(), Estimator)
    assert isinstance(fitted, Fitted)
    prediction = fitted.predict(effects_of(screen, split.test).conditions)
    assert prediction.mean.shape == (2, 12)
    assert all(prediction.rests_on)
    assert fitted.predict(()).mean.shape == (0, 12)


@pytest.mark.parametrize("name", ["k1", "k2", "k8"])
def test_unseen_knock_outs_of_a_linear_network_are_predicted(screen: Screen, name: str) -> None:
    split = without(screen, name)
    fitted = LinearSCM().fit(screen, split)
    assert fitted.factor > 0.5
    assert error(fitted, screen, split) < 0.4
    own = fitted.predict([Condition(((name, 1.0),))])
    assert own.mean[0, int(name[1])] == pytest.approx(-2, abs=0.2)
    assert "expected shift" in own.rests_on[0]


def test_the_given_shift_is_where_the_target_is_held(screen: Screen) -> None:
    split = without(screen, "k4")
    fitted = LinearSCM(own_shift="given", shifts={"k4": -1.0}).fit(screen, split)
    prediction = fitted.predict([Condition((("k4", 1.0),))])
    assert prediction.mean[0, 4] == -1.0
    assert "given shift of -1.00" in prediction.rests_on[0]


def test_any_measured_gene_may_be_asked_for(screen: Screen) -> None:
    fitted = LinearSCM().fit(screen, Split("all", "all", 0, np.arange(screen.shape[0]), np.arange(0)))
    predicted = fitted.predict([Condition((("g10", 1.0),))]).mean[0]
    assert predicted[10] == pytest.approx(-2, abs=0.2)
    assert -2 < predicted[11] < -0.6  # -1.6 in truth; the ridge shrinks, and g10 itself was never perturbed


def test_seen_singles_come_back_and_pairs_hold_both_targets(screen: Screen) -> None:
    split = split_screen(screen, "combinations")[0]
    fitted = LinearSCM().fit(screen, split)
    effects = effects_of(screen, split.train)
    np.testing.assert_allclose(fitted.predict(effects.conditions).mean, effects.values, atol=0.1)
    assert error(fitted, screen, split) < 0.1
    pair = fitted.predict([Condition((("k0", 1.0), ("k1", 1.0)))]).mean[0]
    np.testing.assert_allclose(pair[:2], -2, atol=0.1)


def test_it_abstains_where_nothing_happens(screen: Screen) -> None:
    calm = replace(screen, responses=4 + 0.5 * np.random.default_rng(3).normal(size=screen.shape), _effects={})
    split = without(calm, "k2")
    fitted = LinearSCM().fit(calm, split)
    prediction = fitted.predict([Condition((("k2", 1.0),))])
    assert fitted.factor == 0
    assert not np.delete(prediction.mean[0], 2).any()
    assert "no skill" in prediction.rests_on[0]


def test_an_answer_within_the_noise_is_no_change_and_said(screen: Screen) -> None:
    split = without(screen, "k2")
    asked = [Condition((("k2", 1.0),)), Condition((("k3", 1.0), ("k2", 1.0)))]
    fitted = LinearSCM(floors=(0.0,)).fit(screen, split)
    large = float((np.delete(fitted.predict(asked).mean[0], 2) ** 2).sum()) / fitted.factor**2
    for floor, kept in ((0.99 * large, True), (1.01 * large, False)):
        prediction = replace(fitted, floor=floor).predict(asked)
        assert np.delete(prediction.mean[0], 2).any() == kept
        assert ("within the noise" in prediction.rests_on[0]) != kept
        assert prediction.mean[0, 2] != 0  # what was told of the target itself stays
    seen = fitted.predict([Condition((("k3", 1.0),))]).mean[0]
    np.testing.assert_allclose(np.delete(prediction.mean[1] - seen, 2), 0, atol=1e-12)


def test_the_floor_is_that_of_the_least_error_over_targets_left_out(screen: Screen) -> None:
    """Strong knock-outs alone: a floor above every one of them costs all there is to gain, so none is chosen."""
    split = without(screen, "k2")
    size = noise_size(effects_of(screen, split.train))
    assert 0 < size < 1
    assert LinearSCM(floors=(0.0, 1e6)).fit(screen, split).floor == 0
    assert LinearSCM(floors=(2.0,)).fit(screen, split).floor == pytest.approx(2 * size)


def test_nothing_but_training_rows_is_used(screen: Screen) -> None:
    split = without(screen, "k3")
    spoilt = screen.responses.copy()
    spoilt[split.test] = 1e3
    asked = effects_of(screen, split.test).conditions
    clean = LinearSCM().fit(screen, split).predict(asked).mean
    again = LinearSCM().fit(replace(screen, responses=spoilt, _effects={}), split).predict(asked).mean
    np.testing.assert_array_equal(clean, again)


def test_inner_folds_leave_out_whole_targets_and_halves_share_no_control(screen: Screen) -> None:
    split = without(screen, "k3")
    (one, other), _ = halves(screen, split, 0)
    assert one.conditions == other.conditions
    assert not np.allclose(one.control_mean, other.control_mean, atol=0, rtol=0)
    names = [f"k{j}" for j in range(KNOCKED) if j != 3]
    asked_for = []
    for fit, asked in folds_of(one, names, 40, 0):
        left_out = {one.conditions[i].names[0] for i in asked}
        assert not any(left_out & set(one.conditions[i].names) for i in fit)
        asked_for += sorted(left_out)
    assert sorted(asked_for) == names
    assert len(folds_of(one, names, 4, 0)) == 4


def test_relatives_pass_on_what_the_network_misses(tmp_path: Path) -> None:
    screen = screen_of(network())
    values = np.asarray(screen.responses).copy()
    shared = np.zeros(12)
    shared[[5, 11]] = 3.0
    for j in (0, 6, 9):  # three genes of one complex: what they do is not told by their own level
        values[(screen.design.toarray()[:, j] != 0)] += shared
    screen = replace(screen, responses=values, _effects={})
    edges = [("g0", "g6"), ("g6", "g9"), ("g0", "g9"), ("g1", "g8"), ("g2", "g7")]
    pd.DataFrame(edges, columns=["source", "target"]).to_csv(tmp_path / "edges.csv", index=False)
    split = without(screen, "k6")
    alone = LinearSCM().fit(screen, split)
    helped = LinearSCM(edges=str(tmp_path / "edges.csv")).fit(screen, split)
    assert error(helped, screen, split) < 0.7 * error(alone, screen, split)
    words = helped.predict([Condition((("k6", 1.0),))]).rests_on[0]
    assert "of k0" in words
    assert "of k9" in words
    assert helped.kin_error < 1
    assert np.isnan(alone.kin_error)


def test_an_unseen_perturbation_without_a_measured_target_is_no_change_and_said(screen: Screen) -> None:
    fitted = LinearSCM().fit(screen, without(screen, "elsewhere"))
    prediction = fitted.predict([Condition((("elsewhere", 1.0),))])
    assert not prediction.mean.any()
    assert "not measured" in prediction.rests_on[0]


def test_a_gene_may_be_asked_for_by_annotation(screen: Screen) -> None:
    fitted = LinearSCM().fit(screen, without(screen, "k0"))
    told = fitted.knowing([Perturbation("guide", "knock-out", {"g10": -1}), Perturbation("drug", "drug", {"g1": -1})])
    assert isinstance(told, Informed)
    asked = [Condition(((name, 1.0),)) for name in ("guide", "g10", "drug", "k3")]
    guide, gene, drug, seen = told.predict(asked).mean
    np.testing.assert_array_equal(guide, gene)
    assert not drug.any()
    np.testing.assert_array_equal(seen, fitted.predict(asked[3:]).mean[0])


def test_network_finds_the_edges_and_says_how_sure(screen: Screen) -> None:
    found = LinearSCM().fit(screen, Split("all", "all", 0, np.arange(screen.shape[0]), np.arange(0))).network()
    assert found.nodes == GENES
    weights, truth = np.abs(found.matrix()), network() != 0
    free = ~np.eye(12, dtype=bool)
    assert np.median(weights[free & truth]) > 3 * np.median(weights[free & ~truth])
    assert {"deviation", "stability", "lower", "upper", "perturbed"} <= set(found.edges.columns)
    effects = effects_of(screen, np.arange(screen.shape[0]))
    alone = effects.conditions.index(Condition((("k2", 1.0),)))
    wanted = effects.values[alone, 3] / effects.values[:, 3].std()
    edge = found.edges.query("source == 'g2' and target == 'g3'").iloc[0]
    assert edge["deviation"] == pytest.approx(wanted, rel=1e-5)
    assert set(found.edges.loc[found.edges["perturbed"] == 0, "source"]) == {"g10", "g11"}
    assert found.edges["stability"].between(0, 1).all()
    few = LinearSCM(network_nodes=3).fit(screen, without(screen, "k0")).network()
    assert len(few.nodes) == KNOCKED  # every target stays


def test_it_comes_back_from_disk(screen: Screen, tmp_path: Path) -> None:
    fitted = LinearSCM().fit(screen, without(screen, "k1"))
    save_fitted(fitted, tmp_path)
    loaded = load_fitted(tmp_path)
    assert isinstance(loaded, FittedSCM)
    asked = [Condition((("k1", 1.0),)), Condition((("k0", 1.0), ("elsewhere", 1.0)))]
    np.testing.assert_array_equal(loaded.predict(asked).mean, fitted.predict(asked).mean)
    assert loaded.predict(asked).rests_on == fitted.predict(asked).rests_on


def test_drugs_on_log_ratios_add_as_in_a_ridge() -> None:
    random = np.random.default_rng(1)
    design = np.vstack([np.eye(3), [1, 1, 0]])
    drugs = tuple(Perturbation(name, "drug") for name in "ABC")
    rows = pd.DataFrame(index=["a", "b", "c", "ab"])
    screen = Screen(
        random.normal(size=(4, 5)), sp.csr_array(design), drugs, pd.DataFrame(index=list("vwxyz")), rows, "log-ratio"
    )
    fitted = LinearSCM().fit(screen, Split("s", "s", 0, np.arange(3), np.array([3])))
    one, two, both = fitted.predict([Condition((("A", 1.0),)), Condition((("B", 1.0),)), screen.conditions[3]]).mean
    np.testing.assert_allclose(one + two, both, atol=1e-9)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"own_shift": "guessed"}, "use predicted or given"),
        ({"strengths": ()}, "strengths"),
        ({"noises": (0.0,)}, "noises"),
        ({"folds": 1}, "at least 2"),
        ({"input_penalty": 0.0}, "input_penalty"),
    ],
)
def test_options_out_of_range(options: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        LinearSCM(**options)


def test_shifts_and_edges_must_name_something(screen: Screen, tmp_path: Path) -> None:
    split = without(screen, "k0")
    with pytest.raises(UserError, match="elsewhere, no genetic perturbation"):
        LinearSCM(shifts={"elsewhere": -1.0}).fit(screen, split)
    (tmp_path / "edges.csv").write_text("source,target\nTP53,MDM2\n")
    with pytest.raises(UserError, match="No perturbation of the screen is in the edge table"):
        LinearSCM(edges=str(tmp_path / "edges.csv")).fit(screen, split)
