"""Files as people have them: read, and every row that cannot be used is told."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem
from tests.audit.bioactivities import plain_table, written

from semimech.audit import TableOptions, read_bioactivities
from semimech.audit.molecules import standardised
from semimech.support.errors import UserError

CHEMBL = (
    '"Molecule ChEMBL ID";"Smiles";"Standard Type";"Standard Relation";"Standard Value";"Standard Units";'
    '"pChEMBL Value";"Data Validity Comment";"Assay ChEMBL ID";"Document ChEMBL ID";"Source Description";'
    '"Document Year"\n'
    '"C1";"CCO.Cl";"IC50";"\'=\'";"10.0";"nM";"8.00";"";"A1";"D1";"Scientific Literature";"2001"\n'
    '"C2";"OCC";"IC50";"\'=\'";"0.1";"uM";"7.00";"";"A2";"D1";"Scientific Literature";"2002"\n'
    '"C3";"c1ccccc1N";"IC50";"\'>\'";"10000.0";"nM";"";"Outside typical range";"A1";"D1";"Scientific Literature";""\n'
    '"C4";"c1ccccc1N";"Inhibition";"\'=\'";"55.0";"%";"";"";"A1";"D1";"Scientific Literature";"2003"\n'
    '"C5";"c1ccc";"IC50";"\'=\'";"1.0";"nM";"9.00";"";"A1";"D1";"Scientific Literature";"2003"\n'
)


def test_a_chembl_export_as_it_comes(tmp_path: Path) -> None:
    path = tmp_path / "export.csv.gz"
    path.write_bytes(gzip.compress(CHEMBL.encode()))
    table = read_bioactivities(path)
    assert table.compounds["smiles"].tolist() == ["CCO", "Nc1ccccc1"]
    assert table.compounds["p_activity"].tolist() == pytest.approx([7.5, 5.0])
    assert table.compounds["relation"].tolist() == ["=", "<"]
    assert table.compounds["spread"].tolist() == pytest.approx([np.sqrt(0.5), np.nan], nan_ok=True)
    assert table.compounds["rows"].tolist() == [(1, 2), (3,)]
    assert table.compounds["year"].tolist() == pytest.approx([2001, np.nan], nan_ok=True)
    assert dict(zip(table.rejected["row"], table.rejected["reason"])) == {
        4: "the unit is no concentration",
        5: "the structure cannot be read",
    }
    assert table.measurements["Molecule ChEMBL ID"].to_dict() == {0: "C2", 1: "C3"}
    assert any("Outside typical range" in finding.sentence for finding in table.findings)


@pytest.mark.parametrize("form", ["tsv", "parquet", "sdf"])
def test_the_same_table_in_other_forms(form: str, tmp_path: Path) -> None:
    frame, path = plain_table(), tmp_path / f"table.{form}"
    expected = read_bioactivities(written(frame, tmp_path / "table.csv"))
    if form == "tsv":
        written(frame, path, "\t")
    elif form == "parquet":
        frame.to_parquet(path)
    else:
        with Chem.SDWriter(str(path)) as writer:
            for row in frame.to_dict("records"):
                molecule = Chem.MolFromSmiles(row["smiles"])
                for name, value in row.items():
                    molecule.SetProp(name, str(value))
                writer.write(molecule)
    found = read_bioactivities(path, TableOptions(smiles="SMILES" if form == "sdf" else None))
    pd.testing.assert_frame_equal(found.compounds, expected.compounds, check_dtype=False)


def test_structures_are_kept_as_parents() -> None:
    texts = ["CC(=O)[O-].[Na+]", "C[NH3+].[Cl-]", "C[N+](C)(C)C", "Oc1ccccn1", "", "C(("]
    found = standardised(texts, "parent")
    assert found["smiles"].tolist() == ["CC(=O)O", "CN", "C[N+](C)(C)C", "Oc1ccccn1", "", ""]
    assert found["reason"].tolist()[4:] == ["no structure", "the structure cannot be read"]
    assert found["weight"][0] == pytest.approx(82.03, abs=0.01)  # of the salt that was weighed
    assert standardised(texts[:1], "none")["smiles"].tolist() == ["CC(=O)[O-].[Na+]"]
    forms = standardised(["Oc1ccccn1", "O=c1cccc[nH]1"], "tautomer")["smiles"]
    assert forms.nunique() == 1


def test_two_files_are_one_table_and_either_can_be_the_series(tmp_path: Path) -> None:
    frame = plain_table(80)
    paths = [written(frame[:30], tmp_path / "mine.csv"), written(frame[30:], tmp_path / "others.csv")]
    table = read_bioactivities(paths)
    np.testing.assert_array_equal(table.series("source file", "mine.csv"), np.arange(80) < 30)
    assert table.series("class", "A").sum() == (frame["class"] == "A").sum()


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("class", "C", "No row has class = C: the values are B, A."),
        ("clas", "A", "There is no column 'clas' to take as series: did you mean class?"),
        ("year", "2003", "The series year = 2003 has 6 compounds, too few to be split and judged"),
        ("unit", "nM", "Only 0 compounds are outside the series unit = nM"),
    ],
)
def test_a_series_that_is_none(column: str, value: str, sentence: str, tmp_path: Path) -> None:
    table = read_bioactivities(written(plain_table(), tmp_path / "table.csv"))
    with pytest.raises(UserError) as caught:
        table.series(column, value)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"smiles": None}, "No column looks like structures: say --smiles COLUMN"),
        ({"IC50": None}, "No column looks like activities: say --activity COLUMN"),
        ({"unit": None}, "Nothing tells the unit of the activities 'IC50': say --unit nM"),
        ({"IC50": 0}, "No row of table can be used: a negative or zero activity (rows 1, 2, 3, 4, 5 and 55 more)."),
        ({"smiles": "C(("}, "No row of table can be used: the structure cannot be read"),
        ({"relation": ">"}, "All 60 compounds of table have bounds only"),
    ],
)
def test_tables_of_no_use_are_one_sentence(change: dict[str, object], sentence: str, tmp_path: Path) -> None:
    frame = plain_table().assign(**change)
    frame = frame.drop(columns=[name for name, value in change.items() if value is None])
    with pytest.raises(UserError) as caught:
        read_bioactivities(written(frame, tmp_path / "table.csv"))
    assert str(caught.value).startswith(sentence)


def test_files_of_no_use_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "empty.sdf").write_text("\n")
    (tmp_path / "header.csv").write_text("smiles,IC50\n")
    for name, sentence in (
        ("empty.csv", "empty.csv is an empty file"),
        ("header.csv", "header.csv has a header but no rows"),
        ("emty.csv", "There is no file"),
    ):
        with pytest.raises(UserError, match=sentence):
            read_bioactivities(tmp_path / name)
    with pytest.raises(UserError, match="No file is given"):
        read_bioactivities([])


@pytest.mark.parametrize(("name", "unit"), [("IC50 (nM)", None), ("pIC50", None), ("mine", "nM"), ("mine", "p")])
def test_the_unit_is_in_the_name_or_said(name: str, unit: str | None, tmp_path: Path) -> None:
    logarithm = name == "pIC50" or unit == "p"
    frame = plain_table()
    p = 9 - np.log10(frame["IC50"])
    frame = frame.drop(columns=["unit", "IC50"]).assign(**{name: p if logarithm else frame["IC50"]})
    options = TableOptions(activity="mine" if name == "mine" else None, unit=unit)
    table = read_bioactivities(written(frame, tmp_path / "table.csv"), options)
    np.testing.assert_allclose(table.compounds["p_activity"], p, atol=1e-6)
