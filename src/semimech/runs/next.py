"""What to measure next, from a finished run: its model, its measured effects, and whether an order would have paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semimech.data.condition import GENETIC, Condition, Perturbation
from semimech.data.effects import Effects
from semimech.data.readers.text import read_lines
from semimech.design.next.candidates import in_contexts, kind_of, untested_doses, untested_pairs, untested_singles
from semimech.design.next.check import REPEATS, Check, check_orders
from semimech.design.next.criteria import CriterionName
from semimech.design.next.learning import Measured
from semimech.design.next.ranking import Ranking, rank_next
from semimech.design.next.surrogate import Surrogate, surrogate_of
from semimech.design.next.tables import costs_of, features_of
from semimech.models.intervals import WithIntervals
from semimech.runs.folder import RunFolder
from semimech.runs.predict import asked_of, model_knowing
from semimech.runs.tables import read_effects
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, silent

ALIKE = 0.01
KINDS = ("pairs", "singles", "doses")
MOST = 30_000  # candidates that are ranked at once: 0.1 MB each


@dataclass(frozen=True)
class NextOptions:
    """What is asked for: `batches` batches of `batch` conditions by a criterion; costs, features and targets as files.

    repeats: of the check on the run's own data; 0 for none.
    """

    batch: int = 8
    batches: int = 1
    criterion: CriterionName = "variance"
    model: str | None = None
    costs: Path | None = None
    targets: Path | None = None
    features: Path | None = None
    annotations: Path | None = None
    repeats: int = REPEATS
    seed: int = 0


@dataclass(frozen=True, eq=False)
class NextExperiments:
    """A ranking, the model behind its predictions, the check of the orders (None if not asked for), and in words."""

    model: str
    ranking: Ranking
    check: Check | None
    sentences: tuple[str, ...]


def next_experiments(
    run: RunFolder, candidates: str, options: NextOptions | None = None, *, monitor: Monitor = silent
) -> NextExperiments:
    """Rank candidates: pairs, singles or doses that follow from the run, or the conditions of a text file.

    Raises UserError where the run has no such model, names are unknown or stand twice, or fewer candidates than are
    asked for are untested.
    """
    options = options or NextOptions()
    _, new, usual = asked_of(run, (), options.annotations)
    effects, counted = read_effects(
        run.path / "effects.h5ad", tuple(str(n) for n in run.table("perturbations")["name"])
    )
    wanted = _candidates(run, candidates, effects, new, usual, options)
    targets = None
    if options.targets is not None:
        asked = _listed(run, options.targets, options.annotations, "correct the path given to --targets")
        targets = in_contexts(asked, effects.conditions)
    every = (*wanted, *(targets or ()))
    model, fitted = model_knowing(run, options.model, [p for p in new if any(p.name in c.names for c in every)])
    columns = np.flatnonzero(counted.any(0))
    measured = _measured(effects, counted, columns, _features(options, effects, every))
    surrogate = _surrogate(measured, every)
    ranking = rank_next(
        surrogate,
        wanted,
        options.batch,
        options.criterion,
        None if options.costs is None else costs_of(options.costs, wanted),
        batches=options.batches,
        targets=targets,
        fitted=fitted,
        columns=columns,
        seed=options.seed,
    )
    check = None
    if options.repeats:
        kind = kind_of(ranking.conditions, measured.conditions)
        check = check_orders(measured, kind, repeats=options.repeats, seed=options.seed, monitor=monitor)
    return NextExperiments(model, ranking, check, _sentences(model, fitted, ranking, check, measured, surrogate))


def _candidates(
    run: RunFolder,
    asked: str,
    effects: Effects,
    new: Sequence[Perturbation],
    usual: dict[str, float],
    options: NextOptions,
) -> tuple[Condition, ...]:
    table = run.table("perturbations")
    fixed = {str(name) for name, kind in zip(table["name"], table["kind"], strict=True) if kind in GENETIC}
    old = {name: usual[name] for name in effects.perturbations}
    if asked == "pairs":
        _require_few(len(old) * (len(old) - 1) // 2, f"pairs of {len(old):,} perturbations")
        found = untested_pairs(effects.conditions, old)
    elif asked == "singles":
        found = untested_singles(effects.conditions, old | {p.name: usual[p.name] for p in new})
    elif asked == "doses":
        found = untested_doses(effects.conditions, [name for name in old if name not in fixed])
    else:
        remedy = f"say {', '.join(KINDS)}, or name a text file"
        listed = in_contexts(_listed(run, Path(asked), options.annotations, remedy), effects.conditions)
        _require_few(len(listed), f"conditions of {asked}")
        return listed
    if not found:
        what = "dose that could be changed" if asked == "doses" else f"{asked} untested at the usual doses"
        raise UserError(f"The run {run.path} leaves no {what}: name candidates in a file.")
    return found


def _require_few(count: int, what: str) -> None:
    if count > MOST:
        raise UserError(
            f"There are {count:,} {what}, more than the {MOST:,} that can be ranked at once: name the candidates that "
            "come into question in a file."
        )


def _listed(run: RunFolder, path: Path, annotations: Path | None, remedy: str) -> tuple[Condition, ...]:
    """The conditions of a text file, one a line; those named twice stay so, to be told of."""
    if not path.is_file():
        raise UserError(f"There is no file {path}: {remedy}.")
    lines = read_lines(path)
    if not lines:
        raise UserError(f"{path.name} names no condition: write one a line, such as A+B or A=0.5.")
    return tuple(asked_of(run, [line], annotations)[0][0] for line in lines)


def _features(options: NextOptions, effects: Effects, asked: Sequence[Condition]) -> dict[str, np.ndarray] | None:
    if options.features is None:
        return None
    names = dict.fromkeys([*effects.perturbations, *(name for condition in asked for name in condition.names)])
    return features_of(options.features, list(names))


def _measured(
    effects: Effects, counted: np.ndarray, columns: np.ndarray, features: dict[str, np.ndarray] | None
) -> Measured:
    return Measured(
        effects.conditions, effects.values[:, columns].astype(float), effects.counts, counted[:, columns], features
    )


def _surrogate(measured: Measured, asked: Sequence[Condition]) -> Surrogate:
    values = np.where(measured.counted, measured.values, 0.0)
    return surrogate_of(measured.conditions, values, counts=measured.counts, asked=asked, features=measured.features)


def _sentences(
    model: str, fitted: WithIntervals, ranking: Ranking, check: Check | None, measured: Measured, surrogate: Surrogate
) -> tuple[str, ...]:
    """What stands behind the order, and whether it pays."""
    counted = measured.counted
    wrong = float(
        (((surrogate.left_out() - measured.values) ** 2)[counted]).sum() / (measured.values[counted] ** 2).sum()
    )
    told = [
        "Variance is that of a Gaussian process on the doses (error on conditions left out one at a time: "
        f"{wrong:.2g} of no change); disagreement is that of {ranking.spread_of}; diversity is by the effects that "
        f"{model} predicts."
    ]
    worth = ranking.table["variance"]
    if worth.max() - worth.min() <= ALIKE * worth.max():
        told.append("Nothing tells the candidates apart by variance: describe perturbations with --features.")
    if check is not None:
        told.append(check.sentence(ranking.criterion))
        if check.curves is not None and (ranking.table["cost"] != 1).any():
            told.append("The check counts conditions, not what they cost.")
        if check.curves is not None and ranking.criterion == "disagreement":
            told.append("The check asks refits of the Gaussian process, whatever model disagrees here.")
    if ranking.left_out:
        labels = ", ".join(condition.label for condition in ranking.left_out)
        told.append(f"Left out, as they are measured already: {labels}.")
    if len(ranking.batches) > 1:
        told.append("Later batches are planned without the results of earlier ones: rank again when those are in.")
    return tuple(told)
