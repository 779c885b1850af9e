"""The saturating functions phi of the CellBox law, each with its largest slope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import jax.numpy as jnp
from jax import Array

from semimech.support.errors import UserError

ActivationName = Literal["tanh", "polynomial", "hill", "linear", "clipped"]


@dataclass(frozen=True)
class Activation:
    """An elementwise function phi with phi(0) = 0.

    tanh; polynomial sign(x) |x|^k / (1 + |x|^k); hill 1 - 2 / (1 + max(x + 1, 0)^k); linear x;
    clipped min(max(x, -1), 1). `power` is k (polynomial and hill only).
    Raises UserError for an unknown name or a power below 1. Source: Yuan et al. 2021, doi:10.1016/j.cels.2020.11.013.
    """

    name: ActivationName = "tanh"
    power: int = 1

    def __post_init__(self) -> None:
        if self.name not in get_args(ActivationName):
            raise UserError(
                f"The activation '{self.name}' is unknown: use one of {', '.join(get_args(ActivationName))}."
            )
        if self.power < 1:
            raise UserError(f"The power of an activation is {self.power}: give a whole number of at least 1.")

    def __call__(self, x: Array) -> Array:
        """phi(x), elementwise."""
        k = int(self.power)
        if self.name == "tanh":
            return jnp.tanh(x)
        if self.name == "polynomial":
            size = jnp.abs(x)
            return x * size ** (k - 1) / (1 + size**k)
        if self.name == "hill":
            return 1 - 2 / (1 + jnp.maximum(x + 1, 0) ** k)
        if self.name == "clipped":
            return jnp.clip(x, -1, 1)
        return x

    @property
    def slope_at_zero(self) -> float:
        """phi'(0)."""
        k = self.power
        if self.name == "polynomial":
            return 1.0 if k == 1 else 0.0
        return k / 2 if self.name == "hill" else 1.0

    @property
    def steepest(self) -> float:
        """The Lipschitz constant max |phi'|; for polynomial and hill the slope where |.|^k = (k - 1) / (k + 1)."""
        k = self.power
        if self.name not in ("polynomial", "hill"):
            return 1.0
        ratio = (k - 1) / (k + 1)
        slope = k * ratio ** ((k - 1) / k) / (1 + ratio) ** 2
        return slope if self.name == "polynomial" else 2 * slope
