"""Mechanisms that are there are found, with the compounds that have them; where there is one, one is found."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from semimech.audit.mechanisms import MechanismOptions, find_mechanisms, mechanism_sentences
from semimech.audit.mechanisms.given import labels_of, motif_labels
from semimech.audit.mechanisms.labels import known_labels
from semimech.audit.mechanisms.stability import matched
from semimech.audit.synthetic import BioactivityExperiment, Laws, simulate_bioactivities
from semimech.plot.mechanisms import effect_bars, typical_compounds
from semimech.support.errors import UserError

TWO = BioactivityExperiment(seed=1, laws=Laws(mechanisms=2, delta=2.0))
FEW = MechanismOptions(largest=2, resamples=4, divisions=1)


def test_two_mechanisms_are_found_and_named() -> None:
    made = simulate_bioactivities(TWO)
    found = find_mechanisms(made.table, labels=made.table.compounds["mechanism"], options=FEW)
    assert found.found == found.shown == found.favoured == 2
    assert adjusted_rand_score(made.mechanism, found.compounds["mechanism"]) > 0.4
    assert found.known is not None
    assert found.known.p < 0.01
    assert found.known.p_agreement == pytest.approx(0.001)
    assert found.known.agreement > found.known.structure
    said = " ".join(mechanism_sentences(found))
    assert said.startswith("2 mechanisms:")
    assert "adjusted Rand index" in said
    assert found.compounds["mechanism"].value_counts().is_monotonic_decreasing
    assert typical_compounds(found).count("mechanism") == 0  # legends are drawn as paths
    assert effect_bars(found).axes[0].get_legend_handles_labels()[1] == ["mechanism 1", "mechanism 2"]


def test_one_mechanism_is_one_also_with_heavy_tails_and_shifts() -> None:
    plan = dataclasses.replace(
        TWO,
        laws=Laws(),
        measurement=dataclasses.replace(TWO.measurement, tails=2.5),
        sources=dataclasses.replace(TWO.sources, shift=1.0),
    )
    made = simulate_bioactivities(plan)
    found = find_mechanisms(made.table, labels=np.where(made.in_series, "series", "outside"), options=FEW)
    assert found.found == 1
    assert "One mechanism is enough" in mechanism_sentences(found)[0]
    assert set(found.compounds["mechanism"]) == {1}


def test_more_compounds_than_are_fitted_follow_their_neighbours() -> None:
    made = simulate_bioactivities(TWO)
    options = dataclasses.replace(FEW, compounds=300, count=2)
    found = find_mechanisms(made.table, options=options)
    rest = ~found.compounds["fitted"]
    assert rest.sum() == 100
    assert adjusted_rand_score(made.mechanism[rest], found.compounds["mechanism"][rest]) > 0.1
    assert "follow" in mechanism_sentences(found)[-1] or "neighbours" in mechanism_sentences(found)[-1]


def test_labels() -> None:
    text = known_labels(pd.Series(["a"] * 30 + ["b"] * 25 + ["c"] * 3 + [None] * 2))
    assert text.value_counts().to_dict() == {"a": 30, "b": 25, "others": 5}
    with pytest.raises(UserError, match="no two classes"):
        known_labels(pd.Series(["a"] * 30 + ["b"] * 5))
    made = simulate_bioactivities(TWO)
    assert labels_of(made.table, "series").eq("in").sum() == made.in_series.sum()
    assert labels_of(made.table, "mechanism").equals(made.table.compounds["mechanism"])
    has = motif_labels(made.table, "N1CCOCC1")
    assert (has == "with").sum() == made.table.compounds["smiles"].str.contains(r"CCOCC\d").sum()
    with pytest.raises(UserError, match="no SMARTS"):
        motif_labels(made.table, "C1(")


def test_names_are_those_that_overlap_most() -> None:
    rng = np.random.default_rng(0)
    wanted = rng.integers(3, size=100)
    assert (matched(np.array([2, 0, 1])[wanted], wanted, 3) == wanted).all()


@pytest.mark.parametrize("wrong", [{"largest": 0}, {"divisions": 0}, {"count": 21}, {"level": 1.0}, {"compounds": 50}])
def test_wrong_options_are_refused(wrong: dict[str, int | float]) -> None:
    with pytest.raises(UserError, match="must"):
        MechanismOptions(**wrong)


def test_what_does_not_come_back_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    made = simulate_bioactivities(TWO)
    monkeypatch.setattr("semimech.audit.mechanisms.find.RETURNS", 1.1)
    found = find_mechanisms(made.table, options=FEW)
    assert (found.found, found.shown, found.favoured) == (1, 1, 2)
    assert mechanism_sentences(found)[0].startswith("One mechanism is kept: 2 laws")
