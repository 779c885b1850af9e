"""Evidence for every edge of a screen: a node regressed on all others, over the conditions that leave it alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy.stats import chi2

from semimech.data.effects import Effects, effects_of
from semimech.data.qvalues import q_values
from semimech.data.scored import target_columns
from semimech.data.screen import Screen
from semimech.evaluate.evidence.found import EdgeEvidence
from semimech.evaluate.evidence.noise import Noise, noise_of
from semimech.evaluate.evidence.row import Row, edges_into, nothing_told
from semimech.models.baselines.fitted import encode

MOST_NODES = 300  # the eigenvectors of a row cost the cube of the nodes
MOVES = 0.01  # level of the test that a node moves at all


def edge_evidence(screen: Screen, rows: np.ndarray | None = None) -> EdgeEvidence:
    """Test every edge between nodes on the effects measured from `rows` (all rows if not given).

    For a target j the law s atanh(x_j / s) = sum_k W_jk x_k is fitted over the conditions that do not act on j
    directly, with noise in x_j and in every x_k (total least squares), and W_jk = 0 is tested by the likelihood ratio
    of `rank_test.p_values`; q-values are over all identifiable edges of the screen. Sources are molecules that move
    beyond noise. A perturbation with a target that is not measured, or with none, may act anywhere: its conditions are
    left out. It is assumed that the targets named are all there are, that every node that matters is measured,
    and that contexts share the network.

    Example: `edge_evidence(screen).attach(model.network()).edges.query("q_value <= .1")`.
    """
    rows = np.arange(screen.shape[0]) if rows is None else rows
    effects = effects_of(screen, rows)
    roles = screen.features["role"].to_numpy()
    columns = np.flatnonzero(roles != "input")
    size = len(columns)
    tested = size <= MOST_NODES and len(effects) > 0
    noise = noise_of(screen, rows, effects, columns) if tested else None
    values = effects.values[:, columns].astype(np.float64)
    found = list(_rows(screen, effects, values, columns, noise)) if tested else []
    shape = (size, size) if tested else (0, 0)
    identifiable, (weight, p_value, error) = np.zeros(shape, bool), np.full((3, *shape), np.nan)
    for j, (sources, row) in enumerate(found):
        identifiable[j, sources], weight[j, sources] = row.told, row.weight
        p_value[j, sources], error[j, sources] = row.p_value, row.error
    return EdgeEvidence(
        nodes=tuple(screen.feature_names[j] for j in columns),
        tested=tested,
        identifiable=identifiable,
        weight=weight,
        p_value=p_value,
        q_value=q_values(p_value),
        error=error,
        swing=np.sqrt((values**2).sum(0) / max(len(values), 1)),
        possible=int((roles == "molecule").sum()) * (size - 1),
        sources=_median([len(sources) for sources, _ in found]),
        independent=_median([row.independent for _, row in found]),
        noise_known=noise is not None,
    )


def _median(numbers: list[int]) -> int:
    return int(np.median(numbers)) if numbers else 0


def _rows(
    screen: Screen, effects: Effects, values: np.ndarray, columns: np.ndarray, noise: Noise | None
) -> Iterator[tuple[np.ndarray, Row]]:
    """(possible sources, what was found of them) for each node."""
    usable, acts = _direct(screen, effects, columns)
    inputs = encode(effects.conditions, effects.perturbations)
    source = screen.features["role"].to_numpy()[columns] == "molecule"
    if noise is not None:
        source &= _moves(values, noise, np.flatnonzero(usable))
    for j in range(len(columns)):
        rows = np.flatnonzero(usable & ~acts[:, j])
        sources = np.flatnonzero(source & (np.arange(len(source)) != j))
        if noise is None:
            yield sources, _by_design(len(sources), inputs[rows])
        else:
            both = np.r_[j, sources]
            between, within = noise.between[np.ix_(rows, rows)], noise.within[np.ix_(both, both)]
            table = values[np.ix_(rows, both)]
            yield sources, edges_into(table[:, 0], table[:, 1:], between, within, noise.freedom)


def _by_design(size: int, inputs: np.ndarray) -> Row:
    """Where the noise is unknown: near the untreated state, effects have no more dimensions than perturbations."""
    independent = int(np.linalg.matrix_rank(inputs)) if inputs.size else 0
    row = nothing_told(size, independent)
    return replace(row, told=np.full(size, 0 < size <= independent), independent=min(independent, size))


def _moves(values: np.ndarray, noise: Noise, rows: np.ndarray) -> np.ndarray:
    """True for the nodes whose effects are more than noise (nodes,)."""
    if not len(rows):
        return np.zeros(values.shape[1], bool)
    whitened = np.linalg.solve(np.linalg.cholesky(noise.between[np.ix_(rows, rows)]), values[rows])
    return chi2.sf((whitened**2).sum(0) / np.diag(noise.within), len(rows)) < MOVES


def _direct(screen: Screen, effects: Effects, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(conditions whose direct targets are all measured, conditions x nodes: acts on the node directly)."""
    position = {int(j): i for i, j in enumerate(columns)}
    measured = target_columns(screen)
    hits = {name: [position[int(j)] for j in held if int(j) in position] for name, held in measured.items()}
    known = {p.name: 0 < len(p.targets) == len(hits[p.name]) for p in screen.perturbations}
    usable = np.array([all(known[name] for name in c.names) for c in effects.conditions], bool)
    acts = np.zeros((len(effects), len(columns)), bool)
    for row, condition in enumerate(effects.conditions):
        for name in condition.names:
            acts[row, hits[name]] = True
    return usable, acts
