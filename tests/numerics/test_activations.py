"""The saturating functions: values, slopes and Lipschitz constants against finite differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from semimech.numerics.activations import Activation
from semimech.support.errors import UserError

ALL = [
    Activation("tanh"),
    Activation("linear"),
    Activation("clipped"),
    *(Activation("polynomial", k) for k in (1, 2, 3)),
    *(Activation("hill", k) for k in (1, 2, 4)),
]


def by_the_book(phi: Activation, x: np.ndarray) -> np.ndarray:
    k = phi.power
    return {
        "tanh": np.tanh(x),
        "linear": x,
        "clipped": np.minimum(np.maximum(x, -1), 1),
        "polynomial": np.sign(x) * np.abs(x) ** k / (1 + np.abs(x) ** k),
        "hill": 2 * (1 - 1 / (1 + np.maximum(x + 1, 0) ** k)) - 1,
    }[phi.name]


@pytest.mark.parametrize("phi", ALL, ids=str)
def test_values_and_slopes(phi: Activation) -> None:
    with jax.enable_x64(True):
        x = np.linspace(-4, 4, 4001)
        np.testing.assert_allclose(np.asarray(phi(jnp.asarray(x))), by_the_book(phi, x), atol=1e-12)
        slopes = np.asarray(jax.vmap(jax.grad(phi))(jnp.asarray(x + 1e-4)))
        h = 1e-6
        differences = (by_the_book(phi, x + 1e-4 + h) - by_the_book(phi, x + 1e-4 - h)) / (2 * h)
        np.testing.assert_allclose(slopes, differences, atol=1e-5)
        assert slopes.max() <= phi.steepest + 1e-9
        assert slopes.max() == pytest.approx(phi.steepest, rel=2e-3)
        assert float(phi(jnp.asarray(0.0))) == 0
        assert float(jax.grad(phi)(jnp.asarray(0.0))) == pytest.approx(phi.slope_at_zero)


def test_wrong_options() -> None:
    with pytest.raises(UserError, match="sigmoid"):
        Activation("sigmoid")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="power"):
        Activation("hill", 0)
