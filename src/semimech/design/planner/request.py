"""What is asked of a plan: components, limits, costs, perturbations and target, declared in one TOML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from semimech.design.components import Components, declared, read_components
from semimech.design.planner.arms import Arms, Perturbations, arms_of
from semimech.support.errors import UserError
from semimech.support.files import read_toml
from semimech.support.options import require_one_of, require_within, with_options

T = TypeVar("T")
LARGEST = 1e15  # of costs, reads and the budget
INFINITE = float("inf")
SECTIONS = ("name", "components", "batches", "lanes", "costs", "perturbations", "target", "simulation")


@dataclass(frozen=True)
class Batches:
    """How many batches there may be; in TOML the section [batches].

    number: at most. fewest: at least, two or more: one batch cannot tell an effect from its interaction with the batch.
    cells: most cells of a batch, one number or one for each. perturbations: most of them in one batch; 0: no limit.
    """

    number: int = 4
    fewest: int = 2
    cells: tuple[int, ...] = (10_000,)
    perturbations: int = 0

    def __post_init__(self) -> None:
        if self.number < 2:
            raise UserError(
                f"The option number of the section [batches] is {self.number}: give at least 2, one batch cannot tell "
                "an effect from its interaction with the batch."
            )
        if len(self.cells) not in (1, self.number):
            raise UserError(
                f"The option cells of the section [batches] has {len(self.cells)} numbers: give one, or one for each "
                f"of the {self.number} batches."
            )
        limits = {
            "number": (self.number, 2.0, 10_000.0),
            "fewest": (self.fewest, 2.0, float(self.number)),
            "cells": (min(self.cells), 2.0, 1e8),
            "perturbations": (self.perturbations, 0.0, 1e6),
        }
        require_within("section [batches]", limits)


@dataclass(frozen=True)
class Lanes:
    """Captures within a batch; in TOML the section [lanes].

    number: most of them in a batch. cells: most cells of one; 0: batches are not divided. variance: of a lane's level,
    shared by its cells; it cancels where every arm is dealt evenly to the lanes.
    """

    number: int = 1
    cells: int = 0
    variance: float = 0.0

    def __post_init__(self) -> None:
        limits = {
            "number": (self.number, 1.0, 1000.0),
            "cells": (self.cells, 0.0, 1e8),
            "variance": (self.variance, 0.0, INFINITE),
        }
        require_within("section [lanes]", limits)


@dataclass(frozen=True)
class Costs:
    """What things cost, in one currency, and the budget (0: none); in TOML the section [costs].

    guide: of each guide of each perturbation, once. read: of one sequencing read, `reads` of which each cell gets.
    depths: multiples of the pilot's depth, and of `reads`, from which the plan chooses; for components of counts.
    """

    batch: float = 0.0
    lane: float = 0.0
    cell: float = 0.0
    guide: float = 0.0
    read: float = 0.0
    reads: float = 0.0
    budget: float = 0.0
    depths: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        right = [isinstance(one, int | float) and not isinstance(one, bool) and one > 0 for one in self.depths]
        if not right or not all(right):
            raise UserError("The option depths of the section [costs] needs multiples above 0, such as [0.5, 1, 2].")
        names = ("batch", "lane", "cell", "guide", "read", "reads", "budget")
        require_within("section [costs]", {name: (getattr(self, name), 0.0, LARGEST) for name in names})
        if self.budget and not any((self.batch, self.lane, self.cell, self.guide, self.read * self.reads)):
            raise UserError("The section [costs] has a budget, but nothing costs anything: give cell, batch or lane.")

    @property
    def each_cell(self) -> float:
        """A cell with its reads."""
        return self.cell + self.read * self.reads


@dataclass(frozen=True)
class Target:
    """What is to be found; in TOML the section [target].

    effect: of an edited cell, on the effect scale of the components. power: the chance of finding it that is asked for;
    0: none, all that the budget buys is used. level: of a single test; or fdr among many, of which a `share` has an
    effect. criterion: sum, the priority-weighted sum of variances, and the weighted mean of power; or worst, the worst
    of the perturbations. spend: enough, the cheapest layout with this power; or all of the budget.
    """

    effect: float = 0.0
    power: float = 0.0
    level: float = 0.05
    fdr: float = 0.0
    share: float = 0.1
    criterion: str = "sum"
    spend: str = "enough"

    def __post_init__(self) -> None:
        owner = "section [target]"
        require_one_of(owner, "criterion", self.criterion, ("sum", "worst"))
        require_one_of(owner, "spend", self.spend, ("enough", "all"))
        limits = {
            "effect": (self.effect, 0.0, INFINITE),
            "power": (self.power, 0.0, 0.999),
            "level": (self.level, 1e-12, 0.5),
            "fdr": (self.fdr, 0.0, 0.5),
            "share": (self.share, 1e-6, 0.999),
        }
        require_within(owner, limits)
        if not self.effect > 0:
            raise UserError(
                "The section [target] has no effect: give the size that is to be found, such as effect = 0.3."
            )
        if self.power and self.power <= self.level:
            raise UserError(
                f"The option power of the {owner} is {self.power:g}, no more than the level {self.level:g}: raise it."
            )


@dataclass(frozen=True)
class Declared:
    """Variance components that are declared, or replace those of a file; in TOML the section [components]."""

    file: str = ""
    cell: float | None = None
    batch: float | None = None
    interaction: float | None = None
    guide: float | None = None
    efficiency: float | None = None

    def read(self, folder: Path, path: Path | None) -> Components:
        """The components of the file at `path`, or else of the declared one, with the declared values."""
        source = path or (folder / self.file if self.file else None)
        values = {name: getattr(self, name) for name in ("cell", "batch", "interaction", "guide", "efficiency")}
        for name, value in values.items():
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
                raise UserError(f"The option {name} of the section [components] is {value!r}: give a number.")
        given = {name: float(value) for name, value in values.items() if value is not None}
        if source is not None:
            found = read_components(source).declare(**given)
            unknown = [name for name in ("cell", "batch", "interaction", "guide") if name in found.unidentified]
            if unknown:
                raise UserError(
                    f"The pilot cannot tell the component {unknown[0]} ({found.unidentified[unknown[0]]}): declare it, "
                    f"{unknown[0]} = NUMBER in the section [components]."
                )
            return found
        missing = [name for name in ("cell", "batch", "interaction") if name not in given]
        if missing:
            raise UserError(
                f"The variance component {missing[0]} is not declared: give {missing[0]} = NUMBER in the section "
                "[components], or --components with the components.json of a pilot."
            )
        return declared(**given)


@dataclass(frozen=True, eq=False)
class Request:
    """All that a plan rests on; `like` is the simulation that the planned screen is to be simulated like, or None."""

    name: str
    components: Components
    batches: Batches
    lanes: Lanes
    costs: Costs
    arms: Arms
    target: Target
    like: Path | None = None
    declaration: Mapping[str, Any] = field(default_factory=dict)


def read_request(path: Path | str, components: Path | None = None) -> Request:
    """The request of a TOML file; `components` is the file of a pilot. UserError says which option is wrong."""
    path = Path(path).expanduser()
    content = read_toml(path, "plan")
    return request_of(content, path.parent, components, path.name)


def request_of(
    content: Mapping[str, Any], folder: Path = Path(), components: Path | None = None, source: str = "the plan"
) -> Request:
    """The request of a mapping in the shape of the TOML; files are sought in `folder`."""
    unknown = sorted(set(content) - set(SECTIONS))
    if unknown:
        raise UserError(f"{source} has the unknown section [{unknown[0]}]: use {', '.join(SECTIONS)}.")
    name = content.get("name", "plan")
    if not isinstance(name, str) or not name.strip():
        raise UserError(f"{source} has the name {name!r}: give text.")
    told, costs = _section(content, "components", Declared()), _section(content, "costs", Costs())
    if told.cell is not None and set(costs.depths) != {1.0}:
        raise UserError("What depths of [costs] make of a declared cell is unknown: leave one of them out.")
    found = told.read(folder, components)
    like = _like(content, folder)
    return Request(
        name,
        found,
        _section(content, "batches", Batches()),
        _section(content, "lanes", Lanes()),
        costs,
        arms_of(_section(content, "perturbations", Perturbations()), folder, found),
        _section(content, "target", Target(effect=1.0), needed=True),
        like,
        content,
    )


def _section(content: Mapping[str, Any], name: str, defaults: T, needed: bool = False) -> T:
    part = content.get(name, {})
    if not isinstance(part, Mapping):
        raise UserError(f"The part {name} is {part!r}: write a section [{name}] with its options.")
    if needed and "effect" not in part:
        raise UserError(f"The section [{name}] has no effect: give the size that is to be found, such as effect = 0.3.")
    return with_options(defaults, part, f"section [{name}]")


def _like(content: Mapping[str, Any], folder: Path) -> Path | None:
    part = content.get("simulation", {})
    if not isinstance(part, Mapping) or set(part) - {"like"} or not isinstance(part.get("like", ""), str):
        raise UserError('The section [simulation] knows one option: write like = "pilot.toml".')
    if "like" not in part:
        return None
    path = folder / part["like"]
    if not path.is_file():
        raise UserError(f"There is no simulation file {path}: correct like of the section [simulation].")
    return path
