"""The form of the model: what is static in it, its parameters, its tables and a mini-batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

Likelihood = Literal["negative-binomial", "poisson", "gaussian"]
Parameters = dict[str, Array]


@dataclass(frozen=True)
class Form:
    """What a compilation depends on; options as in `SamsVAE`.

    square: the effect u lives on the nodes of a network and stands beside z; else it is added to z. quality: cells
    that fail have the artefact e. signed: the network is aligned with signed, shrunken effects; else, as published,
    with |x - match|. network_guide: E given M by a perceptron, draws shared by the cells of a mini-batch; else a spike
    and a slab, drawn for each cell. again: cells of a mini-batch whose counterfactual is made.
    """

    likelihood: Likelihood
    square: bool
    quality: bool
    signed: bool
    network_guide: bool
    particles: int
    hops: int
    alignment: float
    sparsity: float
    threshold: float
    beta: float
    proper: bool
    again: int
    slab: float

    @property
    def counts(self) -> bool:
        """The likelihood is one of counts."""
        return self.likelihood != "gaussian"


class Tables(NamedTuple):
    """What is fixed while training.

    centre, scale: of the encoder's input (features,). base: log rates of the controls (batches x features); offset:
    closed-form changes (conditions of the screen x features). plate: 1 / cells with the perturbation (T,);
    failing_plate: 1 / failing cells. prior_logit, prior_mean: of M and E (T x L). delta, precision: effects on the
    nodes and 1 / their standard errors (conditions x T), 0 where unknown; error: the typical standard error of an
    edge (T x T). nodes: the feature of each node, 0 where it has none, `known` says which have one (T,).
    """

    centre: Array
    scale: Array
    base: Array
    offset: Array
    plate: Array
    failing_plate: Array
    prior_logit: Array
    prior_mean: Array
    delta: Array
    precision: Array
    error: Array
    nodes: Array
    known: Array


class Minibatch(NamedTuple):
    """Cells of one experimental batch; weight 0 where there is no cell.

    values: cells x features; library: (cells,); given, dose: the perturbations of each cell (cells x most given
    together), dose 0 where there is none; condition: its number in the screen; weight, failing: (cells,); batch: ().
    """

    values: Array
    library: Array
    given: Array
    dose: Array
    condition: Array
    weight: Array
    failing: Array
    batch: Array


def begin(
    form: Form,
    sizes: tuple[int, int, int, int],
    start: np.ndarray | None,
    log_theta: np.ndarray,
    bias: np.ndarray,
    random: np.random.Generator,
    interaction: int,
) -> Parameters:
    """First parameters; `sizes` are features G, rows of E and M, latents, and the width of the hidden layers.

    The last layer is 0, so that training begins at the closed form. start: the first network (T x T).
    """
    features, rows, latents, hidden = sizes
    effect = rows if form.square else latents

    def matrix(inputs: int, outputs: int) -> np.ndarray:
        return random.standard_normal((inputs, outputs)) / np.sqrt(max(inputs, 1))

    def zeros(*shape: int) -> np.ndarray:
        return np.zeros(shape)

    parameters: dict[str, np.ndarray | None] = {
        "encode_x": matrix(features, hidden),
        "encode_u": matrix(effect, hidden),
        "encode_bias": zeros(hidden),
        "encode_mean": matrix(hidden, latents),
        "encode_sd": 0.1 * matrix(hidden, latents),
        "encode_mean_bias": zeros(latents),
        "encode_sd_bias": zeros(latents) - 1,
        "decode_z": matrix(latents, hidden),
        "decode_bias": zeros(hidden),
        "decode_hidden": matrix(hidden, hidden),
        "decode_hidden_bias": zeros(hidden),
        "decode_out": zeros(hidden, features),
        "decode_out_bias": bias,
        "log_theta": log_theta,
    }
    if form.square:
        parameters["decode_u"] = matrix(effect, hidden)
    if form.quality:
        parameters |= {"encode_e": matrix(latents, hidden), "decode_e": matrix(latents, hidden)}
        parameters |= {"artefact_mean": zeros(latents) + 0.1, "artefact_sd": zeros(latents) - 1}
    if form.square:
        parameters["network"] = start
    else:
        parameters["logit"] = zeros(rows, effect)
    if form.network_guide:
        parameters |= _guide(rows, effect, hidden, matrix, zeros)
    else:
        parameters["slab_mean"] = 0.1 * form.slab * matrix(1, rows * effect).reshape(rows, effect)
        parameters["slab_sd"] = zeros(rows, effect) + np.log(0.3 * form.slab)
    if interaction:
        parameters["pair_in"] = matrix(rows, interaction)
        parameters["pair_out"] = zeros(interaction, effect)
    return {name: jnp.asarray(value, jnp.float32) for name, value in parameters.items()}


def _guide(
    rows: int,
    effect: int,
    hidden: int,
    matrix: Callable[[int, int], np.ndarray],
    zeros: Callable[..., np.ndarray],
) -> dict[str, np.ndarray | None]:
    """The perceptron from a row of M, and which row it is, to the mean and log sd of E; four hidden layers."""
    layers: dict[str, np.ndarray | None] = {
        "guide_m": matrix(effect, hidden),
        "guide_row": matrix(rows, hidden),
        "guide_bias_0": zeros(hidden),
    }
    for k in (1, 2, 3):
        layers |= {f"guide_{k}": matrix(hidden, hidden), f"guide_bias_{k}": zeros(hidden)}
    last: dict[str, np.ndarray | None] = {
        "guide_mean": matrix(hidden, effect),
        "guide_sd": 0.1 * matrix(hidden, effect),
    }
    return layers | last | {"guide_sd_bias": zeros(effect) - 1}
