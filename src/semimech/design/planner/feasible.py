"""What stands in the way of a plan, in one sentence with the nearest that is possible."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from semimech.design.planner.options import Option, best_option, cheapest_option, option_at
from semimech.design.planner.request import INFINITE
from semimech.design.planner.rounding import even_loads
from semimech.design.planner.supply import Supply, supply_of
from semimech.support.errors import UserError

MORE_BATCHES = (1.5, 2, 3, 5, 10)


def chosen_option(supply: Supply) -> Option:
    """The number of batches, guides and cells that the request asks for; UserError says which constraint forbids it.

    With a power as target and spend = "enough" the cheapest that has it, else the best that the budget buys.
    """
    target, budget = supply.request.target, supply.request.costs.budget or INFINITE
    _require_places(supply)
    best = best_option(supply, budget)
    if best is None:
        raise UserError(_too_dear(supply, budget))
    if not target.power:
        return best
    found = cheapest_option(supply, target.power, budget)
    if found is None:
        raise UserError(_out_of_reach(supply, best))
    return found if target.spend == "enough" else best


def _require_places(supply: Supply) -> None:
    limits, arms = supply.request.batches, supply.arms
    places = limits.number * supply.arms_per_batch
    if places < arms:
        raise UserError(
            f"{arms:,} perturbations do not fit: {limits.number} batches of at most {supply.arms_per_batch:,} hold "
            f"{places:,}. Allow {-(-arms // supply.arms_per_batch)} batches, or {-(-arms // limits.number):,} "
            "perturbations in a batch."
        )
    room, needed = int(supply.room.sum()), arms + limits.number
    if room < needed:
        raise UserError(
            f"{limits.number} batches hold {room:,} cells together, fewer than one of each of {arms:,} perturbations "
            f"and a control in each batch: allow {-(-needed // limits.number):,} cells in a batch."
        )


def _too_dear(supply: Supply, budget: float) -> str:
    """Why no layout at all can be paid, or held."""
    limits, (fewest, _) = supply.request.batches, supply.request.arms.guides
    prices = {}
    for batches in range(limits.fewest, limits.number + 1):
        room = supply.room[:batches]
        total = supply.arms + batches
        if room.sum() >= total and batches * supply.arms_per_batch >= supply.arms:
            prices[batches] = supply.cost(even_loads(room, total), fewest)
    if not prices:
        return (
            f"No number of batches from {limits.fewest} to {limits.number} holds {supply.arms:,} perturbations beside "
            "controls: allow more cells or perturbations in a batch."
        )
    batches = min(prices, key=lambda number: prices[number])
    return (
        f"The budget of {budget:,.10g} does not pay for a single cell of each of {supply.arms:,} perturbations: the "
        f"cheapest layout, {batches} batches with {supply.arms + batches:,} cells, costs {_up(prices[batches])}. "
        "Raise the budget to that at least."
    )


def _out_of_reach(supply: Supply, best: Option) -> str:
    """Why the power is not reached, what the budget buys, and what would be needed."""
    target = supply.request.target
    wanted = f"Power {target.power:g} for an effect of {target.effect:g}"
    effect = _reachable_effect(supply, best)
    remedy = (
        f"lower the power to {_down(best.power)}, or plan for an effect of {effect}" if effect else "lower the power"
    )
    needed = cheapest_option(supply, target.power, INFINITE)
    if needed is not None:
        return (
            f"{wanted} needs {needed.total:,} cells in {needed.batches} batches, which cost {_up(needed.cost)}; the "
            f"budget of {supply.request.costs.budget:,.10g} buys {best.total:,} in {best.batches}, which give "
            f"{_down(best.power)}: raise the budget, {remedy}."
        )
    limits, most = supply.request.batches, best_option(supply, INFINITE) or best
    more = _enough_batches(supply)
    bought = f", and the {best.total:,} that the budget buys {_down(best.power)}"
    paid = bought if best.total < most.total else ""
    allow = f"allow {more} batches" if more else "allow more batches"
    return (
        f"{wanted} is not reached in {limits.number} batches: the {most.total:,} cells that they hold give "
        f"{_down(most.power)}{paid}. {allow[0].upper()}{allow[1:]}, {remedy}."
    )


def _enough_batches(supply: Supply) -> int | None:
    """A number of batches, alike, that would reach the power; None where ten times as many do not."""
    request, cells = supply.request, int(supply.room.max())
    lanes = replace(request.lanes, cells=0)
    for factor in MORE_BATCHES:
        number = int(np.ceil(request.batches.number * factor))
        limits = replace(request.batches, number=number, fewest=number, cells=(cells,))
        larger = supply_of(replace(request, batches=limits, lanes=lanes))
        one = option_at(larger, number, request.arms.guides[1], INFINITE)
        if one is not None and one.power >= request.target.power:
            return number
    return None


def _reachable_effect(supply: Supply, best: Option) -> str:
    """The least effect that the best option finds with the power asked for, rounded up; '' where none is."""
    target = supply.request.target
    low, high = target.effect, target.effect
    for _ in range(12):
        high *= 2
        if _power_for(supply, best, high) >= target.power:
            break
    else:
        return ""
    while high - low > 0.002 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if _power_for(supply, best, middle) >= target.power else (middle, high)
    return f"{_ceiling(high):g}"


def _power_for(supply: Supply, best: Option, effect: float) -> float:
    request = supply.request
    larger = replace(supply, request=replace(request, target=replace(request.target, effect=effect)))
    found = option_at(larger, best.batches, best.guides, INFINITE, best.total)
    return 0.0 if found is None else found.power


def _ceiling(value: float) -> float:
    """Rounded up to two digits."""
    unit = 10.0 ** (np.floor(np.log10(value)) - 1)
    return float(np.ceil(value / unit - 1e-9) * unit)


def _up(cost: float) -> str:
    return f"{int(np.ceil(cost)):,}" if cost >= 100 else f"{cost:.4g}"


def _down(power: float) -> str:
    """A power in two digits, never rounded up."""
    return f"{np.floor(power * 100) / 100:.2f}".replace("0.", ".", 1)
