"""Random networks that the tests of the numerics share."""

import jax.numpy as jnp
import numpy as np

from semimech.numerics.fields import System


def random_system(
    seed: int = 0, nodes: int = 8, conditions: int = 5, sigma: float = 0.9, clamps: bool = True
) -> System:
    """A system whose map has Lipschitz constant `sigma`, in JAX's present default precision."""
    random = np.random.default_rng(seed)
    gain = random.uniform(0.5, 2, nodes)
    weights = random.normal(size=(nodes, nodes))
    weights *= sigma / np.linalg.norm(gain[:, None] * weights, 2)
    clamped = (random.random((conditions, nodes)) < 0.2) * float(clamps)
    return System(
        *(
            jnp.asarray(part)
            for part in (
                weights,
                gain,
                random.normal(size=(conditions, nodes)),
                0.3 * random.normal(size=(conditions, nodes)),
                clamped,
                random.normal(size=(conditions, nodes)),
            )
        )
    )
