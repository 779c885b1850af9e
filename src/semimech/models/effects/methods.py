"""The estimators of effects, from the plainest on; each takes measured effects and their noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, get_args

import numpy as np

from semimech.models.effects.adaptive import shrink_adaptively
from semimech.models.effects.bayes import shared_error, shrink_genes
from semimech.models.effects.low_rank import shrink_rank
from semimech.models.effects.noise import Noise

Method = Literal["condition-mean", "bayes-zero", "bayes-mean", "low-rank", "adaptive", "low-rank-adaptive"]
METHODS: tuple[Method, ...] = get_args(Method)
PLAIN: Method = METHODS[0]


def estimate(method: str, values: np.ndarray, noise: Noise) -> np.ndarray:
    """Effects (conditions x features) as a method estimates them from those measured."""
    return _METHODS[method](values, noise)


def _toward_mean(values: np.ndarray, noise: Noise) -> np.ndarray:
    return shrink_genes(values, noise, values.mean(0))


def _adaptive(values: np.ndarray, noise: Noise) -> np.ndarray:
    """Without the error of the controls as far as it can be told, so that own errors are what is left."""
    return shrink_adaptively(values - shared_error(values, noise), noise.own_errors)


def _low_rank_adaptive(values: np.ndarray, noise: Noise) -> np.ndarray:
    """What the programmes leave, adaptively."""
    programmes = shrink_rank(values, noise)
    left = values - programmes
    return programmes + shrink_adaptively(left - shared_error(left, noise), noise.own_errors)


_METHODS: Mapping[str, Callable[[np.ndarray, Noise], np.ndarray]] = {
    "condition-mean": lambda values, noise: values,
    "bayes-zero": shrink_genes,
    "bayes-mean": _toward_mean,
    "low-rank": shrink_rank,
    "adaptive": _adaptive,
    "low-rank-adaptive": _low_rank_adaptive,
}
