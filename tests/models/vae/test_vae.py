"""One small fit of every part: planted effects, the gradient, cells, unseen genes, the network, and back from disk."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import jax
import numpy as np
import pytest
from tests.models.vae.screens import GENES, PERTURBED, cell_screen

from semimech.data.condition import Condition, Perturbation
from semimech.data.inner import inner_splits
from semimech.data.splits import Split, split_screen
from semimech.models.storage import load_fitted, save_fitted
from semimech.models.vae import CradleVAE, FittedVAE, GpoVAE, GpoVAEWithPrior, Residual, SamsVAE, pushing
from semimech.models.vae.batches import Cells
from semimech.models.vae.form import begin
from semimech.models.vae.learning import Learning
from semimech.models.vae.objective import loss
from semimech.support.errors import UserError
from semimech.support.progress import silent

TINY = {"latents": 3, "hidden": 8, "epochs": 4, "batch_size": 32, "nodes": 8}
SINGLES = tuple(Condition(((name, 1.0),)) for name in PERTURBED)


@pytest.fixture(scope="module")
def fitted() -> tuple[FittedVAE, np.ndarray]:
    screen, planted = cell_screen(cells=60, failing=0.2)
    split = split_screen(screen, "cells")[0]
    estimator = GpoVAE(**TINY, quality_column="good")
    return estimator.fit(screen, split), planted


def test_planted_effects_are_found(fitted: tuple[FittedVAE, np.ndarray]) -> None:
    model, planted = fitted
    prediction = model.predict(SINGLES)
    assert np.corrcoef(prediction.mean.ravel(), planted.ravel())[0, 1] > 0.9
    assert all("the same condition in training" in words for words in prediction.rests_on)
    assert f"{100 * model.failing:.0f} % of the cells fail quality control" in model.sentences()[1]
    assert 0.1 < model.failing < 0.3
    curve = model.history()
    assert curve["train_error"].iloc[-1] < curve["train_error"].iloc[0]
    assert model.latent_effects()["perturbation"].nunique() == 5


def test_the_residual_is_what_the_latent_part_adds(fitted: tuple[FittedVAE, np.ndarray]) -> None:
    model, _ = fitted
    none, half, whole = (replace(model, residual=Residual(w)).predict(SINGLES).mean for w in (0.0, 0.5, 1.0))
    np.testing.assert_allclose(half, (none + whole) / 2, atol=1e-5)
    np.testing.assert_array_equal(none, model.closed.effects[[model.closed.place[c] for c in SINGLES]])
    assert np.abs(whole - none).max() > 0


def test_cells_have_the_predicted_means(fitted: tuple[FittedVAE, np.ndarray]) -> None:
    model, _ = fitted
    cells = model.cells(SINGLES[2], 4000)
    lower, upper = model.cell_intervals(SINGLES[2], 0.8)
    assert (cells >= 0).all()
    inside = ((cells >= lower) & (cells <= upper)).mean(0)
    assert (inside > 0.78).all()
    shares = cells / cells.sum(1, keepdims=True)
    rate = np.log(shares.mean(0)) - np.log((model.cells(Condition(), 4000) / 600).mean(0))
    offset = model.closed.offsets[model.closed.place[SINGLES[2]]]
    assert np.corrcoef(rate, offset)[0, 1] > 0.9
    deep = model.cells(SINGLES[2], 50, library=10_000)
    np.testing.assert_allclose(deep.sum(1).mean(), 10_000, rtol=0.1)


def test_a_gene_never_given_has_relatives_or_no_change(fitted: tuple[FittedVAE, np.ndarray]) -> None:
    model, _ = fitted
    told = model.knowing([Perturbation("new", "knock-out", {"G7": -1.0})])
    prediction = told.predict([Condition((("new", 1.0),)), Condition((("unheard of", 1.0),))])
    assert "no training data with new" in prediction.rests_on[0]
    assert "for new, relatives by" in prediction.rests_on[0] or "nothing that tells it apart" in prediction.rests_on[0]
    assert "nothing that tells it apart" in prediction.rests_on[1]
    np.testing.assert_array_equal(prediction.mean[1], 0)


def test_the_network_stands_beside_what_it_was_aligned_with(fitted: tuple[FittedVAE, np.ndarray]) -> None:
    model, _ = fitted
    network = model.network()
    assert network is not None
    assert (network.edges["source"] != network.edges["target"]).all()
    assert (network.edges["probability"] > 0.5).all()
    seen = network.edges[network.edges["direct"] != 0]
    assert np.corrcoef(seen["weight"], seen["direct"])[0, 1] > 0.8


def test_it_comes_back_from_disk(fitted: tuple[FittedVAE, np.ndarray], tmp_path: Path) -> None:
    model, _ = fitted
    one = replace(model, residual=Residual(0.5))
    save_fitted(one, tmp_path / "model")
    again = load_fitted(tmp_path / "model")
    np.testing.assert_array_equal(again.predict(SINGLES).mean, one.predict(SINGLES).mean)


def test_the_gradient_is_that_of_differences(fitted: tuple[FittedVAE, np.ndarray]) -> None:
    model, _ = fitted
    screen, _ = cell_screen(cells=60, failing=0.2)
    passes = screen.obs["good"].to_numpy()
    cells = next(iter(Cells.of(screen, np.arange(16), 8, model.closed, passes).epoch(np.random.default_rng(0))))
    # Draws of M jump with a network, and what is smooth in it has a test of its own: here its rows are free.
    form = replace(model.form, square=False, quality=False)
    parameters = begin(form, (24, 5, 3, 8), None, np.ones(24), np.zeros(24), np.random.default_rng(2), 0)
    with jax.enable_x64(True):
        wide = partial(jax.tree.map, lambda a: np.asarray(a, np.float64 if a.dtype == np.float32 else a.dtype))
        one = wide(jax.tree.map(lambda leaf: np.asarray(leaf)[0], cells))
        offset = np.zeros((int(one.condition.max()) + 1, 24), np.float32)
        rows = {"prior_logit": np.full((5, 3), -2, np.float32), "prior_mean": np.zeros((5, 3), np.float32)}
        rows["plate"] = np.full(5, 0.02, np.float32)
        tables = wide(model.pushed.tables._replace(base=model.closed.base, offset=offset, **rows))
        random = np.random.default_rng(1)
        parameters = wide(parameters)
        direction = {name: random.standard_normal(v.shape) for name, v in parameters.items()}
        direction["logit"] = 0 * parameters["logit"]
        parameters["decode_out"] = 0.3 * direction["decode_out"]
        key = jax.random.key(3, impl="rbg")
        value = jax.jit(jax.value_and_grad(lambda p, one, tables: loss(form, p, tables, one, key)[0]))
        gradient = value(parameters, one, tables)[1]
        slope = sum(float((np.asarray(gradient[name]) * direction[name]).sum()) for name in parameters)
        ends = [{n: v + h * direction[n] for n, v in parameters.items()} for h in (1e-6, -1e-6)]
        moved = [float(value(end, one, tables)[0]) for end in ends]
    np.testing.assert_allclose(slope, (moved[0] - moved[1]) / 2e-6, rtol=1e-4)


@pytest.mark.parametrize("left", [2, 3])
def test_inner_folds_that_leave_one_perturbation_are_answered_by_no_change(
    fitted: tuple[FittedVAE, np.ndarray], left: int
) -> None:
    model, _ = fitted
    screen, _ = cell_screen(cells=20)
    given = screen.design.toarray()
    few = screen.take(given[:, left:].sum(1) == 0)
    screen = replace(few, design=few.design[:, :left], perturbations=few.perturbations[:left], _effects={})
    everything = Split("all", "all", 0, np.arange(screen.shape[0]), np.arange(0))
    inner = inner_splits(screen, everything, "perturbations", left, 0)
    closed = replace(model, residual=Residual())
    answers = GpoVAE(**TINY).refits(screen, everything, closed, inner, seed=0, monitor=silent)
    assert [answer.shape for answer in answers] == [(1, 24)] * left
    assert np.isfinite(answers).all()
    assert left == 3 or not np.any(answers)


def test_refits_of_a_closed_fit_keep_its_network(
    fitted: tuple[FittedVAE, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, _ = fitted
    seen = []
    monkeypatch.setattr(Learning, "relatives", lambda *given: seen.append(given[4]) or model.relatives)
    screen, _ = cell_screen(cells=20)
    everything = Split("all", "all", 0, np.arange(screen.shape[0]), np.arange(0))
    inner = inner_splits(screen, everything, "perturbations", 5, 0)[:1]
    closed = replace(model, residual=Residual())
    GpoVAE(**TINY).refits(screen, everything, closed, inner, seed=0, monitor=silent)
    network, nodes = seen[0]
    np.testing.assert_array_equal(network, model.parameters["network"])
    assert [GENES[j] for j in nodes.columns] == list(nodes.names)


def test_another_dose_of_a_seen_perturbation_is_no_mixture(fitted: tuple[FittedVAE, np.ndarray]) -> None:
    model, _ = fitted
    once, half, elsewhere = (Condition(((PERTURBED[0], dose),), context) for dose, context in
                             ((1.0, ""), (0.5, ""), (1.0, "elsewhere")))  # fmt: skip
    none = replace(model, residual=Residual())
    mean = none.predict([once, half, elsewhere]).mean
    design = none.closed.design([half, elsewhere])
    expected = none.closed.predict([half, elsewhere], design)
    np.testing.assert_allclose(mean[1:], expected)
    assert 0.3 < np.abs(mean[1]).sum() / np.abs(mean[0]).sum() < 0.8


def test_a_mixture_is_of_what_relatives_do_alone_at_their_usual_dose(fitted: tuple[FittedVAE, np.ndarray]) -> None:
    model, _ = fitted
    first = model.closed.place[SINGLES[0]]
    twice = Condition(((PERTURBED[0], 2.0),))
    closed = replace(
        model.closed,
        conditions=(*model.closed.conditions, twice),
        effects=np.vstack([model.closed.effects, 4 * model.closed.effects[[first]]]),
    )
    told = replace(model, closed=closed, residual=Residual())
    monkey = SimpleNamespace(mixture=lambda name: np.array([1.0]), seen=np.array([0]), source="made up")
    new = [Condition((("new", dose),)) for dose in (1.0, 0.5)]
    prediction = replace(told, relatives=monkey).predict(new)  # type: ignore[arg-type]
    np.testing.assert_allclose(prediction.mean[0], 1.5 * model.closed.effects[first], rtol=1e-5)
    assert prediction.rests_on[0].endswith("for new, relatives by made up")
    assert prediction.rests_on[1].endswith("for new, relatives by made up, whatever its dose")


def test_mixtures_go_through_in_parts(fitted: tuple[FittedVAE, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    model, _ = fitted
    row, offset = np.ones(5, np.float32), np.zeros(24, np.float32)
    whole = model.pushed.logits(model.closed, row, offset)
    monkeypatch.setattr(pushing, "ENTRIES", 1 << 12)
    assert model.pushed._parts(8) == 2
    parts = model.pushed.logits(model.closed, row, offset)
    assert parts.shape == whole.shape
    np.testing.assert_allclose(parts.mean(1), whole.mean(1), atol=0.2)


@pytest.mark.parametrize(
    ("estimator", "change", "words"),
    [
        (SamsVAE(likelihood="poisson"), {"scale": "log-normalised"}, "'poisson' does not suit log-normalised values"),
        (SamsVAE(likelihood="gaussian"), {}, "'gaussian' does not suit counts values"),
        (SamsVAE(), {"controls": False}, "no control rows to learn from, and sams-vae"),
        (SamsVAE(), {"one": True}, "sams-vae needs at least two"),
        (CradleVAE(quality_column="none_good"), {}, "All .* cells fail quality control"),
        (GpoVAEWithPrior(), {}, "needs a table of edges"),
        (GpoVAE(prior="edges.csv"), {}, "No gene of edges.csv is in the screen"),
        (SamsVAE(prior="edges.csv"), {}, "No gene of edges.csv is in the screen"),
    ],
)
def test_what_cannot_be_learnt_is_said(
    estimator: SamsVAE, change: dict[str, object], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("edges.csv").write_text("source,target\nTP53,MDM2\n", encoding="utf-8")
    screen, _ = cell_screen(cells=10)
    screen = replace(screen, obs=screen.obs.assign(none_good=False), _effects={})
    if "scale" in change:
        screen = replace(screen, scale="log-normalised", _effects={})
    if "controls" in change:
        screen = screen.take(~screen.is_control)
    if "one" in change:
        few = screen.take(np.asarray(screen.design.sum(1)).ravel() * 0 + screen.design.toarray()[:, 1:].sum(1) == 0)
        screen = replace(few, design=few.design[:, :1], perturbations=few.perturbations[:1], _effects={})
    everything = Split("all", "all", 0, np.arange(screen.shape[0]), np.arange(0))
    with pytest.raises(UserError, match=words):
        estimator.fit(screen, everything)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"pi": 0.0}, "pi of the sams-vae is 0"),
        ({"guide": "slob"}, "did you mean slab"),
        ({"compat": "gpo-vae"}, "has no compat 'gpo-vae': it is that of gpo-vae"),
        ({"guide": "network", "interaction": 2}, "interaction needs the guide 'slab'"),
        ({"quality_column": "good"}, "quality_column does nothing in sams-vae: .* set quality to true"),
        ({"hops": 2}, "hops does nothing in sams-vae: .* set network to true"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(UserError, match=words):
        SamsVAE(**options)  # type: ignore[arg-type]
