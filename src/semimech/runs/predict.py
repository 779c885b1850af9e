"""Predict conditions from a finished run, perturbations that are not in its data among them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from semimech.data.condition import GENETIC, Condition, Perturbation, parse_condition
from semimech.models.base import Prediction
from semimech.models.intervals import InformedWithIntervals, WithIntervals
from semimech.runs.folder import RunFolder
from semimech.runs.perturbations import targets_of
from semimech.runs.pipeline import load_model, options_of
from semimech.support.errors import UserError, listed


def predict_conditions(
    run: RunFolder,
    conditions: Sequence[str],
    model: str | None = None,
    annotations: Path | None = None,
    level: float | None = None,
) -> tuple[str, Prediction]:
    """(model, prediction) for conditions written as `aMEK+aAKT` or `aMEK=-0.8+aAKT`.

    A perturbation without a dose gets the median of its doses in the screen, a new one the median of all these.
    `annotations` says what is known of perturbations that are not in the data; where genes were perturbed, the name of
    any other feature asks for that gene. Only models that learn by annotations can predict those. The model is the
    first judged one of the run that can, where none is named. `level`: of the intervals, that of the run where not
    given. Raises UserError for names that are neither in the run nor annotated.
    """
    asked, new, _ = asked_of(run, conditions, annotations)
    chosen, fitted = model_knowing(run, model, [p for p in new if any(p.name in c.names for c in asked)])
    return chosen, (fitted if level is None else fitted.at(level)).predict(asked)


def asked_of(
    run: RunFolder, conditions: Sequence[str], annotations: Path | None = None
) -> tuple[tuple[Condition, ...], tuple[Perturbation, ...], dict[str, float]]:
    """(conditions as they were written, perturbations that may be asked for but were not learnt from, usual doses)."""
    table = run.table("perturbations")
    names = [str(name) for name in table["name"]]
    doses = dict(zip(names, table["default_dose"].astype(float), strict=True))
    new = _new_perturbations(run, annotations, names)
    new += _genes(run, table, {*names, *(p.name for p in new)})
    usual = float(f"{np.median(list(doses.values())):.6g}")
    doses |= dict.fromkeys((p.name for p in new), usual)
    unnamed = {} if annotations is None else {"new": f"{annotations.name} does not name it"}
    known = [*names, *(p.name for p in new)]
    asked = tuple(parse_condition(text, known, doses, **unnamed) for text in dict.fromkeys(conditions))
    return asked, tuple(new), doses


def model_knowing(run: RunFolder, model: str | None, new: Sequence[Perturbation]) -> tuple[str, WithIntervals]:
    """(name, model): the one that is named, else the first judged that can be told of `new` perturbations, told."""
    chosen = model or _judged_model(run, informed=bool(new))
    fitted = load_model(run, chosen)
    return chosen, _told(run, chosen, fitted, new) if new else fitted


def _new_perturbations(run: RunFolder, annotations: Path | None, names: Sequence[str]) -> list[Perturbation]:
    """The perturbations of the file that the run has not learnt from."""
    if annotations is None:
        return []
    from semimech.data.readers.annotations import read_annotations

    found = read_annotations(annotations, _features(run))
    new = [found.perturbation(Perturbation(name)) for name in found.perturbations if name not in names]
    empty = [p.name for p in new if not p.targets and not p.pathways]
    if empty:
        raise UserError(f"{annotations.name} gives {listed(empty)} neither targets nor pathways: add what is known.")
    return new


def _genes(run: RunFolder, table: pd.DataFrame, taken: Collection[str]) -> list[Perturbation]:
    """Every feature as a gene to perturb as those of the run were, but those that one of them targets."""
    kinds = [kind for kind in table["kind"] if kind in GENETIC]
    if not kinds:
        return []
    targeted = {name for targets in targets_of(table).values() for name in targets}
    free = (name for name in _features(run) if name not in taken and name not in targeted)
    sign = 1.0 if (kind := max(kinds, key=kinds.count)) == "activation" else -1.0
    return [Perturbation(name, kind, {name: sign}) for name in free]


def _features(run: RunFolder) -> tuple[str, ...]:
    models = run.models()
    if not models:
        raise UserError(f"The run {run.path} has no fitted model yet: finish it with semimech run --resume {run.path}.")
    return load_model(run, models[0]).predict(()).features


def _told(run: RunFolder, name: str, fitted: WithIntervals, new: Sequence[Perturbation]) -> InformedWithIntervals:
    if not isinstance(fitted, InformedWithIntervals):
        able = [other for other in run.models() if isinstance(load_model(run, other), InformedWithIntervals)]
        remedy = (
            f"use --model {able[0]}" if able else "run again with --models cellbox-annotated and --annotations FILE"
        )
        raise UserError(
            f"The model {name} cannot predict {listed([p.name for p in new])}, which is not in the data: {remedy}."
        )
    return fitted.knowing(new)


def _judged_model(run: RunFolder, *, informed: bool) -> str:
    """The first model that was asked for; where `informed`, the first that can be told of new perturbations."""
    kept, asked = run.models(), options_of(run).models
    models = [name for name in (*asked, *kept) if name in kept]
    if not models:
        raise UserError(f"The run {run.path} has no fitted model yet: finish it with semimech run --resume {run.path}.")
    if informed:
        return next((name for name in models if isinstance(load_model(run, name), InformedWithIntervals)), models[0])
    return models[0]
