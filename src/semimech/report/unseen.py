"""Predictions for combinations that nobody measured."""

from __future__ import annotations

from itertools import combinations, islice
from typing import Any

import numpy as np

from semimech.data.condition import Condition
from semimech.models.base import Prediction
from semimech.report.reading import ReportData
from semimech.report.words import interval, number
from semimech.runs.pipeline import load_model
from semimech.support.errors import UserError

ASKED, SHOWN, LARGEST = 2_000, 12, 3


def unseen_combinations(data: ReportData) -> dict[str, Any]:
    """The unmeasured pairs (triples, where every pair was measured) with the largest predicted effects, in words."""
    names = [str(name) for name in data.perturbations["name"]]
    examples = " ".join(_quoted("+".join(pair)) for pair in islice(combinations(names, 2), 2))
    nothing = {"rows": [], "command": f"semimech predict RUN {examples}"}
    asked, kind = _unmeasured(data)
    model = _best(data)
    if model is None:
        return nothing | {"words": "The run keeps no fitted model."}
    if not asked:
        return nothing | {"words": "Nothing is left to predict: all pairs and triples were measured."}
    try:
        prediction = load_model(data.run, model).predict(asked)
    except UserError as error:  # the tables of the run stand without its models
        return nothing | {"words": f"No predictions: {error}"}
    words = (
        f"Of {len(asked):,} {kind} that nobody measured, those with the largest effects as predicted by {model}, the "
        f"best of the models and baselines on what was held out here, fitted on all rows. Size: root mean square "
        f"effect over features ({data.unit})."
    )
    return nothing | {"rows": _rows(prediction), "words": words}


def _unmeasured(data: ReportData) -> tuple[tuple[Condition, ...], str]:
    """Pairs, else triples, of the perturbations at their default doses, those of the strongest singles first."""
    doses = dict(zip(data.perturbations["name"], data.perturbations["default_dose"].astype(float), strict=True))
    measured = {frozenset(condition.names) for condition in data.effects.conditions}
    strongest = _strongest(data)
    for size, kind in ((2, "pairs"), (3, "triples")):
        wanted = (part for part in combinations(strongest, size) if frozenset(part) not in measured)
        asked = tuple(Condition(tuple((name, doses[name]) for name in part)) for part in islice(wanted, ASKED))
        if asked:
            return asked, kind
    return (), ""


def _best(data: ReportData) -> str | None:
    """The best by the primary score among all that were kept; on held-out combinations where these were asked for."""
    kept = data.run.models()
    split = "combinations" if "combinations" in data.splits else data.splits[0]
    rows = data.scores[(data.scores["split"] == split) & (data.scores["score"] == data.primary.name)]
    rows = rows[rows["model"].isin(kept)].dropna(subset="value")
    rows = rows.sort_values("value", ascending=not data.primary.higher_is_better, kind="stable")
    return str(rows["model"].iloc[0]) if len(rows) else None


def _strongest(data: ReportData) -> list[str]:
    """Perturbations measured alone, the strongest first."""
    sizes: dict[str, float] = {}
    for condition, values in zip(data.effects.conditions, data.effects.values, strict=True):
        if len(condition.names) == 1:
            name = condition.names[0]
            sizes[name] = max(sizes.get(name, 0.0), float(np.sqrt(np.nanmean(values.astype(np.float64) ** 2))))
    return sorted(sizes, key=lambda name: -sizes[name])


def _rows(prediction: Prediction) -> list[dict[str, str]]:
    sizes = np.sqrt(np.mean(prediction.mean.astype(np.float64) ** 2, axis=1))
    rows = []
    for i in np.argsort(-sizes, kind="stable")[:SHOWN]:
        largest = np.argsort(-np.abs(prediction.mean[i]), kind="stable")[:LARGEST]
        rows.append(
            {
                "condition": prediction.conditions[i].label,
                "size": number(float(sizes[i])),
                "largest": "; ".join(_effect(prediction, i, j) for j in largest),
                "rests_on": "; ".join(filter(None, (prediction.rests_on[i], prediction.interval_from[i]))),
                "status": prediction.status[i],
            }
        )
    return rows


def _effect(prediction: Prediction, i: int, j: int) -> str:
    text = f"{prediction.features[j]} {number(float(prediction.mean[i, j]), sign=True)}"
    if prediction.lower is None or prediction.upper is None:
        return text
    return f"{text} {interval(float(prediction.lower[i, j]), float(prediction.upper[i, j]), sign=True)}".rstrip()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
