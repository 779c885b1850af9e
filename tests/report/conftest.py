"""A small run folder with hard names, whose tables are computed by plain NumPy from a simulated screen."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from semimech.data.condition import Perturbation
from semimech.data.effects import effects_of
from semimech.data.network import Network
from semimech.data.scored import scored_entries
from semimech.data.screen import Screen
from semimech.data.splits import Split, split_screen
from semimech.evaluate.coverage import COLUMNS
from semimech.models.base import Prediction
from semimech.models.effects import EffectEstimator
from semimech.models.intervals import WithIntervals
from semimech.models.storage import save_fitted
from semimech.runs.folder import RunFolder
from semimech.runs.interactions import keep_interactions
from semimech.runs.perturbations import perturbations_table
from semimech.runs.tables import effects_table, prediction_table, write_table
from semimech.simulate.demo import simulate_demo

HARD = (
    "<script>alert('feature')</script>", "a&b", "$x_1$", "β-catenin", "_under_score_", 'quo"te', "back\\slash{}",
    "a-name-of-sixty-characters-that-must-not-break-the-page-layout",
)  # fmt: skip
HARD_DRUGS = ("<img src=x onerror=alert(1)>", "A+B", "drug $\\alpha$", "D&D")


def renamed(screen: Screen) -> Screen:
    """The screen with hard names for its first features and drugs."""
    features = dict(zip(screen.feature_names, HARD, strict=False))
    drugs = dict(zip(screen.perturbation_names, HARD_DRUGS, strict=False))
    both = features | drugs
    truth = screen.truth
    assert truth is not None
    edges = truth.edges.assign(source=truth.edges["source"].replace(both), target=truth.edges["target"].replace(both))
    perturbations = [
        Perturbation(drugs.get(p.name, p.name), p.kind, {features.get(t, t): s for t, s in p.targets.items()}, "µM")
        for p in screen.perturbations
    ]
    return replace(
        screen,
        name="<b>bold</b> & $screen_1$",
        features=screen.features.rename(index=features),
        perturbations=tuple(perturbations),
        truth=Network(tuple(both.get(node, node) for node in truth.nodes), edges, truth.roles),
        _effects={},
    )


def widened(screen: Screen, n: int) -> Screen:
    """The screen with n features: copies of its own with fresh noise."""
    random = np.random.default_rng(0)
    source = np.arange(n) % screen.shape[1]
    responses = screen.responses[:, source] + 0.05 * random.standard_normal((screen.shape[0], n), np.float32)
    names = [f"gene {i} of {screen.feature_names[j]}" for i, j in enumerate(source)]
    features = pd.DataFrame({"role": "molecule"}, index=names)
    return replace(screen, responses=responses, features=features, truth=None, _effects={})


def least_squares(train, test, products: bool) -> np.ndarray:
    """Effects by least squares with a little ridge on tanh(dose), with or without the products of doses."""

    def columns(effects) -> np.ndarray:
        doses = np.tanh(effects.design.astype(np.float64))
        first, second = np.triu_indices(doses.shape[1], 1)
        return np.hstack([doses, doses[:, first] * doses[:, second]]) if products else doses

    a, b = columns(train), columns(test)
    return b @ np.linalg.solve(a.T @ a + 0.01 * np.eye(a.shape[1]), a.T @ train.values)


def write_run(path: Path, screen: Screen, *, extras: bool = True) -> RunFolder:
    """Everything a finished run has; without `extras` only what every run must have."""
    run = RunFolder(path)
    whole = effects_of(screen, np.arange(screen.shape[0]))
    write_table(path / "effects.h5ad", effects_table(whole))
    run.write_table("perturbations", perturbations_table(screen))
    tables = [judged(run, screen, split) for split in split_screen(screen, "conditions", partitions=2)]
    for name, parts in zip(("scores", "conditions", "features"), zip(*tables, strict=True), strict=True):
        run.write_table(name, merged(name, pd.concat(parts, ignore_index=True)))
    run.write_table("dropped", pd.DataFrame(columns=["split", "fold", "model", "condition", "reason"]))
    write_words(run, screen, extras)
    if extras:
        held = [("conditions", "cellbox", False, 0.9, 0.914, 0.88, 0.94, 0.35, 20)]
        run.write_table("intervals", pd.DataFrame(held, columns=list(COLUMNS)))
        write_extras(run, screen)
        keep_interactions(run, screen, 0)
    return run


def judged(run: RunFolder, screen: Screen, split) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    train, test = effects_of(screen, split.train), effects_of(screen, split.test)
    write_table(run.observed_file(split.name, split.fold), effects_table(test, scored_entries(screen, test.conditions)))
    mean = np.tile(train.values.mean(0), (len(test), 1))
    predicted = {
        "cellbox": least_squares(train, test, products=True),
        "ridge": least_squares(train, test, products=False),
        "mean-response": mean,
    }
    scores, conditions, features = [], [], []
    for model, values in predicted.items():
        file = run.prediction_file(split.name, split.fold, model, 0)
        write_table(file, prediction_table(Prediction(test.conditions, test.features, values)))
        error = (values - test.values) ** 2
        nmse = error.sum() / (test.values**2).sum()
        for score, value in (("pearson", np.corrcoef(values.ravel(), test.values.ravel())[0, 1]), ("nmse", nmse)):
            scores.append((split.name, split.fold, model, score, value))
        for condition, x, y in zip(test.conditions, values, test.values, strict=True):
            row = (split.name, split.fold, model, 0, condition.label)
            conditions.append((*row, "pearson-conditions", np.corrcoef(x, y)[0, 1]))
            conditions.append((*row, "nmse", ((x - y) ** 2).sum() / (y**2).sum()))
        for j, feature in enumerate(test.features):
            r = np.corrcoef(values[:, j], test.values[:, j])[0, 1] if np.ptp(values[:, j]) else 0.0
            features.append((split.name, model, feature, r, np.sqrt(error[:, j].mean())))
    return (
        pd.DataFrame(scores, columns=["split", "fold", "model", "score", "value"]),
        pd.DataFrame(conditions, columns=["split", "fold", "model", "seed", "condition", "score", "value"]),
        pd.DataFrame(features, columns=["split", "model", "feature", "r", "error"]),
    )


def merged(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Folds put together; for scores, with the columns that the judge gives."""
    if name == "features":
        return table.groupby(["split", "model", "feature"], sort=False).mean().reset_index()
    if name == "conditions":
        return table
    table = table.groupby(["split", "model", "score"], sort=False)["value"].mean().reset_index()
    table["is_baseline"] = table["model"] != "cellbox"
    table["lower"], table["upper"] = table["value"] - 0.02, table["value"] + 0.02
    sign = np.where(table["score"] == "nmse", -1, 1)
    ridge = table[table["model"] == "ridge"].set_index("score")["value"]
    mean = table[table["model"] == "mean-response"].set_index("score")["value"]
    table["pooled"], table["baseline"] = table["value"], table["score"].map(mean)
    table["best_baseline"], table["best_baseline_value"] = "ridge", table["score"].map(ridge)
    table["difference"] = sign * (table["value"] - table["best_baseline_value"])
    table["difference_lower"], table["difference_upper"] = table["difference"] - 0.01, table["difference"] + 0.01
    apart = table["difference"].abs() > 0.01
    table["verdict"] = np.where(apart, np.where(table["difference"] > 0, "better", "worse"), "equal")
    table["ceiling"] = np.where(table["score"] == "pearson", 0.97, np.nan)
    table["ceiling_stepped"] = np.where(table["score"] == "pearson", 0.985, np.nan)
    table["scaled"] = (table["value"] - table["baseline"]) / (table["ceiling_stepped"] - table["baseline"])
    return table.assign(folds_sd=0.01, seeds_sd=np.nan, n_conditions=20, n_folds=2)


def write_words(run: RunFolder, screen: Screen, extras: bool) -> None:
    about = {"name": screen.name, "rows": screen.shape[0], "features": screen.shape[1], "scale": screen.scale}
    folds = [{"fold": split.fold} for split in split_screen(screen, "conditions", partitions=2)]
    asked = {"name": "conditions", "asks": "interpolation", "holds_out": "three in ten", "folds": folds}
    config = {
        "splits": [asked],
        "options": {
            "models": ["cellbox"],
            "seed": 0,
            "prior": "private/edges.csv",
            "model_options": {"cellbox-prior": {"prior": "private/older.csv"}},
        },
        "screen": about,
        "provenance": {"source": "private/screens/demo.h5ad", "sha256": "0" * 64} if extras else {},
        "versions": {"semimech": "0.1.0", "numpy": np.__version__},
    }
    if extras:
        config |= {"machine": {"device": "cpu", "cores": 2, "advice": None}, "begun": "today"}
    run.write_json("config", config)
    primary = "pearson" if extras else "nmse"
    verdict = {"headline": "cellbox beats <ridge> & all.", "sentences": ["One & <two>."], "primary_score": primary}
    run.write_json("verdict", verdict | {"splits": ["conditions"]})


def write_extras(run: RunFolder, screen: Screen) -> None:
    finding = {"level": "doubtful", "sentence": "Gene <x> & y?", "remedy": "Look & <see>."}
    run.write_json("findings", {"facts": {"rows & <columns>": "many <rows>"}, "findings": [finding]})
    steps = np.arange(100)
    errors = {"train_error": np.exp(-steps / 20) + 0.01, "validation_error": np.exp(-steps / 20) + 0.02}
    run.write_table("history/cellbox", pd.DataFrame({"step": steps} | errors))
    latent = [(drug, gene, effect) for drug in HARD_DRUGS for gene in HARD for effect in (0.5,)]
    run.write_table("latent/gpo-vae", pd.DataFrame(latent, columns=["perturbation", "latent", "effect"]))
    run.write_json("latent/gpo-vae", {"sentences": ["gpo-vae: <1> of the latent part & the closed form."]})
    rows = np.arange(screen.shape[0])
    effects = EffectEstimator().fit(screen, Split("all rows", "all rows", 0, rows, rows[:0]))
    save_fitted(WithIntervals(effects, {}, effects.conditions), run.path / "models" / "effects")
    truth = screen.truth
    if truth is None:
        return
    run.write_network("truth", truth)
    random = np.random.default_rng(0)
    weights = truth.matrix() + 0.2 * random.standard_normal((30, 30)) * (random.random((30, 30)) < 0.2)
    frequency = np.where(weights != 0, random.uniform(0.2, 1, weights.shape), 0)
    evidence = {"stability": frequency, "direct": np.where(frequency > 0.5, weights + 0.1, 0)}
    learnt = Network.from_matrix(weights, truth.nodes, truth.roles, evidence)
    run.write_json("evidence", {"sentences": ["<Half> of the edges & no more are identifiable."]})
    run.write_network("cellbox", learnt)


@pytest.fixture(scope="session")
def run(tmp_path_factory) -> RunFolder:
    """A finished run with every part and hard names."""
    return write_run(tmp_path_factory.mktemp("hard") / "run", renamed(simulate_demo()))


@pytest.fixture(scope="session")
def bare_run(tmp_path_factory) -> RunFolder:
    """A finished run with no part that may be missing, judged by a score that is lower where it is better."""
    screen = simulate_demo()
    features = screen.features.assign(role=["input", *screen.features["role"][1:]])
    return write_run(tmp_path_factory.mktemp("bare") / "run", replace(screen, features=features), extras=False)


@pytest.fixture(scope="session")
def wide_run(tmp_path_factory) -> RunFolder:
    """A finished run with 3,000 features."""
    return write_run(tmp_path_factory.mktemp("wide") / "run", widened(renamed(simulate_demo()), 3000))
