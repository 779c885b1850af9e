"""What the check says of a screen."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.check import Report, check_screen
from semimech.data.condition import Perturbation
from semimech.data.effects import effects_of
from semimech.data.readers import ReadOptions, read
from semimech.data.screen import BLOCK_BYTES, Screen
from semimech.support.errors import UserError


def doubts(report: Report) -> str:
    return " ".join(finding.sentence for finding in report.findings if finding.level != "ok")


@pytest.mark.parametrize("scale", ["counts", "log-normalised", "log-ratio"])
@pytest.mark.parametrize("block", [BLOCK_BYTES, 7 * 4 * 5])
def test_own_changes_are_the_effects_on_the_targets(small, scale: str, block: int, monkeypatch) -> None:
    monkeypatch.setattr("semimech.data.screen.BLOCK_BYTES", block)
    screen = small(scale, sparse=scale == "counts")
    effects = effects_of(screen, np.arange(120))
    targets = check_screen(screen).targets
    assert list(targets["target"]) == ["G0", "G1"]
    whole = screen.responses.toarray() if sp.issparse(screen.responses) else screen.responses
    for row in targets.to_dict("records"):
        i = [c.names for c in effects.conditions].index((row["perturbation"],))
        j = screen.feature_names.index(row["target"])
        np.testing.assert_allclose(row["effect"], effects.values[i, j], atol=1e-5)
        np.testing.assert_allclose(row["z"], effects.values[i, j] / effects.standard_errors[i, j], rtol=1e-4)
        assert row["rows"] == effects.counts[i]
        own = screen.condition_codes == screen.conditions.index(effects.conditions[i])
        np.testing.assert_allclose(row["perturbed_mean"], whole[own, j].mean(), rtol=1e-6)
        np.testing.assert_allclose(row["control_mean"], whole[screen.is_control, j].mean(), rtol=1e-5)


def test_perturbations_never_given_alone_are_measured_together(small) -> None:
    screen = small()
    alone = np.array([c.names == ("G1",) for c in screen.conditions])[screen.condition_codes]
    screen = screen.take(~alone)
    targets = check_screen(screen).targets.set_index("perturbation")
    assert targets.loc["G1", "rows"] == (screen.design.toarray()[:, 1] > 0).sum()


def test_facts_are_true(small) -> None:
    screen = small()
    facts = dict(check_screen(screen).facts)
    share = np.mean(screen.responses.toarray() != 0)
    assert facts["size"] == "120 rows x 5 features (5 molecules)"
    assert facts["filled"] == f"{share:.1%} of the values are not zero; kept sparse"
    assert facts["controls"].startswith(f"{screen.is_control.sum()} rows")
    assert facts["combinations"] == "1 of 2 perturbations, such as G0+G1; all their singles were measured for 1"
    assert facts["batches"].endswith("without controls: none")
    assert facts["targets measured"] == "2, of 2 of 3 perturbations; 2 of them change as expected"
    assert "cells" in facts["can be asked"]


def test_no_control_is_wrong_where_the_scale_needs_one(small) -> None:
    screen = small()
    report = check_screen(screen.take(~screen.is_control))
    assert report.findings[0].level == "wrong"
    assert "no control row" in report.findings[0].sentence
    ratios = small("log-ratio")
    assert all(finding.level != "wrong" for finding in check_screen(ratios.take(~ratios.is_control)).findings)


@pytest.mark.parametrize(("count", "words"), [(1, "is only 1 control row, and"), (3, "are only 3 control rows, and")])
def test_few_controls_are_counted(small, count: int, words: str) -> None:
    screen = small()
    kept = ~screen.is_control
    kept[np.flatnonzero(screen.is_control)[:count]] = True
    assert f"There {words} both halves" in doubts(check_screen(screen.take(kept)))


def test_batches_without_controls_are_named(small) -> None:
    screen = small()
    batch = np.where(screen.is_control, "a", screen.obs["batch"].map({"first": "a", "second": "lonely"}).astype(str))
    report = check_screen(replace(screen, obs=screen.obs.assign(batch=batch)))
    assert "Rows in batches or contexts without control rows" in doubts(report)
    assert dict(report.facts)["batches"].endswith("without controls: lonely")


def test_few_rows_empty_features_and_empty_rows_are_named(small) -> None:
    screen = small()
    whole = screen.responses.toarray()
    whole[:, 4] = 0
    whole[17] = 0
    said = doubts(check_screen(replace(screen, responses=whole)))
    assert "Features that are zero in every row: 1 (G4)" in said
    assert "Rows without any counts: 2 (cell17, cell68)" in said


def test_perturbations_with_few_rows_are_named(small) -> None:
    assert "Perturbations with fewer than 20 rows: ELSEWHERE (" in doubts(check_screen(small(rows=60)))


def test_targets_that_do_not_change_are_named(small) -> None:
    screen = small()
    perturbations = (*screen.perturbations[:2], Perturbation("ELSEWHERE", "knock-out", {"G4": -1.0}))
    said = doubts(check_screen(replace(screen, perturbations=perturbations)))
    assert "The expected change of 1 of 3 targets is not visible: G4 by ELSEWHERE" in said


def test_activation_read_as_knock_out_is_suspected(small) -> None:
    screen = small()
    turned = tuple(replace(p, targets={t: -s for t, s in p.targets.items()}) for p in screen.perturbations)
    assert "2 of 2 targets change against the expected direction" in doubts(
        check_screen(replace(screen, perturbations=turned))
    )


def test_replicates_that_disagree_are_named() -> None:
    values = np.random.default_rng(0).normal(size=(3, 50))
    screen = Screen(
        np.vstack([values, values[:2] + [[0.01], [0]] * np.ones(50), -values[2:]]),
        sp.csr_array(np.tile(np.eye(3), (2, 1))),
        tuple(Perturbation(n, "drug") for n in "abc"),
        pd.DataFrame(index=[f"p{j}" for j in range(50)]),
        pd.DataFrame(index=[f"r{i}" for i in range(6)]),
        "log-ratio",
    )
    said = " ".join(finding.sentence for finding in check_screen(screen).findings)
    assert "Replicates of 3 conditions correlate at a median r = 1.00, lowest r2 and r5 (c) r = -1.00" in said


def test_backed_values_are_checked_in_the_pass(small, tmp_path: Path) -> None:
    import h5py

    from semimech.data.anndata import write_h5ad

    path = tmp_path / "s.h5ad"
    write_h5ad(small(), path)
    with h5py.File(path, "a") as file:
        file["X/data"][3] = np.nan
    reading = read(path, ReadOptions(backed=True))
    with pytest.raises(UserError, match=r"in row cell0 \(row 1\) is nan"):
        check_screen(reading)
    with pytest.raises(UserError, match="is nan"):
        read(path)


def test_progress_is_told(small) -> None:
    heard: list[tuple[str, int, int]] = []
    check_screen(small(), lambda *told: heard.append(told))
    assert heard[-1] == ("reading", 120, 120)


def test_json_has_no_nan(small) -> None:
    screen = small()
    report = check_screen(screen.take(~screen.is_control))
    text = json.dumps(report.as_dict(), allow_nan=False)
    assert json.loads(text)["targets"][0]["effect"] is None


def test_the_traps_of_sk_mel_133_are_found(data_folder: Path) -> None:
    said = doubts(check_screen(read(data_folder / "sk-mel-133")))
    assert "The replicates P6|20 and P6|40 (aJAK=-0.515) correlate at r = -0.13 over 87 features." in said


def test_the_traps_of_papalexi2021_are_found(data_folder: Path) -> None:
    report = check_screen(read(data_folder / "papalexi2021" / "papalexi2021.h5ad"))
    assert "4,636 cells have at most 80% of their guide counts from their top guide" in doubts(report)
    targets = report.targets.set_index("target")
    assert len(targets) == 9
    assert (targets["z"] < -3).all()
    assert targets.loc["STAT1", "control_mean"] > 4 * targets.loc["STAT1", "perturbed_mean"]
