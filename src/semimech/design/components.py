"""Where the variance of a screen comes from, per feature and pooled, and the file that keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from semimech.design.count_law import DEPTH
from semimech.support.errors import UserError
from semimech.support.files import read_json, write_json

NAMES = ("cell", "batch", "interaction", "guide", "perturbation")
COLUMNS = ("component", "variance", "lower", "upper")
EDITED = ("perturbation", "efficiency", "lower", "upper")
FORMAT = "semimech design components"


@dataclass(frozen=True, eq=False)
class Components:
    """Variances on the screen's effect scale (log1p of 1e4-normalised counts, or log-ratio), each (features,).

    The law: value of a cell = level + batch + [perturbed] (effect + perturbation x batch + guide) + cell.
    cell: of a cell about its group (sigma^2). batch: of the level that all cells of a batch share (tau^2).
    interaction: of the effect between batches (omega^2). guide: of the effect between guides of one perturbation.
    perturbation: mean square of the effects themselves, freed of noise. efficiency: share of labelled cells that are
    edited. pooled: means over features with 95 % intervals (component, variance, lower, upper). unidentified: for each
    component that this design cannot tell, why; its values are NaN. intervals: 95 % per feature (2 x features), by
    component; none for what was declared. efficiency_bounds: 95 %; efficiencies: of the perturbations of which it could
    be told (perturbation, efficiency, lower, upper). counting: share of `cell` that counting molecules gives, by the
    negative-binomial law; depths: what other depths of sequencing make of it (`CountLaw.by_depth`). Of counts only.
    """

    features: tuple[str, ...]
    cell: np.ndarray
    batch: np.ndarray
    interaction: np.ndarray
    guide: np.ndarray
    perturbation: np.ndarray
    efficiency: float
    pooled: pd.DataFrame
    unidentified: Mapping[str, str] = field(default_factory=dict)
    intervals: Mapping[str, np.ndarray] = field(default_factory=dict)
    efficiency_bounds: tuple[float, float] = (float("nan"), float("nan"))
    efficiencies: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(EDITED)))
    counting: float = float("nan")
    depths: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(DEPTH)))

    def value(self, name: str) -> float:
        """The pooled variance of a component, or the efficiency; UserError where this screen cannot tell it."""
        if name in self.unidentified:
            raise UserError(
                f"The component {name} is unknown ({self.unidentified[name]}): declare it, 0 where there is none."
            )
        if name == "efficiency":
            return self.efficiency
        return float(self.pooled.set_index("component").at[name, "variance"])

    def declare(self, **variances: float | None) -> Components:
        """These components with declared values in the place of some (None: as it is), the same for all features."""
        given = {name: float(value) for name, value in variances.items() if value is not None}
        _check(given)
        efficiency = given.pop("efficiency", self.efficiency)
        pooled = self.pooled.copy()
        for name, value in given.items():
            pooled.loc[pooled["component"] == name, ["variance", "lower", "upper"]] = value, np.nan, np.nan
        told = {name: why for name, why in self.unidentified.items() if name not in given}
        if efficiency == efficiency:
            told.pop("efficiency", None)
        arrays: dict[str, Any] = {name: np.full(len(self.features), value) for name, value in given.items()}
        if variances.get("efficiency") is not None:
            arrays["efficiency_bounds"] = (float("nan"), float("nan"))
        bounds = {name: bound for name, bound in self.intervals.items() if name not in given}
        if "cell" in given and len(self.depths):
            arrays["depths"] = self.depths.assign(cell=self.depths["cell"] * given["cell"] / self.value("cell"))
        return replace(self, **arrays, efficiency=efficiency, pooled=pooled, unidentified=told, intervals=bounds)

    def table(self) -> pd.DataFrame:
        """A row for each feature; for each component a column, and its bounds (NAME_lower, NAME_upper)."""
        columns = {}
        for name in NAMES:
            columns[name] = getattr(self, name)
            if name in self.intervals:
                columns[f"{name}_lower"], columns[f"{name}_upper"] = self.intervals[name]
        return pd.DataFrame(columns, index=pd.Index(self.features, name="feature"))

    def save(self, path: Path) -> None:
        """Write as JSON, which `read_components` reads."""
        content = {
            "format": FORMAT,
            "features": list(self.features),
            **{name: _rounded(getattr(self, name)) for name in NAMES},
            "efficiency": self.efficiency,
            "efficiency_bounds": list(self.efficiency_bounds),
            "efficiencies": self.efficiencies.to_dict("records"),
            "counting": self.counting,
            "depths": self.depths.to_dict("records"),
            "pooled": self.pooled.to_dict("records"),
            "unidentified": dict(self.unidentified),
            "intervals": {name: _rounded(bounds) for name, bounds in self.intervals.items()},
        }
        write_json(path, content)


def declared(
    *,
    cell: float,
    batch: float = 0.0,
    interaction: float = 0.0,
    guide: float = 0.0,
    perturbation: float = float("nan"),
    efficiency: float = 1.0,
) -> Components:
    """Components that are known or guessed, of one feature without a name.

    >>> declared(cell=0.3, batch=0.02, interaction=0.005).value("batch")
    0.02
    """
    given = {"cell": cell, "batch": batch, "interaction": interaction, "guide": guide}
    unidentified = {}
    if perturbation == perturbation:
        given["perturbation"] = perturbation
    else:
        unidentified["perturbation"] = "the size of effects was not declared"
    _check({**given, "efficiency": efficiency})
    values = {name: given.get(name, float("nan")) for name in NAMES}
    rows = [(name, value, float("nan"), float("nan")) for name, value in values.items()]
    arrays: dict[str, Any] = {name: np.array([value]) for name, value in values.items()}
    pooled = pd.DataFrame(rows, columns=list(COLUMNS))
    return Components(("",), **arrays, efficiency=efficiency, pooled=pooled, unidentified=unidentified)


def read_components(path: Path) -> Components:
    """Components from the JSON that `Components.save` wrote; UserError where the file is something else."""
    content = _content(Path(path))
    try:
        arrays: dict[str, Any] = {name: np.array(content[name], float) for name in NAMES}
        pooled = pd.DataFrame(content["pooled"], columns=list(COLUMNS))
        pooled = pooled.astype(dict.fromkeys(COLUMNS[1:], float))
        features = tuple(content["features"])
        unidentified = dict(content["unidentified"])
        efficiency, *bounds = (_number(value) for value in (content["efficiency"], *content["efficiency_bounds"]))
        arrays["efficiencies"] = pd.DataFrame(content["efficiencies"], columns=list(EDITED))
        arrays["counting"] = _number(content["counting"])
        arrays["depths"] = pd.DataFrame(content["depths"], columns=list(DEPTH)).astype(float)
        arrays["intervals"] = {name: np.array(bounds, float) for name, bounds in content["intervals"].items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} lacks or garbles {error}: write it again by semimech design components.") from None
    if any(arrays[name].shape != (len(features),) for name in NAMES):
        raise UserError(f"{path} has components of different lengths: write it again by semimech design components.")
    arrays["efficiency_bounds"] = tuple(bounds)
    return Components(features, efficiency=efficiency, pooled=pooled, unidentified=unidentified, **arrays)


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _rounded(values: np.ndarray) -> list[Any]:
    """As lists, to six digits."""
    return np.vectorize(lambda value: float(f"{value:.6g}"), otypes=[float])(values).tolist()


def _content(path: Path) -> Mapping[str, Any]:
    remedy = "give the components.json that semimech design components wrote"
    try:
        content = read_json(path)
    except FileNotFoundError:
        raise UserError(f"There is no file {path}: {remedy}.") from None
    except (OSError, ValueError):
        raise UserError(f"{path} cannot be read as JSON: {remedy}.") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise UserError(f"{path} holds no variance components: {remedy}.")
    return content


def _check(given: Mapping[str, float]) -> None:
    for name, value in given.items():
        if name == "efficiency" and not 0 < value <= 1:
            raise UserError(f"The efficiency is {value:g}: give the share of edited cells, above 0 and at most 1.")
        if name not in (*NAMES, "efficiency"):
            raise UserError(f"There is no component {name}: use {', '.join(NAMES)} or efficiency.")
        if name != "efficiency" and not (0 <= value < float("inf")):
            raise UserError(f"The variance of the component {name} is {value:g}: give a number of at least 0.")
    if given.get("cell") == 0:
        raise UserError("The variance of the component cell is 0: cells always vary, give a number above 0.")
