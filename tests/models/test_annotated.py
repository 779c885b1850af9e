"""The annotation-informed law: its equation, its gradient, its closed form, and what it learns."""

from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize
from tests.models.informed_screens import informed_screen

from semimech.data.condition import Condition, Perturbation
from semimech.data.effects import effects_of
from semimech.data.readers import read_screen
from semimech.data.screen import Screen
from semimech.data.splits import Split, split_screen
from semimech.models.annotated import AnnotatedCellBox, AnnotatedWithoutNetwork, FittedAnnotated, PermutedAnnotation
from semimech.models.annotated.linear import Fold, LinearLaw, Setting, settings_of
from semimech.models.annotated.objective import AnnotatedObjective, Evidence, Parts
from semimech.models.baselines import PathwayKernel, Ridge
from semimech.models.intervals import with_intervals
from semimech.models.knowledge import Knowledge
from semimech.models.storage import load_fitted, save_fitted
from semimech.numerics.steady_state import Solver
from semimech.support.errors import UserError

QUICK = AnnotatedCellBox(
    mixtures=((0.3, 0.5), (0.0, 0.0)), mixed_ridge=(0.1,), network_ridge=(10.0,), steps=120, folds=6
)


def without(screen: Screen, name: str) -> Split:
    return next(s for s in split_screen(screen, "leave-one-out-complete") if s.fold == f"without {name}")


def error(screen: Screen, split: Split, estimator: AnnotatedCellBox | PathwayKernel | Ridge) -> float:
    held = effects_of(screen, split.test)
    return float(((estimator.fit(screen, split).predict(held.conditions).mean - held.values) ** 2).mean())


@pytest.fixture(scope="module")
def screen() -> Screen:
    return informed_screen()


@pytest.fixture(scope="module")
def fitted(screen: Screen) -> FittedAnnotated:
    return QUICK.fit(screen, without(screen, "B"))


def law_of(screen: Screen, prior: float = 0.1) -> tuple[LinearLaw, np.ndarray]:
    effects = effects_of(screen, np.arange(screen.shape[0]))
    columns = np.arange(len(screen.feature_names))
    law = LinearLaw.of(Knowledge.of(screen), effects.conditions, columns, len(effects) + 3, prior)
    return law, np.pad(effects.values.astype(float), ((0, 3), (0, 0)))


def test_closed_form_is_the_minimum(screen: Screen) -> None:
    law, values = law_of(screen)
    weights = np.random.default_rng(0).random(len(values)) * (np.arange(len(values)) < len(values) - 3)
    setting = Setting((0.3, 0.4), 0.7, "dose")
    found = law.fit(values, weights, setting)
    columns, kick, j = law.mixed(setting), law.kicks["dose"], 2

    def loss(p: np.ndarray) -> float:
        gap = values[:, j] - columns @ p[1:] - p[0] * kick[:, j]
        return float((weights * gap**2).sum() + 0.7 * (p[1:] ** 2).sum() + 0.1 * (p[0] - found.typical) ** 2)

    best = minimize(loss, np.zeros(1 + columns.shape[1]), options={"gtol": 1e-8})
    np.testing.assert_allclose(np.r_[found.kick[j], found.mixed[:, j]], best.x, atol=1e-5)
    assert found.kick[9] == found.typical  # no drug's target


def test_settings_are_chosen_by_the_held_out_entries(screen: Screen) -> None:
    law, values = law_of(screen)
    out = law.strengths[:, 0] != 0
    fold = Fold(values, np.where(out, 0.0, 1.0), values, np.where(out[:, None], 1.0, 0.0) * np.ones(values.shape))
    settings = settings_of(((0.0, 0.0), (0.3, 0.5)), (1e3, 0.1), ("tanh",))
    errors = [((law.predict(law.fit(fold.values, fold.weights, s), s) - values)[out] ** 2).sum() for s in settings]
    assert law.choose([fold], settings) == settings[int(np.argmin(errors))]
    assert law.choose([], settings) == settings[0]


def problem(random: np.random.Generator) -> tuple[Parts, Evidence]:
    m, r, k, c = 4, 2, 3, 5
    parts = Parts(
        *(jnp.asarray(a) for a in (
            0.15 * random.normal(size=(m, m)), random.normal(size=(r, m)), random.normal(size=(k, m + r)),
            random.normal(size=m + r), 0.3 * random.normal(size=m + r),
        ))
    )  # fmt: skip
    table = lambda *shape: jnp.asarray(random.normal(size=shape))  # noqa: E731
    weights = jnp.asarray(random.random((c, m + r)))
    numbers = (jnp.asarray(v) for v in (0.4, 0.2, 0.3, 0.7))
    return parts, Evidence(table(c, m + r), weights, table(c, m + r), weights, table(c, k), table(c, m + r), *numbers)


def test_gradient_against_finite_differences() -> None:
    with jax.enable_x64(True):
        parts, data = problem(np.random.default_rng(1))
        objective = AnnotatedObjective(solver=Solver(1e-12, 500, 1e-12, 0))
        warm = objective.start(parts, data)
        gradient, _, errors = jax.jit(objective.gradient)(parts, warm, data)

        @jax.jit
        def loss(changed: Parts) -> jax.Array:
            return objective.loss(changed, jnp.zeros_like(warm.states), warm, data)[0]

        for name, places in {"network": ((0, 1), (3, 2)), "readout": ((1, 2),), "mixed": ((2, 1), (0, 5)),
                             "kick": ((3,), (4,)), "saturation": ((0,), (5,))}.items():  # fmt: skip
            for place in places:
                leaf = getattr(parts, name)
                up, down = (float(loss(parts._replace(**{name: leaf.at[place].add(h)}))) for h in (1e-5, -1e-5))
                assert float(getattr(gradient, name)[place]) == pytest.approx((up - down) / 2e-5, rel=1e-5, abs=1e-7)
        assert float(gradient.network[1, 1]) == 0
        assert np.isfinite([float(e) for e in errors]).all()


def test_guard_brings_the_network_into_bounds() -> None:
    parts, data = problem(np.random.default_rng(2))
    parts = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), parts._replace(network=10 * parts.network))
    objective, data = AnnotatedObjective(), jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), data)
    warm = objective.start(parts, data)
    for _ in range(20):
        parts, warm = objective.project(parts, warm)
    assert np.linalg.norm(parts.network, 2) <= 0.851


def test_predictions_satisfy_the_law(screen: Screen, fitted: FittedAnnotated) -> None:
    conditions = effects_of(screen, np.arange(screen.shape[0])).conditions
    x = fitted.predict(conditions).mean[:, fitted.nodes.observed] / fitted.unit
    t = fitted.knowledge.strengths(conditions)
    doses = fitted.knowledge.strengths(conditions, saturated=fitted.kick_kind == "tanh")
    b = t @ fitted.knowledge.columns(fitted.mixture) @ fitted.mixed + doses @ fitted.knowledge.targets * fitted.kick
    into = np.concatenate([fitted.network_weights, fitted.readout]) @ x[:, :8].T
    s = np.exp(fitted.saturation)
    np.testing.assert_allclose(x, s * np.tanh((into.T + b) / s), atol=2e-4)
    assert 0 < fitted.contraction() <= 0.8501
    assert not np.diag(fitted.network_weights).any()


def test_an_unseen_drug_is_predicted_from_what_is_known_of_it(screen: Screen) -> None:
    for name in "AE":
        split = without(screen, name)
        mine = error(screen, split, QUICK)
        assert mine < 0.5 * error(screen, split, PathwayKernel())
        assert mine < 0.5 * error(screen, split, Ridge())


def test_permuted_annotations_are_worth_less(screen: Screen) -> None:
    split = without(screen, "A")
    permuted = PermutedAnnotation(QUICK.mixtures, QUICK.mixed_ridge, QUICK.network_ridge, steps=120, folds=6)
    assert error(screen, split, QUICK) < 0.5 * error(screen, split, permuted)


def test_without_network_there_is_none(screen: Screen) -> None:
    fitted = AnnotatedWithoutNetwork(steps=60).fit(screen, without(screen, "B"))
    assert not fitted.network_weights.any()
    assert not fitted.readout.any()
    edges = fitted.network().edges
    assert set(edges["source"]) == set("ACDEF")
    assert fitted.penalties[1] == float("inf")


def test_the_interval_is_wider_for_an_unseen_drug(screen: Screen, fitted: FittedAnnotated) -> None:
    seen, unseen = Condition((("A", -1.0), ("C", -0.6))), Condition((("B", -1.0), ("C", -0.6)))
    everything = Split("all", "all", 0, without(screen, "B").train, np.arange(0))
    prediction = with_intervals(QUICK, fitted, screen, everything).predict([seen, unseen])
    assert prediction.lower is not None
    assert prediction.upper is not None
    width = (prediction.upper - prediction.lower).mean(1)
    assert width[1] > width[0] > 0
    assert "for B, its targets n1 and the pathway one, and what all perturbations share" in prediction.rests_on[1]
    assert prediction.status == ("", "")


def test_a_drug_that_is_not_in_the_data(screen: Screen) -> None:
    """Told what it hits, the model predicts a drug as it would one of the same annotation in the screen."""
    whole = QUICK.fit(screen, without(screen, "F"))
    told = whole.knowing([Perturbation("like F", "drug", {"n5": -1.0})])
    new, same = told.predict([Condition((("like F", -1.0),)), Condition((("F", -1.0),))]).mean
    np.testing.assert_allclose(new, same, atol=1e-5)
    assert new[5] < -0.5
    assert not whole.predict([Condition((("like F", -1.0),))]).mean.any()


def test_test_rows_are_not_looked_at(screen: Screen, fitted: FittedAnnotated) -> None:
    split = without(screen, "B")
    spoilt = screen.responses.copy()
    spoilt[split.test] = 99
    other = QUICK.fit(replace(screen, responses=spoilt, _effects={}), split)
    np.testing.assert_array_equal(fitted.mixed, other.mixed)


def test_saved_and_loaded_it_predicts_the_same(fitted: FittedAnnotated, tmp_path: Path) -> None:
    save_fitted(fitted, tmp_path)
    conditions = (Condition((("B", -1.0),)), Condition((("A", -0.6), ("D", -1.0))))
    kept, loaded = fitted.predict(conditions), load_fitted(tmp_path).predict(conditions)
    np.testing.assert_array_equal(kept.mean, loaded.mean)
    assert kept.rests_on == loaded.rests_on


def test_network_and_history(fitted: FittedAnnotated) -> None:
    network = fitted.network()
    assert {"stability", "lower", "upper"} <= set(network.edges.columns)
    between = network.edges[network.edges["source"].str.startswith("n")]
    assert between["stability"].between(0, 1).all()
    assert (between["upper"] > between["lower"]).all()
    np.testing.assert_allclose(network.matrix()[:8, :8], fitted.network_weights)
    history = fitted.history()
    assert len(history) == QUICK.steps + 1  # the errors before the first update, too
    assert history["train_error"].iloc[-1] < history["train_error"].iloc[0]


def test_measured_inputs_are_given_and_not_fitted() -> None:
    fitted = QUICK.fit(informed_screen(inputs=True), without(informed_screen(inputs=True), "B"))
    prediction = fitted.predict([Condition((("A", -0.6),))])
    assert prediction.mean[0, -1] == pytest.approx(np.tanh(-0.6), abs=1e-6)
    assert set(fitted.network().nodes) == {*(f"n{i}" for i in range(10)), *"ABCDEF"}


def test_one_condition_has_no_folds(screen: Screen) -> None:
    split = Split("few", "one", 0, np.array([0]), np.arange(1, screen.shape[0]))
    one = QUICK.fit(screen, split)
    prediction = one.predict(screen.conditions)
    assert np.isfinite(prediction.mean).all()
    assert with_intervals(QUICK, one, screen, split).predict(screen.conditions).lower is None


def test_doses_that_cannot_be_log_ratios_saturate(screen: Screen) -> None:
    fitted = QUICK.fit(replace(screen, design=screen.design * 1000, _effects={}), without(screen, "B"))
    assert fitted.kick_kind == "tanh"


@pytest.mark.parametrize(
    "options",
    [{"mixed_ridge": ()}, {"network_ridge": (0.0,)}, {"mixtures": ((0.7, 0.7),)}, {"guard": 1.0}, {"kick": "double"},
     {"dtype": "float16"}, {"rate": 0.0}, {"annotation": "none"}, {"steps": 0}],
)  # fmt: skip
def test_options_out_of_range(options: dict[str, object]) -> None:
    with pytest.raises(UserError, match="cellbox-annotated"):
        AnnotatedCellBox(**options)  # type: ignore[arg-type]


def test_needs_annotations(screen: Screen) -> None:
    with pytest.raises(UserError, match="--annotations FILE"):
        QUICK.fit(informed_screen(annotated=False), without(screen, "B"))
    with pytest.raises(UserError, match="no perturbed condition"):
        QUICK.fit(screen, Split("none", "none", 0, np.arange(0), np.arange(screen.shape[0])))


def test_an_unseen_inhibitor_of_mtor(data_folder: Path) -> None:
    """Its six annotated targets are what the kernel over pathways cannot use."""
    screen = read_screen(data_folder / "sk-mel-133")
    split = without(screen, "amTOR")
    assert error(screen, split, AnnotatedWithoutNetwork(steps=60)) < 0.7 * error(screen, split, PathwayKernel())
