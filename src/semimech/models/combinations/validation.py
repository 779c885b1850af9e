"""Settings of the law that held-out combinations favour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from semimech.data.effects import Effects, effects_of
from semimech.data.inner import dealt, inner_splits
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.combinations.counts import CountCurves
from semimech.models.combinations.law import Law, Scale, Settings, gated, sums_of, with_bilinear
from semimech.models.combinations.table import Changes, effect_changes, rate_changes
from semimech.models.effects import Noise
from semimech.models.effects.validation import common, whitened

SPREADS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
PENALTIES = (16.0, 8.0, 4.0, 2.0)
GATES = (0.25, 0.5, 0.75, 1.0)  # and 0, by the sums alone
UNSHRUNK = 1.0
WORTH = 0.99  # of the error without it must a bilinear term leave at most
COMBINATIONS, CONDITIONS, CELLS = "held-out combinations", "held-out conditions", "held-out cells of singles"
NOTHING = "nothing, as no rows could be held out"


@dataclass(frozen=True, eq=False)
class Data:
    """What all training rows tell: the noise of their effects, and the curves of the controls' counts, if any."""

    screen: Screen
    noise: Noise
    curves: CountCurves | None

    def changes(self, scale: Scale, rows: np.ndarray) -> Changes:
        """Changes of the conditions of some rows on a scale."""
        effects = effects_of(self.screen, rows)
        noise = self.noise.of_part(self.screen, rows, effects)
        if scale == "effect":
            return effect_changes(effects, noise)
        return rate_changes(self.screen, rows, effects, noise)

    def plain(self, changes: Changes, settings: Settings) -> Law:
        """The law of sums at some settings."""
        curves = self.curves if settings.scale == "log-rate" else None
        return sums_of(changes, self.screen.perturbation_names, settings.spread, curves)


@dataclass(frozen=True, eq=False)
class Fold:
    """Some training rows to learn from (`train`), and the effects of the conditions held out with their noise."""

    train: np.ndarray
    held: Effects
    noise: Noise

    def wrong(self, screen: Screen, law: Law) -> float:
        """Squared error of the law, noise-weighted."""
        errors = law.predict(self.held.conditions) - self.held.values
        return float((whitened(screen, self.held, self.noise, errors) ** 2).sum())


def combination_folds(screen: Screen, split: Split, folds: int, seed: int) -> list[Split]:
    """Splits of the training rows that hold out combinations whose perturbations stay in others, and controls."""
    train = np.asarray(split.train)
    control, codes = screen.is_control[train], screen.condition_codes[train]
    pool = [i for i in np.unique(codes) if screen.conditions[i].is_combination]
    random = np.random.default_rng([seed, 6_151])
    place = dict(zip(pool, random.permutation(len(pool)) % folds, strict=True))
    by_row = dealt(screen.batches[train], folds, random)
    found = []
    for fold in range(min(folds, len(pool))):
        out = {i for i in pool if place[i] == fold}
        known = {name for i in np.unique(codes) if i not in out for name in screen.conditions[i].names}
        held = [i for i in out if known.issuperset(screen.conditions[i].names)]
        mask = (np.isin(codes, held) & ~control) | (control & (by_row == fold))
        if held and (~mask & ~control).any():
            found.append(Split("inner combinations", f"inner {fold}", seed, train[~mask], train[mask]))
    return found


def folds_of(data: Data, split: Split, folds: int, seed: int) -> tuple[str, list[Fold]]:
    """(what is held out, folds): combinations, else other conditions, else cells of the conditions there are.

    Where fewer than half of the conditions have rows to hold out these tell nothing of the others: no folds.
    """
    screen = data.screen
    inner, told = combination_folds(screen, split, folds, seed), COMBINATIONS
    if not inner:
        inner, told = inner_splits(screen, split, "conditions", folds, seed), CONDITIONS
    if not inner:
        inner, told = inner_splits(screen, split, "rows", folds, seed), CELLS
    found = []
    for each in inner:
        held = effects_of(screen, each.test)
        asked = np.arange(len(held))
        if told == CELLS:
            asked, _ = common(held, effects_of(screen, each.train))
        if len(asked):
            noise = data.noise.of_part(screen, each.test, held)
            found.append(Fold(each.train, held.take(asked), noise.take(asked)))
    if told == CELLS and 2 * len({c for fold in found for c in fold.held.conditions}) < len(data.noise.conditions):
        return NOTHING, []
    return told, found


def choose(
    data: Data, folds: Sequence[Fold], scales: Sequence[Scale], rank: int, starts: int, seed: int
) -> tuple[Settings, dict[str, float]]:
    """The settings of least error over the folds, and errors of the best sums, of none and of all on that scale.

    First the scale and the spread of the sums, then the penalty and the gate of the bilinear term; gate 0 is among
    the choices, and no bilinear term is tried where no fold has combinations to learn it from.
    """
    plain = {}
    for scale in scales:
        changes = [data.changes(scale, fold.train) for fold in folds]
        for spread in SPREADS:
            settings = Settings(scale, spread)
            laws = [data.plain(each, settings) for each in changes]
            plain[settings] = _total(data.screen, folds, laws)
    best = min(plain, key=lambda settings: plain[settings])
    errors = {"no change": plain[replace(best, spread=0.0)], "sums": plain[best]}
    changes = [data.changes(best.scale, fold.train) for fold in folds]
    learnable = all(any(c.is_combination for c in each.conditions) for each in changes)
    if rank and best.spread and learnable:
        tried = _with_bilinear(data, folds, changes, best, rank, starts, seed)
        gained = min(tried, key=lambda settings: tried[settings])
        errors["with a bilinear term"] = tried[gained]
        if tried[gained] < WORTH * plain[best]:
            best = gained
    return best, errors


def _with_bilinear(
    data: Data, folds: Sequence[Fold], changes: Sequence[Changes], best: Settings, rank: int, starts: int, seed: int
) -> dict[Settings, float]:
    """Errors with a bilinear term of each penalty and gate, beside sums as they are best and less shrunk.

    What sums alone cannot say looks like noise to them, and shrinks them; with the bilinear term it need not.
    """
    tried = {}
    for spread in dict.fromkeys((best.spread, max(best.spread, UNSHRUNK))):
        begun = replace(best, spread=spread)
        laws = [data.plain(each, begun) for each in changes]
        whole = [
            with_bilinear(each, law, spread, PENALTIES, rank, starts, seed)
            for each, law in zip(changes, laws, strict=True)
        ]
        for i, penalty in enumerate(PENALTIES):
            for gate in GATES:
                mixed = [gated(law, parts[i], gate) for law, parts in zip(laws, whole, strict=True)]
                tried[replace(begun, penalty=penalty, gate=gate)] = _total(data.screen, folds, mixed)
    return tried


def _total(screen: Screen, folds: Sequence[Fold], laws: Sequence[Law]) -> float:
    return sum(fold.wrong(screen, law) for fold, law in zip(folds, laws, strict=True))
