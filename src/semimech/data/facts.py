"""What a screen holds, in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.readers.reading import Reading
from semimech.data.scan import Scan
from semimech.data.screen import Screen
from semimech.data.splits import possible_splits
from semimech.support.errors import listed

SEEN_Z = 3.0


def facts_of(reading: Reading, scan: Scan) -> Iterator[tuple[str, str]]:
    """(what, in words), in the order in which a reader wants to know."""
    screen = reading.screen
    n, f = screen.shape
    yield "read as", reading.dialect
    yield "scale", f"{screen.scale} ({reading.scale_reason})"
    yield "size", f"{n:,} rows x {f:,} features ({_roles(screen)})"
    yield "filled", f"{scan.nonzero / (n * f):.1%} of the values are not zero; {_storage(screen)}"
    controls = int(screen.is_control.sum())
    yield "controls", f"{controls:,} rows ({controls / n:.1%})" if controls else "none"
    yield "perturbations", _perturbations(screen)
    yield "rows each", _sizes(screen)
    yield "combinations", _combinations(screen)
    yield "doses", _doses(screen)
    yield "batches", _batches(screen)
    yield "replicates", _replicates(screen)
    for column in ("context", "medium", "time"):
        if column in screen.obs:
            yield column, _values(screen.obs[column])
    yield "targets measured", _targets(screen, scan)
    yield "can be asked", ", ".join(possible_splits(screen)) or "nothing: no split leaves rows on both sides"


def rows_of_perturbations(screen: Screen) -> pd.Series:
    """Rows in which each perturbation is given, alone or not, by name."""
    counts = np.bincount(screen.design.indices, minlength=len(screen.perturbations))
    return pd.Series(counts, index=list(screen.perturbation_names), dtype=int)


def seen_changes(targets: pd.DataFrame) -> np.ndarray:
    """True where a target itself changes as expected: in the expected direction, and |z| >= 3 where z is known."""
    direction = (targets["effect"] * targets["expected"]).to_numpy(float) > 0
    return direction & (targets["z"].isna() | (targets["z"].abs() >= SEEN_Z)).to_numpy()


def _roles(screen: Screen) -> str:
    plural = {"molecule": "molecules", "phenotype": "phenotypes", "input": "drug activities"}
    counts = screen.features["role"].value_counts()
    return ", ".join(f"{counts[role]:,} {name}" for role, name in plural.items() if role in counts)


def _storage(screen: Screen) -> str:
    if screen.is_backed:
        return "kept on disk"
    return "kept sparse" if sp.issparse(screen.responses) else "kept dense"


def _perturbations(screen: Screen) -> str:
    kinds = pd.Series([p.kind for p in screen.perturbations], dtype=object)
    told = ", ".join(f"{count:,} {kind}" for kind, count in kinds.value_counts().items())
    if len(kinds.unique()) == 1:
        told = str(kinds.iloc[0])
    return f"{len(screen.perturbations):,} ({told}): {listed(screen.perturbation_names, 6)}"


def _sizes(screen: Screen) -> str:
    counts = rows_of_perturbations(screen)
    if counts.empty:
        return "no perturbation"
    low, high = counts.idxmin(), counts.idxmax()
    if counts[low] == counts[high]:
        return f"{counts[low]:,}"
    return f"{counts[low]:,} ({low}) to {counts[high]:,} ({high}), median {counts.median():,.0f}"


def _combinations(screen: Screen) -> str:
    combined = [condition for condition in screen.conditions if condition.is_combination]
    if not combined:
        return "none"
    sizes = pd.Series([len(condition.doses) for condition in combined]).value_counts().sort_index()
    told = ", ".join(f"{count:,} of {size} perturbations" for size, count in sizes.items())
    singles = {c.names[0] for c in screen.conditions if len(c.doses) == 1}
    whole = sum(singles.issuperset(condition.names) for condition in combined)
    return f"{told}, such as {combined[0].label}; all their singles were measured for {whole:,}"


def _doses(screen: Screen) -> str:
    pairs = pd.DataFrame({"p": screen.design.indices, "dose": screen.design.data.round(6)}).drop_duplicates()
    per = pairs.groupby("p")["dose"].nunique()
    units = sorted({p.dose_unit for p in screen.perturbations if p.dose_unit})
    unit = f" ({listed(units)})" if units else ""
    several = [screen.perturbation_names[p] for p in per.index[per > 1]]
    if not several:
        return f"one for each perturbation{unit}"
    if per.min() == per.max():
        return f"{per.max()} for each perturbation{unit}"
    return f"{per.min()} to {per.max()} for each perturbation{unit}; several for {listed(several)}"


def _batches(screen: Screen) -> str:
    if "batch" not in screen.obs:
        return "none given"
    names = screen.obs["batch"].astype(str)
    told = f"{names.nunique():,}: {_values(screen.obs['batch'])}"
    if screen.scale == "log-ratio":
        return told
    without = sorted(set(names) - set(names[screen.is_control]))
    return f"{told}; without controls: {listed(without) if without else 'none'}"


def _values(column: pd.Series) -> str:
    counts = column.value_counts()
    if pd.api.types.is_numeric_dtype(column):
        counts = counts.sort_index()
    return listed([f"{value} ({count:,} rows)" for value, count in counts.items()], 4)


def _replicates(screen: Screen) -> str:
    sizes = np.bincount(screen.condition_codes)
    treated = np.array([not condition.is_control for condition in screen.conditions])
    repeated = int(((sizes > 1) & treated).sum())
    told = f"conditions with more than one row: {repeated:,} of {treated.sum():,}"
    if "replicate" in screen.obs:
        told += f"; replicates {_values(screen.obs['replicate'])}"
    return told


def _targets(screen: Screen, scan: Scan) -> str:
    targets = scan.targets
    if targets.empty:
        return f"none of {len(screen.perturbations):,} perturbations"
    told = f"{len(targets):,}, of {targets['perturbation'].nunique():,} of {len(screen.perturbations):,} perturbations"
    if targets["effect"].isna().all():
        return f"{told}; without controls their own change cannot be told"
    return f"{told}; {seen_changes(targets).sum():,} of them change as expected"
