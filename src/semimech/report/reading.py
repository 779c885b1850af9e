"""What the report needs of a run folder, read once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from semimech.data.condition import Condition, design_matrix
from semimech.data.network import Network
from semimech.evaluate.coverage import COLUMNS as INTERVAL_COLUMNS
from semimech.evaluate.scores import SCORES, ScoreCard
from semimech.evaluate.strength import activity_swings, effect_swings, with_drive
from semimech.runs.assumptions import read_verdicts
from semimech.runs.folder import RunFolder, slug
from semimech.runs.interactions import read_interactions
from semimech.runs.published import BESIDE, read_published
from semimech.runs.tables import read_prediction
from semimech.support.errors import UserError


@dataclass(frozen=True, eq=False)
class ObservedTable:
    """Observed effects of conditions: values, standard_errors (conditions x features), rows (conditions,).

    scored: the entries that the judge counted (conditions x features, bool).
    """

    conditions: tuple[Condition, ...]
    features: tuple[str, ...]
    values: np.ndarray
    standard_errors: np.ndarray
    rows: np.ndarray
    scored: np.ndarray


@dataclass(frozen=True, eq=False)
class ReportData:
    """The tables and words of a finished run."""

    run: RunFolder

    @cached_property
    def config(self) -> dict[str, Any]:
        """Options, versions, machine, data."""
        return self.run.json("config")

    @cached_property
    def verdict(self) -> dict[str, Any]:
        """The judge's words."""
        return self.run.json("verdict")

    @cached_property
    def elapsed(self) -> float | None:
        """Seconds the run has taken, all its processes together; None where it was not kept."""
        kept = (self.run.path / "elapsed.json").is_file()
        return float(self.run.json("elapsed")["seconds"]) if kept else None

    @cached_property
    def findings(self) -> dict[str, Any]:
        """Facts and findings of the check; empty where none was made."""
        return self.run.json("findings") if (self.run.path / "findings.json").is_file() else {}

    @cached_property
    def assumptions(self) -> list[dict[str, Any]]:
        """What models assume, tested: verdicts and their tables; empty where they were not tested."""
        return read_verdicts(self.run)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """The judge's table."""
        return self.run.table("scores")

    @cached_property
    def intervals(self) -> pd.DataFrame:
        """The judge's table of the intervals of predictions; empty where an older version judged without it."""
        is_older = self.run.is_complete and not (self.run.path / "intervals.csv").is_file()
        return pd.DataFrame(columns=list(INTERVAL_COLUMNS)) if is_older else self.run.table("intervals")

    @cached_property
    def conditions(self) -> pd.DataFrame:
        """The judge's table by condition."""
        return self.run.table("conditions")

    @cached_property
    def features(self) -> pd.DataFrame:
        """The judge's table by feature."""
        return self.run.table("features")

    @cached_property
    def interactions(self) -> pd.DataFrame:
        """Interaction scores of pairs; empty where none was measured beside its singles."""
        return read_interactions(self.run)

    @cached_property
    def published(self) -> pd.DataFrame:
        """Scores by the published protocol; empty where no model was trained as published."""
        return read_published(self.run)

    @cached_property
    def as_published(self) -> set[str]:
        """Models that were trained as published, by their option `compat`."""
        given = self.config["options"].get("model_options", {})
        scored = set() if self.published.empty else set(self.published["model"]) - {BESIDE}
        return scored | {name for name, options in given.items() if options.get("compat")}

    @cached_property
    def perturbations(self) -> pd.DataFrame:
        """Name, kind, targets, default dose."""
        return self.run.table("perturbations")

    @cached_property
    def effects(self) -> ObservedTable:
        """Observed effects of all conditions."""
        return read_observed(self.run.path / "effects.h5ad")

    @cached_property
    def design(self) -> tuple[np.ndarray, tuple[str, ...]]:
        """Doses of the conditions of `effects` (conditions x perturbations), and the perturbations."""
        names = tuple(str(name) for name in self.perturbations["name"])
        return design_matrix(self.effects.conditions, names), names

    @cached_property
    def latents(self) -> dict[str, pd.DataFrame]:
        """Effects of perturbations in the latent space of each model that has one."""
        files = sorted((self.run.path / "latent").glob("*.csv"))
        return {file.stem: self.run.table(f"latent/{file.stem}") for file in files}

    @cached_property
    def fit_sentences(self) -> list[str]:
        """What models have to say of their fits."""
        files = sorted((self.run.path / "latent").glob("*.json"))
        return [text for file in files for text in self.run.json(f"latent/{file.stem}")["sentences"]]

    def network(self, model: str) -> Network | None:
        """The network of a model, with the drive of its edges."""
        network = self.run.network(model)
        if network is None:
            return None
        effects = effect_swings(self.effects.values, self.effects.features)
        return with_drive(network, effects, activity_swings(*self.design))

    @property
    def primary(self) -> ScoreCard:
        """The score that the headline is about."""
        return card_of(self.verdict["primary_score"])

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that were judged, in order."""
        return tuple(dict.fromkeys(self.scores["split"]))

    @property
    def unit(self) -> str:
        """The unit of effects, in words."""
        is_ratio = self.config["screen"]["scale"] == "log-ratio"
        return "log-ratio to untreated" if is_ratio else "change of log1p expression"

    def described(self, split: str) -> dict[str, Any]:
        """What a split asks and holds out, and its folds."""
        found = [part for part in self.config.get("splits", ()) if part["name"] == split]
        return found[0] if found else {"name": split, "asks": "", "holds_out": "", "folds": []}

    def rivals(self, split: str) -> tuple[str, str] | None:
        """The best model and the best baseline of a split by the primary score, or None where one is missing."""
        rows = self.scores[(self.scores["split"] == split) & (self.scores["score"] == self.primary.name)]
        rows = rows.dropna(subset="value").sort_values("value", ascending=not self.primary.higher_is_better)
        is_baseline = rows["is_baseline"].astype(bool)
        models, baselines = rows["model"][~is_baseline], rows["model"][is_baseline]
        return (str(models.iloc[0]), str(baselines.iloc[0])) if len(models) and len(baselines) else None

    def condition_card(self, split: str) -> ScoreCard | None:
        """The primary score within conditions, else the first score that each condition has."""
        table = self.conditions
        known = set(table.loc[(table["split"] == split) & table["value"].notna(), "score"])
        first = f"{self.primary.name}-conditions", self.primary.name
        names = [*first, *(card.name for card in SCORES)]
        return next((card_of(name) for name in names if name in known), None)

    def held_out(self, split: str, model: str) -> tuple[np.ndarray, np.ndarray]:
        """Observed and predicted effects of the scored entries of all folds, for the model's first seed."""
        observed, predicted = [], []
        for fold, name, _, file in self._first_seeds(split):
            if name == slug(model):
                truth = read_observed(self.run.observed_file(split, fold))
                counted = truth.scored & np.isfinite(truth.values)
                observed.append(truth.values[counted])
                predicted.append(read_prediction(file).mean[counted])
        if not observed:
            return np.zeros(0), np.zeros(0)
        return np.concatenate(observed), np.concatenate(predicted)

    def failures(self, model: str) -> tuple[int, list[tuple[str, str]]]:
        """How many predictions of a model were made, and (condition, what went wrong) of those that failed."""
        made, wrong = 0, []
        for split in self.splits:
            for _, name, _, file in self.run.predictions(split):
                if name == slug(model):
                    prediction = read_prediction(file)
                    made += len(prediction.conditions)
                    stated = zip(prediction.conditions, prediction.status, strict=True)
                    wrong += [(condition.label, status) for condition, status in stated if status]
        return made, wrong

    def _first_seeds(self, split: str) -> list[tuple[str, str, int, Path]]:
        found: dict[tuple[str, str], tuple[str, str, int, Path]] = {}
        for part in sorted(self.run.predictions(split), key=lambda part: part[2]):
            found.setdefault((part[0], part[1]), part)
        return list(found.values())


def card_of(name: str) -> ScoreCard:
    """The score of that name; UserError where the run was judged by a score that is no longer there."""
    for card in SCORES:
        if card.name == name:
            return card
    raise UserError(f"The run was judged by the unknown score '{name}': use the version of semimech that made it.")


def read_observed(path: Path) -> ObservedTable:
    """Observed effects as `runs.tables.effects_table` keeps them; UserError where the file is damaged."""
    import anndata

    try:
        adata = anndata.read_h5ad(path)
    except (OSError, KeyError) as error:
        raise UserError(f"{path} cannot be read: it is missing or damaged; run again with --resume.") from error
    stated = zip(adata.obs["doses"], adata.obs["context"], strict=True)
    return ObservedTable(
        tuple(Condition(tuple((name, dose) for name, dose in json.loads(doses)), str(text)) for doses, text in stated),
        tuple(adata.var_names),
        np.asarray(adata.X),
        np.asarray(adata.layers["standard_error"]),
        adata.obs["rows"].to_numpy(),
        np.asarray(adata.layers["scored"], bool),
    )
