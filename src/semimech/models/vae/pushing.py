"""Control cells put through the model: effects as means over them, and cells drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from semimech.models.vae.closed import ClosedForm, mean_level
from semimech.models.vae.decoder import decoded, encoded, hidden_of, standardised
from semimech.models.vae.form import Form, Minibatch, Parameters, Tables
from semimech.models.vae.guide import drawn, effect_of, guided

DRAWS = 4  # of a shared table E * M; each cell has its own draw otherwise
ENTRIES = 1 << 23  # of E and M drawn at once, 32 MB each


@dataclass(frozen=True, eq=False)
class Pushed:
    """The trained model, and the latents of control cells, which are the same for every condition asked for.

    latents: controls x L, drawn once from their posteriors, or from the prior.
    """

    form: Form
    parameters: Parameters
    tables: Tables
    latents: np.ndarray

    def logits(
        self, closed: ClosedForm, row: np.ndarray, offset: np.ndarray, weight: float = 1.0, gate: float = 1.0
    ) -> np.ndarray:
        """Log rates of the control cells under a row of the design (draws x cells x features).

        weight: of what the perturbations do beyond the offset; gate: of what pairs of them add to that.
        """
        index = np.flatnonzero(row)
        # As many places as the next power of two, so that mixtures of like sizes compile once.
        empty = np.flatnonzero(row == 0)
        places = min(len(row), 1 << max(len(index) - 1, 0).bit_length())
        index = np.concatenate([index, empty[: places - len(index)]])
        keys = jax.random.split(jax.random.key(0), DRAWS if self.form.network_guide else 1)
        parts = jnp.asarray(index, jnp.int32), jnp.asarray(weight * row[index], jnp.float32)
        parameters = self.parameters
        if "pair_out" in parameters:
            # Pairs are products of two doses, so the weight would count twice.
            factor = gate / weight if weight else 0.0
            parameters = parameters | {"pair_out": parameters["pair_out"] * factor}
        fixed = jnp.asarray(closed.base[closed.batch] + offset[None, :], jnp.float32)
        latents = jnp.asarray(self.latents, jnp.float32)
        found = []
        for part, cells in enumerate(np.array_split(np.arange(len(latents)), self._parts(places))):
            now = keys if not part else jax.vmap(lambda key, part=part: jax.random.fold_in(key, part))(keys)
            here = latents[cells], *parts, fixed[cells], now
            found.append(np.asarray(_logits(self.form, parameters, self.tables, *here)))
        return np.concatenate(found, axis=1)

    def _parts(self, places: int) -> int:
        """In how many parts the control cells go through the model: mixtures of many draw a row for each and cell."""
        n = len(self.latents)
        entries = 0 if self.form.network_guide else n * places * self.tables.prior_logit.shape[1]
        return min(n, 1 << max(-(-entries // ENTRIES) - 1, 0).bit_length())

    def effect(self, closed: ClosedForm, row: np.ndarray, offset: np.ndarray, gate: float = 1.0) -> np.ndarray:
        """Effect beyond the offset of a row of the design (features,)."""
        treated = self._level(closed, self.logits(closed, row, offset, 1.0, gate))
        return treated - self._level(closed, self.logits(closed, np.zeros_like(row), offset))

    def guided(self, probability: np.ndarray) -> np.ndarray:
        """The mean that the guide 'network' gives E at probabilities of M (T x L)."""
        return np.asarray(guided(self.parameters, jnp.asarray(probability, jnp.float32)[None])[0][0])

    def _level(self, closed: ClosedForm, logits: np.ndarray) -> np.ndarray:
        if not self.form.counts:
            return logits.mean((0, 1))
        library = jnp.asarray(closed.library, jnp.float32)
        theta = self.log_theta
        return np.mean([np.asarray(mean_level(jnp.asarray(draw), library, theta)) for draw in logits], axis=0)

    @property
    def log_theta(self) -> Array:
        """Of the counts; a Poisson variable is one with a large theta."""
        shared = self.parameters["log_theta"]
        return jnp.full_like(shared, np.log(1e4)) if self.form.likelihood == "poisson" else shared


@partial(jax.jit, static_argnums=0)
def _logits(
    form: Form,
    parameters: Parameters,
    tables: Tables,
    latents: Array,
    index: Array,
    dose: Array,
    fixed: Array,
    keys: Array,
) -> Array:
    n = latents.shape[0]
    one = replace(form, particles=1)
    ones = jnp.ones(n, latents.dtype)
    places = jnp.broadcast_to(index[None], (n, index.shape[0])), jnp.broadcast_to(dose[None], (n, dose.shape[0]))
    cells = Minibatch(fixed, ones, *places, jnp.zeros(n, jnp.int32), ones, 0 * ones, jnp.zeros((), jnp.int32))

    def draw(key: Array) -> Array:
        effect = effect_of(drawn(one, parameters, tables, cells, key).effect[0], form.network_guide, cells)
        return decoded(parameters, hidden_of(one, parameters, latents, effect)) + fixed

    return jax.vmap(draw)(keys)


def control_latents(
    form: Form, parameters: Parameters, tables: Tables, values: np.ndarray, failing: np.ndarray, seed: int
) -> np.ndarray:
    """One draw of q(z | x) for each control cell (cells x L)."""
    n = len(values)
    library = np.maximum(values.sum(1), 1).astype(np.float32)
    index, dose, zeros = np.zeros((n, 1), np.int32), np.zeros((n, 1), np.float32), np.zeros(n, np.int32)
    fail = failing.astype(np.float32)
    cells = Minibatch(values, library, index, dose, zeros, np.ones(n, np.float32), fail, np.int32(0))  # type: ignore[arg-type]
    return np.asarray(_latents(form, parameters, tables, cells, jax.random.key(seed)))


@partial(jax.jit, static_argnums=0)
def _latents(form: Form, parameters: Parameters, tables: Tables, cells: Minibatch, key: Array) -> Array:
    seen = standardised(form, tables, cells.values, cells.library) @ parameters["encode_x"]
    draw = drawn(replace(form, particles=1), parameters, tables, cells, key)
    first = seen + effect_of(draw.effect[0], form.network_guide, cells) @ parameters["encode_u"]
    if form.quality:
        first = first + jnp.outer(cells.failing, parameters["artefact_mean"] @ parameters["encode_e"])
    mean, log_sd = encoded(parameters, first)
    return mean + jnp.exp(log_sd) * jax.random.normal(key, mean.shape, mean.dtype)


def drawn_counts(log_mean: np.ndarray, log_theta: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Negative binomial counts, gamma then Poisson (cells x features)."""
    theta = np.exp(log_theta.astype(float))
    return random.poisson(random.standard_gamma(theta, log_mean.shape) / theta * np.exp(log_mean)).astype(np.float32)
