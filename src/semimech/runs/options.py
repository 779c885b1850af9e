"""What a run is asked to do: the same names in Python, in run.toml and on the command line."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from semimech.data.screen import Screen
from semimech.data.splits import possible_splits
from semimech.evaluate.sentences import NESTED, NO_TERM
from semimech.models.base import Estimator
from semimech.models.cellbox import CellBox
from semimech.models.dynamics import NeuralCourses, NeuralCoursesWithoutTerm
from semimech.models.intervals import LEVEL
from semimech.models.registry import BASELINES, MODELS, WITH_PRIOR, suits
from semimech.models.vae import GpoVAE, SamsVAE
from semimech.runs.steady_state import Asked, require_known
from semimech.support.errors import UserError
from semimech.support.files import read_toml
from semimech.support.options import with_options


@dataclass(frozen=True)
class RunOptions:
    """Options of `semimech run`; in run.toml the section [run], with [model.NAME] for the options of a model.

    models: models to fit beside the baselines, which are always fitted; the same without its network stands beside
    each that has such a variant, with its options.
    splits: ways of holding out; none given: those that fit the screen.
    partitions: random partitions of the splits that are random.
    seeds: fits of each model with different seeds, whose spread is reported.
    seed: the first seed; everything random follows from it.
    prior: a table of edges between nodes; CellBox is then fitted without it, with it, and with its node names shuffled,
    and so is gpo-vae where it is among the models.
    level: of the intervals of predictions.
    steady_state: what holds untreated cells in neural-courses: auto, trajectory, field, hard or controls (see
    `runs.steady_state`); the same with lambda = 0 stands beside it.
    """

    models: tuple[str, ...] = ("cellbox", "cellbox-no-network")
    splits: tuple[str, ...] = ()
    partitions: int = 3
    seeds: int = 2
    seed: int = 0
    prior: str | None = None
    level: float = LEVEL
    steady_state: Asked | None = None
    model_options: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "models", tuple(self.models))
        object.__setattr__(self, "splits", tuple(self.splits))
        for name in ("models", "splits"):
            if not all(isinstance(each, str) for each in getattr(self, name)):
                raise UserError(f"The option {name} is {list(getattr(self, name))!r}: give names.")
        for name in ("partitions", "seeds"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise UserError(f"The option {name} is {value!r}: give a whole number of at least 1.")
        if not isinstance(self.seed, int) or self.seed < 0:
            raise UserError(f"The option seed is {self.seed!r}: give a whole number of at least 0.")
        if self.prior is not None and not isinstance(self.prior, str):
            raise UserError(f"The option prior is {self.prior!r}: give the path of a table of edges.")
        if not isinstance(self.level, float) or not 0 < self.level < 1:
            raise UserError(f"The option level is {self.level!r}: give a number between 0 and 1, such as 0.9.")
        if self.steady_state is not None:
            require_known(self.steady_state)
        for name, options in self.model_options.items():
            if "steady_state" in options:  # its test comes before all fits, and what it is compared with beside them
                raise UserError(f"The options of the model {name} have a steady_state: give it in [run].")
            if "prior" in options:  # one table for all, whose content is kept in mind
                raise UserError(f"The options of the model {name} have a prior: give it in [run], or to --prior.")
        self.estimators()

    def estimators(self, screen: Screen | None = None) -> tuple[Estimator, ...]:
        """The baselines that suit the screen (all without one), then the models, each with its options.

        Raises UserError for unknown models or options.
        """
        known = {estimator.name: estimator for estimator in (*BASELINES, *MODELS)}
        for name in (*self.models, *self.model_options):
            if name not in known:
                raise UserError(f"The model '{name}' is unknown: use {', '.join(known)}.")
        baselines = [estimator.name for estimator in BASELINES]
        asked = dict.fromkeys(self.models)
        if self.prior:
            asked |= {CellBox.name: None}
            asked |= {name: None for name, without in WITH_PRIOR.items() if without in asked}
        if self.steady_state:
            asked |= dict.fromkeys((NeuralCourses.name, NeuralCourses.name + NO_TERM))
        # What a network adds is the difference to the same model without one, so that is fitted beside it.
        models = dict.fromkeys((*asked, *(name + NESTED for name in asked if name + NESTED in known)))
        wanted = [*baselines, *(name for name in models if name not in baselines)]
        chosen = [with_options(known[name], self._options_of(name), f"model {name}") for name in wanted]
        for each in chosen:
            if isinstance(each, CellBox | SamsVAE):
                each.check_prior()
            if isinstance(each, NeuralCoursesWithoutTerm):
                each.check_term()
        return tuple(each for each in chosen if screen is None or each.name in models or suits(each, screen))

    def _options_of(self, model: str) -> dict[str, Any]:
        """The options of a model as they were given, and the prior or the steady-state term where it takes one.

        A model without its network or term has the options of the one with it, and so has a VAE that is told of a
        prior, but for those given for itself.
        """
        shared: dict[str, Any] = {"prior": self.prior} if self.prior and model in WITH_PRIOR else {}
        if WITH_PRIOR.get(model) == GpoVAE.name:
            shared = self.model_options.get(GpoVAE.name, {}) | shared
        whole_name = model.removesuffix(NESTED).removesuffix(NO_TERM)
        if self.steady_state and whole_name == NeuralCourses.name:
            # The controls decide what 'auto' is, see `steady_state.decided`.
            shared = {"steady_state": "trajectory" if self.steady_state == "auto" else self.steady_state}
        whole = {name: value for name, value in self.model_options.get(whole_name, {}).items()
                 if name != "internal_network"}  # fmt: skip
        return shared | (whole if model != whole_name else {}) | self.model_options.get(model, {})

    def splits_for(self, screen: Screen) -> tuple[str, ...]:
        """The splits asked for, else those that suit the screen: rows of cells, or rows of conditions."""
        if self.splits:
            return tuple(dict.fromkeys(self.splits))
        sizes = np.bincount(screen.condition_codes)[[not condition.is_control for condition in screen.conditions]]
        is_cells = sizes.size > 0 and np.median(sizes) >= 20
        possible = possible_splits(screen)
        unseen = "conditions" if "conditions" in possible else "perturbations"
        wanted = ("cells", "combinations", "perturbations") if is_cells else (unseen, "combinations", "leave-one-out")
        return tuple(name for name in wanted if name in possible) or possible[:1]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dataclasses.asdict(self)


def read_run_file(path: Path) -> dict[str, Any]:
    """The sections of a run.toml: {'run': ..., 'read': ..., 'model': {name: ...}}; UserError where it is wrong."""
    content = read_toml(path, "configuration file")
    unknown = sorted(set(content) - {"run", "read", "model"})
    if unknown:
        raise UserError(f"{path} has the unknown section [{unknown[0]}]: use [run], [read] and [model.NAME].")
    sections = {**content, **{f"model.{name}": part for name, part in content.get("model", {}).items()}}
    for name, part in sections.items():
        if not isinstance(part, dict):
            raise UserError(f"{path} gives {name} = {part!r}: write a section [{name}] with its options.")
    return content


def options_from(
    section: dict[str, Any], model_options: dict[str, dict[str, Any]], given: dict[str, Any]
) -> RunOptions:
    """Options from a run.toml section, overridden by what was `given` (None: not given) elsewhere."""
    names = {field.name for field in dataclasses.fields(RunOptions)}
    unknown = sorted(set(section) - names)
    if unknown:
        raise UserError(f"The section [run] has the unknown option '{unknown[0]}': use {', '.join(sorted(names))}.")
    chosen = dict(section) | {name: value for name, value in given.items() if value is not None}
    for name in ("models", "splits"):
        if isinstance(chosen.get(name), str):
            chosen[name] = (chosen[name],)
    return RunOptions(**{"model_options": model_options} | chosen)
