"""Fitted models on disk: names and options as JSON, arrays as equinox leaves; never pickle."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from semimech.models.base import Fitted
from semimech.support.errors import UserError
from semimech.support.files import read_json, replacing, write_json

VERSION = 1

# Every class that may stand in a file, and where it is defined: nothing else is ever built from a file.
CLASSES: tuple[tuple[str, str], ...] = (
    ("Condition", "semimech.data.condition"),
    ("Linear", "semimech.models.baselines.fitted"),
    ("Kernel", "semimech.models.baselines.fitted"),
    ("Table", "semimech.models.baselines.fitted"),
    ("Similarity", "semimech.models.baselines.informed"),
    ("Knowledge", "semimech.models.knowledge"),
    ("FittedAnnotated", "semimech.models.annotated"),
    ("FittedCellBox", "semimech.models.cellbox"),
    ("NodeMap", "semimech.models.cellbox"),
    ("FittedCourses", "semimech.models.dynamics"),
    ("FittedStates", "semimech.models.dynamics"),
    ("FittedSCM", "semimech.models.scm"),
    ("FittedComposition", "semimech.models.composition"),
    ("Rule", "semimech.models.composition"),
    ("Conformal", "semimech.models.conformal"),
    ("Scores", "semimech.models.conformal"),
    ("WithIntervals", "semimech.models.intervals"),
    ("InformedWithIntervals", "semimech.models.intervals"),
    ("FittedHybrid", "semimech.models.hybrid"),
    ("FittedEffects", "semimech.models.effects"),
    ("Clamps", "semimech.models.direct"),
    ("FittedCombinations", "semimech.models.combinations"),
    ("Law", "semimech.models.combinations"),
    ("Settings", "semimech.models.combinations"),
    ("Bilinear", "semimech.models.combinations"),
    ("CountCurves", "semimech.models.combinations"),
    ("FittedVAE", "semimech.models.vae"),
    ("ClosedForm", "semimech.models.vae"),
    ("Form", "semimech.models.vae"),
    ("Relatives", "semimech.models.vae"),
    ("Residual", "semimech.models.vae"),
)


def save_fitted(fitted: Fitted, folder: Path) -> None:
    """Write a fitted model to `folder` as model.json and arrays.eqx, each whole or not at all.

    It may hold arrays, numbers, texts, tuples, mappings, and the dataclasses named in `CLASSES`.
    """
    import equinox

    folder = Path(folder)
    arrays: dict[str, np.ndarray] = {}
    model = _encoded(fitted, arrays, "model")
    with replacing(folder / "arrays.eqx") as beside:
        equinox.tree_serialise_leaves(beside, arrays)
        digest = hashlib.sha256(beside.read_bytes()).hexdigest()
    shapes = {key: {"shape": list(array.shape), "dtype": str(array.dtype)} for key, array in arrays.items()}
    # model.json comes last: where it is, the model is whole.
    write_json(folder / "model.json", {"version": VERSION, "sha256": digest, "arrays": shapes, "model": model})


def load_fitted(folder: Path) -> Fitted:
    """Read a fitted model back; it predicts without the data it was fitted to.

    Raises UserError where a file is missing, damaged, or of another version.
    """
    import equinox

    folder = Path(folder)
    try:
        saved = read_json(folder / "model.json")
        data = (folder / "arrays.eqx").read_bytes()
        version, digest = saved["version"], saved["sha256"]
    except FileNotFoundError as error:
        name = Path(error.filename).name
        raise UserError(f"{folder} holds no whole model: {name} is missing; run `semimech run --resume`.") from error
    except (OSError, json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise UserError(f"{folder / 'model.json'} is damaged: delete {folder} and fit the model again.") from error
    if version != VERSION:
        raise UserError(f"{folder} was written in format {version}, this semimech reads {VERSION}: fit it again.")
    if hashlib.sha256(data).hexdigest() != digest:
        raise UserError(f"{folder / 'arrays.eqx'} is damaged: delete {folder} and fit the model again.")
    try:
        like = {key: np.empty(entry["shape"], entry["dtype"]) for key, entry in saved["arrays"].items()}
        arrays = equinox.tree_deserialise_leaves(folder / "arrays.eqx", like)
        return _decoded(saved["model"], arrays)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{folder / 'model.json'} is damaged: delete {folder} and fit the model again.") from error


def _encoded(value: Any, arrays: dict[str, np.ndarray], key: str) -> Any:
    """The value as JSON; arrays are put aside under the path `key` at which they stand."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": str(value)}
    if isinstance(value, list | tuple):
        items = [_encoded(item, arrays, f"{key}.{i}") for i, item in enumerate(value)]
        return {"tuple": items} if isinstance(value, tuple) else {"list": items}
    if isinstance(value, Mapping):
        pairs = [[_encoded(k, arrays, f"{key}.{i}k"), _encoded(v, arrays, f"{key}.{i}")] for i, (k, v) in
                 enumerate(value.items())]  # fmt: skip
        return {"dict": pairs}
    if dataclasses.is_dataclass(value) and type(value).__name__ in dict(CLASSES):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.init}
        encoded = {name: _encoded(item, arrays, f"{key}.{name}") for name, item in fields.items()}
        return {"class": type(value).__name__, "fields": encoded}
    if hasattr(value, "dtype") and hasattr(value, "shape") and np.asarray(value).dtype.kind in "biufc":
        arrays[key] = np.asarray(value)
        return {"numpy" if isinstance(value, np.ndarray | np.generic) else "jax": key}
    raise TypeError(f"{key} is of type {type(value).__name__}, which cannot be saved: name its class in CLASSES")


def _decoded(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if not isinstance(value, dict):
        return value
    match value:
        case {"float": text}:
            return float(text)
        case {"tuple": items}:
            return tuple(_decoded(item, arrays) for item in items)
        case {"list": items}:
            return [_decoded(item, arrays) for item in items]
        case {"dict": pairs}:
            return {_decoded(key, arrays): _decoded(item, arrays) for key, item in pairs}
        case {"numpy": key}:
            return arrays[key]
        case {"jax": key}:
            import jax.numpy as jnp

            return jnp.asarray(arrays[key])
        case {"class": name, "fields": fields}:
            cls = getattr(importlib.import_module(dict(CLASSES)[name]), name)
            return cls(**{field: _decoded(item, arrays) for field, item in fields.items()})
    raise KeyError(f"unknown entry {sorted(value)}")
