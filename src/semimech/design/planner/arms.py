"""The perturbations of a plan, with their priorities, expected efficiencies and guides."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from semimech.design.components import Components
from semimech.design.layout import CONTROL
from semimech.support.errors import UserError, listed

COLUMNS = ("name", "priority", "efficiency")
LEAST = 0.01  # efficiency that is taken from a pilot


@dataclass(frozen=True)
class Perturbations:
    """Which perturbations; in TOML the section [perturbations].

    One of `names`, `count` of them without names of their own, or a CSV `file` with the columns name, priority and
    efficiency (the last two may be missing). priorities, efficiencies: of the names, or one for all.
    guides: of each, or the fewest and the most, from which the plan chooses.
    """

    names: tuple[str, ...] = ()
    count: int = 0
    file: str = ""
    priorities: tuple[float, ...] = ()
    efficiencies: tuple[float, ...] = ()
    guides: tuple[int, ...] = (1,)

    def __post_init__(self) -> None:
        if len(self.guides) not in (1, 2) or min(self.guides) < 1 or self.guides[0] > self.guides[-1]:
            raise UserError(
                "The option guides of the section [perturbations] needs a number of at least 1, or the fewest and the "
                "most: write guides = [2, 4]."
            )
        if not 0 <= self.count <= 1_000_000:
            raise UserError(f"The option count of the section [perturbations] is {self.count}: give 1 to 1,000,000.")


@dataclass(frozen=True, eq=False)
class Arms:
    """Names, priorities and expected efficiencies of the perturbations (K,), fewest and most guides of each."""

    names: tuple[str, ...]
    priority: np.ndarray
    efficiency: np.ndarray
    guides: tuple[int, int]


def arms_of(options: Perturbations, folder: Path, components: Components) -> Arms:
    """The perturbations that are declared; without efficiencies of their own they have those of the components.

    Where these are unknown, all cells are taken to be edited. UserError names what is wrong.
    """
    if sum((bool(options.names), bool(options.count), bool(options.file))) != 1:
        raise UserError("The section [perturbations] needs one of names, count and file: give exactly one.")
    if options.file:
        if options.priorities or options.efficiencies:
            raise UserError(
                "The section [perturbations] has a file and a list of numbers: give priority and efficiency as columns "
                "of the file."
            )
        table = _table(folder / options.file)
    else:
        width = len(str(options.count))
        names = options.names or tuple(f"p{k + 1:0{width}d}" for k in range(options.count))
        table = pd.DataFrame({"name": [str(name) for name in names]})
        for column, values in (("priority", options.priorities), ("efficiency", options.efficiencies)):
            if values:
                table[column] = _each(column, values, len(names))
    if "efficiency" not in table:
        table["efficiency"] = _expected(table["name"], components)
    return _checked(table, options)


def _table(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise UserError(f"There is no table of perturbations {path}: correct file of [perturbations].") from None
    except (ValueError, OSError) as error:
        raise UserError(f"{path} cannot be read as CSV ({error}): give a table with a column name.") from None
    unknown = [column for column in table if column not in COLUMNS]
    if unknown or "name" not in table:
        what = f"the unknown column {unknown[0]}" if unknown else "no column name"
        raise UserError(f"{path.name} has {what}: use {', '.join(COLUMNS)}.")
    for column in COLUMNS[1:]:
        if column in table:
            numbers = pd.to_numeric(table[column], errors="coerce")
            if numbers.isna().any():
                row = int(numbers.isna().to_numpy().argmax())
                raise UserError(
                    f"{path.name} row {row + 2} has the {column} '{table[column].iloc[row]}': give a number."
                )
            table[column] = numbers
    return table


def _each(column: str, values: tuple[Any, ...], count: int) -> np.ndarray:
    option = {"priority": "priorities", "efficiency": "efficiencies"}[column]
    if len(values) not in (1, count):
        raise UserError(
            f"The option {option} of the section [perturbations] has {len(values)} numbers for {count} perturbations: "
            "give one for each, or one for all."
        )
    wrong = [value for value in values if isinstance(value, bool) or not isinstance(value, int | float)]
    if wrong:
        raise UserError(f"The option {option} of the section [perturbations] has {wrong[0]!r}: give numbers.")
    return np.broadcast_to(np.array(values, float), count).copy()


def _expected(names: pd.Series, components: Components) -> pd.Series:
    """Of each perturbation where the pilot could tell it, else of all."""
    pooled = components.efficiency if components.efficiency == components.efficiency else 1.0
    own = components.efficiencies.drop_duplicates("perturbation").set_index("perturbation")["efficiency"].astype(float)
    return names.map(own).fillna(pooled).clip(LEAST, 1.0)


def _checked(table: pd.DataFrame, options: Perturbations) -> Arms:
    names = tuple(table["name"])
    if not names:
        raise UserError("There are no perturbations: name them in [perturbations].")
    twice = sorted(table["name"][table["name"].duplicated()].unique())
    if twice:
        raise UserError(f"The perturbation {listed(twice, 3)} stands more than once: make the names unique.")
    if CONTROL in names or "" in names:
        word = f"the name '{CONTROL}', which the control cells have" if CONTROL in names else "an empty name"
        raise UserError(f"A perturbation has {word}: give it another name.")
    priority = np.array(table.get("priority", pd.Series(1.0, table.index)), float)
    share = table["efficiency"].to_numpy(float)
    for what, values, right in (
        ("priority", priority, (priority > 0) & np.isfinite(priority)),
        ("efficiency", share, (share > 0) & (share <= 1)),
    ):
        if not right.all():
            place = int((~right).argmax())
            allowed = "a number above 0" if what == "priority" else "a share above 0 and at most 1"
            raise UserError(f"The {what} of {names[place]} is {values[place]:g}: give {allowed}.")
    return Arms(names, priority, share, (int(options.guides[0]), int(options.guides[-1])))
