"""Every verdict of the audit on one simulated table: True where it says that something is there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from semimech.audit.conflict_audit import ConflictOptions, audit_conflict
from semimech.audit.confounding import ConfoundingOptions, confounding_of
from semimech.audit.confounding_words import says_more
from semimech.audit.fingerprints import morgan
from semimech.audit.focus.gains import gains
from semimech.audit.focus.kernel import Kernel
from semimech.audit.focus.of_table import pool_of
from semimech.audit.focus.readings import FIXED, RANKING, RECALIBRATED
from semimech.audit.focus.surface import Protocol, measure
from semimech.audit.mechanisms.held_out import Divided, compared
from semimech.audit.mechanisms.selection import number_of
from semimech.audit.mechanisms.space import space_of
from semimech.audit.synthetic import SimulatedBioactivities

LEVEL = 0.05
REPEATS = 20
NUMBERS = (0, 50, 100, 10_000)
BLURS, HELPS = "focus: pooling blurs the ranking", "focus: pooling helps the ranking"
ALONE, WITHIN = "conflict: any, alone", "conflict: any, within assays"
BESIDE, DIFFERS = "conflict: any, beside one law", "conflict: any bit differs beside one law"
TWO, LABELLED = "mechanisms: more than one", "mechanisms: series has a law of its own"
CHEMISTRY, SOURCE = "confounding: chemistry says more than source", "confounding: source says more than chemistry"

Verdicts = dict[str, bool]


def conflict_verdicts(made: SimulatedBioactivities) -> Verdicts:
    """Whether any bit conflicts, in each reading, or differs beside one law."""
    found = audit_conflict(made.table, made.in_series, ConflictOptions(features=("bits",), level=LEVEL))
    beside = found.beside["bits"].features
    readings = {ALONE: found.overall["bits"], WITHIN: found.within["bits"], BESIDE: found.beside["bits"]}
    said = {name: bool((one.features["class"] == "conflict").any()) for name, one in readings.items()}
    return said | {DIFFERS: bool((beside["q_difference"] <= LEVEL).any())}


def focus_verdicts(made: SimulatedBioactivities, useless: bool = False, seed: int = 0) -> Verdicts:
    """What a focus curve says; `useless`: the values of the outsiders are shuffled, so that they teach nothing."""
    bits = morgan(made.table)
    pool = pool_of(made.table, np.arange(len(bits)), made.in_series, bits)
    if useless:
        order = np.arange(len(bits))
        order[~made.in_series] = np.random.default_rng(seed).permutation(order[~made.in_series])
        pool = replace(pool, values=pool.values[order], relation=pool.relation[order])
    plan = Protocol(tuple(pool.quantiles(1)), repeats=REPEATS, numbers=NUMBERS, seed=seed)
    found = {one.reading: one for one in gains(measure(pool, Kernel(), plan, workers=1)) if one.threshold is None}
    ranking = found[RANKING]
    return {
        BLURS: ranking.conflict,
        f"focus: {FIXED} falls": found[FIXED].conflict,
        f"focus: {RECALIBRATED} score falls": found[RECALIBRATED].conflict,
        HELPS: bool(ranking.pooling.low > 0 or ranking.transfer.low > 0),
    }


def mechanism_verdicts(made: SimulatedBioactivities, seed: int = 0, divisions: int = 1) -> Verdicts:
    """Whether more than one mechanism is found, and whether the series as a label has a law of its own."""
    space, _ = space_of(made.table, np.arange(len(made.table)), seed)
    held = Divided(space, seed, divisions)
    labelled = compared(held.labelled_densities(made.in_series.astype(int)), held.densities(1), space)
    return {TWO: number_of(held, 2, LEVEL)[0] > 1, LABELLED: labelled[2] <= LEVEL}


def confounding_verdicts(made: SimulatedBioactivities, seed: int = 0) -> Verdicts:
    """Which of chemistry and source says more, if the interval of their difference tells, on two splits."""
    found = confounding_of(made.table, None, ConfoundingOptions(splits=("random", "document")), seed=seed).scores
    said = {}
    for split in ("random", "document"):
        more = says_more(found.loc[(split, "all")])
        said[f"{CHEMISTRY} ({split} split)"] = more == "chemistry"
        said[f"{SOURCE} ({split} split)"] = more == "source"
    return said
