"""Predictions and observed effects as h5ad files: conditions x features, readable by any AnnData tool."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from semimech.data.condition import Condition, design_matrix
from semimech.data.effects import Effects
from semimech.models.base import Prediction
from semimech.support.errors import UserError
from semimech.support.files import replacing

if TYPE_CHECKING:
    from anndata import AnnData


WORDS = ("rests_on", "status", "interval_from")  # of a prediction, for each condition


def prediction_table(prediction: Prediction) -> AnnData:
    """X: predicted effects; layers lower and upper where given; obs: doses, context, and `WORDS`."""
    words = {name: getattr(prediction, name) for name in WORDS}
    obs = _conditions_table(prediction.conditions).assign(**words)
    layers = {} if prediction.lower is None else {"lower": prediction.lower, "upper": prediction.upper}
    return _anndata(prediction.mean, obs, prediction.features, layers, {"interval_level": prediction.level})


def effects_table(effects: Effects, scored: np.ndarray | None = None) -> AnnData:
    """X: observed effects; layers standard_error, scored; obs: doses, context, rows; var['control_mean'].

    scored: the entries that the judge counts (conditions x features, bool), all if not given.
    """
    obs = _conditions_table(effects.conditions).assign(rows=effects.counts)
    counted = np.ones(effects.values.shape, np.uint8) if scored is None else scored.astype(np.uint8)
    layers: dict[str, np.ndarray | None] = {"standard_error": effects.standard_errors, "scored": counted}
    adata = _anndata(effects.values, obs, effects.features, layers, {})
    adata.var["control_mean"] = effects.control_mean
    return adata


def write_table(path: Path, adata: AnnData) -> None:
    """Write an h5ad whole or not at all."""
    with replacing(path) as beside:
        adata.write_h5ad(beside)


def read_prediction(path: Path) -> Prediction:
    """The prediction kept in a file; UserError where the file is damaged."""
    adata = _read(path, "a prediction")
    layers = adata.layers
    return Prediction(
        _conditions(adata),
        tuple(adata.var_names),
        np.asarray(adata.X),
        np.asarray(layers["lower"]) if "lower" in layers else None,
        np.asarray(layers["upper"]) if "upper" in layers else None,
        float(adata.uns["interval_level"]),
        rests_on=tuple(adata.obs["rests_on"].astype(str)),
        status=tuple(adata.obs["status"].astype(str)),
        interval_from=tuple(adata.obs["interval_from"].astype(str)),
    )


def read_effects(path: Path, perturbations: Sequence[str]) -> tuple[Effects, np.ndarray]:
    """(observed effects kept in a file, the entries that count); UserError where the file is damaged."""
    adata = _read(path, "effects")
    conditions = _conditions(adata)
    effects = Effects(
        conditions,
        tuple(perturbations),
        tuple(adata.var_names),
        design_matrix(conditions, perturbations),
        np.asarray(adata.X),
        np.asarray(adata.layers["standard_error"]),
        adata.obs["rows"].to_numpy(np.int64),
        adata.var["control_mean"].to_numpy(np.float32),
    )
    return effects, np.asarray(adata.layers["scored"]) > 0


def prediction_long(prediction: Prediction) -> pd.DataFrame:
    """One row for each condition and feature: condition, feature, effect, lower, upper, level, and `WORDS`."""
    n, f = prediction.mean.shape
    nothing = np.full((n, f), np.nan)
    return pd.DataFrame(
        {
            "condition": np.repeat([condition.label for condition in prediction.conditions], f),
            "feature": np.tile(np.asarray(prediction.features, dtype=object), n),
            "effect": prediction.mean.ravel(),
            "lower": (nothing if prediction.lower is None else prediction.lower).ravel(),
            "upper": (nothing if prediction.upper is None else prediction.upper).ravel(),
            "level": prediction.level,
            **{name: np.repeat(getattr(prediction, name), f) for name in WORDS},
        }
    )


def _read(path: Path, what: str) -> AnnData:
    import anndata

    if not path.is_file():
        raise UserError(f"{path} is missing: finish the run with --resume.")
    try:
        return anndata.read_h5ad(path)
    except (OSError, KeyError) as error:
        raise UserError(f"{path} cannot be read as {what}: delete it and run with --resume.") from error


def _conditions(adata: AnnData) -> tuple[Condition, ...]:
    return tuple(
        Condition(tuple((name, dose) for name, dose in json.loads(doses)), str(context))
        for doses, context in zip(adata.obs["doses"], adata.obs["context"], strict=True)
    )


def _conditions_table(conditions: Sequence[Condition]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "doses": [json.dumps(condition.doses) for condition in conditions],
            "context": [condition.context for condition in conditions],
        },
        index=[condition.label for condition in conditions],
    )


def _anndata(
    matrix: np.ndarray, obs: pd.DataFrame, features: Sequence[str], layers: dict[str, np.ndarray | None], uns: dict
) -> AnnData:
    import anndata

    return anndata.AnnData(
        np.asarray(matrix, np.float32), obs=obs, var=pd.DataFrame(index=list(features)), layers=layers, uns=uns
    )
