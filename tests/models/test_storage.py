"""A fitted model comes back from disk as it was, and damage is named in one sentence."""

from dataclasses import dataclass
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from semimech.data.condition import Condition
from semimech.models import storage
from semimech.models.baselines import Kernel, Linear, Table
from semimech.models.storage import load_fitted, save_fitted
from semimech.support.errors import UserError

CONDITIONS = (Condition((("A", 1.0),)), Condition((("A", 1.0), ("B", -0.3)), "day 2"))


def linear() -> Linear:
    random = np.random.default_rng(0)
    coefficients = random.normal(size=(2, 3)).astype(np.float32)
    return Linear(("x", "y", "z"), ("A", "B"), np.zeros(3), coefficients, "a ridge; λ = 1", "tanh", CONDITIONS)


@pytest.mark.parametrize(
    "fitted",
    [
        linear(),
        Kernel(("x",), ("A", "B"), np.eye(2), np.ones((2, 1), np.float32), "kernel", CONDITIONS),
        Table(("x", "y", "z"), ("A", "B"), CONDITIONS, np.ones((2, 3)), "additive", rest=linear()),
    ],
    ids=["linear", "kernel", "table"],
)
def test_round_trip_predicts_the_same(fitted: Linear | Kernel | Table, tmp_path: Path) -> None:
    save_fitted(fitted, tmp_path / "model")
    loaded = load_fitted(tmp_path / "model")
    assert type(loaded) is type(fitted)
    before, after = fitted.predict(CONDITIONS), loaded.predict(CONDITIONS)
    np.testing.assert_array_equal(after.mean, before.mean)
    assert after.mean.dtype == before.mean.dtype
    assert (after.conditions, after.features, after.rests_on) == (before.conditions, before.features, before.rests_on)
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == ["arrays.eqx", "model.json"]


@dataclass(frozen=True, eq=False)
class Odd:
    """Every kind of value that a fitted model may hold."""

    numbers: tuple[float, ...]
    options: dict[str, object]
    array: jnp.ndarray
    flags: np.ndarray
    single: np.float32
    nested: tuple[Linear, ...]
    nothing: None = None


def test_every_kind_of_value_survives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "CLASSES", (*storage.CLASSES, ("Odd", __name__)))
    monkeypatch.setitem(__import__("sys").modules, __name__, __import__("types").SimpleNamespace(Odd=Odd))
    odd = Odd(
        (1.5, float("inf"), float("nan")),
        {"steps": 500, "on": True, "sizes": [1, (2, 3)]},
        jnp.arange(4, dtype=jnp.float32),
        np.array([True, False]),
        np.float32(2.5),
        (linear(),),
    )
    save_fitted(odd, tmp_path)  # type: ignore[arg-type]
    back = load_fitted(tmp_path)
    assert isinstance(back, Odd)
    assert back.numbers[:2] == odd.numbers[:2]
    assert np.isnan(back.numbers[2])
    assert back.options == odd.options
    assert isinstance(back.array, jnp.ndarray)
    np.testing.assert_array_equal(back.array, odd.array)
    np.testing.assert_array_equal(back.flags, odd.flags)
    assert back.flags.dtype == bool
    assert float(back.single) == 2.5
    np.testing.assert_array_equal(back.nested[0].coefficients, odd.nested[0].coefficients)
    assert back.nothing is None


def test_values_that_cannot_be_saved_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Unknown:
        value: object

    with pytest.raises(TypeError, match="Unknown"):
        save_fitted(Unknown(1), tmp_path / "m")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="set"):
        save_fitted(Table(("x",), ("A",), (), np.zeros((0, 1)), {"own"}), tmp_path / "m")  # type: ignore[arg-type]
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "arrays.eqx").unlink(), "arrays.eqx is missing"),
        (lambda folder: (folder / "model.json").unlink(), "model.json is missing"),
        (lambda folder: (folder / "model.json").write_text("{"), "model.json is damaged"),
        (lambda folder: (folder / "model.json").write_text("[]"), "model.json is damaged"),
        (lambda folder: (folder / "model.json").write_bytes(b"\xff\xfe"), "model.json is damaged"),
        (lambda folder: (folder / "arrays.eqx").write_bytes(b"no arrays"), "arrays.eqx is damaged"),
        (lambda folder: replace(folder, '"class": "Linear"', '"class": "Path"'), "model.json is damaged"),
        (lambda folder: replace(folder, '"basis":', '"base_is":'), "model.json is damaged"),
        (lambda folder: replace(folder, '"version": 1', '"version": 99'), "format 99"),
    ],
)
def test_damage_is_named(damage, said: str, tmp_path: Path) -> None:
    save_fitted(linear(), tmp_path)
    damage(tmp_path)
    with pytest.raises(UserError, match=said):
        load_fitted(tmp_path)


def replace(folder: Path, old: str, new: str) -> None:
    text = (folder / "model.json").read_text()
    assert old in text
    (folder / "model.json").write_text(text.replace(old, new))


def test_every_class_that_may_be_saved_is_there() -> None:
    for name, module in storage.CLASSES:
        assert getattr(__import__(module, fromlist=[name]), name).__name__ == name
