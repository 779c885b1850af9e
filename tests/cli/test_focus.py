"""`semimech focus`: one context of a screen predicted with the help of others; taken up again; one sentence."""

from pathlib import Path

import pandas as pd
import pytest

from semimech.cli import main
from semimech.data.anndata import write_h5ad
from semimech.simulate.contexts import simulate_contexts


def test_tables_words_and_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    write_h5ad(simulate_contexts([0.1, 1.0], nodes=24), tmp_path / "lines.h5ad")
    arguments = [
        "focus",
        str(tmp_path / "lines.h5ad"),
        "--features",
        "G1",
        "G2",
        "--no-figures",
        "-o",
        str(tmp_path / "out"),
    ]
    assert main([*arguments, "--target", "line 0", "--repeats", "2"]) == 0
    told = capsys.readouterr().out
    assert "kernel: 2 halvings of 24 conditions, up to 48 outsiders" in told
    assert "squared error" in told
    assert pd.read_csv(tmp_path / "out" / "contexts.csv")["context"].tolist() == ["line 1", "line 2"]
    assert set(pd.read_csv(tmp_path / "out" / "surface.csv")["outsiders"]) == {0, 24, 48}
    kept = tmp_path / "out" / "repeats" / "feature-001" / "repeat-0001.npz"
    before = kept.stat().st_mtime_ns
    assert main([*arguments, "--target", "line 0", "--repeats", "3"]) == 0
    assert kept.stat().st_mtime_ns == before
    assert main([*arguments, "--target", "line 3"]) == 2
    assert "No row has context = line 3: the values are line 0, line 1, line 2." in capsys.readouterr().err
