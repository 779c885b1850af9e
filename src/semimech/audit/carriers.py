"""Compounds that carry a feature, from the most to the least active, and the atoms that make it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from semimech.audit.conflict_audit import ConflictAudit, bit_of
from semimech.audit.substructures import carried_atoms

SHOWN = 3


def carriers_of(audit: ConflictAudit, feature: str) -> pd.DataFrame:
    """At most three compounds of the series and of the outside with a high value of the feature, evenly spaced.

    Columns feature, stratum (series, outside), smiles, p_activity, and atoms: numbers of the atoms that set a bit, as
    text with blanks between them.
    """
    is_bit = feature.startswith("bit ")
    values = audit.features["bits" if is_bit else "descriptors"][feature].to_numpy()
    inside = audit.compounds["in_series"].to_numpy(bool)
    rows = []
    for stratum, of in (("series", inside), ("outside", ~inside)):
        for place in _spread(audit, np.flatnonzero((values >= _high(values[of])) & of)):
            smiles = str(audit.compounds["smiles"].iloc[place])
            atoms = carried_atoms(smiles, bit_of(feature), audit.options.radius, audit.options.bits) if is_bit else ()
            p = float(audit.compounds["p_activity"].iloc[place])
            rows.append((feature, stratum, smiles, p, " ".join(map(str, atoms))))
    return pd.DataFrame(rows, columns=["feature", "stratum", "smiles", "p_activity", "atoms"])


def _high(values: np.ndarray) -> float:
    """1 for a bit; the upper tenth of numbers."""
    return 1.0 if set(np.unique(values)) <= {0, 1} else float(np.quantile(values, 0.9))


def _spread(audit: ConflictAudit, places: np.ndarray) -> Sequence[int]:
    order = places[np.argsort(-audit.compounds["p_activity"].to_numpy()[places], kind="stable")]
    chosen = np.unique(np.linspace(0, len(order) - 1, min(SHOWN, len(order))).round().astype(int))
    return [int(place) for place in order[chosen]]
