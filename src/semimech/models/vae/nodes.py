"""The nodes of the network in which effects live: perturbed genes first, then the genes that respond most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semimech.data.readers.edges import read_edges
from semimech.data.scored import own_columns
from semimech.data.screen import Screen
from semimech.models.vae.closed import ClosedForm
from semimech.support.errors import UserError, listed

SURE = 0.5  # pi of an edge that a table names surely


@dataclass(frozen=True, eq=False)
class Nodes:
    """names: of the T nodes, those of perturbations first; columns: the feature of each, -1 where none is measured."""

    names: tuple[str, ...]
    columns: np.ndarray


def nodes_of(screen: Screen, closed: ClosedForm, most: int) -> Nodes:
    """One node for each perturbation (its first own gene), and up to `most` in all of the genes that respond most.

    A gene responds by its largest effect in units of its standard error over the training conditions.
    """
    own = own_columns(screen)
    columns, names, used = [], list[str](), set()
    for name in closed.perturbations:
        free = [int(j) for j in own.get(name, ()) if int(j) not in used]
        columns.append(free[0] if free else -1)
        used.update(free[:1])
        names.append(_unlike(names, screen.feature_names[free[0]] if free else name, "perturbation"))
    errors = np.where(np.isfinite(closed.errors) & (closed.errors > 0), closed.errors, np.inf)
    strength = np.abs(closed.effects / errors).max(0, initial=0.0)
    others = [int(j) for j in np.argsort(-strength, kind="stable") if int(j) not in used]
    extra = others[: max(0, most - len(names))]
    for j in extra:
        names.append(_unlike(names, screen.feature_names[j], "gene"))
    return Nodes(tuple(names), np.array([*columns, *extra], int))


def _unlike(taken: Sequence[str], name: str, kind: str) -> str:
    """The name, told apart by its kind from those there are: two perturbations may have one target."""
    return _unlike(taken, f"{name} ({kind})", kind) if name in taken else name


def effects_on(nodes: Nodes, closed: ClosedForm) -> tuple[np.ndarray, np.ndarray]:
    """(shrunken effects, 1 / standard errors) of the training conditions on the nodes, 0 where not measured."""
    measured = nodes.columns >= 0
    column = np.maximum(nodes.columns, 0)
    errors = closed.errors[:, column]
    usable = measured[None, :] & np.isfinite(errors) & (errors > 0)
    delta = np.where(measured[None, :], closed.effects[:, column], 0.0)
    return delta, np.divide(1.0, errors, out=np.zeros_like(errors, float), where=usable)


def direct_table(nodes: Nodes, closed: ClosedForm) -> tuple[np.ndarray, np.ndarray]:
    """(effects, standard errors) of single perturbations on the nodes (T x T, row = regulator).

    The rows of nodes that were not perturbed alone are 0, with the typical standard error.
    """
    size = len(nodes.names)
    delta, precision = effects_on(nodes, closed)
    table, error = np.zeros((size, size)), np.full((size, size), np.nan)
    for row, condition in enumerate(closed.conditions):
        if not condition.is_combination:
            regulator = closed.perturbations.index(condition.names[0])
            table[regulator] = delta[row]
            with np.errstate(divide="ignore"):
                error[regulator] = np.where(precision[row] > 0, 1 / precision[row], np.nan)
    known = np.isfinite(error).any(0)
    typical = np.nanmedian(error) if known.any() else 1.0
    columns = np.full(size, typical)
    columns[known] = np.nanmedian(error[:, known], axis=0)
    return table, np.where(np.isfinite(error), error, columns[None, :])


@dataclass(frozen=True, eq=False)
class EdgeTable:
    """pi: probability of each edge before any cell is seen; sign: of its effect, 0 if unknown (T x T, row = regulator).

    words: what was used of the table.
    """

    pi: np.ndarray
    sign: np.ndarray
    words: str


def require_genes(path: Path | str, screen: Screen) -> None:
    """Raise UserError where a table of edges names no gene of the screen, measured or perturbed."""
    table = read_edges(path)
    targets = {name for p in screen.perturbations for name in (p.name, *p.targets)}
    if not (set(table["source"]) | set(table["target"])) & (targets | set(screen.feature_names)):
        raise UserError(
            f"No gene of {Path(path).name} is in the screen ({listed(screen.feature_names, 3)}): give a table with "
            "gene names of the screen."
        )


def edge_table(path: Path | str, nodes: Nodes, pi: float, seed: int | None) -> EdgeTable:
    """A table of edges as a prior on M: confidence |weight| / largest raises pi to at most 1/2, the sign moves E.

    With a `seed` the names of the nodes are permuted.
    """
    table, file = read_edges(path), Path(path).name
    place = {name: i for i, name in enumerate(nodes.names)}
    joins = table["source"].isin(place) & table["target"].isin(place) & (table["source"] != table["target"])
    edges = table[joins & (table["weight"] != 0)]
    probability, sign = np.full((len(place),) * 2, pi), np.zeros((len(place),) * 2)
    if edges.empty:
        words = f"edge prior: no edge of {file} joins two of the network's {len(place)} nodes, and more are an option"
        return EdgeTable(probability, sign, words)
    order = np.arange(len(place)) if seed is None else np.random.default_rng([seed, 86_028_121]).permutation(len(place))
    rows, columns = (order[edges[end].map(place).to_numpy()] for end in ("source", "target"))
    size = edges["weight"].abs().to_numpy()
    np.maximum.at(probability, (rows, columns), pi + (SURE - pi) * size / size.max())
    if (table["weight"] < 0).any():
        sign[rows, columns] = np.sign(edges["weight"])
    shuffled = "" if seed is None else ", node names shuffled"
    words = f"edge prior: {len(edges):,} edges of {file}'s {len(table):,} join nodes of the network{shuffled}"
    return EdgeTable(probability, sign, words)
