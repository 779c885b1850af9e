"""The focus of a learner on a series of a table of bioactivities."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from semimech.audit.fingerprints import closeness, morgan, tanimoto
from semimech.audit.focus.control import Matched, matched
from semimech.audit.focus.found import Focus
from semimech.audit.focus.gains import gains
from semimech.audit.focus.learner import Learner
from semimech.audit.focus.pool import ABOVE, BELOW, EXACT, Pool
from semimech.audit.focus.surface import Protocol, measure, require_classes
from semimech.audit.focus.theory import theory_of
from semimech.audit.table import Bioactivities
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, Steps, silent

LARGEST = 10_000
RELATIONS = {"<": BELOW, "=": EXACT, ">": ABOVE}


def pool_of(table: Bioactivities, rows: np.ndarray, in_series: np.ndarray, bits: np.ndarray) -> Pool:
    """These compounds of the table as a pool, with their fingerprints `bits` and Tanimoto similarity."""
    compounds = table.compounds.iloc[rows]
    relation = compounds["relation"].map(RELATIONS).to_numpy(int)
    values = compounds["p_activity"].to_numpy(float)
    return Pool(tanimoto(bits[rows], bits[rows]).astype(float), values, relation, in_series[rows], bits[rows])


def require_thresholds(table: Bioactivities, in_series: np.ndarray, thresholds: Sequence[float]) -> None:
    """Raise UserError for a threshold (p) at which the series (mask) cannot be judged, before anything is measured."""
    compounds = table.compounds[in_series]
    relation = compounds["relation"].map(RELATIONS).to_numpy(int)
    whole = np.ones(len(compounds), bool)
    pool = Pool(np.eye(len(compounds)), compounds["p_activity"].to_numpy(float), relation, whole)
    require_classes(pool, np.asarray(thresholds, float))


def nearest(bits: np.ndarray, in_series: np.ndarray, largest: int) -> np.ndarray:
    """Rows of the series and of the `largest` outsiders of highest mean similarity to it, in their order."""
    outside = np.flatnonzero(~in_series)
    if len(outside) <= largest:
        return np.arange(len(bits))
    mean, _ = closeness(bits[outside], bits[in_series])
    kept = outside[np.argsort(-mean, kind="stable")[:largest]]
    return np.sort(np.concatenate([np.flatnonzero(in_series), kept]))


def focus(
    table: Bioactivities,
    in_series: np.ndarray,
    learner: Learner,
    *,
    thresholds: tuple[float, ...] = (),
    match: str = "assay",
    largest: int = 5000,
    folder: Path | None = None,
    monitor: Monitor = silent,
    **protocol: Any,
) -> Focus:
    """The focus of a learner; `thresholds` are activities p (20 within the series where none), `match` a column.

    Fingerprints are Morgan's (radius 3, 1,024 bits). Of more than `largest` outsiders the nearest to the series are
    taken, since memory grows with their square. The other keywords are of `Protocol`. With `folder`, finished repeats
    are kept there and taken up again.
    """
    if largest < 1:
        raise UserError(f"At most {largest} outsiders leave nothing to add: give at least 1.")
    bits = morgan(table)
    rows = nearest(bits, in_series, largest)
    if len(rows) > LARGEST:
        raise UserError(
            f"The series of {np.count_nonzero(in_series):,} compounds and its outsiders are {len(rows):,}, more than "
            f"the {LARGEST:,} whose similarities to each other can be kept: name a smaller series or fewer --outsiders."
        )
    pool = pool_of(table, rows, in_series, bits)
    chosen = tuple(float(one) for one in thresholds or pool.quantiles(20))
    if not chosen:
        raise UserError("The activities of the series are too alike to be cut in two classes: choose another series.")
    plan = Protocol(chosen, **protocol)
    control = _control(table.compounds.iloc[rows], pool.in_series, match)
    steps = Steps(monitor, 2 if control is not None and control.enough else 1)
    surface = measure(pool, learner, plan, folder=folder / "all" if folder else None, monitor=steps.begin("all"))
    matched_surface = None
    if control is not None and control.enough:
        matched_surface = measure(
            pool,
            learner,
            plan,
            eligible=control.eligible,
            folder=folder / f"same-{match}" if folder else None,
            monitor=steps.begin(f"same {match}"),
        )
    return Focus(
        surface,
        gains(surface),
        theory_of(surface),
        notes=_notes(control, len(in_series) - len(rows)),
        control=control,
        control_surface=matched_surface,
    )


def _notes(control: Matched | None, left_out: int) -> tuple[str, ...]:
    """What was not taken, and what the control can tell."""
    said = [f"The {left_out:,} outsiders farthest from the series were not taken."] if left_out else []
    missing = "The table has no column to match outsiders by: the control cannot be made."
    return (*said, missing if control is None else control.sentence)


def _control(compounds: pd.DataFrame, in_series: np.ndarray, match: str) -> Matched | None:
    if match not in compounds:
        return None
    return matched(in_series, compounds[match].astype("string").fillna("").to_numpy(str), match)
