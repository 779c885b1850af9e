"""What a whole audit is asked to do: the same names in Python and on the command line."""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from semimech.audit.causal import BIOACTIVITY, CausalGraph, read_graph
from semimech.audit.causal.graph import as_toml
from semimech.audit.conflict_audit import ConflictOptions
from semimech.audit.confounding import ConfoundingOptions
from semimech.audit.focus import Learner
from semimech.audit.focus.learners import learner_of
from semimech.support.errors import UserError

NANO = 9


@dataclass(frozen=True, kw_only=True)
class AuditOptions:
    """Options of `semimech audit run`; those of the single commands that are not here keep their defaults."""

    learner: str = "kernel"
    """Learner of the focus curve: kernel, neighbours, random-forest, gradient-boosting, or scikit-learn's name."""

    option: tuple[str, ...] = ()
    """Option of a scikit-learn learner, as NAME=VALUE."""

    thresholds: tuple[float, ...] = ()
    """Active is an activity at or below these, in nM; up to 20 within the series where not given."""

    step: int = 25
    """Outsiders added at a time."""

    repeats: int = 100
    """Random halvings of the series."""

    ordering: Literal["mean", "max"] = "mean"
    """Outsiders are sorted by their mean or by their largest similarity to the training half."""

    match: Literal["assay", "document", "source"] = "assay"
    """The control of the focus takes outsiders with this in common with the series."""

    outsiders: int = 5000
    """At most so many outsiders in the focus curve, those nearest to the series."""

    level: float = 0.05
    """Level of significance of conflicts, after correction."""

    bits: int = 1024
    """Length of the Morgan fingerprint of conflict and confounding."""

    folds: int = 5
    """Folds of each way to hold compounds out."""

    graph: Path | None = None
    """TOML file of the causal graph; the graph of a table of bioactivities where not given."""

    causes: tuple[str, ...] = ()
    """Variables of the causal graph that are set together; C and M, as far as the graph has them, where not given."""

    outcome: str = "Y"
    """The variable of the causal graph that is predicted."""

    fixed: tuple[str, ...] = ()
    """Variables of the causal graph that do not vary within the series; M, if the graph has it, where not given."""

    seed: int = 0
    """Everything random follows from it."""

    def __post_init__(self) -> None:
        for name, least in (("repeats", 2), ("step", 1), ("outsiders", 1), ("seed", 0)):
            if getattr(self, name) < least:
                raise UserError(f"--{name} {getattr(self, name)} is too small: give at least {least}.")
        if any(not one > 0 for one in self.thresholds):
            raise UserError("--thresholds are activities in nM: give numbers above 0.")
        # Each of these refuses what it does not know, before anything is computed.
        self.chosen_learner(), self.conflict(), self.confounding()
        graph = self.causal_graph()
        for name, usual in (("causes", ("C", "M")), ("fixed", ("M",))):
            given = getattr(self, name) or tuple(one for one in usual if one in graph.parents)
            object.__setattr__(self, name, given)
        graph.require((*self.causes, self.outcome, *self.fixed), "in the options")
        if not self.causes:
            raise UserError("The causal graph has neither C nor M: say which of its variables are set, --causes NAME.")

    def chosen_learner(self) -> Learner:
        """The learner of the focus curve."""
        return learner_of(self.learner, self.option)

    def causal_graph(self) -> CausalGraph:
        """The graph of the file, or that of a table of bioactivities."""
        return BIOACTIVITY if self.graph is None else read_graph(self.graph)

    def conflict(self) -> ConflictOptions:
        """Options of the conflict."""
        return ConflictOptions(level=self.level, bits=self.bits)

    def confounding(self) -> ConfoundingOptions:
        """Options of the confounding."""
        return ConfoundingOptions(folds=self.folds, bits=self.bits)

    def focus(self) -> dict[str, Any]:
        """Keywords of the focus."""
        protocol = {name: getattr(self, name) for name in ("step", "repeats", "ordering", "seed", "match")}
        return protocol | {
            "thresholds": tuple(NANO - math.log10(one) for one in self.thresholds),
            "largest": self.outsiders,
        }

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; of the causal graph its file's name and the hash of what it says."""
        said = hashlib.sha256(as_toml(self.causal_graph()).encode()).hexdigest()
        return asdict(self) | {"graph": None if self.graph is None else self.graph.name, "graph_sha256": said}
