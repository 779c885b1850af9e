"""The main job: check -> split -> fit baselines and models -> judge -> network, kept in a run folder at each step."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from semimech.data.effects import effects_of
from semimech.data.scored import scored_entries
from semimech.data.screen import Screen
from semimech.data.splits import SPLITS, Split, split_screen
from semimech.evaluate.ceiling import ceiling_of
from semimech.evaluate.evidence import EdgeEvidence, edge_evidence
from semimech.evaluate.judge import Fold, Judgement, judge
from semimech.evaluate.ratio import error_ratios
from semimech.evaluate.reference import reference_of
from semimech.evaluate.sentences import NO_TERM
from semimech.models.base import Estimator, Prediction
from semimech.models.cellbox.prior import named_edges
from semimech.models.dynamics import NeuralCourses
from semimech.models.intervals import WithIntervals, with_intervals
from semimech.models.storage import load_fitted, save_fitted
from semimech.runs.assumptions import keep_assumptions
from semimech.runs.folder import RunFolder
from semimech.runs.interactions import keep_interactions
from semimech.runs.options import RunOptions
from semimech.runs.perturbations import perturbations_table
from semimech.runs.published import keep_published
from semimech.runs.steady_state import FILE as STEADY_STATE
from semimech.runs.steady_state import decided, keep_term
from semimech.runs.tables import effects_table, prediction_table, read_prediction, write_table
from semimech.support.errors import UserError
from semimech.support.machine import cores, device, peak_memory, versions
from semimech.support.progress import Monitor, Steps, silent

# Folders of tables that a fitted model may have to give, and the method that does.
KEPT_TABLES = {"history": "history", "rates": "rates", "latent": "latent_effects"}


@dataclass(frozen=True)
class Task:
    """One model fitted with one seed on one fold, and the file that says it is done."""

    split: Split
    estimator: Estimator
    seed: int
    file: Path
    level: float


def run_screen(
    screen: Screen,
    out: Path | str,
    options: RunOptions | None = None,
    *,
    provenance: dict[str, Any] | None = None,
    findings: dict[str, Any] | None = None,
    monitor: Monitor = silent,
) -> RunFolder:
    """Do the main job on a screen and keep everything under `out`; what is there already is not done again.

    `provenance` says where the screen came from (source, sha256, ...), `findings` what the check found. Called
    again with the same screen and options after an interruption, it goes on and gives the same numbers.
    """
    options = options or RunOptions()
    if options.prior is not None:
        _check_prior(screen, options.prior)
    if options.steady_state is not None:
        term = decided(options.steady_state, screen, options.seed)
        options = dataclasses.replace(options, steady_state=term)
    run = RunFolder(Path(out))
    splits = _splits(screen, options)
    _begin(run, screen, options, splits, provenance or {}, findings or {})
    with _clock(run):
        _work(run, screen, splits, options, monitor)
    return run


def _work(run: RunFolder, screen: Screen, splits: tuple[Split, ...], options: RunOptions, monitor: Monitor) -> None:
    """Every fit, the judgement, and the models to be kept."""
    tasks = list(_tasks(run, screen, splits, options))
    steps = Steps(monitor, 1 + len(tasks) + len(splits) + len(options.estimators(screen)))
    keep_assumptions(run, screen, options.seed, steps.begin("assumptions"))
    keep_interactions(run, screen, options.seed)
    for task in tasks:
        _do(screen, task, steps.begin(f"{task.split.fold}, {task.estimator.name}"))
    judgement = _judge(run, screen, splits, options, steps)
    _write_judgement(run, judgement)
    as_published = [model.name for model in options.estimators(screen) if getattr(model, "compat", None)]
    done = ((task.split, task.estimator.name, task.seed, read_prediction(task.file)) for task in tasks)
    keep_published(run, screen, as_published, done)
    _learn_final(run, screen, options, steps)
    if options.steady_state is not None:
        keep_term(run, load_model(run, NeuralCourses.name).model)
    _end(run, splits, judgement)


def _check_prior(screen: Screen, prior: str) -> None:
    """Raise UserError before anything is fitted where the edge table is of no use."""
    roles = zip(screen.feature_names, screen.features["role"], strict=True)
    nodes = {name: role for name, role in roles if role != "input"}
    named_edges(prior, [name for name, role in nodes.items() if role == "molecule"], list(nodes))


@contextmanager
def _clock(run: RunFolder) -> Iterator[None]:
    """Add the seconds of this process, finished or interrupted, to those of the run; a finished run keeps its own."""
    file = run.path / "elapsed.json"
    before = run.json("elapsed")["seconds"] if file.is_file() else 0.0
    was_complete, started = run.is_complete, time.perf_counter()
    try:
        yield
    finally:
        if not was_complete:
            run.write_json("elapsed", {"seconds": round(before + time.perf_counter() - started, 2)})


def all_rows(screen: Screen, seed: int) -> Split:
    """Every row to learn from, none to be judged on: for the models that are kept."""
    return Split("all rows", "all rows", seed, np.arange(screen.shape[0]), np.arange(0))


def load_model(run: RunFolder, name: str) -> WithIntervals:
    """A model of the run, fitted on all rows; it needs neither the data nor the code that fitted it."""
    models = run.models()
    if name not in models:
        raise UserError(f"The run {run.path} has no model '{name}': it has {', '.join(models) or 'none'}.")
    fitted = load_fitted(run.path / "models" / name)
    if not isinstance(fitted, WithIntervals):
        raise UserError(f"The model '{name}' of {run.path} has no intervals: run again with this version of semimech.")
    return fitted


def _splits(screen: Screen, options: RunOptions) -> tuple[Split, ...]:
    names = options.splits_for(screen)
    if not names:
        raise UserError(
            "No way of holding out leaves rows on both sides: the screen needs at least two perturbed conditions, or "
            "several rows of each, and control rows in every batch."
        )
    return tuple(
        split
        for name in names
        for split in split_screen(screen, name, seed=options.seed, partitions=options.partitions)
    )


def _begin(
    run: RunFolder,
    screen: Screen,
    options: RunOptions,
    splits: tuple[Split, ...],
    provenance: dict[str, Any],
    findings: dict[str, Any],
) -> None:
    """Write what is known before the first fit, or make sure that a resumed run is the same run."""
    config = {
        "options": options.as_dict(),
        "screen": {"name": screen.name, "rows": screen.shape[0], "features": screen.shape[1], "scale": screen.scale},
        "provenance": provenance,
        "splits": _describe(screen, splits),
    }
    run.remove_unfinished()
    if (run.path / "config.json").is_file():
        before = run.json("config")
        parts = {"options": "options", "screen": "data", "provenance": "data or reading options", "splits": "splits"}
        for part, what in parts.items():
            if before[part] != _as_json(config[part]):
                raise UserError(f"{run.path} was begun with other {what}: give another --out to begin a new run.")
    else:
        chosen = device()
        machine = {"device": f"{chosen.platform} ({chosen.name})", "cores": cores(), "advice": chosen.advice}
        begun = {"versions": versions(), "machine": machine, "begun": time.strftime("%F %T %z")}
        run.write_json("config", config | begun)
    # After config.json, so that a run killed here is known as one, and goes on.
    run.write_json("findings", findings)
    run.write_table("perturbations", perturbations_table(screen))
    effects = effects_of(screen, np.arange(screen.shape[0]))
    write_table(run.path / "effects.h5ad", effects_table(effects, scored_entries(screen, effects.conditions)))
    if screen.truth is not None:
        run.write_network("truth", screen.truth)


def _as_json(value: Any) -> Any:
    import json

    return json.loads(json.dumps(value))


def _describe(screen: Screen, splits: tuple[Split, ...]) -> list[dict[str, Any]]:
    kinds = {kind.name: kind for kind in SPLITS}
    return [
        {
            "name": name,
            "asks": kinds[name].asks,
            "holds_out": kinds[name].holds_out,
            "folds": [_describe_fold(split) for split in splits if split.name == name],
        }
        for name in dict.fromkeys(split.name for split in splits)
    ]


def _describe_fold(split: Split) -> dict[str, Any]:
    rows = hashlib.sha256(split.train.astype("<i8").tobytes() + b"|" + split.test.astype("<i8").tobytes())
    sizes = {"train": len(split.train), "test": len(split.test)}
    return {"fold": split.fold, "seed": split.seed, "sha256": rows.hexdigest(), **sizes}


def _tasks(run: RunFolder, screen: Screen, splits: tuple[Split, ...], options: RunOptions) -> Iterator[Task]:
    for split in splits:
        for estimator in options.estimators(screen):
            seeds = 1 if estimator.is_baseline else options.seeds
            for seed in range(options.seed, options.seed + seeds):
                file = run.prediction_file(split.name, split.fold, estimator.name, seed)
                yield Task(split, estimator, seed, file, options.level)


def _do(screen: Screen, task: Task, monitor: Monitor) -> None:
    if task.file.is_file():
        return
    reference = effects_of(screen, task.split.test)
    fitted = _fitted(screen, task.estimator, task.split, task.seed, task.level, monitor)
    write_table(task.file, prediction_table(fitted.predict(reference.conditions)))


def _fitted(
    screen: Screen, estimator: Estimator, split: Split, seed: int, level: float, monitor: Monitor
) -> WithIntervals:
    """A fit to the training rows, with intervals measured on parts of them."""
    fitted = estimator.fit(screen, split, seed=seed, monitor=monitor)
    return with_intervals(estimator, fitted, screen, split, level=level, seed=seed, monitor=monitor)


def _judge(run: RunFolder, screen: Screen, splits: tuple[Split, ...], options: RunOptions, steps: Steps) -> Judgement:
    folds = []
    for split in splits:
        steps.begin(f"{split.fold}, judging")
        tasks = _tasks(run, screen, (split,), options)
        predictions: dict[tuple[str, int], Prediction] = {
            (task.estimator.name, task.seed): read_prediction(task.file) for task in tasks
        }
        reference = reference_of(screen, split)
        folds.append(Fold(reference, predictions, ceiling_of(screen, split, seed=options.seed)))
        observed = run.observed_file(split.name, split.fold)
        if not observed.is_file():
            write_table(observed, effects_table(reference.effects, reference.scored))
    if options.steady_state is not None:
        name = NeuralCourses.name
        run.write_table(STEADY_STATE, error_ratios(folds, name, name + NO_TERM, seed=options.seed))
    baselines = [estimator.name for estimator in options.estimators(screen) if estimator.is_baseline]
    return judge(folds, baselines=baselines, seed=options.seed)


def _write_judgement(run: RunFolder, judgement: Judgement) -> None:
    """Write the judge's tables."""
    run.write_table("scores", judgement.table)
    run.write_table("pairs", judgement.pairs)
    run.write_table("conditions", judgement.per_condition)
    run.write_table("features", judgement.per_feature)
    run.write_table("dropped", judgement.dropped)
    run.write_table("intervals", judgement.intervals)


def _learn_final(run: RunFolder, screen: Screen, options: RunOptions, steps: Steps) -> None:
    """Fit every model on all rows for prediction, and keep its network and its learning curve."""
    split = all_rows(screen, options.seed)
    evidence: EdgeEvidence | None = None
    for estimator in options.estimators(screen):
        monitor = steps.begin(f"all rows, {estimator.name}")
        folder = run.path / "models" / estimator.name
        if (folder / "model.json").is_file():
            continue
        fitted = _fitted(screen, estimator, split, options.seed, options.level, monitor)
        network = fitted.network()
        if network is not None:
            evidence = evidence or _weigh_edges(run, screen)
            run.write_network(estimator.name, evidence.attach(network))
        for folder_name, method in KEPT_TABLES.items():
            table: Callable[[], pd.DataFrame] | None = getattr(fitted.model, method, None)
            if table is not None and len(found := table()):
                run.write_table(f"{folder_name}/{estimator.name}", found)
        sentences: Callable[[], tuple[str, ...]] | None = getattr(fitted.model, "sentences", None)
        if sentences is not None:
            run.write_json(f"latent/{estimator.name}", {"sentences": list(sentences())})
        save_fitted(fitted, folder)


def _weigh_edges(run: RunFolder, screen: Screen) -> EdgeEvidence:
    """What all rows say of every edge, whatever the model."""
    evidence = edge_evidence(screen)
    run.write_json("evidence", {"sentences": list(evidence.sentences)})
    return evidence


def _end(run: RunFolder, splits: tuple[Split, ...], judgement: Judgement) -> None:
    names = dict.fromkeys(split.name for split in splits)
    run.write_json(
        "verdict",
        {
            "headline": judgement.headline,
            "sentences": list(judgement.sentences),
            "primary_score": judgement.primary_score,
            "ceilings": dict(judgement.ceilings),
            "splits": list(names),
            "peak_memory_bytes": peak_memory(),
        },
    )


def options_of(run: RunFolder) -> RunOptions:
    """The options a run was begun with; those that its version of semimech did not know are as they are by default."""
    saved = run.json("config")["options"]
    names = [field.name for field in dataclasses.fields(RunOptions) if field.name in saved]
    return RunOptions(**{name: saved[name] for name in names})
