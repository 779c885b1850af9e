"""The conditions of one context of a screen and of all others, and how near each context is to that one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from semimech.audit.focus.pool import EXACT, LEAST_SERIES, Pool
from semimech.data.condition import Condition, design_matrix
from semimech.data.effects import Effects, effects_of
from semimech.data.readers.dialects import column_of
from semimech.data.screen import Screen
from semimech.support.errors import UserError, listed

Nearness = Literal["effects", "untreated"]
COLUMNS = ("context", "batch")


@dataclass(frozen=True, eq=False)
class Contexts:
    """Effects of every condition in every context, as rows, the context `target` being the one to be predicted.

    context: of each row; values: rows x features; what: rows x parts, what was done (doses of perturbations and of
    their targets); near: rows x rows, how near a row's context is to the column's, known for columns of the target;
    dropped: conditions without effects, with the reason.
    """

    target: str
    context: np.ndarray
    features: tuple[str, ...]
    values: np.ndarray
    what: np.ndarray
    near: np.ndarray
    dropped: tuple[str, ...] = ()

    @property
    def in_series(self) -> np.ndarray:
        """The rows of the context that is to be predicted."""
        return self.context == self.target

    def pool(self, feature: str) -> Pool:
        """The effects on one feature, in units of their standard deviation outside the target."""
        values = self.values[:, self.features.index(feature)].astype(float)
        values = values / (values[~self.in_series].std() or 1.0)
        relation = np.full(len(values), EXACT)
        return Pool(likeness(self.what), values, relation, self.in_series, self.what, self.near)

    def table(self) -> pd.DataFrame:
        """The other contexts, nearest first: context, conditions, nearness (mean over the conditions of the target)."""
        near = pd.Series(self.near[:, self.in_series].mean(axis=1))
        others = ~self.in_series
        found = near[others].groupby(self.context[others], sort=False).agg(["size", "mean"])
        found = found.sort_values("mean", ascending=False, kind="stable")
        return found.rename_axis("context").rename(columns={"size": "conditions", "mean": "nearness"}).reset_index()


def likeness(what: np.ndarray) -> np.ndarray:
    """Cosine of what is done (rows x parts) times exp(-log(ratio of the strengths)² / 2): rows x rows.

    A product of kernels, so positive definite; ones on the diagonal.
    """
    strength = np.linalg.norm(what, axis=1, keepdims=True)
    direction, log = what / strength, np.log(strength)
    return direction @ direction.T * np.exp(-0.5 * (log - log.T) ** 2)


def contexts_of(screen: Screen, target: str, *, by: str | None = None, nearness: Nearness = "effects") -> Contexts:
    """The effects of all conditions by the column `by` of obs (context, else batch), to predict those of `target`.

    Nearness of contexts: `effects`, the correlation over features of the effects of the same doses in both (a focus
    curve looks at those of the training half alone; 0 for a dose that is not in both); `untreated`, that of their
    untreated rows. Raises UserError for a column or value that is not there, fewer than 20 conditions in the target,
    and a nearness that the screen does not tell.
    """
    column = _column(screen, by)
    labels = screen.obs[column].astype(str).to_numpy(object)
    names = list(dict.fromkeys(labels))
    if target not in names:
        raise UserError(f"No row has {column} = {target}: the values are {listed(names, 8)}.")
    found = {name: effects_of(screen, np.flatnonzero(labels == name)) for name in names}
    conditions = [condition for effects in found.values() for condition in effects.conditions]
    context = np.repeat(np.array(names, object), [len(effects) for effects in found.values()])
    size = int((context == target).sum())
    if size < LEAST_SERIES or size == len(context):
        raise UserError(
            f"{target} has {size} conditions with effects, the other contexts {len(context) - size}: a focus curve "
            f"needs at least {LEAST_SERIES} in the one and some in the others{_why(found)}."
        )
    values = np.concatenate([effects.values for effects in found.values()])
    if nearness == "effects":
        rows = _by_effects(conditions, context, values, target)
    else:
        rows = _by_untreated(screen, found, target)[:, None]
    near = np.zeros((len(context), len(context)))
    near[:, context == target] = rows[pd.Index(names).get_indexer(context)]
    kept = (screen.features["role"] != "input").to_numpy()
    features = tuple(name for name, keep in zip(screen.feature_names, kept) if keep)
    lost = tuple(f"{label}: {reason}" for effects in found.values() for label, reason in effects.dropped)
    return Contexts(target, context, features, values[:, kept], _what(screen, conditions), near, lost)


def _why(found: Mapping[str, Effects]) -> str:
    lost = [label for effects in found.values() for label, _ in effects.dropped]
    return f" ({len(lost)} conditions have no control rows in their batch: {listed(lost, 3)})" if lost else ""


def _by_effects(conditions: Sequence[Condition], context: np.ndarray, values: np.ndarray, target: str) -> np.ndarray:
    """Contexts (as they appear) x conditions of the target: correlation of the effects of the same doses."""
    unit = values - values.mean(axis=1, keepdims=True)
    unit = unit / np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-12)
    codes = pd.factorize(
        np.array([condition.label.removesuffix(f" ({condition.context})") for condition in conditions])
    )[0]
    own = context == target
    near = []
    for name in dict.fromkeys(context):
        there = context == name
        sums = np.zeros((codes.max() + 1, values.shape[1]))
        np.add.at(sums, codes[there], unit[there])
        mean = sums / np.maximum(np.bincount(codes[there], minlength=len(sums)), 1)[:, None]
        near.append((mean[codes[own]] * unit[own]).sum(axis=1))
    found = np.array(near)
    if not found[[name != target for name in dict.fromkeys(context)]].any():
        raise UserError(
            f"No condition of {target} is in another context, so effects do not tell which are near: say "
            "--nearness untreated."
        )
    return found


def _by_untreated(screen: Screen, found: Mapping[str, Effects], target: str) -> np.ndarray:
    """Correlation of the mean of the untreated rows of each context with that of the target."""
    if screen.scale == "log-ratio":
        raise UserError("Log-ratios do not tell what untreated cells are like: say --nearness effects.")
    profiles = np.array([effects.control_mean for effects in found.values()], float)
    return np.corrcoef(profiles)[list(found).index(target)]


def _column(screen: Screen, by: str | None) -> str:
    if by is not None:
        column_of(screen.obs, by, "by")
        return by
    for name in COLUMNS:
        if name in screen.obs and screen.obs[name].nunique() > 1:
            return name
    raise UserError("The screen has one context and one batch: say --by COLUMN, a column whose values are contexts.")


def _what(screen: Screen, conditions: list[Condition]) -> np.ndarray:
    """Doses in units of the usual one, of each perturbation and of each node that is a declared target."""
    usual = np.array([abs(screen.default_doses[name]) for name in screen.perturbation_names])
    doses = design_matrix(conditions, screen.perturbation_names).astype(float) / usual
    nodes = sorted({node for one in screen.perturbations for node in one.targets})
    acts = np.array([[one.targets.get(node, 0.0) for node in nodes] for one in screen.perturbations])
    return np.hstack([doses, doses @ acts]) if nodes else doses
