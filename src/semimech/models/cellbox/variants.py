"""CellBox with one thing changed: what that thing is worth is the difference to CellBox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from semimech.models.cellbox.estimator import CellBox


@dataclass(frozen=True)
class CellBoxWithoutNetwork(CellBox):
    """CellBox with no edges between molecules: what the network adds is the difference to this."""

    name: ClassVar[str] = "cellbox-no-network"
    internal_network: bool = False


@dataclass(frozen=True)
class CellBoxWithPrior(CellBox):
    """CellBox told by a table which edges are likely: what the table is worth is the difference to CellBox."""

    name: ClassVar[str] = "cellbox-prior"
    needs_prior: ClassVar[bool] = True


@dataclass(frozen=True)
class CellBoxWithShuffledPrior(CellBoxWithPrior):
    """The same table with the names of its nodes permuted by the seed: what any sparse pattern would be worth."""

    name: ClassVar[str] = "cellbox-shuffled-prior"
    prior_names: Literal["given", "shuffled"] = "shuffled"
