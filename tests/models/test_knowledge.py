"""Annotations as arrays, against loops."""

import numpy as np
import pytest
from tests.models.informed_screens import NODES, informed_screen

from semimech.data.condition import Condition, Perturbation
from semimech.models.knowledge import Knowledge, informed_words, is_informed


def test_columns_have_length_one_and_make_the_similarity() -> None:
    knowledge = Knowledge.of(informed_screen())
    columns = knowledge.columns((0.3, 0.5))
    with_pathway = knowledge.membership.any(1)
    np.testing.assert_allclose((columns**2).sum(1), np.where(with_pathway, 1.0, 0.5))
    found = knowledge.similarity((0.3, 0.5))
    for i, a in enumerate(knowledge.perturbations):
        for j, b in enumerate(knowledge.perturbations):
            same_pathway = (knowledge.membership[i] * knowledge.membership[j]).sum()
            assert found[i, j] == pytest.approx(0.3 + 0.5 * same_pathway + 0.2 * (a == b))


def test_several_pathways_share_one_length() -> None:
    both = Perturbation("G", "drug", {}, pathways=("one", "two"))
    knowledge = Knowledge.of(informed_screen()).knowing([both])
    np.testing.assert_allclose(knowledge.membership[-1], [0.5**0.5] * 2)


def test_a_new_perturbation_has_no_part_of_its_own() -> None:
    new = Perturbation("G", "drug", {"n3": 1.0}, pathways=("one", "never seen"))
    knowledge = Knowledge.of(informed_screen()).knowing([new, Perturbation("A")])
    assert knowledge.perturbations == (*"ABCDEF", "G")
    assert knowledge.columns((0.2, 0.3)).shape == (7, 1 + 2 + 6)
    assert not knowledge.columns((0.2, 0.3))[-1, 3:].any()
    assert knowledge.targets[-1, 3] == 1
    assert knowledge.membership[-1, 0] == pytest.approx(0.5**0.5)


def test_strengths_are_counted_in_the_usual_direction() -> None:
    knowledge = Knowledge.of(informed_screen()).knowing([Perturbation("G", "drug", {"n0": 1.0})])
    conditions = [Condition((("A", -0.5), ("G", -2.0))), Condition((("A", 0.5), ("G", 2.0)))]
    np.testing.assert_allclose(
        knowledge.strengths(conditions)[:, [0, 6]], np.tanh([[0.5, 2.0], [-0.5, 2.0]]), rtol=1e-6
    )
    np.testing.assert_allclose(knowledge.strengths(conditions, saturated=False)[0, [0, 6]], [0.5, 2.0])


def test_permuted_annotations_are_the_same_ones_elsewhere() -> None:
    knowledge = Knowledge.of(informed_screen())
    permuted = knowledge.permuted(1)
    assert sorted(map(tuple, permuted.targets)) == sorted(map(tuple, knowledge.targets))
    assert (permuted.targets != knowledge.targets).any()
    assert permuted.perturbations == knowledge.perturbations


def test_words_say_what_is_known() -> None:
    screen = informed_screen()
    knowledge = Knowledge.of(screen).knowing([Perturbation("G", "drug", dict.fromkeys(NODES[:5], -1.0))])
    seen = [condition for condition in screen.conditions if "A" not in condition.names]
    assert knowledge.words("A") == "its targets n0 and the pathway one"
    assert knowledge.words("G") == "its targets n0, n1, n2 and 2 more"
    assert knowledge.words("nobody") == ""
    text = informed_words(knowledge, Condition((("A", -1.0), ("Z", 1.0))), seen)
    assert "no training data with A and Z" in text
    assert "for A, its targets n0 and the pathway one" in text
    assert "Z is unknown and counts as no change" in text
    assert informed_words(knowledge, seen[0], seen) == "the same condition in training"


def test_only_annotations_beyond_names_inform() -> None:
    assert is_informed(informed_screen())
    assert not is_informed(informed_screen(annotated=False))
