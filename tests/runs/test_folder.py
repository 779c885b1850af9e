"""The run folder: what is written is read back the same, and what is missing is said in a sentence."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from semimech.data.condition import Condition
from semimech.data.network import Network
from semimech.models.base import Prediction
from semimech.runs.folder import RunFolder, slug
from semimech.runs.tables import prediction_long, prediction_table, read_prediction, write_table
from semimech.support.errors import UserError


def a_prediction(with_interval: bool) -> Prediction:
    random = np.random.default_rng(0)
    mean = random.normal(size=(2, 3)).astype(np.float32)
    conditions = (Condition((("A/B", 1.0), ("ß+C", -0.863))), Condition((("A/B", 2.5),), context="day 2"))
    interval = {"lower": mean - 1, "upper": mean + 1} if with_interval else {}
    return Prediction(conditions, ("g1", "g2", "g3"), mean, **interval, rests_on=("singles", ""), status=("", "slow"))


@pytest.mark.parametrize("with_interval", [True, False])
def test_a_prediction_survives_its_file(tmp_path, with_interval):
    prediction = a_prediction(with_interval)
    write_table(tmp_path / "p.h5ad", prediction_table(prediction))
    read = read_prediction(tmp_path / "p.h5ad")
    assert read.conditions == prediction.conditions
    assert (read.features, read.rests_on, read.status) == (
        prediction.features,
        prediction.rests_on,
        prediction.status,
    )
    np.testing.assert_array_equal(read.mean, prediction.mean)
    assert (read.lower is None) == (not with_interval)
    if with_interval:
        np.testing.assert_array_equal(read.upper, prediction.upper)


def test_a_damaged_prediction_is_named(tmp_path):
    (tmp_path / "p.h5ad").write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"p\.h5ad cannot be read as a prediction"):
        read_prediction(tmp_path / "p.h5ad")


def test_the_long_table_has_a_row_for_each_condition_and_feature():
    prediction = a_prediction(with_interval=True)
    table = prediction_long(prediction)
    assert len(table) == prediction.mean.size
    row = table[(table["condition"] == prediction.conditions[1].label) & (table["feature"] == "g2")].iloc[0]
    assert row["effect"] == prediction.mean[1, 1]
    assert (row["rests_on"], row["status"]) == ("", "slow")


def test_a_network_survives_its_tables(tmp_path):
    edges = pd.DataFrame({"source": ["NA"], "target": ["b"], "weight": [-0.5], "stability": [0.9]})
    run = RunFolder(tmp_path)
    run.write_network("cellbox", Network(("NA", "b"), edges, ("input", "molecule")))
    read = run.network("cellbox")
    assert read is not None
    assert (read.nodes, read.roles) == (("NA", "b"), ("input", "molecule"))
    pd.testing.assert_frame_equal(read.edges, edges)
    assert run.network("ridge") is None
    assert run.networks() == ("cellbox",)


@pytest.mark.parametrize("column", ["name", "group", "other", "best_baseline", "condition", "feature", "model"])
def test_a_name_stays_what_it_is_in_a_table(tmp_path, column):
    names = ["None", "NA", "1", ""]
    RunFolder(tmp_path).write_table("kept", pd.DataFrame({column: names, "value": 1.0}))
    assert list(RunFolder(tmp_path).table("kept")[column]) == names


def test_what_is_missing_is_said(tmp_path):
    with pytest.raises(UserError, match="not a run folder"):
        RunFolder.open(tmp_path)
    with pytest.raises(UserError, match="--resume"):
        RunFolder(tmp_path).table("scores")


def test_file_names_are_safe():
    assert slug("without aMEK") == "without_aMEK"
    for text in ("without a/b <c> $d", "../..", "", "a__b", "x" * 60, "-", "CD4+"):
        assert re.fullmatch(r"[A-Za-z0-9.-][A-Za-z0-9._-]*", slug(text))
        assert "__" not in slug(text)
        assert not slug(text).startswith(".")


def test_names_that_look_alike_have_files_of_their_own():
    alike = ("TGFα", "TGFβ", "a b", "a_b", "a  b", "a/b", "CD4+", "CD4++", "CD4", "CD4_", "α", "β")
    assert len({slug(name) for name in alike}) == len(alike)
