"""What the predictions of one fold are judged against: observed effects of rows that no model has seen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from semimech.data.condition import Condition
from semimech.data.effects import Effects, effects_of
from semimech.data.scored import own_columns, scored_entries
from semimech.data.screen import Scale, Screen
from semimech.data.splits import Split
from semimech.evaluate.cells import CellSamples, sample_cells
from semimech.evaluate.differential import significant, welch_degrees
from semimech.models.baselines.means import mean_response
from semimech.support.errors import UserError

EFFECTS = "predicted effects"
ERRORS = "standard errors of the observed effects"
TABLES = "condition-level data"
CELLS = "single cells"
CELLS_NEEDED = 10
FALSE_DISCOVERY_RATE = 0.05


@dataclass(frozen=True, eq=False)
class Reference:
    """Observed effects of the test rows of a split against the test control rows of the same batches.

    scored: the entries that count (conditions x features); features of role input, and the own targets of genetic
    perturbations, do not. mean_response: mean effect of the training conditions (features,). degrees: degrees of
    freedom of the standard errors. targets: features that are the target of some perturbation (features, bool).
    cells: samples of single cells, None where the screen has none.
    """

    split: str
    fold: str
    scale: Scale
    effects: Effects
    scored: np.ndarray
    mean_response: np.ndarray
    degrees: np.ndarray
    targets: np.ndarray
    cells: CellSamples | None = None

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions that are judged."""
        return self.effects.conditions

    @property
    def single_cells(self) -> CellSamples:
        """The samples of single cells; UserError where the screen has none."""
        if self.cells is None:
            raise UserError(f"The split '{self.split}' has no single cells to score: leave out the scores of cells.")
        return self.cells

    @cached_property
    def observed(self) -> np.ndarray:
        """Observed effects (conditions x features, float64)."""
        return self.effects.values.astype(np.float64)

    @cached_property
    def standard_errors(self) -> np.ndarray:
        """Standard errors of the observed effects (conditions x features, float64), NaN where unknown."""
        return self.effects.standard_errors.astype(np.float64)

    @cached_property
    def known_errors(self) -> np.ndarray:
        """The entries that count and have a standard error (conditions x features, bool)."""
        return self.scored & np.isfinite(self.standard_errors)

    @cached_property
    def changed(self) -> np.ndarray:
        """The features that really change in each condition (conditions x features, bool), at a fixed FDR."""
        return self.significant(self.observed)

    def significant(self, values: np.ndarray) -> np.ndarray:
        """The features that would be called changed if `values` had been observed with these standard errors."""
        return significant(values, self.standard_errors, self.degrees, self.known_errors, FALSE_DISCOVERY_RATE)

    @cached_property
    def provides(self) -> frozenset[str]:
        """What score cards may ask for."""
        has = {
            EFFECTS: True,
            ERRORS: np.isfinite(self.standard_errors).all(1).mean() > 0.5,
            TABLES: self.scale == "log-ratio",
            CELLS: self.cells is not None,
        }
        return frozenset(what for what, present in has.items() if present)


def reference_of(
    screen: Screen,
    split: Split,
    *,
    rows: np.ndarray | None = None,
    own_targets: bool = False,
    training_mean: np.ndarray | None = None,
) -> Reference:
    """The reference of a split, made of its test rows only, or of some of them (`rows`).

    `own_targets` scores the perturbed genes themselves too. `training_mean` spares measuring it again.
    Raises UserError where no test condition can be measured.
    """
    rows = np.asarray(split.test if rows is None else rows)
    effects = effects_of(screen, rows)
    if not len(effects):
        raise UserError(
            f"No condition in fold '{split.fold}' of the split '{split.name}' can be measured: its test rows need "
            "perturbed rows, and control rows in the same batches."
        )
    scored = scored_entries(screen, effects.conditions, own_targets=own_targets)
    if training_mean is None:
        training_mean = mean_response(screen, effects_of(screen, split.train))
    has_cells = screen.scale != "log-ratio" and np.median(effects.counts) >= CELLS_NEEDED
    return Reference(
        split.name,
        split.fold,
        screen.scale,
        effects,
        scored,
        training_mean,
        welch_degrees(screen, rows, effects),
        _targets(screen, own_targets),
        sample_cells(screen, split, rows, effects, scored, split.seed) if has_cells else None,
    )


def _targets(screen: Screen, own_targets: bool) -> np.ndarray:
    """Features whose own perturbation would give the answer away when conditions are ranked (features, bool)."""
    targets = (screen.features["role"] == "input").to_numpy()
    if not own_targets:
        for columns in own_columns(screen).values():
            targets[columns] = True
    return targets
