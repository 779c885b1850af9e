"""Structural causal models of fitted ODEs against the model's own prediction and against time integration by SciPy."""

import dataclasses
import json
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from tests.models.small_cellbox import CONDITIONS, small_cellbox

from semimech.data.condition import Condition
from semimech.export.structural import described, write_structural
from semimech.models.dynamics import FittedCourses
from semimech.models.dynamics.fitted import described as described_courses
from semimech.models.dynamics.law import Given, NetworkLaw
from semimech.models.structural import StructuralModel, interventions_of, structural_law, structural_model
from semimech.numerics.fields import Field, raw_of
from semimech.support.errors import UserError

COURSES = tuple(
    dataclasses.replace(condition, context=f"time {time}")
    for condition, time in ((CONDITIONS[0], 2.0), (CONDITIONS[0], 10.0), (CONDITIONS[1], 10.0))
)


def chain(strength=1.2, loop=-0.3):
    """drug -> A -> B -| A, with a basal level of B."""
    weights = np.array([[0, loop, 1.0], [strength, 0, 0], [0, 0, 0]])
    return StructuralModel(
        ("A", "B", "drug"),
        weights,
        np.array([1.0, 0.5, 0.0]),
        np.array([0, 0.2, 0]),
        np.zeros(3),
        np.ones(3),
        ("drug",),
    )


def integrated(model, levels, start, until=60.0):
    """The same intervention by time integration, clamped nodes standing still."""
    free = np.array([node not in levels for node in model.nodes])
    start = np.array([levels.get(node, x) for node, x in zip(model.nodes, start, strict=True)])

    def rate(t, x):
        return free * model.rates * (model.gain * np.tanh(model.weights @ x + model.inside) + model.outside - x)

    return solve_ivp(rate, (0, until), start, rtol=1e-9, atol=1e-10).y[:, -1]


@pytest.mark.parametrize("levels", [{}, {"drug": 1.0}, {"A": -0.5}, {"B": 0.4, "drug": -2.0}])
def test_do_is_where_time_integration_ends(levels):
    model = chain()
    answer = model.do(levels)
    assert answer.is_valid
    assert answer.is_proved
    np.testing.assert_allclose(answer.values, integrated(model, levels, np.zeros(3)), atol=1e-6)
    for node, level in levels.items():
        assert answer.values[model.index(node)] == level


def test_a_bistable_system_is_refused_and_its_clamp_is_not():
    weights = np.array([[0, -3.0], [-3.0, 0]])
    model = StructuralModel(("A", "B"), weights, np.ones(2), np.zeros(2), np.zeros(2), np.ones(2), ())
    answer = model.do({})
    assert not answer.is_valid
    assert answer.equilibria == 2
    assert "2 attracting equilibria" in answer.status
    assert np.isnan(answer.values).all()
    held = model.do({"A": 1.0})
    assert held.is_valid
    assert not held.is_proved
    np.testing.assert_allclose(held.values, integrated(model, {"A": 1.0}, [0, 0.5]), atol=1e-6)


def test_a_cycle_that_never_rests_is_refused():
    weights = 3 * np.array([[0, 0, -1.0], [1.0, 0, 0], [0, 1.0, 0]])
    model = StructuralModel(tuple("ABC"), weights, np.ones(3), np.zeros(3), np.zeros(3), np.ones(3), ())
    assert "did not come to rest" in model.do({}).status


@pytest.fixture(scope="module")
def fitted():
    return small_cellbox()


@pytest.mark.parametrize("basal", [None, 0.3])
def test_a_fit_and_its_structural_model_say_the_same(fitted, basal):
    """With a basal state, too, nothing moves where nothing is done."""
    model = fitted if basal is None else dataclasses.replace(fitted, basal=np.full_like(fitted.gain, basal))
    structural = structural_model(model)
    np.testing.assert_allclose(structural.do({}).values, 0, atol=1e-6)
    predicted = model.predict(CONDITIONS).mean[:, model.nodes.observed]
    for levels, expected in zip(interventions_of(model, CONDITIONS), predicted, strict=True):
        np.testing.assert_allclose(structural.do(levels).values[:4], expected, atol=1e-4)
    assert interventions_of(model, CONDITIONS)[1] == pytest.approx({"B": -0.8, "drug": np.tanh(1.0)})


def test_a_field_fitted_to_time_courses_has_its_own_decays():
    law, random = NetworkLaw(), np.random.default_rng(0)
    start = law.start(3, 1, 0)
    parameters = start._replace(
        weights=jnp.asarray(random.normal(size=(3, 3)), jnp.float32),
        eps=raw_of(jnp.array([0.02, 0.1, 0.3])),
        alpha=raw_of(jnp.array([0.02, 0.1, 0.3])),
    )
    model = structural_law(law, parameters, ["A", "B", "C"], ["drug"])
    answer = model.do({"B": 0.5, "drug": 1.0})
    assert answer.is_valid
    held = Given(jnp.zeros(3), jnp.ones(1), jnp.array([0.0, 1.0, 0.0]), jnp.zeros(3))
    rate = jax.jit(lambda x: law.rate(0.0, x, (parameters, held)))
    end = solve_ivp(lambda t, x: rate(jnp.asarray(x, jnp.float32)), (0, 2000), [0, 0.5, 0], method="LSODA").y[:, -1]
    np.testing.assert_allclose(answer.values[:3], end, atol=1e-3)
    assert answer.leading < 0
    with pytest.raises(UserError, match="envelope 1"):
        structural_law(NetworkLaw(Field(1)), parameters, ["A", "B", "C"])


def test_equations_and_export(tmp_path):
    model = chain()
    assert model.equation("B") == "B = 0.5 tanh(1.2 A +0.2)"
    assert model.equation("drug") == "drug = 0"
    assert model.parents("A") == ("B", "drug")
    write_structural(model, [model.do({"A": 1.0})], tmp_path / "scm.json")
    written = json.loads((tmp_path / "scm.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(described(model, [model.do({"A": 1.0})])))
    assert written["valid"]
    assert written["interventions"][0]["values"]["A"] == 1.0


def test_what_cannot_be_asked(fitted):
    with pytest.raises(UserError, match="no node 'C'"):
        chain().do({"C": 1.0})
    with pytest.raises(UserError, match="no finite level"):
        chain().do({"A": np.nan})
    with pytest.raises(UserError, match="no member 3"):
        structural_model(fitted, 3)


def test_a_drug_named_as_a_node_is_a_node_of_its_own():
    fitted = small_cellbox()
    fitted = dataclasses.replace(fitted, nodes=dataclasses.replace(fitted.nodes, inputs=("A",)))
    assert fitted.network().nodes == ("P", "A", "B", "C", "A (input)")
    assert structural_model(fitted).exogenous == ("A (input)",)
    assert interventions_of(fitted, [Condition((("A", 0.7),))]) == [{"A (input)": pytest.approx(np.tanh(0.7))}]


def small_courses() -> FittedCourses:
    """The same nodes with a CellBox field of time courses, in units that are not the data's."""
    random, nodes = np.random.default_rng(1), dataclasses.replace(small_cellbox().nodes, clamp_levels=np.array([-0.8]))
    raw = {"eps": [0.5, 0.2, 0.3, 0.4], "alpha": [0.5, 0.3, 0.4, 0.6], "psi": [1.0] * 4}
    problem = SimpleNamespace(
        nodes=nodes, effects=SimpleNamespace(conditions=COURSES), times=np.array([1.0, 5.0]), unit=0.5, time_unit=2.0
    )
    return FittedCourses(
        **described_courses(problem, NetworkLaw(senders=3), "rk4"),  # type: ignore[arg-type]
        parameters={name: np.asarray(raw_of(jnp.array(values))) for name, values in raw.items()}
        | {"weights": random.normal(size=(4, 4)), "drive": random.normal(size=(4, 1))},
        residual=np.full(4, np.nan),
        steps=0,
        train_error=np.empty(0),
    )


def test_equations_of_time_courses_are_in_the_units_of_the_data() -> None:
    """do() is where the fitted field itself comes to rest; the points of one course are one intervention."""
    fitted = small_courses()
    model = structural_model(fitted)
    levels = interventions_of(fitted, COURSES)
    assert len(levels) == 2
    last = [dataclasses.replace(condition, context="time 200") for condition in COURSES[1:]]
    expected = fitted.predict(last).mean[:, fitted.nodes.observed]
    for asked, states in zip(levels, expected, strict=True):
        answer = model.do(asked)
        assert answer.is_valid
        np.testing.assert_allclose(answer.values[:4], states, atol=1e-3)
    np.testing.assert_allclose(model.rates[:4], np.array([0.5, 0.3, 0.4, 0.6]) / 2, rtol=1e-5)
    with pytest.raises(UserError, match="A neural field has no equations"):
        structural_model(dataclasses.replace(fitted, kind="neural", parameters={"bias": np.zeros(2)}))
