"""What is wrong or doubtful in a screen, each with its remedy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from semimech.data.condition import GENETIC
from semimech.data.facts import rows_of_perturbations, seen_changes
from semimech.data.findings import Finding, Level
from semimech.data.scan import Scan
from semimech.data.screen import Screen
from semimech.support.errors import listed

FEW_ROWS = 20
MOST_REPLICATES = 200
GOOD_CORRELATION = 0.5
SINGLE_GUIDE_SHARE = 0.8
GUIDE_COUNTS = ("nperts", "n_guides", "num_guides", "number_of_guides")


def doubts_of(screen: Screen, scan: Scan) -> Iterator[Finding]:
    """Findings about controls, batches, cell numbers, targets, replicates and empty rows or features."""
    yield from _controls(screen)
    yield from _batches(screen)
    yield from _few_rows(screen)
    yield from _own_changes(screen, scan)
    yield from _replicates(screen)
    yield from _several_guides(screen)
    yield from _empty(screen, scan)


def _is_cells(screen: Screen) -> bool:
    """Rows are cells rather than conditions: a typical condition has many."""
    return screen.scale != "log-ratio" and float(np.median(np.bincount(screen.condition_codes))) >= 4


def _controls(screen: Screen) -> Iterator[Finding]:
    count = int(screen.is_control.sum())
    if screen.scale == "log-ratio":
        return
    if count == 0:
        sentence = f"There is no control row, and effects of {screen.scale} values are measured against controls."
        yield Finding("wrong", sentence, "name the control label with --control LABEL, or add control rows.")
    elif count < 2 * FEW_ROWS:
        rows = "is only 1 control row" if count == 1 else f"are only {count:,} control rows"
        sentence = f"There {rows}, and both halves of a split need some."
        yield Finding("doubtful", sentence, "add control rows; every effect carries their noise.")


def _batches(screen: Screen) -> Iterator[Finding]:
    if screen.scale == "log-ratio" or not screen.is_control.any():
        return
    has = np.zeros(int(screen.batches.max()) + 1, bool)
    has[screen.batches[screen.is_control]] = True
    lost = ~has[screen.batches]
    if lost.any():
        conditions = set(np.unique(screen.condition_codes[lost])) - set(np.unique(screen.condition_codes[~lost]))
        share = f"{lost.sum():,} of {len(lost):,}"
        sentence = f"Rows in batches or contexts without control rows, which cannot be measured: {share}"
        if conditions:
            sentence += f"; conditions with no other rows: {len(conditions):,}"
        yield Finding("doubtful", sentence + ".", "--batch none and --context none measure across batches.")


def _few_rows(screen: Screen) -> Iterator[Finding]:
    if not _is_cells(screen):
        return
    counts = rows_of_perturbations(screen)
    few = counts[counts < FEW_ROWS].sort_values()
    if len(few):
        names = listed([f"{name} ({count})" for name, count in few.items()], 8)
        sentence = f"Perturbations with fewer than {FEW_ROWS} rows: {names}."
        yield Finding("doubtful", sentence, "read their scores with care, or leave them out with --keep.")


def _own_changes(screen: Screen, scan: Scan) -> Iterator[Finding]:
    targets = scan.targets[scan.targets["effect"].notna()]
    if targets.empty:
        return
    unseen = targets[~seen_changes(targets)]
    opposite = targets[(targets["effect"] * targets["expected"] < 0) & (targets["z"].abs() >= 3)]
    genetic = {p.name for p in screen.perturbations if p.kind in GENETIC}
    if len(opposite) > len(targets) / 2:
        sentence = f"{len(opposite):,} of {len(targets):,} targets change against the expected direction."
        yield Finding(
            "doubtful", sentence, "say --kind activation (or knock-down), or correct the signs of the targets."
        )
    elif len(unseen):
        names = [f"{t} by {p}" if t != p else t for p, t in zip(unseen["perturbation"], unseen["target"])]
        sentence = (
            f"The expected change of {len(unseen):,} of {len(targets):,} targets is not visible: {listed(names)}."
        )
        remedy = "the perturbation may have failed, or act on the protein only; treat them as unproven."
        if not genetic.intersection(unseen["perturbation"]):
            remedy = "the annotated targets or their signs may be wrong for these cells."
        yield Finding("doubtful", sentence, remedy)


def _replicates(screen: Screen) -> Iterator[Finding]:
    """Where rows are conditions, replicates tell how well any model can do."""
    if _is_cells(screen) or screen.is_backed:
        return
    read = (screen.features["role"] != "input").to_numpy()
    found = []
    for i in np.flatnonzero(np.bincount(screen.condition_codes) > 1)[:MOST_REPLICATES]:
        rows = np.flatnonzero(screen.condition_codes == i)[:2]
        (_, pair), *_ = screen.take(rows).blocks()
        if not screen.conditions[i].is_control and read.sum() > 2 and np.ptp(pair[:, read], axis=1).min() > 0:
            names = " and ".join(screen.obs.index[rows])
            found.append((float(np.corrcoef(pair[:, read])[0, 1]), f"{names} ({screen.conditions[i].label})"))
    if found:
        lowest, which = min(found)
        middle = float(np.median([r for r, _ in found]))
        level: Level = "ok" if middle >= GOOD_CORRELATION else "doubtful"
        sentence = f"Replicates of {len(found):,} conditions correlate at a median r = {middle:.2f}, lowest {which}"
        if len(found) == 1:
            sentence = f"The replicates {which} correlate at r = {lowest:.2f}"
        else:
            sentence += f" r = {lowest:.2f}"
        remedy = "" if level == "ok" else "no model can predict such rows much better than they agree."
        yield Finding(level, f"{sentence} over {read.sum()} features.", remedy)


def _several_guides(screen: Screen) -> Iterator[Finding]:
    """Columns by which screens tell that a cell got more than its label says."""
    obs = screen.obs
    if "top_frac" in obs and pd.api.types.is_numeric_dtype(obs["top_frac"]):
        mixed = int((obs["top_frac"] <= SINGLE_GUIDE_SHARE).sum())
        if mixed:
            sentence = (
                f"{mixed:,} cells have at most {SINGLE_GUIDE_SHARE:.0%} of their guide counts from their top guide: "
                "they may have got two."
            )
            yield Finding("doubtful", sentence, f'--keep "top_frac > {SINGLE_GUIDE_SHARE}"')
    for column in GUIDE_COUNTS:
        if column in obs and pd.api.types.is_numeric_dtype(obs[column]):
            given = np.maximum(np.diff(screen.design.indptr), 1)
            more = int((obs[column].to_numpy() > given).sum())
            if more:
                sentence = f"{more:,} cells have more guides ('{column}') than their label names."
                yield Finding("doubtful", sentence, f'--keep "{column} <= 1", unless labels are combinations.')


def _empty(screen: Screen, scan: Scan) -> Iterator[Finding]:
    names = np.array(screen.feature_names, dtype=object)[scan.feature_nonzero == 0]
    if len(names):
        sentence = f"Features that are zero in every row: {len(names):,} ({listed(names)})."
        yield Finding("doubtful", sentence, "leave them out: they only dilute averages over features.")
    if screen.scale == "counts" and (scan.row_totals == 0).any():
        rows = screen.obs.index[scan.row_totals == 0]
        yield Finding("doubtful", f"Rows without any counts: {len(rows):,} ({listed(rows)}).", "leave them out.")
