"""How many batches, guides and cells: every choice weighed by the optimum of divided cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from semimech.design.contrasts import mixture_variance
from semimech.design.planner.continuous import best_shares
from semimech.design.planner.finding import overall, powers_of
from semimech.design.planner.program import Program
from semimech.design.planner.rounding import even_loads
from semimech.design.planner.supply import Supply

MANY = 16  # numbers of batches above which they are tried in two rounds


@dataclass(frozen=True, eq=False)
class Option:
    """So many batches, guides of each perturbation and cells altogether, with their cost, power and loss."""

    batches: int
    guides: int
    total: int
    cost: float
    power: float
    loss: float


def program_of(supply: Supply, batches: int, guides: int, total: int) -> Program:
    """The allocation problem of so many batches, guides and cells."""
    request = supply.request
    components, arms = request.components, request.arms
    cell = components.value("cell")
    return Program(
        weight=arms.priority / arms.efficiency**2,
        spread=cell + _mixture(request.target.effect, arms.efficiency),
        control=cell,
        interaction=components.value("interaction"),
        constant=np.full(supply.arms, components.value("guide") / guides),
        room=supply.room[:batches],
        total=total,
        arms_per_batch=supply.arms_per_batch,
        worst=request.target.criterion == "worst",
    )


def _mixture(effect: float, efficiency: np.ndarray) -> np.ndarray:
    return np.array([mixture_variance(effect, float(share)) for share in efficiency])


def best_option(supply: Supply, budget: float) -> Option | None:
    """The option of the least loss within the budget; None where there is none."""
    return _searched(
        supply, lambda batches, guides: option_at(supply, batches, guides, budget), lambda one: (one.loss,)
    )


def cheapest_option(supply: Supply, power: float, budget: float) -> Option | None:
    """The cheapest option with this power within the budget; None where there is none."""
    return _searched(
        supply, lambda batches, guides: _least(supply, batches, guides, power, budget), lambda one: (one.cost, one.loss)
    )


def option_at(supply: Supply, batches: int, guides: int, budget: float, total: int | None = None) -> Option | None:
    """An option with the most cells that the budget buys, or `total`; None where an arm would have no place or cell."""
    total = supply.largest(batches, guides, budget) if total is None else total
    if total < supply.arms + batches or batches * supply.arms_per_batch < supply.arms:
        return None
    shares = best_shares(program_of(supply, batches, guides, total), float(total), batches)
    target, arms = supply.request.target, supply.request.arms
    power = overall(target, arms, powers_of(target, arms, shares.variance)[0])
    cost = supply.cost(even_loads(supply.room[:batches], total), guides)
    return Option(batches, guides, total, cost, power, shares.loss)


def _least(supply: Supply, batches: int, guides: int, power: float, budget: float) -> Option | None:
    """The fewest cells with this power."""
    best = option_at(supply, batches, guides, budget)
    if best is None or best.power < power:
        return None
    low, high = supply.arms + batches - 1, best.total
    while high - low > max(high // 2000, 1):
        middle = (low + high) // 2
        one = option_at(supply, batches, guides, budget, middle)
        if one is not None and one.power >= power:
            high, best = middle, one
        else:
            low = middle
    return best


def _searched(
    supply: Supply, find: Callable[[int, int], Option | None], key: Callable[[Option], tuple[float, ...]]
) -> Option | None:
    """The best option over numbers of batches and guides; of many numbers of batches every few, then those around."""
    limits, (fewest, most) = supply.request.batches, supply.request.arms.guides
    step = -(-(limits.number - limits.fewest + 1) // MANY)

    def over(numbers: Iterable[int], best: Option | None) -> Option | None:
        for batches in numbers:
            for guides in range(fewest, most + 1):
                one = find(batches, guides)
                if one is not None and (best is None or key(one) < key(best)):
                    best = one
        return best

    best = over(sorted({*range(limits.fewest, limits.number + 1, step), limits.number}), None)
    if best is None or step == 1:
        return best
    return over(range(max(best.batches - step + 1, limits.fewest), min(best.batches + step, limits.number + 1)), best)
