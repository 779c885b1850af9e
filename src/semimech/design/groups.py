"""What a screen is boiled down to: means, variances and sizes of the rows of every arm in every batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from semimech.data.effects import group_moments
from semimech.data.screen import Screen
from semimech.support.errors import UserError

ARMS = 200  # the largest: enough to tell variances, and few enough to hold their moments
CONTROLS = 0  # the number of the arm of the controls
FEWEST = 8  # degrees of freedom of an arm below which its own variance is not taken


@dataclass(frozen=True, eq=False)
class Groups:
    """Rows of one arm, batch and guide together: arm, batch, guide and size (groups,), mean and variance (x features).

    Arm 0 holds the controls. context: of each batch (batches,); a batch is one of its context.
    """

    arm: np.ndarray
    batch: np.ndarray
    guide: np.ndarray
    size: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    context: np.ndarray
    has_guides: bool

    @property
    def arms(self) -> np.ndarray:
        """Numbers of the arms that are no controls."""
        return np.unique(self.arm[self.arm != CONTROLS])

    def within(self, mask: np.ndarray) -> tuple[np.ndarray, float]:
        """Pooled variance of rows within these groups (features,), NaN where none has two; degrees of freedom."""
        freedom = np.maximum(self.size[mask] - 1, 0)
        if not freedom.any():
            return np.full(self.mean.shape[1], np.nan), 0.0
        return freedom @ self.variance[mask] / freedom.sum(), float(freedom.sum())


@dataclass(frozen=True, eq=False)
class Arm:
    """One arm: batch and size (batches,), mean (batches x features), shares of its guides (batches x guides)."""

    batch: np.ndarray
    size: np.ndarray
    mean: np.ndarray
    shares: np.ndarray


@dataclass(frozen=True, eq=False)
class Difference:
    """One arm against the controls of its batches.

    size, beside: its cells and the control cells (batches,), infinitely many where the screen has no controls. apart:
    difference of means (batches x features); shares: of its guides (batches x guides). own, control: variance of its
    cells and of the control cells (features,).
    """

    size: np.ndarray
    beside: np.ndarray
    apart: np.ndarray
    shares: np.ndarray
    own: np.ndarray
    control: np.ndarray


def groups_of(screen: Screen, guide: str | None = None) -> Groups:
    """The moments of the controls and the largest arms, in one reading block by block; `guide` is a column of obs."""
    batches, codes = screen.batches, screen.condition_codes
    control = screen.is_control
    sizes = np.bincount(codes[~control], minlength=len(screen.conditions))
    largest = np.argsort(-sizes, kind="stable")[:ARMS]
    number = np.full(len(screen.conditions), -1)
    largest = np.sort(largest[sizes[largest] > 0])
    number[largest] = np.arange(1, len(largest) + 1)
    arm = np.where(control, CONTROLS, number[codes])
    label = np.where(control, -1, _guides(screen, guide))
    kept = np.flatnonzero(arm >= 0)
    keys, place = np.unique(np.stack([arm, batches, label], 1)[kept], axis=0, return_inverse=True)
    group = np.zeros(screen.shape[0], int)
    group[kept] = place.ravel()
    mean, variance, size = group_moments(screen, kept, group, len(keys))
    first = np.unique(batches, return_index=True)[1]
    context = pd.factorize(screen.contexts[first])[0]
    return Groups(keys[:, 0], keys[:, 1], keys[:, 2], size, mean, variance, context, guide is not None)


def arm_of(groups: Groups, number: int) -> Arm:
    """One arm's means by batch, its guides taken together."""
    mine = np.flatnonzero(groups.arm == number)
    batch, place = np.unique(groups.batch[mine], return_inverse=True)
    guide = np.unique(groups.guide[mine], return_inverse=True)[1]
    size = groups.size[mine]
    total = np.bincount(place, size)
    mean = np.zeros((len(batch), groups.mean.shape[1]))
    np.add.at(mean, place, (size / total[place])[:, None] * groups.mean[mine])
    shares = np.zeros((len(batch), guide.max(initial=0) + 1))
    shares[place, guide] = size / total[place]
    return Arm(batch, total, mean, shares)


def differences_of(groups: Groups) -> list[Difference]:
    """Every arm against controls in the batches that have some, or as it is where no batch has."""
    controls = arm_of(groups, CONTROLS)
    beside = np.zeros(len(groups.context))
    level = np.zeros((len(groups.context), groups.mean.shape[1]))
    beside[controls.batch], level[controls.batch] = controls.size, controls.mean
    if not len(controls.batch):
        beside[:] = np.inf
    of_controls = np.nan_to_num(groups.within(groups.arm == CONTROLS)[0])
    cell = groups.within(np.ones(len(groups.arm), bool))[0]
    found = []
    for number in groups.arms:
        arm = arm_of(groups, number)
        own, freedom = groups.within(groups.arm == number)
        kept = beside[arm.batch] > 0
        batch = arm.batch[kept]
        if len(batch):
            apart = arm.mean[kept] - level[batch]
            own = own if freedom >= FEWEST else cell
            found.append(Difference(arm.size[kept], beside[batch], apart, arm.shares[kept], own, of_controls))
    return found


def _guides(screen: Screen, column: str | None) -> np.ndarray:
    if column is None:
        return np.zeros(screen.shape[0], int)
    if column not in screen.obs:
        names = ", ".join(map(str, screen.obs.columns)) or "none"
        raise UserError(f"There is no column {column} of guides: name one of obs ({names}).")
    missing = screen.obs[column].isna().to_numpy() & ~screen.is_control
    if missing.any():
        raise UserError(
            f"The column {column} names no guide for {missing.sum():,} perturbed rows: fill it in, or leave them out "
            "with --keep."
        )
    return pd.factorize(screen.obs[column].astype(str))[0]
