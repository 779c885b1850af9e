"""A whole experiment declared in one place: the same in TOML and as a mapping in Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from semimech.data.condition import Condition
from semimech.data.protocol import Protocol, protocols_from
from semimech.simulate.allotment import Allotment, even_allotment, read_allotment
from semimech.simulate.arms import Arm, Stage, declared_arms, designed_arms
from semimech.simulate.design import Design
from semimech.simulate.laws import Kinetics
from semimech.simulate.measurement import Measurement
from semimech.simulate.media import Medium
from semimech.simulate.perturbations import Family
from semimech.simulate.topology import Topology
from semimech.support.errors import UserError
from semimech.support.files import read_toml
from semimech.support.options import require_within, with_options

T = TypeVar("T")
SECTIONS = (
    "name", "seed", "topology", "kinetics", "perturbations", "design", "phase", "protocol", "medium", "growth",
    "sampling", "measurement",
)  # fmt: skip


@dataclass(frozen=True)
class Sampling:
    """Which cells are taken; in TOML the section [sampling]. Raises UserError for options that do not fit.

    times: hours since the beginning; not given: the end of each protocol. Cells are destroyed by sampling, so every
    time has its own, and its own controls. batches: each has its own rows of everything. rows, control_rows: rows of
    each perturbed condition, and of each control, at each time in each batch. layout: in the place of these three, a
    CSV file beside the configuration with columns batch, arm, cells, such as `semimech design plan` writes.
    """

    times: tuple[float, ...] = ()
    batches: int = 2
    rows: int = 50
    control_rows: int = 200
    layout: str = ""

    def __post_init__(self) -> None:
        if not all(isinstance(time, int | float) for time in self.times):
            raise UserError("The option times of the section [sampling] needs hours: write times = [24, 72].")
        limits = {
            "batches": (self.batches, 1.0, 1e6),
            "rows": (self.rows, 1.0, 1e7),
            "control_rows": (self.control_rows, 1.0, 1e7),
        }
        require_within("section [sampling]", limits)
        object.__setattr__(self, "times", tuple(sorted(set(map(float, self.times)))))


@dataclass(frozen=True)
class Experiment:
    """Everything that a simulation needs; `declaration` is what it was read from, `folder` where its files are."""

    name: str = "simulated"
    seed: int = 0
    topology: Topology = field(default_factory=Topology)
    kinetics: Kinetics = field(default_factory=Kinetics)
    perturbations: tuple[Family, ...] = (Family(count=5),)
    design: Design = field(default_factory=Design)
    phases: tuple[Stage, ...] = (Stage(),)
    protocols: Mapping[str, Protocol] = field(default_factory=dict)
    media: Mapping[str, Medium] = field(default_factory=dict)
    growth: Mapping[str, float] = field(default_factory=dict)
    sampling: Sampling = field(default_factory=Sampling)
    measurement: Measurement = field(default_factory=Measurement)
    layout: Allotment | None = None
    declaration: Mapping[str, Any] = field(default_factory=dict)
    folder: Path = Path()

    @property
    def batches(self) -> int:
        """Their number."""
        return len(self.layout.batches) if self.layout else self.sampling.batches

    def allotment(self, arms: Sequence[Arm]) -> Allotment:
        """The cells of every arm in every batch; UserError where the layout has arms that are not among these."""
        if self.layout is None:
            return even_allotment(arms, self.sampling.batches, self.sampling.rows, self.sampling.control_rows)
        self.layout.check(arms)
        return self.layout

    def arms(self, conditions: tuple[Condition, ...], perturbations: tuple[str, ...]) -> tuple[Arm, ...]:
        """Controls and perturbed arms; UserError for unknown perturbations or media, and times outside."""
        if self.protocols:
            arms = declared_arms(self.protocols, self.sampling.times)
        else:
            arms = designed_arms(self.phases, conditions, self.sampling.times)
        for arm in arms:
            arm.protocol.check_names(perturbations, ("", *self.media))
        return arms


def read_experiment(source: Path | str | Mapping[str, Any], seed: int | None = None) -> Experiment:
    """The experiment of a TOML file, or of a mapping of the same shape; `seed` replaces the declared one.

    Raises UserError naming section and option where the declaration is wrong.
    """
    if isinstance(source, Mapping):
        return _experiment(source, "the declaration", Path(), seed)
    path = Path(source).expanduser()
    return _experiment(read_toml(path, "simulation file"), path.name, path.parent, seed)


def _experiment(content: Mapping[str, Any], source: str, folder: Path, seed: int | None) -> Experiment:
    unknown = sorted(set(content) - set(SECTIONS))
    if unknown:
        raise UserError(f"{source} has the unknown section [{unknown[0]}]: use {', '.join(SECTIONS)}.")
    declared = [part for part in ("design", "phase") if part in content]
    if "protocol" in content and declared:
        raise UserError(
            f"{source} has both [protocol.NAME] and [{declared[0]}]: declare whole protocols, or a design with phases."
        )
    name, first = content.get("name", "simulated"), content.get("seed", 0) if seed is None else seed
    if not isinstance(name, str) or isinstance(first, bool) or not isinstance(first, int) or first < 0:
        raise UserError(f"{source} needs a name that is text and a seed that is a whole number of at least 0.")
    defaults = Experiment()
    sampling = _options(content, "sampling", defaults.sampling)
    _check_layout(sampling, content)
    return Experiment(
        name=name,
        seed=first,
        topology=_options(content, "topology", defaults.topology),
        kinetics=_options(content, "kinetics", defaults.kinetics),
        perturbations=_each(content, "perturbations", Family()) or defaults.perturbations,
        design=_options(content, "design", defaults.design),
        phases=_each(content, "phase", Stage()) or defaults.phases,
        protocols=protocols_from(_tables(content, "protocol"), source),
        media={name: _section(part, Medium(), f"medium.{name}") for name, part in _tables(content, "medium").items()},
        growth=_numbers(content, "growth"),
        sampling=sampling,
        layout=read_allotment(folder / sampling.layout) if sampling.layout else None,
        measurement=_options(content, "measurement", defaults.measurement),
        declaration={**content, "seed": first},
        folder=folder,
    )


def _check_layout(sampling: Sampling, content: Mapping[str, Any]) -> None:
    beside = [name for name in ("batches", "rows", "control_rows") if name in content.get("sampling", {})]
    if sampling.layout and beside:
        raise UserError(f"The section [sampling] has both layout and {beside[0]}: the layout says it, leave it out.")


def _options(content: Mapping[str, Any], name: str, defaults: T) -> T:
    return _section(content.get(name, {}), defaults, name)


def _section(part: Any, defaults: T, name: str) -> T:
    if not isinstance(part, Mapping):
        raise UserError(f"The part {name} is {part!r}: write a section [{name}] with its options.")
    return with_options(defaults, part, f"section [{name}]")


def _each(content: Mapping[str, Any], name: str, defaults: T) -> tuple[T, ...]:
    parts = content.get(name, [])
    if not isinstance(parts, list):
        raise UserError(f"The part {name} is no list: write a section [[{name}]] for each.")
    return tuple(_section(part, defaults, f"[{name}]") for part in parts)


def _tables(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = content.get(name, {})
    if not isinstance(part, Mapping):
        raise UserError(f"The part {name} is {part!r}: write sections [{name}.NAME].")
    return part


def _numbers(content: Mapping[str, Any], name: str) -> dict[str, float]:
    part = _tables(content, name)
    for key, value in part.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UserError(f"The section [{name}] gives {key} = {value!r}: give a number.")
    return {key: float(value) for key, value in part.items()}
