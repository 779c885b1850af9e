"""Untested conditions in the order in which they should be measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import pandas as pd

from semimech.data.condition import Condition
from semimech.design.next.criteria import (
    Additive,
    Criterion,
    CriterionName,
    VarianceReduction,
    committee_spread,
    coverage_of,
    drawn_targets,
    greedy,
)
from semimech.design.next.surrogate import Surrogate
from semimech.models.base import Fitted
from semimech.support.errors import UserError, listed


@dataclass(frozen=True, eq=False)
class Ranking:
    """Candidates in their order, those of the batches first.

    table: rank, batch (0: in none), condition, cost, gain and gain_per_cost (of the criterion, beside those before it),
    and what each is worth alone: variance (share of what is unknown of the targets that measuring it removes),
    disagreement (sd of predictions, root mean square over features), diversity (similarity added, mean over targets);
    reason, in words. conditions: in the same order. left_out: candidates that are measured already. spread_of: in
    words, whose disagreement it is.
    """

    criterion: CriterionName
    table: pd.DataFrame
    conditions: tuple[Condition, ...]
    left_out: tuple[Condition, ...]
    spread_of: str

    @property
    def batches(self) -> tuple[tuple[Condition, ...], ...]:
        """The conditions of every batch."""
        numbers = self.table["batch"].to_numpy()
        chosen = range(1, int(numbers.max()) + 1)
        return tuple(tuple(self.conditions[i] for i in np.flatnonzero(numbers == number)) for number in chosen)


def rank_next(
    surrogate: Surrogate,
    candidates: Sequence[Condition],
    k: int,
    criterion: CriterionName = "variance",
    costs: Sequence[float] | np.ndarray | None = None,
    *,
    batches: int = 1,
    targets: Sequence[Condition] | None = None,
    fitted: Fitted | None = None,
    columns: np.ndarray | None = None,
    seed: int = 0,
) -> Ranking:
    """Rank candidates by gain per cost, greedily, in batches of k.

    criterion: 'variance', the expected reduction of the posterior variance of the `targets` (the candidates if not
    given); 'disagreement', the spread of the members of `fitted`, or of refits of the surrogate on resampled conditions
    where it has no members; 'diversity', coverage of the targets by predicted effects of `fitted` (else of the
    surrogate). columns: the features of `fitted` that count (all if not given). Raises UserError for candidates named
    twice, fewer candidates than are asked for, and costs that are not above 0.

    >>> a, b, c = (Condition(((name, 1.0),)) for name in "abc")
    >>> from semimech.design.next.surrogate import surrogate_of
    >>> rank_next(surrogate_of([a], np.ones((1, 4)), asked=[b, c]), [b, c], k=1).batches
    ((Condition(doses=(('b', 1.0),), context=''),),)
    """
    if criterion not in get_args(CriterionName):
        raise UserError(f"The criterion '{criterion}' is unknown: use {', '.join(get_args(CriterionName))}.")
    untested, paid, known = _untested(surrogate, candidates, costs)
    _check_size(k, batches, len(untested), len(known))
    asked = tuple(targets) if targets is not None else untested
    asked = tuple(asked[i] for i in drawn_targets(len(asked), seed))
    criteria, worth, spread_of = _criteria(surrogate, untested, asked, fitted, columns, seed)
    chosen, gained = greedy(criteria[criterion], k * batches, paid)
    rest = criteria[criterion].gains()
    others = np.setdiff1d(np.argsort(-rest / paid, kind="stable"), chosen, assume_unique=True)
    order = np.array([*chosen, *others], int)
    gains = np.array([*gained, *rest[others]])
    table = pd.DataFrame(
        {
            "rank": np.arange(1, len(order) + 1),
            "batch": [1 + i // k if i < len(chosen) else 0 for i in range(len(order))],
            "condition": [untested[i].label for i in order],
            "cost": paid[order],
            "gain": gains,
            "gain_per_cost": gains / paid[order],
            **{name: values[order] for name, values in worth.items()},
        }
    )
    ordered = tuple(untested[i] for i in order)
    seen = Counter(name for condition in surrogate.conditions for name in condition.names)
    rows = zip(table.to_dict("records"), ordered, strict=True)
    table["reason"] = [_reason(row, condition, seen) for row, condition in rows]
    return Ranking(criterion, table, ordered, known, spread_of)


def _untested(
    surrogate: Surrogate, candidates: Sequence[Condition], costs: Sequence[float] | np.ndarray | None
) -> tuple[tuple[Condition, ...], np.ndarray, tuple[Condition, ...]]:
    """(candidates not measured yet, their costs, those measured already)."""
    candidates = tuple(candidates)
    if len(set(candidates)) < len(candidates):
        twice = [candidate.label for candidate, count in Counter(candidates).items() if count > 1]
        raise UserError(f"The candidate {listed(twice)} is named more than once: name each condition once.")
    paid = np.ones(len(candidates)) if costs is None else np.asarray(costs, float)
    for condition, cost in zip(candidates, paid, strict=True):
        if not (np.isfinite(cost) and cost > 0):
            raise UserError(f"The cost of {condition.label} is {cost:g}: give a number above 0.")
    measured = set(surrogate.conditions)
    kept = [i for i, condition in enumerate(candidates) if condition not in measured]
    return (
        tuple(candidates[i] for i in kept),
        paid[kept],
        tuple(condition for condition in candidates if condition in measured),
    )


def _check_size(k: int, batches: int, untested: int, measured: int) -> None:
    if k < 1 or batches < 1:
        raise UserError(f"Batches: {batches} of {k} conditions cannot be chosen: both numbers must be at least 1.")
    if k * batches > untested:
        left = f" ({measured} more are measured already)" if measured else ""
        raise UserError(
            f"Conditions asked for: {k * batches}, but there are {untested} untested candidates{left}: ask for fewer, "
            "or name more candidates."
        )


def _criteria(
    surrogate: Surrogate,
    untested: tuple[Condition, ...],
    targets: tuple[Condition, ...],
    fitted: Fitted | None,
    columns: np.ndarray | None,
    seed: int,
) -> tuple[dict[CriterionName, Criterion], dict[str, np.ndarray], str]:
    """(each criterion with nothing taken, what each candidate is worth alone, whose disagreement it is)."""
    inputs, asked = surrogate.kernel.inputs(untested), surrogate.kernel.inputs(targets)
    variance = VarianceReduction(surrogate, inputs, asked)
    spread, spread_of = None, "refits of the surrogate on resampled conditions"
    if fitted is None:
        there = [surrogate.mean(part) for part in (asked, inputs, surrogate.inputs)]
    else:
        predictions = [fitted.predict(part) for part in (targets, untested, surrogate.conditions)]
        counted = np.arange(len(predictions[0].features)) if columns is None else columns
        there = [prediction.mean[:, counted].astype(float) for prediction in predictions]
        if (members := predictions[1].spread) is not None:
            spread = np.sqrt((members[:, counted].astype(float) ** 2).mean(1))
            spread_of = "the members of the model"
    spread = committee_spread(surrogate, inputs, seed) if spread is None else spread
    criteria: dict[CriterionName, Criterion] = {
        "variance": variance,
        "disagreement": Additive(spread),
        "diversity": coverage_of(*there),
    }
    worth = {
        "variance": criteria["variance"].gains() / (variance.total or 1.0),
        "disagreement": spread,
        "diversity": criteria["diversity"].gains() / max(len(targets), 1),
    }
    return criteria, worth, spread_of


def _reason(row: Mapping[Hashable, Any], condition: Condition, seen: Mapping[str, int]) -> str:
    """What the numbers say, and how often the parts were measured."""
    parts = ", ".join(f"{name} in {seen.get(name, 0)}" for name in condition.names)
    return (
        f"removes {100 * row['variance']:.2g} % of what is unknown; predictions differ by {row['disagreement']:.2g}; "
        f"adds {row['diversity']:.2g} of coverage; measured conditions: {parts}"
    )
