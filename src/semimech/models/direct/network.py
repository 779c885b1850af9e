"""The network of a screen: from effects to direct edges, with what speaks for each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy.stats import norm

from semimech.data.network import SCORE, Network
from semimech.data.qvalues import q_values
from semimech.data.screen import Screen
from semimech.models.direct.clamps import Clamps, clamps_of
from semimech.models.direct.regression import do_clamp_ridge
from semimech.models.direct.rises import may_be_indirect
from semimech.models.direct.rivals import inverse, partial_correlation
from semimech.support.errors import UserError

Method = Literal["clamp", "ridge", "direct", "inverse", "partial-correlation"]
METHODS: tuple[Method, ...] = get_args(Method)
RIDGE = 0.03
MOST = 100_000  # edges listed
BULK = 0.8  # quantile of |t| that says how wide t is where there is no edge
BOUND = float(norm.isf(0.05))


def screen_network(
    screen: Screen,
    rows: np.ndarray | None = None,
    *,
    method: Method = "clamp",
    ridge: float = RIDGE,
    dose: float | None = None,
    most_edges: int = MOST,
) -> Network:
    """Edges from the genes that were perturbed, read off the effects of `rows` (all rows if not given).

    clamp (default): the do-clamp ridge, an edge as strong as the weaker of its |t| there and |z| of the bare effect, 0
    where their signs contradict. ridge: by |t| alone. direct: by |z|, which indirect effects pass. inverse: modular
    response analysis. partial-correlation: of the control rows. ridge: as a share of the mean eigenvalue. dose: see
    `clamps_of`; the strongest `most_edges` are listed.
    Columns: weight; score, by which edges rank; and, where the method tells them, z, t, stability (share of repeats
    with this sign), lower and upper (90 % interval; both by the propagated errors, the ridge's bias not in them),
    q_value, identifiable, may_be_indirect (see there; q-values do not know of it). q-values are those of t, its width
    where there is no edge taken from the bulk of all pairs (Efron 2004, doi:10.1198/016214504000000089).
    Raises UserError for unknown methods, and where fewer than two genes were perturbed.

    >>> from semimech import read_screen, screen_network  # doctest: +SKIP
    >>> screen_network(read_screen("cells.h5ad")).edges.query("q_value <= .1")  # doctest: +SKIP
    """
    if method not in METHODS:
        raise UserError(f"The method '{method}' of a screen's network is unknown: use one of {', '.join(METHODS)}.")
    if not ridge > 0 or (dose is not None and not dose > 0):
        raise UserError("The ridge and the dose of a screen's network must be above 0: correct the option.")
    rows = np.arange(screen.shape[0]) if rows is None else np.asarray(rows)
    clamps = clamps_of(screen, rows, dose)
    makers: dict[str, Callable[[], dict[str, np.ndarray]]] = {
        "clamp": lambda: _clamp(clamps, ridge, weaker=True),
        "ridge": lambda: _clamp(clamps, ridge, weaker=False),
        "direct": lambda: _direct(clamps),
        "inverse": lambda: inverse(clamps),
        "partial-correlation": lambda: partial_correlation(screen, rows, clamps),
    }
    return _as_network(clamps, makers[method](), most_edges)


def clamp_network(clamps: Clamps, *, ridge: float = RIDGE, most_edges: int = MOST) -> Network:
    """As `screen_network`, its default method, of clamps that were kept."""
    return _as_network(clamps, _clamp(clamps, ridge, weaker=True), most_edges)


def _clamp(clamps: Clamps, ridge: float, *, weaker: bool) -> dict[str, np.ndarray]:
    """weight, score and evidence of the do-clamp ridge (features x sources each)."""
    found, seen = do_clamp_ridge(clamps, ridge), single_z(clamps)
    t = found.t
    score = np.where(seen * t > 0, np.minimum(np.abs(t), np.abs(seen)), 0.0) if weaker else np.abs(t)
    return {
        "weight": np.nan_to_num(found.weight),
        SCORE: score,
        "z": seen,
        "t": t,
        "stability": np.where(np.isfinite(found.weight), norm.cdf(np.abs(t)), 0.0),
        "lower": found.weight - BOUND * found.error,
        "upper": found.weight + BOUND * found.error,
        "q_value": q_values(_p_values(t, np.isfinite(found.error))),
        "identifiable": np.isfinite(found.weight),
        "may_be_indirect": may_be_indirect(clamps, found.misfit),
    }


def _p_values(t: np.ndarray, told: np.ndarray) -> np.ndarray:
    size = np.where(told, np.abs(t), np.nan)
    width = float(np.nanquantile(size, BULK)) / norm.isf((1 - BULK) / 2) if told.any() else 1.0
    return np.asarray(2 * norm.sf(size / (width if width > 0 else 1.0)))


def _direct(clamps: Clamps) -> dict[str, np.ndarray]:
    """The bare effects per unit of what was held, by their z."""
    seen = single_z(clamps)
    p = np.where(_told(clamps), 2 * norm.sf(np.abs(seen)), np.nan)
    levels, effects = _singles(clamps)
    weight = np.divide(effects, levels, out=np.zeros_like(effects), where=levels != 0)
    return {"weight": weight, SCORE: np.abs(seen), "z": seen, "q_value": q_values(p)}


def single_z(clamps: Clamps) -> np.ndarray:
    """z of the effect of holding a source alone, signed as the edge would be (features x sources).

    Where a source was held alone in several conditions, the strongest.
    """
    strongest = np.zeros((clamps.values.shape[1], len(clamps.sources)))
    for row, source in _alone(clamps):
        signed = np.sign(clamps.levels[row, source]) * clamps.z[row]
        larger = np.abs(signed) > np.abs(strongest[:, source])
        strongest[larger, source] = signed[larger]
    return strongest


def _alone(clamps: Clamps) -> list[tuple[int, int]]:
    rows, sources = np.nonzero(clamps.held & (clamps.held.sum(1, keepdims=True) == 1))
    return list(zip(rows.tolist(), sources.tolist(), strict=True))


def _singles(clamps: Clamps) -> tuple[np.ndarray, np.ndarray]:
    """(level, effects) of the first condition that holds each source alone (1 and features, x sources)."""
    levels = np.zeros((1, len(clamps.sources)))
    effects = np.zeros((clamps.values.shape[1], len(clamps.sources)))
    for row, source in reversed(_alone(clamps)):
        levels[0, source], effects[:, source] = clamps.levels[row, source], clamps.values[row]
    return np.broadcast_to(levels, effects.shape), effects


def _told(clamps: Clamps) -> np.ndarray:
    """False for a source and its own feature (features x sources)."""
    return np.arange(clamps.values.shape[1])[:, None] != clamps.columns


def _as_network(clamps: Clamps, found: dict[str, np.ndarray], most: int) -> Network:
    """The strongest edges as a table; sources that are not measured are nodes of role input."""
    score = np.where(_told(clamps), found[SCORE], 0.0)
    kept = np.argsort(-score, axis=None, kind="stable")[: min(most, int((score > 0).sum()))]
    target, source = np.unravel_index(kept, score.shape)
    features = np.array(clamps.features, dtype=object)
    edges = {"source": np.array(clamps.sources, dtype=object)[source], "target": features[target]}
    edges |= {name: matrix[target, source] for name, matrix in found.items()}
    outside = tuple(name for name, column in zip(clamps.sources, clamps.columns, strict=True) if column < 0)
    roles = (*clamps.roles, *("input" for _ in outside))
    return Network((*clamps.features, *outside), pd.DataFrame(edges), roles)
