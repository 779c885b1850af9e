"""Small tables of bioactivities for the tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

CORES = ("c1ccccc1", "c1ccncc1", "C1CCCCC1", "c1ccc2ccccc2c1")
TAILS = ("O", "N", "C(=O)O", "Cl", "F", "C#N", "OC", "S(=O)(=O)N", "C(F)(F)F", "CC", "CCO", "NC(=O)C", "Br")


def molecules(count: int) -> list[str]:
    """Distinct structures: a chain, a core and a tail."""
    chains = [f"{'C' * length}{core}" for length in range(1, 9) for core in CORES]
    return [f"{'C' * (i // 416)}{chains[i % 32]}{TAILS[i // 32 % 13]}" for i in range(count)]


def plain_table(count: int = 60) -> pd.DataFrame:
    """Rows with columns of usual names: nM, no bounds, two assays, a third of the rows in the series A."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "smiles": molecules(count),
            "IC50": np.round(10 ** rng.uniform(0, 4, count), 3),
            "unit": "nM",
            "relation": "=",
            "assay": np.where(np.arange(count) % 2, "a1", "a2"),
            "year": 2000 + np.arange(count) % 10,
            "class": np.where(np.arange(count) % 3, "B", "A"),
        }
    )


def written(frame: pd.DataFrame, path: Path, separator: str = ",") -> Path:
    """The table as a text file."""
    frame.to_csv(path, index=False, sep=separator)
    return path
