"""A folder of the DREAM4 in-silico challenge: knock-outs, knock-downs, wild type, and pairs where they are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.findings import Finding
from semimech.data.network import Network
from semimech.data.options import ReadOptions
from semimech.data.readers.reading import Reading
from semimech.data.readers.text import numbers, read_cells, read_lines
from semimech.data.screen import Screen
from semimech.support.errors import UserError

HALF = 0.5  # a knock-down halves the rate of transcription that a knock-out takes away
SUFFIXES = (".tsv", ".tsv.gz")


def is_dream4(folder: Path) -> bool:
    """The folder holds a wild type and knock-outs."""
    return all(_file(folder, name) is not None for name in ("wildtype", "knockouts"))


def read_dream4(folder: Path, options: ReadOptions) -> Reading:
    """Read a DREAM4 folder: the knock-out of gene i at dose 1, its knock-down at dose 1/2, pairs at 1 and 1.

    Controls are the wild type and the series of time 0, which nothing has perturbed yet. Levels are taken as they
    are (0 to 1), so an effect is a difference of levels. The gold standard, which has no signs, becomes the truth
    with weights of 1. Marbach et al. 2010, doi:10.1073/pnas.0913357107. Raises UserError where the tables disagree.
    """
    options.refuse_all_but((), "a DREAM4 folder")
    wild = _levels(folder, "wildtype")
    genes = [str(name) for name in wild.columns]
    parts = [("wildtype", wild.to_numpy(), np.zeros((len(wild), len(genes))))]
    start = _before_any_change(folder, genes)
    if start is not None:
        parts.append(("time 0", start, np.zeros((len(start), len(genes)))))
    for name, dose in (("knockouts", 1.0), ("knockdowns", HALF)):
        if _file(folder, name) is not None:
            parts.append((name, _each_gene(folder, name, genes), dose * np.eye(len(genes))))
    if _file(folder, "dualknockouts_gold") is not None:
        parts.append(("dualknockouts", *_pairs(folder, genes)))
    names = [f"{what} {i + 1}" for what, levels, _ in parts for i in range(len(levels))]
    screen = Screen(
        np.concatenate([levels for _, levels, _ in parts]).astype(np.float32),
        sp.csr_array(np.concatenate([doses for _, _, doses in parts])),
        tuple(Perturbation(gene, "knock-out", {gene: -1.0}) for gene in genes),
        pd.DataFrame(index=pd.Index(genes)),
        pd.DataFrame({"table": [what for what, levels, _ in parts for _ in levels]}, index=names),
        "log-normalised",
        folder.resolve().name,
        _gold(folder, genes),
    )
    return Reading(screen, "dream4", "levels of a DREAM4 folder are compared as they are", _findings(folder, parts))


def _findings(folder: Path, parts: list[tuple[str, np.ndarray, np.ndarray]]) -> tuple[Finding, ...]:
    tables = ", ".join(f"{what} ({len(levels)})" for what, levels, _ in parts)
    found = [Finding("ok", f"Rows are of the tables {tables}; a knock-down is a knock-out of dose {HALF:g}.")]
    if any(what == "dualknockouts" for what, _, _ in parts):
        found.append(Finding("ok", "Double knock-outs are the noise-free gold standard: hold them out (combinations)."))
    unused = [name for name in ("multifactorial", "timeseries") if _file(folder, name) is not None]
    if unused:
        sentence = f"Not used, as no gene of the screen is named as perturbed in them: {' and '.join(unused)}"
        found.append(Finding("ok", f"{sentence}{' after time 0' if 'timeseries' in unused else ''}."))
    return tuple(found)


def _file(folder: Path, name: str) -> Path | None:
    return next((folder / f"{name}{suffix}" for suffix in SUFFIXES if (folder / f"{name}{suffix}").is_file()), None)


def _levels(folder: Path, name: str) -> pd.DataFrame:
    path = _file(folder, name)
    assert path is not None
    table = read_cells(path, header=True)
    return pd.DataFrame(numbers(table, path.name), columns=table.columns)


def _each_gene(folder: Path, name: str, genes: list[str]) -> np.ndarray:
    """One row for each gene, in the order of the columns."""
    table = _levels(folder, name)
    if list(map(str, table.columns)) != genes:
        raise UserError(f"{name} has other genes than wildtype: give the same columns in the same order.")
    if len(table) != len(genes):
        raise UserError(f"{name} has {len(table)} rows for {len(genes)} genes: row i is the perturbation of gene i.")
    return table.to_numpy()


def _before_any_change(folder: Path, genes: list[str]) -> np.ndarray | None:
    if _file(folder, "timeseries") is None:
        return None
    table = _levels(folder, "timeseries")
    if list(map(str, table.columns)) != ["Time", *genes]:
        raise UserError("timeseries needs the column Time, then the genes of wildtype in the same order.")
    return table.loc[table["Time"] == 0, genes].to_numpy()


def _pairs(folder: Path, genes: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Levels and doses of the double knock-outs; the gold standard has no header."""
    gold = _file(folder, "dualknockouts_gold")
    assert gold is not None
    levels = numbers(read_cells(gold, header=False), gold.name)
    if _file(folder, "dualknockouts_indexes") is None:
        raise UserError(f"{gold.name} needs dualknockouts_indexes beside it: which two genes each row is without.")
    index = _levels(folder, "dualknockouts_indexes").to_numpy()
    if levels.shape != (len(index), len(genes)) or index.shape[1] != 2:
        raise UserError(
            f"{gold.name} has {levels.shape[0]} rows of {levels.shape[1]} values, and dualknockouts_indexes "
            f"{len(index)} pairs of {len(genes)} genes: make them agree."
        )
    wrong = index[~((index >= 1) & (index <= len(genes)))]
    if wrong.size:
        raise UserError(f"dualknockouts_indexes names gene {wrong[0]:g} of {len(genes)}: count the genes from 1.")
    doses = np.zeros(levels.shape)
    doses[np.arange(len(index))[:, None], index.astype(int) - 1] = 1
    return levels, doses


def _gold(folder: Path, genes: list[str]) -> Network | None:
    path = _file(folder, "gold")
    if path is None:
        return None
    rows = [line.split("\t") for line in read_lines(path)]
    if any(len(row) != 3 for row in rows):
        raise UserError(f"{path.name} needs three columns: source, target, and 1 for an edge, else 0.")
    edges = [(source, target, 1.0) for source, target, edge in rows if edge == "1"]
    return Network(tuple(genes), pd.DataFrame(edges, columns=["source", "target", "weight"]))
