"""Predict conditions from a finished run."""

from __future__ import annotations

from collections.abc import Sequence

from semimech.data.condition import parse_condition
from semimech.models.base import Prediction
from semimech.runs.folder import RunFolder
from semimech.runs.pipeline import load_model, options_of
from semimech.support.errors import UserError


def predict_conditions(run: RunFolder, conditions: Sequence[str], model: str | None = None) -> tuple[str, Prediction]:
    """(model, prediction) for conditions written as `aMEK+aAKT` or `aMEK=-0.8+aAKT`.

    A perturbation without a dose gets the median of its doses in the screen. The model is the first judged one of
    the run where none is named. Raises UserError for names the run has not learnt from.
    """
    table = run.table("perturbations")
    names = [str(name) for name in table["name"]]
    doses = dict(zip(names, table["default_dose"].astype(float), strict=True))
    asked = tuple(parse_condition(text, names, doses) for text in dict.fromkeys(conditions))
    chosen = model or _judged_model(run)
    return chosen, load_model(run, chosen).predict(asked)


def _judged_model(run: RunFolder) -> str:
    kept = run.models()
    models = [name for name in options_of(run).models if name in kept] or list(kept)
    if not models:
        raise UserError(f"The run {run.path} has no fitted model yet: finish it with semimech run --resume {run.path}.")
    return models[0]
