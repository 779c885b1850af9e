"""The kinetics of a simulation: what the levels of a network's nodes do in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast, get_args

import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array

from semimech.data.network import Network
from semimech.numerics.activations import Activation, ActivationName
from semimech.numerics.fields import Field, rate
from semimech.numerics.regulation import Regulation, langevin_spread, padded_sources, regulated_rate
from semimech.simulate.steady_state import contract
from semimech.support.options import require_one_of, require_within

SECTION = "section [kinetics]"
LAWS = ("hill", "cellbox")
FLOOR = 1e-3  # of the greatest level: what is below is not told from nothing

Pushed = Callable[[Array, Array], Array]


@dataclass(frozen=True)
class Kinetics:
    """The law and the spread of its constants; in TOML the section [kinetics]. UserError for options that do not fit.

    law: hill (mRNA in units of its greatest level) or cellbox (log2-ratio to the untreated start).
    half_life: hours, the median over nodes; ln 2 / half_life is the decay. spread: sd of the natural logarithm of
    every positive constant over nodes.
    power, threshold, affinity: h, the median K, and a for a weight of 1, of the Hill law.
    activation: of the cellbox law. gain: W is scaled so that the largest singular value of diag(s) W is this (below 1:
    one steady state); 0 leaves the weights alone.
    intrinsic_noise: 0 for none; for hill the square root of the level that one molecule is, for cellbox the sd of a
    node that nothing regulates; then every cell is integrated for itself. step: hours, of that integration.
    """

    law: str = "hill"
    half_life: float = 4.0
    spread: float = 0.3
    power: float = 2.0
    threshold: float = 0.4
    affinity: float = 3.0
    activation: str = "tanh"
    gain: float = 0.85
    intrinsic_noise: float = 0.0
    step: float = 0.25

    def __post_init__(self) -> None:
        require_one_of(SECTION, "law", self.law, LAWS)
        require_one_of(SECTION, "activation", self.activation, get_args(ActivationName))
        limits = {
            "half_life": (self.half_life, 0.01, 1e4),
            "spread": (self.spread, 0.0, 2.0),
            "power": (self.power, 0.1, 20.0),
            "threshold": (self.threshold, 0.01, 100.0),
            "affinity": (self.affinity, 0.0, 1e4),
            "gain": (self.gain, 0.0, 100.0),
            "intrinsic_noise": (self.intrinsic_noise, 0.0, 10.0),
            "step": (self.step, 1e-4, self.half_life if self.intrinsic_noise else float("inf")),
        }
        require_within(SECTION, limits)

    def law_of(self, network: Network, random: np.random.Generator) -> Law:
        """The law on a network, its constants drawn."""
        return (_hill if self.law == "hill" else _cellbox)(self, network, random)


@dataclass(frozen=True, eq=False)
class Law:
    """dx/dt of one cell, on the nodes of `network` (the weights as they act).

    rate: (x, push) -> dx/dt, per hour; push is the log2-fold change of production that is asked for (nodes,).
    noise: (x, push) -> sd per square root of an hour (nodes,). start: where integration towards the untreated state
    begins; lowest: where a knock-out is held (nodes,). log2_level: states -> log2 of the amount of molecules.
    constants: a row for each node.
    """

    network: Network
    rate: Pushed
    noise: Pushed
    start: np.ndarray
    lowest: np.ndarray
    log2_level: Callable[[np.ndarray], np.ndarray]
    constants: pd.DataFrame


def _hill(options: Kinetics, network: Network, random: np.random.Generator) -> Law:
    n = len(network.nodes)
    index = pd.Index(network.nodes)
    target, source = (index.get_indexer(network.edges[end]) for end in ("target", "source"))
    sources, weights = padded_sources(target, source, network.edges["weight"].to_numpy(), n)
    decay = np.log(2) / (options.half_life * _spread(options, random, n))
    constants = pd.DataFrame(
        {
            "production": decay,  # so that the greatest level is 1
            "decay": decay,
            "basal": _basal(weights, random),
            "threshold": options.threshold * _spread(options, random, n),
        },
        index=index,
    )
    law = Regulation(
        jnp.asarray(sources),
        _float(options.affinity * np.maximum(weights, 0)),
        _float(options.affinity * np.maximum(-weights, 0)),
        _float(constants["basal"]),
        _float(constants["production"]),
        _float(constants["decay"]),
        _float(constants["threshold"]),
        _float(options.power),
    )
    sigma = _float(options.intrinsic_noise)
    return Law(
        network,
        lambda x, push: regulated_rate(law, x, push),
        lambda x, push: langevin_spread(law, x, push, sigma),
        constants["basal"].to_numpy(),
        np.zeros(n),
        lambda states: np.log2(np.maximum(states, FLOOR)),
        constants.assign(power=options.power, affinity=options.affinity),
    )


def _basal(weights: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Activity without regulators: low where there are only activators, high where there are only repressors."""
    up, down = (weights > 0).any(1), (weights < 0).any(1)
    middle = np.where(up & ~down, 0.1, np.where(down & ~up, 0.9, 0.4))
    return np.clip(middle * random.uniform(0.8, 1.1, len(weights)), 0.01, 1.0)


def _cellbox(options: Kinetics, network: Network, random: np.random.Generator) -> Law:
    n = len(network.nodes)
    scale = _spread(options, random, n)
    alpha = np.log(2) / (options.half_life * _spread(options, random, n))
    weights = network.matrix()
    if options.gain and weights.any():
        weights = contract(weights, scale, options.gain)
    field = Field(activation=Activation(cast(ActivationName, options.activation)))
    matrix, eps, decay = _float(weights), _float(alpha * scale), _float(alpha)
    noise = _float(options.intrinsic_noise * np.sqrt(2 * alpha))
    return Law(
        Network.from_matrix(weights, network.nodes, network.roles),
        lambda x, push: rate(field, matrix, eps, decay, decay, x, push),
        lambda x, push: noise,
        np.zeros(n),
        -scale,
        lambda states: states,
        pd.DataFrame({"eps": alpha * scale, "alpha": alpha}, index=pd.Index(network.nodes)),
    )


def _spread(options: Kinetics, random: np.random.Generator, n: int) -> np.ndarray:
    return np.exp(options.spread * random.standard_normal(n))


def _float(values: object) -> Array:
    return jnp.asarray(np.asarray(values, np.float32))
