"""Chemistry and source on tables where the truth is known: all of one, all of the other."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.audit.bioactivities import plain_table, written

from semimech.audit import Bioactivities, read_bioactivities
from semimech.audit.confounding import ConfoundingOptions, confounding_of
from semimech.audit.confounding_words import confounding_sentences
from semimech.audit.fingerprints import morgan
from semimech.audit.partitions import PARTITIONS, partition, scaffolds
from semimech.audit.source_means import source_predictions
from semimech.support.errors import UserError


def table_of(tmp_path: Path, source: float, chemistry: float, count: int = 192) -> Bioactivities:
    """p = chemistry * (acids, amides) + source * (shift of one of 16 assays, each of a core of its own)."""
    rng = np.random.default_rng(0)
    frame = plain_table(count)
    assay = np.arange(count) % 16
    effect = 2.0 * frame["smiles"].str.endswith("C(=O)O") - 2.0 * frame["smiles"].str.endswith("N")
    p = 6 + chemistry * effect + source * rng.normal(0, 1, 16)[assay] + rng.normal(0, 0.2, count)
    frame = frame.assign(IC50=10 ** (9 - p), assay=[f"a{i}" for i in assay], document=[f"d{i // 2}" for i in assay])
    return read_bioactivities(written(frame, tmp_path / "table.csv"))


@pytest.mark.parametrize("how", PARTITIONS)
def test_what_is_held_out_is_held_out_whole(how: str, tmp_path: Path) -> None:
    table = table_of(tmp_path, 1, 1)
    tests = partition(table, morgan(table), how, folds=3)  # type: ignore[arg-type]
    if how == "time":
        (test,) = tests
        assert table.compounds["year"][~test].max() < table.compounds["year"][test].min()
        return
    assert (np.sum(tests, axis=0) == 1).all()
    labels = {"document": table.compounds["document"], "assay": table.compounds["assay"]}
    if how == "scaffold":
        labels[how] = pd.Series(scaffolds(list(table.compounds["smiles"])))
    if how in labels:
        assert all(not set(labels[how][test]) & set(labels[how][~test]) for test in tests)


def test_a_source_effect_is_not_taken_for_chemistry(tmp_path: Path) -> None:
    found = confounding_of(
        table_of(tmp_path, 1.0, 0.0), options=ConfoundingOptions(splits=("random", "assay"), folds=4)
    )
    scores = found.scores.xs("all", level="compounds")
    assert scores.loc["random", "r2_source_only"] > 0.8
    assert scores.loc["assay", "r2_chemistry"] < 0.1
    assert scores.loc["random", "ranking_chemistry"] == pytest.approx(0.5, abs=0.1)
    assert found.levels[-1] == "assay"


def test_a_chemical_effect_is_seen_under_every_split(tmp_path: Path) -> None:
    table = table_of(tmp_path, 0.0, 1.0)
    mask = np.arange(len(table)) < 60
    found = confounding_of(table, mask, ConfoundingOptions(splits=("random", "assay"), folds=4))
    scores = found.scores.xs("all", level="compounds")
    assert (scores["r2_chemistry"] > 0.6).all()
    assert (scores["r2_source_only"] < 0.1).all()
    assert (scores["r2_chemistry_less_source_low"] > 0).all()
    assert set(found.scores.index.get_level_values("compounds")) == {"all", "series"}
    assert "chemistry says more than where a compound was measured" in " ".join(confounding_sentences(found))


def test_source_means_are_shrunk_as_the_mixed_model_shrinks_them() -> None:
    rng = np.random.default_rng(1)
    labels = pd.DataFrame({"assay": np.repeat([f"a{i}" for i in range(40)], 6)})
    shifts = rng.normal(0, 1.0, 40)
    y = 5 + np.repeat(shifts, 6) + rng.normal(0, 1.0, 240)
    _, new = source_predictions(labels, y, pd.DataFrame({"assay": [*labels["assay"].unique(), "new"]}), ["assay"])
    means = y.reshape(40, 6).mean(1) - y.mean()
    slope = np.polyfit(means, new[:-1] - y.mean(), 1)[0]
    assert slope == pytest.approx(6 / (6 + 1), abs=0.06)  # n / (n + within / between)
    assert new[-1] == pytest.approx(y.mean())


def test_tables_without_places_are_refused(tmp_path: Path) -> None:
    frame = plain_table().drop(columns=["assay", "year"])
    with pytest.raises(UserError, match="No column tells where compounds were measured"):
        confounding_of(read_bioactivities(written(frame, tmp_path / "table.csv")))
    with pytest.raises(UserError, match="--splits must be of random"):
        ConfoundingOptions(splits=("target",))  # type: ignore[arg-type]


def test_splits_that_cannot_be_made_are_told(tmp_path: Path) -> None:
    table = read_bioactivities(written(plain_table(), tmp_path / "table.csv"))  # two assays, no documents
    found = confounding_of(table, options=ConfoundingOptions(splits=("random", "document", "assay")))
    assert found.missing == ("document", "assay")
    assert "The table cannot be split by document, assay." in confounding_sentences(found)


def test_a_split_whose_test_compounds_are_all_bounds_is_told(tmp_path: Path) -> None:
    frame = plain_table()
    frame.loc[frame["year"] >= 2008, "relation"] = ">"
    table = read_bioactivities(written(frame, tmp_path / "table.csv"))
    found = confounding_of(table, options=ConfoundingOptions(splits=("random", "time")))
    assert found.missing == ("time",)
