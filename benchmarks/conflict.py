"""Features that point opposite ways in the Akt series and outside it, and how often that is said where it is not so.

    python -m benchmarks.conflict [--data FOLDER] [--out benchmarks/conflict.md]

False alarms and power are measured on the real structures and assays with simulated activities.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarks._page import heading, paragraph, parser_of, table

from semimech.audit import Bioactivities, read_bioactivities
from semimech.audit.conflict import classified, conflict_of
from semimech.audit.conflict_audit import ConflictOptions, audit_conflict
from semimech.audit.conflict_words import conflict_sentences
from semimech.audit.fingerprints import morgan, tanimoto
from semimech.audit.one_law import components_of, effects_beside_law

SETTINGS = ((1024, "bonferroni"), (1024, "bh"), (4096, "bh"), (16384, "bh"))
NULLS = 200
BESIDE = 30
POWERED = 8
SERIES, OUTSIDE = 200, 600
OPPOSED = 5
SIZES = (0.25, 0.5, 1.0)
NOISE, ASSAY_SD = 0.7, 0.7
# A fixed share of the bits has an effect, of the sd of real ones.
ACTIVE, EFFECT_SD = 0.1, 0.4


def main() -> None:
    """Write the page."""
    arguments = parser_of(__doc__, __file__).parse_args()
    folder: Path = arguments.data / "akt"
    akt = read_bioactivities([folder / f"{name}.csv.gz" for name in ("series", "outside")])
    lines = heading("Conflict of features: Akt inhibitors", "conflict")
    lines += paragraph(
        "One allosteric series of 300 compounds and 2,242 other inhibitors of Akt (ChEMBL). Morgan bits of radius 3, "
        "bounds taken at their limit, level 0.05 after correction."
    )
    lines += facts(akt)
    lines += calibration(akt)
    arguments.out.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def facts(akt: Bioactivities) -> list[str]:
    """The counts of each setting, and the sentences of the default one."""
    mask, rows, said = akt.series("inout", "in"), [], []
    for bits, correction in SETTINGS:
        options = ConflictOptions(features=("bits",), bits=bits, correction=correction)
        audit = audit_conflict(akt, mask, options)
        counts, found = audit.overall["bits"].counts(), audit.table()
        conflicts = found[found["class"] == "conflict"]
        shared = int((conflicts["fragment_series"] != conflicts["fragment_outside"]).sum())
        rows.append(
            [
                f"{bits:,}",
                correction,
                *(
                    str(counts[key])
                    for key in ("features", "signs differ", "significant in both", "conflict", "reversal")
                ),
                f"{counts['correlation']:.2f}",
                str(shared),
                *(str(int((conflicts[f"class_{name}"] == "conflict").sum())) for name in ("within", "beside")),
                str(int((found["q_difference_beside"] <= options.level).sum())),
            ]
        )
        if (bits, correction) == (1024, "bh"):
            said = conflict_sentences(audit)
    columns = (
        *("bits", "correction", "vary", "signs differ", "significant in both", "opposite", "reversals", "correlation"),
        *("opposite, of different fragments", "opposite within assays too", "opposite beside one law too"),
        "differ beside one law",
    )
    return ["## Facts", "", *table(columns, rows), *(line for sentence in said for line in paragraph(sentence))]


def calibration(akt: Bioactivities) -> list[str]:
    """False alarms of three kinds of nulls, and power, of the three readings."""
    start = time.perf_counter()
    trial = trial_of(akt)
    rows = []
    for name, effects, shift in (("no effect", 0.0, 0.0), ("the same effects", EFFECT_SD, 0.0),
                                 ("the same effects, shifts between assays", EFFECT_SD, ASSAY_SD)):  # fmt: skip
        alarms = [alarmed(readings(trial, effects, shift, 0.0, seed, beside=False)) for seed in range(NULLS)]
        last = "not run"
        if shift > 0:
            found = [alarmed(readings(trial, effects, shift, 0.0, seed, beside=True))[2] for seed in range(BESIDE)]
            last = f"{np.mean(found):.3f} (of {BESIDE})"
        rows.append([name, f"{NULLS}", *(f"{share:.3f}" for share in np.mean(alarms, axis=0)), last])
    lines = ["## False alarms", ""]
    lines += paragraph(
        f"Share of data sets with at least one conflict where there is none: the real "
        f"structures and assays of {SERIES} compounds of the series and {OUTSIDE} others, p = 6.5 + effects of one bit "
        f"in ten (sd {EFFECT_SD}) + shifts of assays (sd {ASSAY_SD}) + noise (sd {NOISE}); "
        f"{trial.bits.shape[1]} bits vary."
    )
    columns = ("alone", "within assays", "beside one law")
    lines += table(("truth", "data sets", *columns), rows)
    lines += paragraph(
        "Alone, an effect is that of one feature, as in the source of this analysis. Where one and the same law holds "
        "in the series and outside, but other features go together there, the effects of single features differ, and "
        "most data sets have a conflict: it says that a feature cannot be carried over, not that the mechanism "
        "differs. More nulls beside one law are in [audit_calibration.md](audit_calibration.md)."
    )
    lines += ["## Power", ""]
    lines += paragraph(
        f"Share found of {OPPOSED} bits of opposite effects in the series (+d) and outside (-d), beside the same "
        f"effects of others as above: as a conflict and, beside one law, as a difference; {POWERED} data sets each."
    )
    powers = []
    for size in SIZES:
        shares = []
        for seed in range(POWERED):
            chosen = opposed(trial.bits, seed)
            found = readings(trial, EFFECT_SD, ASSAY_SD, size, seed, True)
            shares.append([*((classes[chosen] == "conflict").mean() for classes in found[:3]),
                           found[3][chosen].mean()])  # fmt: skip
        powers.append([f"{size:g}", *(f"{share:.2f}" for share in np.mean(shares, axis=0))])
    lines += table(("d", *columns, "differs beside one law"), powers)
    return [*lines, *paragraph(f"Calibration took {time.perf_counter() - start:.0f} s.")]


def alarmed(found: list[pd.Series]) -> list[bool]:
    """Whether any bit conflicts in each of the readings."""
    return [bool((classes == "conflict").any()) for classes in found[:3]]


@dataclass(frozen=True)
class Trial:
    """Structures and assays of the trial compounds."""

    bits: pd.DataFrame
    mask: np.ndarray
    assays: np.ndarray
    similarity: np.ndarray


def trial_of(akt: Bioactivities) -> Trial:
    """Compounds drawn at random from the series and from outside, with the bits that vary in both."""
    inside, rng = akt.series("inout", "in"), np.random.default_rng(0)
    rows = np.concatenate(
        [rng.choice(np.flatnonzero(of), size, replace=False) for of, size in ((inside, SERIES), (~inside, OUTSIDE))]
    )
    bits, mask = morgan(akt)[rows], inside[rows]
    shares = np.stack([bits[of].mean(0) for of in (mask, ~mask)])
    names = [f"bit {i}" for i in np.flatnonzero(((shares >= 0.05) & (shares <= 0.95)).all(0))]
    every = pd.DataFrame(bits, columns=[f"bit {i}" for i in range(bits.shape[1])])
    return Trial(every[names], mask, pd.factorize(akt.compounds["assay"].to_numpy()[rows])[0], tanimoto(bits, bits))


def opposed(bits: pd.DataFrame, seed: int) -> list[str]:
    """The bits whose effects are opposite."""
    return list(np.random.default_rng(seed + 10_000).choice(bits.columns, OPPOSED, replace=False))


def readings(trial: Trial, effects: float, shift: float, size: float, seed: int, beside: bool) -> list[pd.Series]:
    """Classes alone, within assays and beside one law, and whether a bit differs beside it, on simulated activities."""
    rng = np.random.default_rng(seed)
    bits, mask, assays = trial.bits, trial.mask, trial.assays
    x = bits.to_numpy(float)
    slopes = rng.normal(0, effects, x.shape[1]) * (rng.random(x.shape[1]) < ACTIVE)
    p = 6.5 + x @ slopes + rng.normal(0, shift, assays.max() + 1)[assays] + rng.normal(0, NOISE, len(x))
    if size:
        p += np.where(mask, size, -size) * bits[opposed(bits, seed)].to_numpy(float).sum(1)
    found = [conflict_of(bits, p, mask, groups, varies=0.0).features["class"] for groups in (None, assays)]
    if beside:
        covariance = components_of(p, mask, trial.similarity, assays, seed).covariance(trial.similarity, assays)
        law = classified(bits, mask, *effects_beside_law(x, p, mask, covariance), 0.05, "bh").features
        found += [law["class"], law["q_difference"] <= 0.05]
    return found


if __name__ == "__main__":
    main()
