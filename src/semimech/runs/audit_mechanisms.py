"""The mechanisms of an audit, kept as tables and read back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from semimech.audit.mechanisms import Mechanisms, mechanism_sentences
from semimech.runs.folder import RunFolder

COMPOUNDS, EFFECTS, NUMBERS = "mechanisms", "mechanism_effects", "mechanism_numbers"


def keep_mechanisms(run: RunFolder, found: Mechanisms) -> dict[str, Any]:
    """Write the tables of compounds, effects and numbers tried; gives the rest as plain values."""
    run.write_table(COMPOUNDS, found.compounds)
    run.write_table(EFFECTS, found.effects.reset_index())
    run.write_table(NUMBERS, found.numbers.reset_index())
    return {
        "sentences": mechanism_sentences(found),
        "found": found.found,
        "shown": found.shown,
        "indices": found.indices.tolist(),
        "level": found.level,
        "labels": None if found.known is None else asdict(found.known),
    }


def kept_mechanisms(run: RunFolder) -> Mechanisms:
    """What `keep_mechanisms` wrote, without what the labels say (which is in the sentences)."""
    record, numbers = run.json("mechanisms"), run.table(NUMBERS)
    return Mechanisms(
        record["found"],
        record["shown"],
        numbers.set_index(numbers.columns[0]),
        run.table(COMPOUNDS),
        run.table(EFFECTS).set_index("feature"),
        np.array(record["indices"]),
        None,
        record["level"],
    )
