"""Inner leave-one-target-out: how strongly to regularise, how far to trust the network, and the relatives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from semimech.data.effects import Effects, effects_of
from semimech.data.scored import scored_entries
from semimech.data.screen import Screen
from semimech.data.splits import Split, stratified_half
from semimech.models.scm.law import law_of
from semimech.models.scm.targets import Columns, Slopes, expected_slopes, measured_slopes, rows_that_hold

FEWEST = 3  # targets below which nothing can be chosen
CERTAIN = 2.0  # standard errors by which answers must agree with what was seen


@dataclass(frozen=True)
class Choice:
    """What inner validation chose, with the errors of unseen targets as shares of no change (NaN: nothing to go by).

    strength: of the ridge; within: weight of what cells vary together; floor: the squared norm, as a multiple of that
    of the noise of an effect, below which an answer is no change; factor: share of the network's answer that is kept,
    0 is abstaining; power, noise: of the kernel between relatives, infinite noise is abstaining.
    """

    strength: float = 1.0
    within: float = 0.0
    floor: float = 0.0
    factor: float = 0.0
    error: float = float("nan")
    power: int = 1
    noise: float = float("inf")
    kin_error: float = float("nan")


def halves(screen: Screen, split: Split, seed: int) -> list[tuple[Effects, Effects]]:
    """Effects of all training conditions against one half of the control rows, and the other: no noise is shared.

    Log-ratios have no controls to share; with fewer than two control rows in some batch, all serve both.
    """
    train = np.asarray(split.train)
    control = np.zeros(screen.shape[0], bool)
    control[train] = screen.is_control[train]
    sizes = np.bincount(screen.batches[control], minlength=int(screen.batches.max()) + 1)
    if screen.scale == "log-ratio" or sizes[screen.batches[train]].min() < 2:
        whole = effects_of(screen, train)
        return [(whole, whole)]
    half = stratified_half(screen.batches, screen.batches, control, np.random.default_rng([seed, 4177]))
    treated = train[~screen.is_control[train]]
    one, two = (effects_of(screen, np.union1d(treated, np.flatnonzero(part))) for part in (half, control & ~half))
    return [(one, two), (two, one)]


def folds_of(effects: Effects, names: Sequence[str], folds: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """(rows to fit, single conditions to predict), each time without all conditions of one perturbation.

    Where there are more perturbations than `folds`, several are left out together.
    """
    order = np.random.default_rng([seed, 977]).permutation(len(names))
    fold_of = {names[k]: i % folds for i, k in enumerate(order)}
    found = []
    for fold in range(min(folds, len(names))):
        out = np.array([any(fold_of.get(name) == fold for name in c.names) for c in effects.conditions])
        asked = np.flatnonzero(out & np.array([not c.is_combination for c in effects.conditions]))
        if asked.size and not out.all():
            found.append((np.flatnonzero(~out), asked))
    return found


def unseen_answers(
    effects: Effects,
    fit: np.ndarray,
    asked: np.ndarray,
    levels: Sequence[np.ndarray],
    columns: Columns,
    choice: Choice,
    cells: np.ndarray | None,
) -> np.ndarray:
    """What the law of the conditions `fit` says of the single conditions `asked` (asked x features)."""
    rows = rows_that_hold([effects.conditions[i] for i in fit], columns)
    law = law_of(effects.values[fit].astype(float), rows, choice.strength, cells, choice.within)
    answers = np.zeros((len(asked), len(effects.features)))
    for k, i in enumerate(asked):
        held = np.array(columns[effects.conditions[i].names[0]], int)
        if held.size:
            answers[k] = law.solve(held, levels[k])
    return answers


def levels_for(
    effects: Effects, asked: np.ndarray, columns: Columns, slopes: Slopes, source: Effects | None
) -> Iterator[np.ndarray]:
    """Levels at which the targets of single conditions are held: as `source` shows them, else as the others suggest."""
    names = {effects.conditions[i].names[0] for i in asked}
    others = {name: slope for name, slope in slopes.items() if name not in names}
    for i in asked:
        ((name, dose),) = effects.conditions[i].doses
        held = list(columns[name])
        if source is not None:
            yield source.values[i, held].astype(float)
        else:
            yield dose * expected_slopes(others, columns, effects.control_mean, held)


def noise_size(effects: Effects) -> float:
    """Squared norm of the noise of an effect: the median over conditions; 0 where it is not known."""
    squared = np.nan_to_num(effects.standard_errors.astype(float)) ** 2
    return float(np.median(squared.sum(1))) if len(squared) else 0.0


def above(answers: np.ndarray, floor: float) -> np.ndarray:
    """The answers (targets x features), no change where the squared norm is below `floor`."""
    return answers * ((answers**2).sum(1, keepdims=True) >= floor)


def choose_network(
    screen: Screen,
    pairs: Sequence[tuple[Effects, Effects]],
    columns: Columns,
    options: Sequence[Choice],
    floors: Sequence[float],
    cells: np.ndarray | None,
    given: bool,
    folds: int,
    seed: int,
) -> Choice:
    """The option (strength, within), the floor and the factor with the least error over targets left out.

    The factor is argmin over a in [0, 1] of sum (a * answer - effect)^2, and 0 unless sum (answer * effect) exceeds
    what the standard errors of the effects alone would do to it. `given`: own shifts are told.
    """
    named = [name for name in seen_alone(pairs[0][0]) if columns[name]]
    if len(named) < FEWEST:
        return min(options, key=lambda option: (option.within, abs(np.log(option.strength))))
    product, square = np.zeros((2, len(options), len(floors)))
    doubt = np.zeros((len(options), len(floors), len(pairs), screen.shape[1]))
    total = 0.0
    for half, (effects, other) in enumerate(pairs):
        counted = scored_entries(screen, effects.conditions)
        slopes = measured_slopes(effects, columns)
        noise, size = np.nan_to_num(other.standard_errors.astype(float)), noise_size(other)
        for fit, asked in folds_of(effects, named, folds, seed):
            levels = list(levels_for(effects, asked, columns, slopes, other if given else None))
            truth = other.values[asked].astype(float) * counted[asked]
            total += float((truth**2).sum())
            for k, option in enumerate(options):
                answers = unseen_answers(effects, fit, asked, levels, columns, option, cells) * counted[asked]
                for f, floor in enumerate(floors):
                    answer = above(answers, floor * size)
                    product[k, f] += (answer * truth).sum()
                    square[k, f] += (answer**2).sum()
                    doubt[k, f, half] += (np.abs(answer) * noise[asked]).sum(0)
    # Targets share the noise of the same controls, so it adds up within a feature, not in quadrature.
    skilled = product > CERTAIN * np.sqrt((doubt.sum(2) ** 2).sum(2))
    # Of many floors one would let just the answers through that chance favours: there must be skill without any.
    skilled &= skilled[:, [int(np.argmin(floors))]]
    factor = np.clip(np.divide(product, square, out=np.zeros_like(product), where=square > 0), 0, 1) * skilled
    error = 1 + (factor**2 * square - 2 * factor * product) / total
    best, least = (int(k) for k in np.unravel_index(error.argmin(), error.shape))
    at = best, least
    return replace(options[best], floor=floors[least], factor=float(factor[at]), error=float(error[at]))


def choose_kernel(
    screen: Screen,
    pairs: Sequence[tuple[Effects, Effects]],
    kernel: np.ndarray,
    powers: Sequence[int],
    noises: Sequence[float],
) -> tuple[int, float, float]:
    """(power, noise, error) of the kernel ridge on relatives alone, over every perturbation left out."""
    error = {(power, noise): 0.0 for power in powers for noise in noises}
    total = 0.0
    place = {name: k for k, name in enumerate(pairs[0][0].perturbations)}
    for effects, other in pairs:
        single = np.array([i for i, c in enumerate(effects.conditions) if not c.is_combination], int)
        names = np.array([place[effects.conditions[i].names[0]] for i in single], int)
        counted = scored_entries(screen, [effects.conditions[i] for i in single])
        known, truth = effects.values[single].astype(float), other.values[single].astype(float)
        total += float((truth[counted] ** 2).sum())
        for power, noise in error:
            answers = _without_own(kernel[np.ix_(names, names)] ** power, known, names, noise)
            error[power, noise] += float(((answers - truth)[counted] ** 2).sum())
    power, noise = min(error, key=lambda key: error[key])
    return power, noise, error[power, noise] / total if total else float("nan")


def _without_own(gram: np.ndarray, known: np.ndarray, names: np.ndarray, noise: float) -> np.ndarray:
    """Kernel ridge of each row from the rows of other perturbations: y - (G^-1_bb)^-1 (G^-1 y)_b, b the row's own."""
    if not np.isfinite(noise):
        return np.zeros_like(known)
    inverse = np.linalg.inv(gram + noise * np.eye(len(gram)))
    dual, answers = inverse @ known, known.copy()
    for name in np.unique(names):
        own = np.flatnonzero(names == name)
        answers[own] -= np.linalg.solve(inverse[np.ix_(own, own)], dual[own])
    return answers


def seen_alone(effects: Effects) -> list[str]:
    """Perturbations given alone in some condition, sorted."""
    return sorted({c.names[0] for c in effects.conditions if not c.is_combination})
