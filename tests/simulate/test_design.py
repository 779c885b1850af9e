from math import comb

import numpy as np
import pytest

from semimech.data.network import Network
from semimech.simulate.design import Design
from semimech.simulate.perturbations import Family, actions_of
from semimech.support.errors import UserError

NODES = tuple("ABCDEF")
NETWORK = Network.from_matrix(np.ones((6, 6)) - np.eye(6), NODES)


def actions(*families):
    return actions_of(families, NETWORK, np.random.default_rng(0))


def conditions(design, *families):
    return design.conditions_of(actions(*families), np.random.default_rng(0))


def test_a_factorial_design_has_every_combination_at_every_dose():
    found = conditions(Design(order=2, doses=(0.5, 2.0)), Family("drug", count=4))
    assert len(found) == len(set(found)) == 4 * 2 + comb(4, 2) * 4
    genes = conditions(Design(order=3, doses=(0.5, 2.0)), Family("knock-out", nodes=NODES))
    assert len(genes) == 6 + comb(6, 2) + comb(6, 3)
    assert {dose for condition in genes for _, dose in condition.doses} == {1.0}
    weak = conditions(Design(doses=(0.5, 2.0)), Family("knock-down", nodes=("A",)))
    assert [condition.doses for condition in weak] == [(("A", 0.5),), (("A", 1.0),)]


def test_a_part_of_a_factorial_design_keeps_all_singles():
    found = conditions(Design(order=2, conditions=10), Family("knock-out", nodes=NODES))
    assert [len(condition.doses) for condition in found] == [1] * 6 + [2] * 4


def test_a_latin_hypercube_spreads_its_doses():
    design = Design("latin-hypercube", order=3, doses=(0.1, 1.1), conditions=60)
    found = conditions(design, Family("drug", count=5))
    assert len(found) == 60
    assert {len(condition.doses) for condition in found} == {1, 2, 3}
    one = conditions(Design("latin-hypercube", doses=(0.0001, 1.0), conditions=40), Family("drug", count=1))
    # With one perturbation in every condition each of the 40 strata holds exactly one dose.
    assert sorted(int((condition.doses[0][1] - 1e-4) / (1 - 1e-4) * 40 - 1e-3) for condition in one) == list(range(40))


def test_named_families_and_names_that_are_taken():
    found = actions(Family("knock-out", nodes=("A", "B")), Family("activation", nodes=("A",)), Family("drug", count=3))
    names = [action.perturbation.name for action in found]
    assert names == ["A", "B", "A activation", "drug1", "drug2", "drug3"]
    assert dict(found[2].perturbation.targets) == {"A": 1.0}
    assert [len(action.targets) for action in found[3:]] == [1, 2, 1]
    given = actions(Family("drug", name="aX", targets={"C": -1, "D": 1}))[0]
    assert (given.targets.tolist(), given.signs.tolist()) == ([2, 3], [-1, 1])


@pytest.mark.parametrize(
    ("family", "dose", "expected"),
    [
        (Family("knock-down", nodes=("A",), strength=0.75), 1.0, 2.0),
        (Family("knock-down", nodes=("A",), strength=0.75), 0.5, -np.log2(1 - 0.375)),
        (Family("activation", nodes=("A",), strength=3.0), 1.0, 2.0),
        (Family("drug", name="x", targets={"A": -1}, strength=4.0, ec50=2.0), 2.0, 2.0),
        (Family("drug", name="x", targets={"A": -1}), 0.0, 0.0),
    ],
)
def test_how_strongly_a_dose_acts(family, dose, expected):
    assert actions(family)[0].push(np.array([dose]))[0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: actions(), "Nothing is perturbed"),
        (lambda: actions(Family()), "does not say which"),
        (lambda: actions(Family(nodes=("A",), count=2)), "give exactly one"),
        (lambda: actions(Family("drug", nodes=("A",))), "A drug needs name and targets"),
        (lambda: actions(Family(nodes=("X",))), "acts on 'X', which is no node"),
        (lambda: actions(Family(nodes=("A", "A"))), "A stands twice"),
        (lambda: actions(Family(count=7)), "only 6 send edges"),
        (lambda: actions(Family("drug", name="x", targets={"A": 2})), "signs -1 or 1"),
        (lambda: Family("knockout", count=1), "did you mean knock-out"),
        (lambda: Family("knock-down", count=1, strength=1.0), "from 0 to 0.999"),
        (lambda: Family(count=1, efficiency=1.2), "efficiency .* from 0.01 to 1"),
        (lambda: Design("factory"), "did you mean factorial"),
        (lambda: Design("latin-hypercube"), "needs conditions"),
        (lambda: Design(doses=(-1.0,)), "doses of the section"),
        (lambda: conditions(Design(order=3), Family(count=2)), "there are 2 perturbations"),
        (lambda: conditions(Design(order=6, doses=tuple(range(1, 20))), Family("drug", count=6)), "lower order"),
    ],
)
def test_what_does_not_fit_is_said(make, says):
    with pytest.raises(UserError, match=says):
        make()
