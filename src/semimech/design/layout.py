"""Which arm has how many cells in which batch, and how many control cells stand beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from semimech.data.screen import Screen
from semimech.support.errors import UserError, listed

CONTROL = "control"


@dataclass(frozen=True, eq=False)
class Layout:
    """How many cells of every arm, and of the controls, each batch has.

    arms are perturbations, pairs, or perturbations at a time; a time point has batches of its own, since sampling
    destroys the cells. cells: batches x arms; controls: (batches,); guides: of each arm, its cells dealt to them evenly
    (arms,). Raises UserError where shapes disagree, names repeat, or a number is negative.

    >>> Layout(("first", "second"), ("a",), [[50], [30]], [100, 60]).total
    240
    """

    batches: tuple[str, ...]
    arms: tuple[str, ...]
    cells: np.ndarray
    controls: np.ndarray
    guides: np.ndarray | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "batches", _distinct("batch", self.batches))
        object.__setattr__(self, "arms", _distinct("arm", self.arms))
        shapes = {
            "cells": (len(self.batches), len(self.arms)),
            "controls": (len(self.batches),),
            "guides": (len(self.arms),),
        }
        for name, shape in shapes.items():
            given = np.ones(shape, int) if name == "guides" and self.guides is None else getattr(self, name)
            object.__setattr__(self, name, _numbers(name, given, shape))
        if (self.guides_of_arm < 1).any():
            arm = self.arms[int(np.argmax(self.guides_of_arm < 1))]
            raise UserError(f"The arm {arm} has no guide: every arm needs one at least.")

    @property
    def guides_of_arm(self) -> np.ndarray:
        """How many guides each arm has (arms,); 1 where nothing was said."""
        assert self.guides is not None
        return self.guides

    @property
    def total(self) -> int:
        """All cells, controls included."""
        return int(self.cells.sum() + self.controls.sum())

    @property
    def dealt(self) -> np.ndarray:
        """Cells of each guide (batches x arms x the most guides): cell k of an arm has guide k modulo its guides."""
        stop = np.cumsum(self.cells, 0)[:, :, None]
        start = stop - self.cells[:, :, None]
        each = self.guides_of_arm[None, :, None]
        guide = np.arange(self.guides_of_arm.max(initial=1))[None, None, :]
        until_stop, until_start = ((end - guide + each - 1) // each for end in (stop, start))
        return np.where(guide < each, until_stop - until_start, 0)

    def at_times(self, times: Sequence[str]) -> Layout:
        """The same numbers at each of several times: other cells, so every time has batches and controls of its own."""
        return Layout(
            tuple(f"{batch}, {time}" for time in times for batch in self.batches),
            tuple(f"{arm}, {time}" for time in times for arm in self.arms),
            np.kron(np.eye(len(times), dtype=int), self.cells),
            np.tile(self.controls, len(times)),
            np.tile(self.guides_of_arm, len(times)),
        )

    def table(self) -> pd.DataFrame:
        """A row for each batch, arm and guide with its cells; the arm of the controls is 'control', without a guide."""
        batch, arm, guide = np.nonzero(self.dealt)
        treated = pd.DataFrame(
            {
                "batch": np.array(self.batches, object)[batch],
                "arm": np.array(self.arms, object)[arm],
                "guide": [str(number + 1) for number in guide],
                "cells": self.dealt[batch, arm, guide],
            }
        )
        controls = pd.DataFrame({"batch": self.batches, "arm": CONTROL, "guide": "", "cells": self.controls})
        rows = pd.concat([controls[controls["cells"] > 0], treated], ignore_index=True)
        place = rows["batch"].map({name: number for number, name in enumerate(self.batches)})
        return rows.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)


def layout_of(screen: Screen, guide: str | None = None) -> Layout:
    """The layout that a screen has: its conditions are arms, its batches within their contexts the batches."""
    control = screen.is_control
    present = np.unique(screen.condition_codes[~control])
    place = np.full(len(screen.conditions), -1)
    place[present] = np.arange(len(present))
    cells = np.zeros((int(screen.batches.max()) + 1, len(present)), int)
    np.add.at(cells, (screen.batches[~control], place[screen.condition_codes[~control]]), 1)
    guides = None
    if guide is not None:
        pairs = pd.DataFrame({"arm": place[screen.condition_codes], "guide": screen.obs[guide].to_numpy()})[~control]
        guides = pairs.groupby("arm")["guide"].nunique().to_numpy()
    first = np.unique(screen.batches, return_index=True)[1]
    named = screen.obs["batch"].astype(str).to_numpy()[first] if "batch" in screen.obs else np.full(len(first), "all")
    names = [f"{batch}, {context}" if context else batch for batch, context in zip(named, screen.contexts[first])]
    controls = np.bincount(screen.batches[control], minlength=len(names))
    return Layout(tuple(names), tuple(screen.conditions[i].label for i in present), cells, controls, guides)


def _distinct(what: str, names: Sequence[str]) -> tuple[str, ...]:
    names = tuple(str(name) for name in names)
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise UserError(f"The {what} name {listed(twice, 3)} stands more than once: make the names unique.")
    if not names:
        raise UserError(f"The layout has no {what}: give one at least.")
    return names


def _numbers(name: str, given: object, shape: tuple[int, ...]) -> np.ndarray:
    found = np.asarray(given, float)
    if found.shape != shape:
        raise UserError(f"The layout's {name} have the shape {found.shape} where {shape} is needed: make them agree.")
    if not (np.isfinite(found).all() and (found >= 0).all() and (found == np.floor(found)).all()):
        raise UserError(f"The layout's {name} must be whole numbers of at least 0: correct them.")
    return found.astype(np.int64)
