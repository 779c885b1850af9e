"""The judge on small examples that can be worked out by hand or by loops."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from semimech.data.condition import Condition, Perturbation
from semimech.data.screen import Screen
from semimech.data.splits import split_screen
from semimech.evaluate.bootstrap import dirichlet_weights
from semimech.evaluate.ceiling import Ceiling
from semimech.evaluate.judge import Fold, Judgement, judge
from semimech.evaluate.reference import Reference, reference_of
from semimech.evaluate.scores import SCORES
from semimech.models.base import Prediction
from semimech.models.baselines import BASELINES
from semimech.support.errors import UserError

CARDS = {card.name: card for card in SCORES}
BASE = ("no-change", "mean-response", "ridge")


def prediction(reference: Reference, mean: np.ndarray) -> Prediction:
    return Prediction(reference.conditions, reference.effects.features, mean)


def folds(make_reference: Callable[..., Reference], better: float = 0.2, seeds: int = 2) -> list[Fold]:
    """Two folds that share four conditions; 'model' has `better` times the noise of 'ridge'."""
    random = np.random.default_rng(0)
    found = []
    for number, names in enumerate((["a", "b", "c", "d", "e", "f"], ["c", "d", "e", "f", "g", "h"])):
        truth = random.normal(size=(6, 30))
        reference = make_reference(truth, fold=f"fold {number}", names=names, mean_response=np.full(30, 0.1))
        noise = random.normal(size=truth.shape)
        means = {("no-change", 0): 0 * truth, ("mean-response", 0): 0 * truth + 0.1, ("ridge", 0): truth + 0.5 * noise}
        for seed in range(seeds):
            means["model", seed] = truth + 0.5 * better * noise + 0.01 * random.normal(size=truth.shape)
        found.append(Fold(reference, {key: prediction(reference, mean) for key, mean in means.items()}))
    return found


def row(judgement: Judgement, model: str, score: str = "pearson", split: str = "conditions") -> pd.Series:
    table = judgement.table
    found = table[(table["model"] == model) & (table["score"] == score) & (table["split"] == split)]
    assert len(found) == 1
    return found.iloc[0]


def test_values_are_means_over_folds_and_seeds(make_reference: Callable[..., Reference]) -> None:
    given = folds(make_reference)
    judgement = judge(given, baselines=BASE, draws=50)
    for model, seeds in (("ridge", 1), ("model", 2)):
        for name in ("pearson", "nmse", "mae", "pds", "feature-pearson"):
            card = CARDS[name]
            by_fold = [
                [
                    float(card.reduce(card.summarise(f.reference, f.predictions[model, seed].mean).sum(0)))
                    for seed in range(seeds)
                ]
                for f in given
            ]
            found = row(judgement, model, name)
            assert found["value"] == pytest.approx(np.mean(by_fold))
            assert found["folds_sd"] == pytest.approx(np.std(np.mean(by_fold, 1), ddof=1))
            if seeds == 2:
                assert found["seeds_sd"] == pytest.approx(np.std(np.mean(by_fold, 0), ddof=1))
            else:
                assert np.isnan(found["seeds_sd"])
    truth = np.concatenate([f.reference.observed.ravel() for f in given])
    ridge = np.concatenate([f.predictions["ridge", 0].mean.ravel() for f in given])
    assert row(judgement, "ridge")["pooled"] == pytest.approx(np.corrcoef(truth, ridge)[0, 1])
    assert row(judgement, "ridge")["n_conditions"] == 8
    assert row(judgement, "ridge")["n_folds"] == 2
    assert row(judgement, "model", "nmse")["baseline"] == row(judgement, "mean-response", "nmse")["value"]


def test_the_bootstrap_is_paired_and_shares_weights_between_folds(make_reference: Callable[..., Reference]) -> None:
    given = folds(make_reference, seeds=1)
    judgement = judge(given, baselines=BASE, draws=400, seed=3)
    names = [condition.names[0] for f in given for condition in f.reference.conditions]
    unique = list(dict.fromkeys(names))
    weights = dirichlet_weights(len(unique), 400, 3)
    card = CARDS["mse"]
    draws: dict[str, list[float]] = {"model": [], "ridge": []}
    for weight in weights:
        for model, values in draws.items():
            by_fold = []
            for f in given:
                mine = [weight[unique.index(condition.names[0])] for condition in f.reference.conditions]
                by_fold.append(float(card.reduce(mine @ card.summarise(f.reference, f.predictions[model, 0].mean))))
            values.append(float(np.mean(by_fold)))
    found = row(judgement, "model", "mse")
    assert (found["lower"], found["upper"]) == pytest.approx(tuple(np.quantile(draws["model"], [0.025, 0.975])))
    gain = np.subtract(draws["ridge"], draws["model"])
    assert found["difference_lower"] == pytest.approx(np.quantile(gain, 0.025))
    assert found["difference_upper"] == pytest.approx(np.quantile(gain, 0.975))
    assert found["difference"] > 0  # positive is better, though a lower error is


def test_the_best_baseline_is_chosen_by_value_and_for_a_baseline_among_the_others(
    make_reference: Callable[..., Reference],
) -> None:
    judgement = judge(folds(make_reference), baselines=BASE, draws=200)
    assert row(judgement, "model")["best_baseline"] == "ridge"
    assert row(judgement, "model")["verdict"] == "better"
    assert row(judgement, "mean-response", "nmse")["best_baseline"] == "ridge"
    assert row(judgement, "ridge", "nmse")["best_baseline"] in {"no-change", "mean-response"}
    assert row(judgement, "no-change")["verdict"] == "worse"
    assert judgement.headline.startswith("model beats the best baseline. On held-out conditions, model reaches r = ")


def test_a_model_that_equals_or_loses_is_said_so(make_reference: Callable[..., Reference]) -> None:
    equal = judge(folds(make_reference, better=1.0), baselines=BASE, draws=200)
    assert row(equal, "model")["verdict"] == "equal"
    assert equal.headline.startswith("No model beats the best baseline.")
    assert "the simple model does as well, use ridge on the doses" in equal.headline
    worse = judge(folds(make_reference, better=2.0), baselines=BASE, draws=200)
    assert row(worse, "model")["verdict"] == "worse"
    assert "worse than this baseline" in worse.sentences[0]
    alone = [Fold(f.reference, {k: v for k, v in f.predictions.items() if k[0] != "model"}) for f in
             folds(make_reference)]  # fmt: skip
    assert "no model was judged" in judge(alone, baselines=BASE, draws=20).headline


def test_the_unit_of_the_data_does_not_change_a_verdict(make_reference: Callable[..., Reference]) -> None:
    """Errors in a small unit are small, yet a model may have half the error of another."""
    verdicts = []
    for unit in (1.0, 1e-3):
        given = []
        for fold in folds(make_reference):
            reference = make_reference(fold.reference.observed * unit, fold=fold.reference.fold)
            predictions = {key: prediction(reference, one.mean * unit) for key, one in fold.predictions.items()}
            given.append(Fold(reference, predictions))
        table = judge(given, baselines=BASE, draws=100).table
        verdicts.append(table.loc[table["score"].isin(["mse", "mae", "wmse"]), "verdict"].tolist())
    assert verdicts[0] == verdicts[1]
    assert "better" in verdicts[1]


def test_one_condition_tells_no_models_apart(make_reference: Callable[..., Reference]) -> None:
    truth, noise = np.random.default_rng(0).normal(size=(2, 1, 20))
    reference = make_reference(truth)
    means = {("ridge", 0): truth + 0.3 * noise, ("model", 0): truth + 0.1 * noise, ("other", 0): truth + 0.2 * noise}
    judgement = judge([Fold(reference, {key: prediction(reference, mean) for key, mean in means.items()})], draws=50)
    assert row(judgement, "model", "mse")["verdict"] == "not told apart"
    assert judgement.headline.startswith("No model is shown to beat the best baseline.")
    assert "it cannot be told apart from ridge on the doses with 1 condition." in judgement.headline
    assert any("model and other cannot be told apart with 1 condition." in said for said in judgement.sentences)


def test_every_two_models_are_compared(make_reference: Callable[..., Reference]) -> None:
    given = []
    for fold in folds(make_reference, seeds=1):
        mean = fold.predictions["model", 0].mean
        worse = prediction(fold.reference, fold.predictions["ridge", 0].mean)
        same = prediction(fold.reference, mean.copy())
        given.append(replace(fold, predictions={**fold.predictions, ("worse", 0): worse, ("same", 0): same}))
    judgement = judge(given, baselines=BASE, draws=100)
    pairs = judgement.pairs[judgement.pairs["score"] == "mse"].set_index(["model", "other"])
    assert list(pairs.index) == [("model", "worse"), ("model", "same"), ("worse", "same")]
    assert pairs["verdict"].tolist() == ["better", "equal", "worse"]
    found = pairs.loc[("model", "worse")]
    assert found["difference"] == pytest.approx(
        row(judgement, "worse", "mse")["value"] - row(judgement, "model", "mse")["value"]
    )
    assert found["difference_lower"] < found["difference"] < found["difference_upper"]
    said = " ".join(judgement.sentences)
    assert "On held-out conditions, model and same do equally well" in said
    assert "worse and same differ: same is better than worse, by " in said


def test_the_scaled_score_is_not_clipped(make_reference: Callable[..., Reference]) -> None:
    ceiling = Ceiling({"pearson": 0.5, "nmse": 2.0, "r2": 0.4}, {"pearson": 2 / 3, "nmse": 1.5})
    given = [replace(fold, ceiling=ceiling) for fold in folds(make_reference)]
    judgement = judge(given, baselines=BASE, draws=20)
    found = row(judgement, "model")
    assert found["scaled"] == pytest.approx(found["value"] / (2 / 3))
    assert found["scaled"] > 1
    assert found["ceiling"] == 0.5
    assert found["ceiling_stepped"] == pytest.approx(2 / 3)
    assert "The ceiling, as many rows measured again, is r = .667." in judgement.sentences[0]
    assert np.isnan(row(judgement, "model", "r2")["scaled"])  # no step is known for this score
    assert row(judgement, "mean-response")["scaled"] == 0
    assert np.isnan(row(judgement, "model", "nmse")["scaled"])  # this ceiling is no better than the baseline
    assert np.isnan(row(judge(folds(make_reference), baselines=BASE, draws=20), "model")["scaled"])
    assert "No ceiling: it was not measured." in judge(folds(make_reference), baselines=BASE, draws=20).sentences[0]


def test_a_reason_is_given_only_where_no_fold_has_a_ceiling(make_reference: Callable[..., Reference]) -> None:
    first, second = folds(make_reference)
    none = replace(first, ceiling=Ceiling(reason="too few rows"))
    some = replace(second, ceiling=Ceiling({"pearson": 0.5}, {"pearson": 2 / 3}))
    for given, reason in (([none, some], ""), ([none, replace(none, reference=second.reference)], "too few rows")):
        given = [replace(f, predictions=o.predictions) for f, o in zip(given, (first, second), strict=True)]
        judgement = judge(given, baselines=BASE, draws=20)
        assert judgement.ceilings["conditions"] == reason
        assert ("No ceiling" in judgement.sentences[0]) == bool(reason)


def test_tables_of_conditions_and_features(make_reference: Callable[..., Reference]) -> None:
    given = folds(make_reference)
    judgement = judge(given, baselines=BASE, draws=20)
    table = judgement.per_condition
    assert list(table.columns) == ["split", "fold", "model", "seed", "condition", "score", "value"]
    mine = table[(table["model"] == "ridge") & (table["fold"] == "fold 1") & (table["score"] == "pearson")]
    reference, mean = given[1].reference, given[1].predictions["ridge", 0].mean
    expected = [np.corrcoef(x, y)[0, 1] for x, y in zip(mean, reference.observed, strict=True)]
    assert mine["condition"].tolist() == [condition.label for condition in reference.conditions]
    np.testing.assert_allclose(mine["value"], expected)
    features = judgement.per_feature.query("model == 'ridge'").set_index("feature")
    truth = np.concatenate([f.reference.observed for f in given])
    ridge = np.concatenate([f.predictions["ridge", 0].mean for f in given])
    for g in (0, 17):
        assert features.loc[f"g{g}", "r"] == pytest.approx(np.corrcoef(truth[:, g], ridge[:, g])[0, 1])
        assert features.loc[f"g{g}", "error"] == pytest.approx(np.sqrt(np.mean((truth - ridge)[:, g] ** 2)))


def test_predictions_are_put_in_the_order_of_the_reference(make_reference: Callable[..., Reference]) -> None:
    given = folds(make_reference, seeds=1)
    before = judge(given, baselines=BASE, draws=20).table
    shuffled = []
    for fold in given:
        mean = fold.predictions["model", 0].mean
        order, columns = np.arange(6)[::-1], np.random.default_rng(0).permutation(30)
        other = Prediction(
            tuple(fold.reference.conditions[i] for i in order),
            tuple(fold.reference.effects.features[j] for j in columns),
            mean[np.ix_(order, columns)],
        )
        shuffled.append(replace(fold, predictions={**fold.predictions, ("model", 0): other}))
    pd.testing.assert_frame_equal(judge(shuffled, baselines=BASE, draws=20).table, before)


def test_a_failed_condition_counts_as_no_change_and_is_listed(make_reference: Callable[..., Reference]) -> None:
    given = folds(make_reference, seeds=1)
    mean = given[0].predictions["model", 0].mean.copy()
    nothing = mean.copy()
    mean[2, 5], nothing[2] = np.nan, 0.0
    reference = given[0].reference
    results = []
    for values in (mean, nothing):
        predictions = {**given[0].predictions, ("model", 0): prediction(reference, values)}
        results.append(judge([replace(given[0], predictions=predictions), given[1]], baselines=BASE, draws=20))
    pd.testing.assert_frame_equal(results[0].table, results[1].table)
    assert results[0].dropped.iloc[0].tolist()[:4] == ["conditions", "fold 0", "model", "c"]
    assert results[1].dropped.empty


def test_what_cannot_be_judged_is_refused(make_reference: Callable[..., Reference]) -> None:
    given = folds(make_reference, seeds=1)
    with pytest.raises(UserError, match="nothing to judge"):
        judge([])
    reference = given[0].reference
    short = Prediction(reference.conditions[1:], reference.effects.features, np.zeros((5, 30)))
    with pytest.raises(UserError, match=r"model has no prediction for a in fold 'fold 0'"):
        judge([replace(given[0], predictions={("model", 0): short})])
    narrow = Prediction(reference.conditions, reference.effects.features[1:], np.zeros((6, 29)))
    with pytest.raises(UserError, match="the feature g0"):
        judge([replace(given[0], predictions={("model", 0): narrow})])
    with pytest.raises(UserError, match="lack predictions of mean-response, model, no-change"):
        judge([given[0], replace(given[1], predictions={("ridge", 0): given[1].predictions["ridge", 0]})])


def test_one_condition_has_no_interval(make_reference: Callable[..., Reference]) -> None:
    truth = np.random.default_rng(0).normal(size=(1, 20))
    reference = make_reference(truth)
    judgement = judge([Fold(reference, {("ridge", 0): prediction(reference, truth + 0.1)})], draws=50)
    assert np.isnan(row(judgement, "ridge", "mse")["lower"])
    assert row(judgement, "ridge", "mse")["best_baseline"] == ""
    assert row(judgement, "ridge", "mse")["verdict"] == ""


def test_the_interval_covers_the_truth(make_reference: Callable[..., Reference]) -> None:
    """95 % intervals of a mean error over 40 conditions cover its expectation about 95 times in 100."""
    random = np.random.default_rng(4)
    covered = []
    for number in range(100):
        reference = make_reference(np.zeros((40, 6)))
        noise = random.normal(size=(40, 6)) * random.uniform(0.5, 1.5, size=(40, 1))
        table = judge([Fold(reference, {("ridge", 0): prediction(reference, noise)})], draws=300, seed=number).table
        found = table[table["score"] == "mse"].iloc[0]
        covered.append(found["lower"] <= 13 / 12 <= found["upper"])
    assert 0.86 <= np.mean(covered) <= 1.0


def test_cells_are_judged_by_their_error_against_no_change(cells: Screen) -> None:
    split = split_screen(cells, "cells")[0]
    reference = reference_of(cells, split)
    predictions = {(b.name, 0): b.fit(cells, split).predict(reference.conditions) for b in BASELINES}
    mean = predictions["condition-mean-shrunk", 0].mean
    predictions["mine", 0] = prediction(reference, 0.9 * mean)
    judgement = judge([Fold(reference, predictions)])
    assert judgement.primary_score == "nmse"
    assert "NMSE" in judgement.headline
    assert "Beyond the mean response, r = " in judgement.sentences[0]
    assert {"e-distance", "wasserstein", "de-recall"} <= set(judgement.table["score"])
    assert row(judgement, "condition-mean", "nmse", "cells")["value"] < 0.6
    assert row(judgement, "no-change", "nmse", "cells")["value"] == 1


def test_dropped_conditions_are_listed(cells: Screen) -> None:
    obs = cells.obs.copy()
    lonely = np.flatnonzero(cells.design.toarray()[:, 2] > 0)
    obs.iloc[lonely, 0] = "three"
    screen = replace(cells, obs=obs, _effects={})
    split = split_screen(screen, "cells")[0]
    reference = reference_of(screen, split)
    judgement = judge([Fold(reference, {("no-change", 0): prediction(reference, 0 * reference.observed)})], draws=20)
    assert judgement.dropped[["split", "condition", "reason"]].values.tolist() == [
        ["cells", "k2", "no control rows in its batches"]
    ]


def test_several_splits_and_the_bar_on_real_data(data_folder: Path) -> None:
    """SK-MEL-133: the ridge on the drug inputs reaches the known pooled r, on combinations and with one drug out."""
    import scipy.sparse as sp

    folder = data_folder / "sk-mel-133"
    responses, doses = (pd.read_csv(folder / f"{name}.csv", header=None).to_numpy() for name in ("expr", "pert"))
    names = (folder / "node_Index.csv").read_text().split()
    roles = ["molecule"] * 82 + ["phenotype"] * 5 + ["input"] * 12
    screen = Screen(
        responses,
        sp.csr_array(doses[:, 87:]),
        tuple(Perturbation(name, "drug") for name in names[87:]),
        pd.DataFrame({"role": roles}, index=names),
        pd.DataFrame(index=[f"r{i}" for i in range(len(responses))]),
        "log-ratio",
    )
    given = []
    for name in ("combinations", "leave-one-out"):
        for split in split_screen(screen, name):
            reference = reference_of(screen, split)
            fitted = {(b.name, 0): b.fit(screen, split) for b in BASELINES}
            predictions = {key: one.predict(reference.conditions) for key, one in fitted.items()}
            given.append(Fold(reference, predictions))
    judgement = judge(given, draws=200)
    assert row(judgement, "ridge", split="combinations")["value"] > 0.935
    assert row(judgement, "ridge", split="leave-one-out")["value"] > 0.942
    assert row(judgement, "mean-response", split="leave-one-out")["value"] < 0.7
    assert all(isinstance(condition, Condition) for condition in given[0].reference.conditions)
    assert len(judgement.sentences) == 2
