"""Which perturbations a declaration gives, and what it may not ask for."""

import numpy as np
import pytest

from semimech.data.network import Network
from semimech.simulate.perturbations import Family, actions_of
from semimech.support.errors import UserError

NETWORK = Network.from_matrix(np.ones((4, 4)) - np.eye(4), tuple("ABCD"))


def test_drugs_of_several_sections_are_counted_on():
    families = (Family("drug", count=2), Family("drug", name="aX", targets={"A": -1}), Family("drug", count=8, ec50=2))
    actions = actions_of(families, NETWORK, np.random.default_rng(0))
    names = ["drug1", "drug2", "aX", *(f"drug{k:02d}" for k in range(3, 11))]
    assert [action.perturbation.name for action in actions] == names
    assert all(len(action.targets) for action in actions)


@pytest.mark.parametrize(
    ("family", "network", "words"),
    [
        (Family("drug", name="A", targets={"B": -1}), NETWORK, "drug A has the name of a node"),
        (Family("drug", count=2), Network.from_matrix(np.zeros((2, 2)), ("A", "B")), "here none does"),
        (Family(nodes=("A", "A")), NETWORK, "A stands twice"),
    ],
)
def test_what_cannot_be_asked(family, network, words):
    with pytest.raises(UserError, match=words):
        actions_of((family,), network, np.random.default_rng(0))
