"""The variance of an effect that a layout measures: which part more cells reduce, and which part none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from semimech.design.components import Components
from semimech.design.layout import Layout
from semimech.support.errors import UserError

Reference = Literal["same batch", "pooled", "none"]
Weights = Literal["cells", "best"]


@dataclass(frozen=True, eq=False)
class Contrast:
    """What multiplies each component in the variance of a measured effect, each (contrasts,).

    Var = own cell + control cell + shift batch + spread interaction + guides guide. `own` is the part of the perturbed
    cells, `control` that of the controls, `shift` what is left of the batches' levels: 0 against controls of the same
    batches, up to 2 against those of another. All are infinite where the layout cannot measure the effect.
    """

    own: np.ndarray
    control: np.ndarray
    shift: np.ndarray
    spread: np.ndarray
    guides: np.ndarray

    def variance(self, cell: np.ndarray, batch: np.ndarray, interaction: np.ndarray, guide: np.ndarray) -> np.ndarray:
        """Var for these components: numbers give (contrasts,), columns (features,) give contrasts x features."""
        parts = (
            (self.own, cell), (self.control, cell), (self.shift, batch), (self.spread, interaction),
            (self.guides, guide),
        )  # fmt: skip
        values = [(factor, np.asarray(component, float)) for factor, component in parts]
        with np.errstate(invalid="ignore"):  # what cannot be measured, of a component that is 0
            terms = [factor * one if one.ndim == 0 else factor[:, None] * one for factor, one in values]
        missing = np.isinf(self.own)
        total = np.sum(terms, axis=0)
        total[missing] = np.inf
        return total


def contrast_variance(
    layout: Layout,
    components: Components,
    reference: Reference = "same batch",
    *,
    weights: Weights = "cells",
    effect: np.ndarray | float = 0.0,
    per_feature: bool = False,
) -> np.ndarray:
    """Variance of the measured effect of every arm (arms,), pooled or `per_feature` (arms x features).

    effect_p = sum_b w_pb m_pb - sum_b u_pb m_0b, of means m of the n_pb perturbed and n_0b control cells of batch b:
    Var = sum_b (w_pb^2 sigma^2 / n_pb + u_pb^2 sigma^2 / n_0b + (w_pb - u_pb)^2 tau^2 + w_pb^2 omega^2)
    + sum over guides (share^2) gamma^2 + eps (1 - eps) effect^2 sum_b w_pb^2 / n_pb.

    reference: 'same batch' u = w over batches with controls, what `effects_of` does; 'pooled' u_b = n_0b / n_0, all
    control cells as one; 'none' u = 0, log-ratios as given. weights: 'cells' w_pb = n_pb / n_p, as `effects_of` has;
    'best' those of the least variance in the same batch, 1 / (sigma^2 / n_pb + sigma^2 / n_0b + omega^2).
    effect: of an edited cell, a number, (arms,), or arms x features; where only a share eps of the labelled cells is
    edited, the measured effect is eps times it and its cells are a mixture. Infinite where no batch has both.
    """
    contrast = contrast_of(layout, reference, weights, components)
    values = [_values(components, name, factor, per_feature) for name, factor in _needs(contrast)]
    total = contrast.variance(*values)
    mixed = mixture_variance(effect, components.value("efficiency")) if np.any(effect) else np.zeros(())
    if mixed.ndim == 1 and total.ndim == 2:
        mixed = mixed[:, None]
    if mixed.ndim == 2 and total.ndim == 1:
        mixed = mixed.mean(1)
    factor = np.where(np.isinf(contrast.own), 0.0, contrast.own)
    own = factor if total.ndim == 1 else factor[:, None]
    return total + (own * mixed if np.any(mixed) else 0.0)


def contrast_of(
    layout: Layout,
    reference: Reference = "same batch",
    weights: Weights = "cells",
    components: Components | None = None,
) -> Contrast:
    """The factors of every arm's effect; `components` are needed for the best weights alone."""
    treated, controls = weights_of(layout, reference, weights, components)
    return combined(layout, treated, controls, np.eye(len(layout.arms)))


def combination_variance(
    layout: Layout,
    components: Components,
    combinations: np.ndarray,
    reference: Reference = "same batch",
    weights: Weights = "cells",
) -> np.ndarray:
    """Variance of sums of effects (combinations,), coefficients given as combinations x arms.

    A row with 1, -1, -1 is the interaction of a pair with its singles: pair - a - b, in which the controls of a batch
    stand with w_a + w_b - w_pair and so partly cancel; a row with 1, -1 is the difference of two arms or times.
    """
    treated, controls = weights_of(layout, reference, weights, components)
    contrast = combined(layout, treated, controls, np.atleast_2d(np.asarray(combinations, float)))
    return contrast.variance(*(_values(components, name, factor, False) for name, factor in _needs(contrast)))


def pair_combinations(layout: Layout, pairs: Sequence[tuple[str, str, str]]) -> np.ndarray:
    """Coefficients of pair - a - b for each (pair, a, b), as `combination_variance` takes them (pairs x arms)."""
    place = {arm: number for number, arm in enumerate(layout.arms)}
    found = np.zeros((len(pairs), len(layout.arms)))
    for row, names in zip(found, pairs, strict=True):
        unknown = [name for name in names if name not in place]
        if unknown:
            raise UserError(f"The layout has no arm {unknown[0]}: use one of its arms.")
        row[[place[name] for name in names]] = 1.0, -1.0, -1.0
    return found


def mixture_variance(effect: np.ndarray | float, efficiency: float) -> np.ndarray:
    """What unedited cells among the labelled add to the variance of a cell: eps (1 - eps) effect^2."""
    return efficiency * (1 - efficiency) * np.asarray(effect, float) ** 2


def weights_of(
    layout: Layout, reference: Reference, weights: Weights, components: Components | None
) -> tuple[np.ndarray, np.ndarray]:
    """w of the perturbed and u of the control means (batches x arms); w of an arm without a usable batch is 0."""
    cells = layout.cells.astype(float)
    if reference == "same batch":
        cells = cells * (layout.controls > 0)[:, None]
    if weights == "best":
        if components is None or reference != "same batch":
            raise UserError("The best weights need components, and controls of the same batch as the reference.")
        cells = _precision(cells, layout, components)
    total = cells.sum(0)
    treated = np.divide(cells, total, out=np.zeros_like(cells), where=total > 0)
    if reference == "same batch":
        return treated, treated
    if reference == "none":
        return treated, np.zeros_like(treated)
    if not layout.controls.any():
        return np.zeros_like(treated), np.zeros_like(treated)
    pooled = (layout.controls / layout.controls.sum())[:, None] * (total > 0)
    return treated, pooled


def combined(layout: Layout, treated: np.ndarray, controls: np.ndarray, combinations: np.ndarray) -> Contrast:
    """The factors of sums of effects with these weights (batches x arms) and coefficients (combinations x arms)."""
    squares = combinations**2
    each = np.divide(treated**2, layout.cells, out=np.zeros_like(treated), where=layout.cells > 0)
    control = controls @ combinations.T
    beside = layout.controls[:, None]
    of_controls = np.divide(control**2, beside, out=np.zeros_like(control), where=beside > 0)
    dealt = layout.dealt
    share = np.divide(dealt, layout.cells[:, :, None], out=np.zeros(dealt.shape), where=layout.cells[:, :, None] > 0)
    by_guide = np.einsum("bp,bpg->pg", treated, share)
    found = (
        squares @ each.sum(0),
        of_controls.sum(0),
        ((treated @ combinations.T - control) ** 2).sum(0),
        squares @ (treated**2).sum(0),
        squares @ (by_guide**2).sum(1),
    )
    lost = (combinations != 0) @ (treated.sum(0) == 0)
    return Contrast(*(np.where(lost, np.inf, factor) for factor in found))


def _precision(cells: np.ndarray, layout: Layout, components: Components) -> np.ndarray:
    """1 / variance of the effect in each batch (batches x arms), 0 where there is none."""
    both = (cells > 0) & (layout.controls > 0)[:, None]
    each = np.divide(1, cells, out=np.zeros_like(cells), where=both)
    beside = np.divide(1, layout.controls, out=np.zeros(len(layout.controls)), where=layout.controls > 0)[:, None]
    variance = components.value("cell") * (each + beside) + components.value("interaction")
    return np.where(both, 1 / variance, 0.0)


def _needs(contrast: Contrast) -> tuple[tuple[str, np.ndarray], ...]:
    return (
        ("cell", contrast.own),
        ("batch", contrast.shift),
        ("interaction", contrast.spread),
        ("guide", contrast.guides),
    )


def _values(components: Components, name: str, factor: np.ndarray, per_feature: bool) -> np.ndarray:
    """The component, not asked for where nothing rests on it."""
    if not (factor[np.isfinite(factor)] > 1e-12).any():
        return np.zeros(len(components.features)) if per_feature else np.zeros(())
    pooled = np.asarray(components.value(name))
    return getattr(components, name) if per_feature else pooled
