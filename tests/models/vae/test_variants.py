"""Fits of the other settings: cells that fail and pairs, the published losses, log-ratios that have no controls."""

from dataclasses import replace

import numpy as np
import pytest
from tests.models.vae.screens import PERTURBED, cell_screen

from semimech.data.condition import Condition
from semimech.data.inner import inner_splits
from semimech.data.screen import Screen
from semimech.data.splits import Split, split_screen
from semimech.models.vae import CradleVAE, FittedVAE, GpoVAE, Residual, SamsVAE, learning
from semimech.models.vae.form import Parameters
from semimech.models.vae.training import Trained
from semimech.support.progress import silent

TINY = {"latents": 2, "hidden": 4, "epochs": 2, "batch_size": 32}
SINGLES = tuple(Condition(((name, 1.0),)) for name in PERTURBED)


def everything(screen: Screen) -> Split:
    return Split("all", "all", 0, np.arange(screen.shape[0]), np.arange(0))


def untrained(form: object, schedule: object, parameters: Parameters, *_: object) -> Trained:
    """Stands for a training where what comes before and after it is asked for."""
    return Trained(parameters, np.zeros(0), np.zeros(0))


def test_cells_that_fail_and_pairs_are_learnt_together(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, _ = cell_screen(cells=25, failing=0.3, pairs=True)
    estimator = CradleVAE(**TINY, quality_column="good", interaction=2)  # type: ignore[arg-type]
    model = estimator.fit(screen, everything(screen))
    assert model.form.quality
    assert {"artefact_mean", "pair_in"} <= set(model.parameters)
    pair = Condition(((PERTURBED[2], 1.0), (PERTURBED[3], 1.0)))
    parts = {name: np.ones_like(model.parameters[name]) for name in ("pair_in", "pair_out", "decode_out")}
    told = replace(model, parameters={**model.parameters, **parts})
    single, both = (
        [replace(told, residual=Residual(1.0, gate)).predict([c]).mean for gate in (0.0, 1.0)]
        for c in (SINGLES[2], pair)
    )
    np.testing.assert_array_equal(*single)
    assert np.abs(both[1] - both[0]).max() > 0
    # Inner folds of a fit that uses its latent part are fitted anew.
    inner = inner_splits(screen, everything(screen), "rows", 3, 0)[:1]
    monkeypatch.setattr(learning, "train", untrained)
    used = replace(model, residual=Residual(0.5))
    (again,) = estimator.refits(screen, everything(screen), used, inner, seed=0, monitor=silent)
    assert again.shape == (7, 24)
    assert np.corrcoef(again.ravel(), model.predict(model.closed.conditions).mean.ravel())[0, 1] > 0.8


def test_cells_that_all_pass_leave_no_artefact_and_it_is_said(published: FittedVAE) -> None:
    model = replace(published, form=replace(published.form, quality=False), failing=0.0)
    assert "0 % of the cells fail quality control, too few to learn an artefact" in " ".join(model.sentences())
    assert "quality" not in " ".join(replace(model, failing=float("nan")).sentences())


@pytest.fixture(scope="module")
def published() -> FittedVAE:
    screen, _ = cell_screen(cells=25, failing=0.2)
    estimator = GpoVAE(**TINY, nodes=6, particles=2, compat="gpo-vae", quality_column="good")  # type: ignore[arg-type]
    return estimator.fit(screen, split_screen(screen, "cells")[0])


def test_published_settings_do_not_ask_for_an_artefact_that_is_left_out() -> None:
    screen, _ = cell_screen(cells=5)
    form = GpoVAE(compat="gpo-vae", quality=False).settings(screen).form
    assert (form.quality, form.signed, form.particles) == (False, False, 5)


def test_what_was_fitted_as_published_is_marked(published: FittedVAE) -> None:
    assert published.alone
    assert not published.form.signed
    assert len(published.train_bound) == 2
    prediction = published.predict(SINGLES)
    assert np.isfinite(prediction.mean).all()
    assert all("published losses" in words for words in prediction.rests_on)
    logits = np.where(np.eye(6), 0.0, 2.0).astype(np.float32)
    network = replace(published, parameters={**published.parameters, "network": logits}).network()
    assert network is not None
    assert len(network.edges) == 30
    assert (network.edges["published"] == 1).all()


def test_latent_effects_are_those_of_the_guide(published: FittedVAE) -> None:
    table = published.latent_effects()
    probability = 1 / (1 + np.exp(-published.parameters["network"].astype(float)))
    parameters = {name: np.asarray(value, float) for name, value in published.parameters.items()}
    hidden = probability @ parameters["guide_m"] + parameters["guide_row"] + parameters["guide_bias_0"]
    hidden = np.where(hidden > 0, hidden, 0.01 * hidden)
    for k in (1, 2, 3):
        hidden = hidden @ parameters[f"guide_{k}"] + parameters[f"guide_bias_{k}"]
        hidden = np.where(hidden > 0, hidden, 0.01 * hidden)
    expected = probability * (hidden @ parameters["guide_mean"])
    np.testing.assert_allclose(table["effect"], expected[:5].ravel(), rtol=1e-3, atol=1e-5)
    assert table["effect"].abs().min() > 0


def test_log_ratios_need_no_control_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "train", untrained)
    screen, _ = cell_screen(cells=25)
    values = np.log1p(screen.responses.toarray()) - 2
    screen = replace(screen, responses=values, scale="log-ratio", _effects={}).take(~screen.is_control)
    model = SamsVAE(**TINY).fit(screen, everything(screen))  # type: ignore[arg-type]
    assert len(model.latents) > 1
    for weight in (0.0, 1.0):
        prediction = replace(model, residual=Residual(weight)).predict(SINGLES)
        assert np.isfinite(prediction.mean).all()
    assert np.isfinite(model.cells(SINGLES[0], 5)).all()
