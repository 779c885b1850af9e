"""Media: what all cells of a phase feel, perturbed or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from semimech.support.errors import UserError, listed
from semimech.support.options import require_within


@dataclass(frozen=True)
class Medium:
    """What a medium does to production; in TOML the section [medium.NAME]. UserError for options that do not fit.

    targets: {node: log2-fold change of its production}. share, strength: a random share of the nodes is changed by a
    Gaussian log2-fold of this sd. environment: sd of a change that swings within 24 hours, on all nodes, each with its
    own lag, and differs from batch to batch: an animal, whose cells share what nobody knows.
    """

    targets: dict[str, float] = field(default_factory=dict)
    share: float = 0.2
    strength: float = 0.0
    environment: float = 0.0

    def __post_init__(self) -> None:
        for node, value in self.targets.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 100:
                raise UserError(f"A medium changes {node} by {value!r}: give a log2-fold change such as 1.0.")
        limits = {
            "share": (self.share, 0.0, 1.0),
            "strength": (self.strength, 0.0, 20.0),
            "environment": (self.environment, 0.0, 20.0),
        }
        require_within("section [medium.NAME]", limits)


@dataclass(frozen=True, eq=False)
class Media:
    """The media of an experiment, by number; 0 is the one without a name, which changes nothing.

    push: media x nodes, log2-fold changes of production. swing, lag: batches x media x nodes, amplitude and phase
    (radians) of what swings within 24 hours.
    """

    names: tuple[str, ...]
    push: np.ndarray
    swing: np.ndarray
    lag: np.ndarray

    @property
    def differs_by_batch(self) -> bool:
        """Some medium brings an environment of its own to every batch."""
        return bool(self.swing.any())


def media_of(media: Mapping[str, Medium], nodes: Sequence[str], batches: int, random: np.random.Generator) -> Media:
    """Draw the media; UserError for targets that are no nodes."""
    names, n = ("", *(name for name in media if name)), len(nodes)
    index = {node: k for k, node in enumerate(nodes)}
    push, shape = np.zeros((len(names), n)), (batches, len(names), n)
    swing, lag = np.zeros(shape), random.uniform(0, 2 * np.pi, shape)
    for k, name in enumerate(names):
        medium = media.get(name, Medium())
        unknown = [node for node in medium.targets if node not in index]
        if unknown:
            raise UserError(f"The medium {name} acts on {listed(unknown)}, no node of the network: correct the name.")
        chosen = random.random(n) < medium.share
        push[k] = np.where(chosen, medium.strength * random.standard_normal(n), 0)
        push[k, [index[node] for node in medium.targets]] = list(medium.targets.values())
        swing[:, k] = medium.environment * random.standard_normal((batches, n))
    return Media(names, push, swing, lag)
