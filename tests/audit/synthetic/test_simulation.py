"""Simulated tables have the truth that was declared, and come back from their file as they were made."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from tests.audit.bioactivities import molecules

from semimech.audit import read_bioactivities
from semimech.audit.fingerprints import morgan, tanimoto
from semimech.audit.synthetic import (
    BioactivityExperiment,
    Laws,
    Measurement,
    Series,
    Sources,
    Structures,
    simulate_bioactivities,
)
from semimech.audit.synthetic.experiment import read_experiment
from semimech.audit.synthetic.library import library
from semimech.support.errors import UserError

PLAN = BioactivityExperiment(
    structures=Structures(count=300, scaffolds=3),
    laws=Laws(mechanisms=2, opposed=0.1, delta=2.0, pairs=0.2),
    series=Series(count=80, apart=0.5),
    measurement=Measurement(noise=0.3, tails=3.0, censored=0.1),
)


def test_library_is_distinct_and_of_few_scaffolds() -> None:
    smiles = library(500, 2, np.random.default_rng(3))
    assert len(set(smiles)) == 500
    assert smiles == library(500, 2, np.random.default_rng(3))
    with pytest.raises(UserError, match="of 1 scaffolds"):
        library(3_000, 1, np.random.default_rng(0), 2, 0.95)


def test_the_same_seed_gives_the_same_table_and_the_file_gives_it_back(tmp_path: Path) -> None:
    made, again = simulate_bioactivities(PLAN), simulate_bioactivities(PLAN)
    assert made.table.compounds.equals(again.table.compounds)
    made.write(tmp_path / "table.csv")
    read = read_bioactivities(tmp_path / "table.csv")
    columns = ["smiles", "relation", "assay", "document", "source", "year", "mechanism"]
    assert read.compounds[columns].equals(made.table.compounds[columns])
    np.testing.assert_allclose(read.compounds["p_activity"], made.table.compounds["p_activity"])
    np.testing.assert_array_equal(read.series("series", "in"), made.in_series)
    np.testing.assert_array_equal(made.table.series("series", "in"), made.in_series)


def test_the_truth_is_what_was_declared() -> None:
    made = simulate_bioactivities(dataclasses.replace(PLAN, laws=dataclasses.replace(PLAN.laws, pairs=0.0)))
    bits, effects = morgan(made.table), made.effects
    opposed = effects.index[effects["m1"] * effects["m2"] < 0]
    assert len(opposed) == round(0.1 * len(effects))
    assert set(np.abs(effects.loc[opposed]).to_numpy().ravel()) == {1.0}
    expected = (bits[:, effects.index] * effects.to_numpy().T[made.mechanism]).sum(1)
    np.testing.assert_allclose(made.law - made.law.mean(), expected - expected.mean(), atol=1e-9)
    assert (made.mechanism[made.in_series] == 0).all()
    bounds = made.table.compounds["relation"] == "<"
    assert bounds.sum() == 30
    assert (made.exact[bounds] < made.table.compounds["p_activity"][bounds]).all()
    noise = made.exact - made.law - made.shift
    assert noise.std() == pytest.approx(0.3, rel=0.4)
    assert (made.table.compounds.groupby("assay")["smiles"].count() > 0).all()


def test_handwriting_puts_similar_compounds_into_one_document() -> None:
    def alike(handwriting: float) -> float:
        made = simulate_bioactivities(dataclasses.replace(PLAN, sources=Sources(handwriting=handwriting)))
        bits, document = morgan(made.table), made.table.compounds["document"].to_numpy()
        same = (document[:, None] == document[None]) & ~np.eye(len(document), dtype=bool)
        return float(tanimoto(bits, bits)[same].mean())

    assert alike(10.0) > 1.4 * alike(0.0)


def test_given_structures_and_mixed_mechanisms() -> None:
    laws = Laws(mechanisms=3, mixed=1.0)
    plan = BioactivityExperiment(laws=laws, series=Series(count=20))
    made = simulate_bioactivities(plan, molecules(120))
    assert list(made.table.compounds["smiles"]) == molecules(120)
    assert set(made.mechanism) == {0, 1, 2}
    with pytest.raises(UserError, match="more than once"):
        simulate_bioactivities(plan, ["CC"] * 50)


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"laws": {"delta": -1.0}}, "delta of the section"),
        ({"laws": {"deltas": 1.0}}, "did you mean delta"),
        ({"laws": 3}, "write a section"),
        ({"law": {}}, "no option 'law'"),
        ({"seed": -1}, "seed"),
        ({"measurement": {"tails": 1.0}}, "above 2"),
    ],
)
def test_wrong_declarations_are_named(declared: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        read_experiment(declared)


def test_a_series_that_the_first_mechanism_cannot_fill_is_refused() -> None:
    with pytest.raises(UserError, match="ask for fewer, for fewer mechanisms"):
        simulate_bioactivities(dataclasses.replace(PLAN, series=Series(count=280)))
