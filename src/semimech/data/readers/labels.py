"""From labels such as A, A+B or A_B, with or without doses, to the design."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.readers.dialects import BETWEEN
from semimech.support.errors import UserError


def split_labels(
    labels: Iterable[str], controls: Sequence[str], separators: Sequence[str], known: Iterable[str], always: bool
) -> dict[str, tuple[str, ...]]:
    """For each label the parts it is made of, the control parts included.

    A label is split at the first separator that yields parts which are all known: features, controls, or labels
    of their own. With `always` it is split whatever the parts are.
    """
    labels = tuple(labels)
    parts_known = set(known) | set(controls) | set(labels)
    found: dict[str, tuple[str, ...]] = {}
    for label in labels:
        found[label] = (label,)
        for separator in separators:
            parts = tuple(part.strip() for part in label.split(separator))
            if len(parts) > 1 and all(parts) and (always or parts_known.issuperset(parts)):
                found[label] = parts
                break
    return found


def unsplit(parts: Mapping[str, Sequence[str]], controls: Sequence[str], features: Collection[str]) -> list[str]:
    """Labels that look like A+B but were left whole, and are neither a control nor a feature."""
    left = (label for label, some in parts.items() if len(some) == 1 and label not in controls)
    return [label for label in left if label not in features and sum(map(bool, BETWEEN.split(label))) > 1]


def design_of(
    labels: pd.Series,
    parts: dict[str, tuple[str, ...]],
    controls: Sequence[str],
    doses: pd.Series | None,
    separators: Sequence[str],
) -> tuple[sp.csr_array, tuple[str, ...]]:
    """(rows x perturbations signed doses, names) of a column of labels, all of which are in `parts`.

    `doses` are numbers, one for all parts of the row's label, or text with one for each part; None means 1.
    Raises UserError naming the row whose dose is no number, or whose number of doses does not fit.
    """
    given = {label: tuple(dict.fromkeys(p for p in parts[label] if p not in controls)) for label in parts}
    names = tuple(sorted({name for some in given.values() for name in some}))
    column = {name: j for j, name in enumerate(names)}
    codes, pairs = _pairs(labels, doses)
    rows, columns, values = [], [], []
    for i, (label, dose) in enumerate(pairs):
        for name, amount in _amounts(parts[label], given[label], dose, separators, labels, codes, i).items():
            rows.append(i)
            columns.append(column[name])
            values.append(amount)
    table = sp.csr_array((np.array(values, np.float32), (rows, columns)), shape=(len(pairs), len(names)))
    return sp.csr_array(table[codes]), names


def _pairs(labels: pd.Series, doses: pd.Series | None) -> tuple[np.ndarray, list[tuple[str, object]]]:
    """A code for each row, and the distinct (label, dose) behind the codes."""
    label_codes, label_levels = pd.factorize(labels.astype(str))
    if doses is None:
        return label_codes, [(label, 1.0) for label in label_levels]
    dose_codes, dose_levels = pd.factorize(doses, use_na_sentinel=False)
    both = label_codes.astype(np.int64) * len(dose_levels) + dose_codes
    codes, levels = pd.factorize(both)
    return codes, [(label_levels[k // len(dose_levels)], dose_levels[k % len(dose_levels)]) for k in levels]


def _amounts(
    parts: tuple[str, ...],
    given: tuple[str, ...],
    dose: object,
    separators: Sequence[str],
    labels: pd.Series,
    codes: np.ndarray,
    pair: int,
) -> dict[str, float]:
    if not given:
        return {}
    texts: list[object] = [dose] * len(parts)
    if isinstance(dose, str):
        cuts = [dose.split(separator) for separator in (*separators, "+")]
        texts = next((list(pieces) for pieces in cuts if len(pieces) == len(parts)), texts)
    amounts = {}
    for name, text in zip(parts, texts, strict=True):
        if name not in given:
            continue
        amount = pd.to_numeric(text, errors="coerce")
        if not np.isfinite(amount):
            row = labels.index[int(np.flatnonzero(codes == pair)[0])]
            raise UserError(
                f"The dose of {name} in row {row} is '{dose}', not a number: correct the column, name another with "
                "--dose COLUMN, or say --dose none."
            )
        amounts[name] = float(amount)
    return amounts
