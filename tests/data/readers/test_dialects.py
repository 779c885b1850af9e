"""Every dialect is recognised in an AnnData, and every guess gives way to an option."""

import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.options import ReadOptions
from semimech.data.readers import read
from semimech.data.readers.reading import Reading
from semimech.support.errors import UserError

GENES = [f"G{j}" for j in range(8)]


def adata_of(labels: list[str], column: str, var: pd.DataFrame | None = None, **columns: object) -> anndata.AnnData:
    """40 cells with each label; raw counts."""
    obs = pd.DataFrame({column: pd.Categorical(np.repeat(labels, 40))})
    obs.index = obs.index.map("cell{}".format)
    for name, values in columns.items():
        obs[name] = values
    values = np.random.default_rng(0).poisson(2.0, (len(obs), 8)).astype(np.float32)
    return anndata.AnnData(sp.csr_matrix(values), obs, pd.DataFrame(index=GENES) if var is None else var)


def told(reading: Reading) -> str:
    return " ".join(finding.sentence for finding in reading.findings)


@pytest.mark.parametrize(
    ("dialect", "column", "labels"),
    [
        ("scperturb", "perturbation", ["control", "G1", "G2", "G1_G2"]),
        ("scperturb", "perturbation", ["NT", "G1", "G2", "G1_G2"]),
        ("scperturb", "perturbation", ["control", "G1", "G2", "G1+G2"]),
        ("scperturb", "perturbation", ["control", "G1", "G2", "G2|G1"]),
        ("gears", "condition", ["ctrl", "G1+ctrl", "ctrl+G2", "G1+G2"]),
        ("perturbench", "condition", ["control", "G1", "G2", "G1+G2"]),
        ("arc", "target_gene", ["non-targeting", "G1", "G2", "NOTAGENE"]),
        ("generic", "guide", ["Non-Targeting", "G1", "G2", "G1+G2"]),
        ("generic", "ko", ["WT", "G1", "G2", "G1,G2"]),
    ],
)
def test_dialects_are_recognised(dialect: str, column: str, labels: list[str]) -> None:
    reading = read(adata_of(labels, column, lane="one"))
    screen = reading.screen
    assert reading.dialect == dialect
    assert screen.is_control.sum() == 40
    assert set(screen.perturbation_names) == {"G1", "G2"} | ({"NOTAGENE"} if dialect == "arc" else set())
    assert {p.kind for p in screen.perturbations} == {"knock-out"}
    assert dict(screen.perturbations[0].targets) == {"G1": -1.0}
    assert sum(condition.is_combination for condition in screen.conditions) == (dialect != "arc")
    assert f"column '{column}'" in told(reading)
    assert "batch" in screen.obs
    assert sp.issparse(screen.responses)


def test_every_guess_gives_way() -> None:
    adata = adata_of(["control", "G1", "G2", "G1_G2"], "perturbation")
    adata.obs["other"] = pd.Categorical(np.repeat(["a", "b", "a+b", "c"], 40))
    adata.obs["plate"] = "p"
    adata.obs["strength"] = 2.0
    adata.var["long"] = [f"long {g}" for g in GENES]
    adata.layers["squared"] = adata.X.power(2)
    options = ReadOptions(
        label="other", control=("c",), dose="strength", batch="none", replicate="plate", kind="drug",
        gene_names="long", layer="squared", scale="log-normalised", keep="other != 'b'",
    )  # fmt: skip
    screen = read(adata, options).screen
    assert screen.perturbation_names == ("a", "b")
    assert screen.shape == (120, 8)
    assert screen.feature_names[0] == "long G0"
    assert screen.scale == "log-normalised"
    assert "batch" not in screen.obs
    assert list(screen.obs["replicate"].unique()) == ["p"]
    assert set(screen.design.data) == {2.0}
    assert {p.kind for p in screen.perturbations} == {"drug"}
    np.testing.assert_array_equal(screen.responses.toarray(), adata[screen.obs.index].layers["squared"].toarray())
    assert read(adata, ReadOptions(separator="none")).screen.perturbation_names == ("G1", "G1_G2", "G2")
    assert read(adata, ReadOptions(dialect="generic", label="other", control=("none",), scale="log-ratio")).screen


def test_what_looks_like_a_combination_of_unknown_parts_is_doubted() -> None:
    adata = adata_of(["control", "drugA", "drugB+drugC", "G1"], "perturbation")
    reading = read(adata)
    assert reading.screen.perturbation_names == ("G1", "drugA", "drugB+drugC")
    assert "read as one perturbation: 1 (drugB+drugC)." in told(reading)
    split = read(adata, ReadOptions(separator="+"))
    assert split.screen.perturbation_names == ("G1", "drugA", "drugB", "drugC")
    assert "read as one perturbation" not in told(split) + told(read(adata, ReadOptions(separator="none")))


def test_a_name_with_a_separator_that_is_a_feature_is_not_doubted() -> None:
    var = pd.DataFrame(index=["HLA_A", *GENES[1:]])
    assert "read as one" not in told(read(adata_of(["control", "HLA_A", "G1"], "perturbation", var)))


def test_of_two_label_columns_the_one_that_names_features_is_taken() -> None:
    adata = adata_of(["control", "G1", "G2"], "perturbation", condition=pd.Categorical(["ctrl", "IFN"] * 60))
    reading = read(adata)
    assert reading.dialect == "scperturb"
    assert reading.screen.perturbation_names == ("G1", "G2")
    assert "The column 'condition' could hold the labels as well" in told(reading)
    assert read(adata, ReadOptions(label="condition")).screen.perturbation_names == ("IFN",)
    assert "labels as well" not in told(read(adata, ReadOptions(medium="condition")))


def test_raw_counts_in_a_layer_are_preferred() -> None:
    adata = adata_of(["control", "G1"], "perturbation")
    adata.layers["counts"] = adata.X.copy()
    adata.X = adata.X.log1p()
    assert read(adata).screen.scale == "counts"
    assert read(adata, ReadOptions(layer="X")).screen.scale == "log-normalised"


def test_symbols_are_taken_where_labels_name_them() -> None:
    var = pd.DataFrame({"gene_name": ["A", "B", "B", *"CDEFG"]}, index=[f"ENSG{j}" for j in range(8)])
    reading = read(adata_of(["ctrl", "A+ctrl", "G+ctrl"], "condition", var))
    assert reading.screen.feature_names == ("A", "B (ENSG1)", "B (ENSG2)", "C", "D", "E", "F", "G")
    assert "'gene_name'" in told(reading)
    kept = read(adata_of(["ctrl", "A+ctrl"], "condition", var), ReadOptions(gene_names="index"))
    assert kept.screen.feature_names[0] == "ENSG0"
    assert "None of the 1 perturbed genes is a feature" in told(kept)
    with pytest.raises(UserError, match="name B stands more than once"):
        read(adata_of(["ctrl", "A+ctrl"], "condition", var), ReadOptions(gene_names="gene_name"))


@pytest.mark.parametrize(
    ("words", "kind"), [("CRISPRi", "knock-down"), ("CRISPRa", "activation"), ("CRISPR", "knock-out"), ("drug", "drug")]
)
def test_the_type_of_perturbation_is_read(words: str, kind: str) -> None:
    screen = read(adata_of(["control", "G1"], "perturbation", perturbation_type=words)).screen
    assert screen.perturbations[0].kind == kind
    assert dict(screen.perturbations[0].targets) == (
        {} if kind == "drug" else {"G1": 1.0 if kind == "activation" else -1.0}
    )


def test_drugs_with_doses_and_units() -> None:
    adata = adata_of(["DMSO", "drugA", "drugB"], "treatment")
    adata.obs["dose_value"] = np.repeat([0.0, 0.5, 2.0], 40)
    adata.obs.loc["cell40", "dose_value"] = 0.0
    adata.obs["dose_unit"] = "µM"
    reading = read(adata)
    assert {c.label for c in reading.screen.conditions} == {"control", "drugA=0.5", "drugB=2"}
    assert {(p.kind, p.dose_unit) for p in reading.screen.perturbations} == {("drug", "µM")}
    assert reading.screen.is_control.sum() == 41
    assert "Rows with dose 0, read as controls: 1." in told(reading)


def test_rows_without_label_are_left_out_and_said() -> None:
    adata = adata_of(["control", "G1"], "perturbation")
    adata.obs.loc["cell3", "perturbation"] = np.nan
    reading = read(adata)
    assert reading.screen.shape[0] == 79
    assert "Rows without a label, left out: 1." in told(reading)


def test_a_column_not_taken_as_canonical_is_set_aside() -> None:
    adata = adata_of(["control", "G1"], "perturbation", batch="b", gem_group="g", time="2 days")
    screen = read(adata, ReadOptions(batch="gem_group", time="none")).screen
    assert list(screen.obs["batch"].unique()) == ["g"]
    assert "time" not in screen.obs
    assert "time (as given)" in screen.obs


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"label": "perturbatoin"}, "no column 'perturbatoin' to take as label: did you mean perturbation"),
        ({"control": ("DMSO",)}, "No row of 'perturbation' has the control label DMSO"),
        ({"batch": "lane"}, "no column 'lane' to take as batch"),
        ({"dialect": "klingon"}, "dialect 'klingon' is unknown"),
        ({"dialect": "gears"}, "dialect gears needs the column condition"),
        ({"layer": "spliced"}, "no layer 'spliced'"),
        ({"gene_names": "symbols"}, "no column 'symbols' of gene names"),
        ({"keep": "quality >"}, "cannot be evaluated"),
        ({"keep": "quality"}, "cannot be evaluated"),
        ({"keep": "perturbation == 'nothing'"}, "keeps no row"),
        ({"keep": "@read"}, "columns, numbers and words only"),
        ({"dose": "amount"}, "no column 'amount' to take as dose"),
    ],
)
def test_wrong_options_are_said(options: dict, says: str) -> None:
    with pytest.raises(UserError, match=says):
        read(adata_of(["control", "G1"], "perturbation"), ReadOptions(**options))


def test_options_are_checked() -> None:
    with pytest.raises(UserError, match="scale 'loud' is unknown"):
        ReadOptions(scale="loud")  # type: ignore[arg-type]
    assert ReadOptions(control="NT").control == ("NT",)  # type: ignore[arg-type]


def test_negative_values_of_cells_are_doubted() -> None:
    adata = adata_of(["control", "G1"], "perturbation", time=pd.Categorical(["3", "10"] * 40))
    adata.X = adata.X.toarray() - 2
    reading = read(adata)
    assert reading.screen.scale == "log-ratio"
    assert "z-scores of expression must not be" in told(reading)
    assert set(reading.screen.obs["time"]) == {3, 10}


def test_values_that_fit_no_scale_are_said() -> None:
    adata = adata_of(["control", "G1"], "perturbation")
    adata.X = adata.X * 1000.5
    with pytest.raises(UserError, match="scale cannot be told"):
        read(adata)
