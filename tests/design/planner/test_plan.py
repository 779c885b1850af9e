"""Plans: what is asked for is reached, plain layouts are no better, and what is wrong or impossible is said."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from semimech.design.planner.curve import trade_off
from semimech.design.planner.finding import powers_of
from semimech.design.planner.lanes import dealt_to_lanes, lane_factor, lane_table
from semimech.design.planner.plan import plan
from semimech.design.planner.request import request_of
from semimech.design.planner.supply import supply_of
from semimech.design.planner.tables import arm_table, batch_table, gene_classes
from semimech.design.planner.words import sentences_of
from semimech.design.power import power_at_fdr
from semimech.support.errors import UserError

ASKED = {
    "components": {"cell": 0.3, "batch": 0.02, "interaction": 0.004, "guide": 0.002},
    "batches": {"number": 6, "cells": 10_000},
    "costs": {"batch": 500, "cell": 0.1, "guide": 5, "budget": 5000},
    "perturbations": {"count": 40, "guides": [1, 4], "efficiencies": [0.8]},
    "target": {"effect": 0.25, "power": 0.8},
}


def asked(**sections):
    """The request with some sections replaced, their options on top of those above."""
    return request_of({**ASKED, **{name: {**ASKED.get(name, {}), **part} for name, part in sections.items()}})


def test_the_power_is_reached_for_the_least_cost():
    done = plan(asked())
    assert done.judged.overall >= 0.8
    assert done.cost < 2500
    table = arm_table(done)
    assert table["cells"].sum() + done.layout.controls.sum() == done.layout.total
    assert table["least_effect"].to_numpy() == pytest.approx(0.25, abs=0.002)
    cheaper = plan(asked(costs={"budget": round(done.cost * 0.97)}, target={"power": 0.0}))
    assert cheaper.judged.overall < 0.8


def test_all_of_the_budget_is_used_where_it_is_asked_for():
    enough, everything = plan(asked()), plan(asked(target={"spend": "all"}))
    assert enough.cost < everything.cost <= 5000
    assert everything.judged.loss < enough.judged.loss


@pytest.mark.parametrize("criterion", ["sum", "worst"])
@pytest.mark.parametrize("limit", [0, 15])
def test_plain_layouts_are_no_better(criterion, limit):
    priorities = list(np.linspace(1, 4, 40))
    options = {"count": 0, "names": [f"g{k}" for k in range(40)], "priorities": priorities, "guides": [1]}
    done = plan(
        asked(batches={"perturbations": limit}, perturbations=options, target={"criterion": criterion, "power": 0})
    )
    assert len(done.plain) == 4
    assert all(one.judged.loss > done.judged.loss for one in done.plain)
    assert all(one.layout.total == done.layout.total for one in done.plain)
    assert batch_table(done)["perturbations"].max() <= (limit or 40)
    assert any("controls in one batch" in sentence for sentence in sentences_of(done))


def test_more_batches_where_interaction_is_large_and_fewer_where_they_are_dear():
    few = plan(asked(components={"interaction": 0.0001}, target={"power": 0.0}))
    many = plan(asked(components={"interaction": 0.1}, target={"power": 0.0}))
    assert few.option.batches < many.option.batches


def test_where_pooled_controls_do_better_it_is_said():
    few = {"components": {"batch": 0.001}, "batches": {"number": 2, "cells": 4}}
    few = {**few, "perturbations": {"count": 5, "guides": [1]}, "target": {"power": 0.0}}
    assert any("has less variance, because few" in sentence for sentence in sentences_of(plan(asked(**few))))
    assert not any("has less variance, because few" in sentence for sentence in sentences_of(plan(asked())))


def test_reads_are_weighed_against_cells():
    depths = pd.DataFrame({"depth": [0.1, 1.0, 10.0], "cell": [0.9, 0.3, 0.15], "effect": [0.5, 1.0, 1.2]})
    request = asked(costs={"read": 1e-5, "reads": 10_000}, perturbations={"guides": [1]})
    pilot = replace(request, components=replace(request.components, depths=depths))
    found = {}
    for price in (1e-5, 1e-7):
        costs = replace(pilot.costs, read=price, depths=(0.5, 1.0, 4.0))
        found[price] = plan(replace(pilot, costs=costs))
        each = {d: plan(replace(pilot, costs=replace(costs, depths=(d,)))).cost for d in costs.depths}
        assert found[price].depth == min(each, key=each.__getitem__)
        assert found[price].cost == pytest.approx(min(each.values()))
    assert found[1e-5].depth < found[1e-7].depth
    deeper = found[1e-7].request.components
    growth = np.interp(np.log(4), np.log(depths["depth"]), depths["effect"])
    cell = np.interp(np.log(4), np.log(depths["depth"]), depths["cell"])
    assert deeper.value("cell") == pytest.approx(cell / growth**2)
    assert deeper.value("interaction") == pytest.approx(0.004)


def test_small_plans_are_exact():
    options = {"count": 2, "guides": [1]}
    done = plan(asked(batches={"number": 2, "cells": 12}, perturbations=options, target={"power": 0.0}))
    assert done.exact
    assert any("all were gone through" in sentence for sentence in sentences_of(done))


def test_unequal_batches_keep_their_names():
    done = plan(asked(batches={"number": 3, "cells": [200, 900, 500]}, target={"power": 0.0}))
    assert done.layout.batches == ("batch 1", "batch 2", "batch 3")
    assert (done.layout.cells.sum(1) + done.layout.controls).tolist() == [200, 900, 500]


def test_lanes_share_every_arm_and_their_level_cancels():
    done = plan(asked(lanes={"number": 4, "cells": 1500, "variance": 0.05}, costs={"lane": 50}))
    table = lane_table(done.layout, batch_table(done)["lanes"].to_numpy())
    assert table.groupby("lane")["cells"].sum().max() <= 1500
    assert table["cells"].sum() == done.layout.total
    assert done.judged.shares(done.weight)["lanes"] < 0.01
    dealt = dealt_to_lanes(np.array([10, 1]), 2)
    assert dealt.tolist() == [[5, 5], [1, 0]]
    random = np.random.default_rng(0)
    level = random.standard_normal((100_000, 4))  # of lanes, by simulation
    cells, control = np.array([3, 1, 0, 0]), np.array([2, 2, 2, 2])
    scatter = (level @ (cells / 4 - control / 8)).var()
    layout = type(done.layout)(("a",), ("x",), np.array([[4]]), np.array([8]))
    assert lane_factor(layout, np.array([4]))[0] == pytest.approx(0.0)
    assert scatter == pytest.approx(((cells / 4 - control / 8) ** 2).sum(), rel=0.02)


def test_no_lane_is_opened_for_a_few_cells():
    lanes = {"number": 2, "cells": 5000}
    costs = {"batch": 0, "cell": 0.1, "lane": 1500, "guide": 0}
    found = {}
    for budget in (5000, 5501, 7300):
        request = asked(lanes=lanes, costs={**costs, "budget": budget}, batches={"number": 2}, target={"power": 0})
        found[budget] = supply_of(request).largest(2, 1, budget)
    assert found == {5000: 10_000, 5501: 10_000, 7300: 13_000}


def test_the_level_under_a_false_discovery_rate_is_that_of_the_rule():
    request = asked(target={"fdr": 0.05, "share": 0.2, "power": 0.0})
    variance = np.full(40, 0.004)
    powers, level = powers_of(request.target, request.arms, variance)
    found, expected = power_at_fdr(np.array([0.25 * 0.8]), 0.004, 0.2, 0.05)
    assert level == pytest.approx(float(expected), rel=1e-3)
    assert powers[0] == pytest.approx(float(found), rel=1e-3)


def test_the_trade_off_rises_and_passes_through_the_plan():
    done = plan(asked())
    curve = trade_off(done)
    assert (curve["cost"].diff().dropna() > 0).all()
    assert curve["power"].is_monotonic_increasing
    assert np.interp(done.cost, curve["cost"], curve["power"]) == pytest.approx(done.judged.overall, abs=0.02)


def test_gene_classes_need_genes():
    assert gene_classes(plan(asked())).empty


IMPOSSIBLE = [
    ({"costs": {"budget": 1500}}, r"needs [\d,]+ cells in 2 batches, which cost [\d,]+; the budget of 1,500 buys"),
    ({"target": {"effect": 0.1}}, r"not reached in 6 batches: the 60,000 cells .* Allow \d+ batches"),
    ({"costs": {"budget": 500}}, "does not pay for a single cell .* costs 1,205"),
    ({"batches": {"number": 3, "perturbations": 10}}, "Allow 4 batches, or 14 perturbations"),
    ({"batches": {"number": 2, "cells": 20}}, "allow 21 cells in a batch"),
]


@pytest.mark.parametrize(("change", "words"), IMPOSSIBLE, ids=lambda value: str(value)[:40])
def test_what_is_impossible_is_said_with_the_nearest_that_is_not(change, words):
    with pytest.raises(UserError, match=words):
        plan(asked(**change))


def test_the_nearest_feasible_is_feasible():
    with pytest.raises(UserError) as told:
        plan(asked(costs={"budget": 1500}))
    sentence = str(told.value)
    cost = int(sentence.split("which cost ")[1].split(";")[0].replace(",", ""))
    effect = float(sentence.split("for an effect of ")[2].rstrip("."))
    assert plan(asked(costs={"budget": cost * 1.01})).judged.overall >= 0.8
    assert plan(asked(costs={"budget": 1500}, target={"effect": effect})).judged.overall >= 0.8
