"""Every perturbed gene against every feature: one exact table from which any network's scores are read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import false_discovery_control

from semimech.data.condition import GENETIC
from semimech.data.screen import Screen
from semimech.evaluate.interventions.columns import column_blocks
from semimech.evaluate.interventions.distances import compare
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, silent

FEWEST = 2  # cells of a perturbation, or of controls, below which nothing is compared


@dataclass(frozen=True, eq=False)
class InterventionTable:
    """Cells with a gene perturbed, and no other, against control cells.

    sources: the genes (or, where a perturbation has not one target, the perturbations); genes: the features.
    cells: perturbed cells (sources,); controls: control cells. signs: -1 where the source is lowered (sources,).
    tested: False for a source's own feature (sources x genes). wasserstein: 1-D distance, on the effect scale;
    p_value: two-sided Mann-Whitney; q_value: by Benjamini and Hochberg over all tested pairs; shift: difference of
    means (sources x genes, NaN where not tested).
    """

    sources: tuple[str, ...]
    genes: tuple[str, ...]
    cells: np.ndarray
    controls: int
    signs: np.ndarray
    tested: np.ndarray
    wasserstein: np.ndarray
    p_value: np.ndarray
    q_value: np.ndarray
    shift: np.ndarray


def intervention_table(
    screen: Screen, rows: np.ndarray | None = None, *, monitor: Monitor = silent
) -> InterventionTable:
    """The table of all pairs from the cells among `rows` (all if not given).

    Each feature is sorted once. Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x; the tests are
    those of CausalBench (Chevalley et al. 2022, arXiv:2210.17283). Raises UserError without control
    rows, or without perturbed ones.

    >>> from semimech import simulate_demo
    >>> intervention_table(simulate_demo()).p_value.shape
    (8, 22)
    """
    rows = np.arange(screen.shape[0]) if rows is None else np.sort(np.asarray(rows))
    names, signs, code = _sources(screen)
    columns = np.flatnonzero((screen.features["role"] != "input").to_numpy())
    genes = tuple(screen.feature_names[j] for j in columns)
    groups = code[rows]
    cells = np.bincount(groups[groups >= 0], minlength=len(names))
    controls = int((groups == -1).sum())
    if controls < FEWEST or not (cells >= FEWEST).any():
        what = "control rows" if controls < FEWEST else "perturbations with rows of their own"
        raise UserError(f"The rows to judge networks on have too few {what}: at least {FEWEST} are needed.")
    kept = np.flatnonzero(cells >= FEWEST)
    place = np.full(len(names) + 2, -2)
    place[kept], place[-1] = np.arange(len(kept)), -1
    groups, cells = place[groups], cells[kept]
    found = np.full((3, len(kept), len(genes)), np.nan)
    done = 0
    for _, block in column_blocks(screen, rows, columns):
        for j in range(block.shape[1]):
            part = slice(block.indptr[j], block.indptr[j + 1])
            value, group = block.data[part], groups[block.indices[part]]
            inside = (group >= 0) & (value != 0)
            one = compare(value[inside], group[inside], cells, value[(group == -1) & (value != 0)], controls)
            found[:, :, done] = one.wasserstein, one.p_value, one.shift
            done += 1
            monitor("comparing", done, len(columns))
    sources = tuple(names[k] for k in kept)
    tested = np.array(sources, dtype=object)[:, None] != np.array(genes, dtype=object)
    wasserstein, p_value, shift = np.where(tested, found, np.nan)
    q_value = np.full(tested.shape, np.nan)
    if tested.any():
        q_value[tested] = false_discovery_control(p_value[tested])
    return InterventionTable(sources, genes, cells, controls, signs[kept], tested, wasserstein, p_value, q_value, shift)


def _sources(screen: Screen) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """(names, signs, for each row of the screen the number of its source; -1 for controls, -2 for combinations)."""
    single = [len(p.targets) == 1 and p.kind in GENETIC for p in screen.perturbations]
    named = [next(iter(p.targets)) if one else p.name for p, one in zip(screen.perturbations, single, strict=True)]
    names = tuple(dict.fromkeys(named))
    number = np.array([names.index(name) for name in named], int)
    signs = np.ones(len(names))
    for p, k in zip(screen.perturbations, number, strict=True):
        signs[k] = 1.0 if p.kind == "activation" else -1.0
    given = np.diff(screen.design.indptr)
    code = np.where(given == 0, -1, -2)
    alone = np.flatnonzero(given == 1)
    code[alone] = number[screen.design.indices[screen.design.indptr[alone]]]
    return names, signs, code
