"""Mean squares of a screen whose expectations are variance components: moments with unequal numbers of cells.

Henderson 1953, doi:10.2307/3001853; Searle, Casella and McCulloch 1992, doi:10.1002/9780470316856.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.linalg import helmert

from semimech.design.groups import CONTROLS, Difference, Groups, arm_of
from semimech.design.intervals import Square, alikeness


class Unidentified(Exception):
    """This design cannot tell the component; the words say why."""


def cell_square(groups: Groups) -> Square:
    """Scatter of rows within arm, batch and guide; E = sigma^2."""
    freedom = np.maximum(groups.size - 1, 0)
    if not freedom.any():
        raise Unidentified("no arm has two rows in one batch")
    kept = freedom > 0
    total, scale = freedom[kept, None] * groups.variance[kept], freedom[kept]
    each = np.full(groups.mean.shape[1], freedom.sum())
    if kept.sum() >= 8:
        # Counts are no normal variables: their scatter between groups says how sure a variance is.
        square = total.sum(0) / scale.sum()
        spread = ((total - square * scale[:, None]) ** 2).sum(0) * kept.sum() / (kept.sum() - 1) / scale.sum() ** 2
        each = np.clip(2 * square**2 / np.maximum(spread, 1e-300), 1.0, freedom.sum())
    return Square(total, scale, np.zeros(groups.mean.shape[1]), each, 1.0)


def guide_square(groups: Groups) -> Square:
    """Guides of one arm in one batch: E = gamma^2 + sigma^2 (guides - 1) / scale, scale = n - sum n_g^2 / n."""
    if not groups.has_guides:
        raise Unidentified("no column of guides was named")
    cell, _ = groups.within(np.ones(len(groups.arm), bool))
    totals, scales, spare = [], [], 0.0
    for number in groups.arms:
        total, scale, count = np.zeros(len(cell)), 0.0, 0
        for batch in np.unique(groups.batch[groups.arm == number]):
            mine = (groups.arm == number) & (groups.batch == batch)
            size, mean = groups.size[mine], groups.mean[mine]
            centred = mean - size @ mean / size.sum()
            total += size @ centred**2
            scale += size.sum() - (size**2).sum() / size.sum()
            count += len(size) - 1
        if scale > 0:
            totals.append(total)
            scales.append(scale)
            spare += count
    if not scales or np.isnan(cell).any():
        raise Unidentified("no perturbation has two guides with two cells in one batch")
    guides = [len(np.unique(groups.guide[groups.arm == number])) - 1 for number in groups.arms]
    # The same guides in several batches are no further guides.
    return _of_arms(totals, scales, cell * spare / sum(scales), [k for k in guides if k > 0])


def batch_square(groups: Groups) -> Square:
    """Levels of the controls of the batches of one context; E = tau^2 + mean noise of a level.

    Where controls stand in no two batches, what the arms of a batch have in common.
    """
    own, _ = groups.within(groups.arm == CONTROLS)
    controls = arm_of(groups, CONTROLS)
    deviations, noise = [], 0.0
    for context in np.unique(groups.context[controls.batch]):
        mine = groups.context[controls.batch] == context
        if mine.sum() > 1:
            deviations.append(helmert(int(mine.sum())) @ controls.mean[mine])
            noise += (1 - 1 / mine.sum()) * (1 / controls.size[mine]).sum()
    if not deviations or np.isnan(own).any():
        return _batch_square_of_arms(groups)
    apart = np.concatenate(deviations)
    freedom = float(len(apart))
    total, scale = (apart**2).sum(0)[None], np.array([freedom])
    return Square(total, scale, own * noise / freedom, np.full(len(own), freedom), alikeness(apart))


def _batch_square_of_arms(groups: Groups) -> Square:
    """Products of the deviations of two arms in one batch, over all pairs of arms; E = tau^2 sum tr(C_p C_q).

    C_p is the centring of the batches of p. Noise and interaction are of each arm alone: they need not be known.
    """
    batches, features = len(groups.context), groups.mean.shape[1]
    together, centring = np.zeros((batches, features)), np.zeros((batches, batches))
    alone, own = np.zeros(features), 0
    for arm in (arm_of(groups, number) for number in groups.arms):
        centred = arm.mean - arm.mean.mean(0)
        together[arm.batch] += centred
        alone += (centred**2).sum(0)
        centring[np.ix_(arm.batch, arm.batch)] += np.eye(len(arm.batch)) - 1 / len(arm.batch)
        own += len(arm.batch) - 1
    scale = float((centring**2).sum() - own)
    if scale < 1e-9:
        raise Unidentified(_why_not(groups, "neither controls nor two perturbations stand in the same two batches"))
    rank = int(np.linalg.matrix_rank(centring))
    return Square((together**2).sum(0)[None], np.array([scale]), alone / scale, np.full(features, float(rank)))


def interaction_square(groups: Groups, differences: list[Difference], batch: np.ndarray, guide: np.ndarray) -> Square:
    """Differences of one arm in several batches; E = omega^2 + noise (+ tau^2, `batch`, where there are no controls).

    Weighted by 1 / (omega^2 / sigma^2 + 1 / n_pb + 1 / n_0b), found in two steps; guide: gamma^2, of guides that are
    dealt to batches unequally. DerSimonian and Laird 1986, doi:10.1016/0197-2456(86)90046-2.
    """
    cell, _ = groups.within(np.ones(len(groups.arm), bool))
    if np.isnan(cell).any():
        raise Unidentified("no arm has two rows in one batch, so that it cannot be told from the scatter of rows")
    several = [one for one in differences if len(one.size) > 1]
    if not several:
        raise Unidentified(_why_not(groups, "no perturbation stands beside controls in two batches"))
    shift = batch if np.isinf(several[0].beside).any() else np.zeros_like(cell)
    if np.isnan(shift).any():
        raise Unidentified("there are no controls, and the level of a batch is unknown")
    ratio = 0.0
    for _ in range(2):
        square = _interaction(several, guide, ratio)
        found = (square.mean_square - square.noise - shift).mean()
        ratio = max(float(found), 0.0) / max(float(cell.mean()), 1e-300)
    return replace(square, noise=square.noise + shift)


def perturbation_square(differences: list[Difference], interaction: np.ndarray, guide: np.ndarray) -> Square:
    """Squares of the effects; E = mean square of the effects + the variance with which they are measured."""
    if not differences:
        raise Unidentified("no perturbation stands beside controls of its batch")
    if np.isnan(differences[0].own).any():
        raise Unidentified("no arm has two rows in one batch, so that effects cannot be told from the scatter of rows")
    totals, effects, noise = [], [], np.zeros_like(interaction)
    for one in differences:
        weight = one.size / one.size.sum()
        effects.append(weight @ one.apart)
        totals.append(effects[-1] ** 2)
        noise += one.own * (weight**2 / one.size).sum() + one.control * (weight**2 / one.beside).sum()
        noise += interaction * (weight**2).sum() + guide * ((weight @ one.shares) ** 2).sum()
    found = _of_arms(totals, [1.0] * len(totals), noise / len(totals), [1] * len(totals))
    return replace(found, alike=alikeness(np.array(effects)))


def _interaction(differences: list[Difference], guide: np.ndarray, ratio: float) -> Square:
    totals, scales, noises, shared, apart = [], [], [], [], []
    for one in differences:
        weight = 1 / (ratio + 1 / one.size + 1 / one.beside)
        whole = weight.sum()
        left = weight * (1 - weight / whole)
        centre = weight @ one.apart / whole
        unequal = weight @ (one.shares**2).sum(1) - ((weight @ one.shares) ** 2).sum() / whole
        beside = one.control * (left / one.beside).sum()
        totals.append(weight @ (one.apart - centre) ** 2)
        scales.append(left.sum())
        noises.append(one.own * (left / one.size).sum() + beside + guide * unequal)
        shared.append(beside)
        apart.append(helmert(len(weight)) @ one.apart)
    found = _of_arms(totals, scales, sum(noises) / sum(scales), [len(one.size) - 1 for one in differences])
    # What arms have in common through their controls does not average out over arms.
    part = np.clip(sum(shared) / np.maximum(found.total.sum(0), 1e-300), 0.0, 1.0)
    freedom = found.freedom / (1 + (len(totals) - 1) * part**2)
    return replace(found, freedom=freedom, alike=alikeness(np.concatenate(apart)))


def _of_arms(totals: list[np.ndarray], scales: list[float], noise: np.ndarray, freedoms: list[int]) -> Square:
    scale, free = np.array(scales), np.array(freedoms, float)
    freedom = np.full(len(noise), scale.sum() ** 2 / (scale**2 / free).sum())
    return Square(np.array(totals), scale, noise, freedom)


def _why_not(groups: Groups, otherwise: str) -> str:
    several = len(np.unique(groups.batch)) > len(np.unique(groups.context))
    return otherwise if several else "there is one batch" + (" in each context" if groups.context.max() else "")
