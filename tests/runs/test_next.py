"""`semimech design next` as a user meets it, on a run folder."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from semimech.cli.main import main
from semimech.data.effects import effects_of
from semimech.data.scored import scored_entries
from semimech.models.baselines import Ridge
from semimech.models.intervals import WithIntervals
from semimech.models.storage import save_fitted
from semimech.runs.folder import RunFolder
from semimech.runs.next import NextOptions, next_experiments
from semimech.runs.perturbations import perturbations_table
from semimech.runs.pipeline import all_rows
from semimech.runs.tables import effects_table, read_effects, write_table
from semimech.simulate.pairs import simulate_pairs
from semimech.support.errors import UserError


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run with one model, as far as it is read."""
    screen = simulate_pairs(nodes=8, pairs=18, non_additivity=0.1)
    folder = RunFolder(tmp_path_factory.mktemp("next") / "run")
    folder.write_json("config", {"options": {"models": ["ridge"]}})
    folder.write_table("perturbations", perturbations_table(screen))
    effects = effects_of(screen, np.arange(screen.shape[0]))
    write_table(folder.path / "effects.h5ad", effects_table(effects, scored_entries(screen, effects.conditions)))
    fitted = WithIntervals(Ridge().fit(screen, all_rows(screen, 0)), {}, effects.conditions)
    save_fitted(fitted, folder.path / "models" / "ridge")
    return folder


def test_effects_are_read_as_they_were_written(run: RunFolder) -> None:
    effects, counted = read_effects(run.path / "effects.h5ad", tuple(run.table("perturbations")["name"]))
    assert effects.values.shape == (26, 8)
    assert effects.design.shape == (26, 8)
    assert counted.all()


def test_pairs_are_ranked_checked_and_written(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["design", "next", str(run.path), "pairs", "--batch", "3", "--batches", "2", "--repeats", "2"]) == 0
    told = capsys.readouterr().out
    assert "andom" in told
    table = pd.read_csv(run.path / "next" / "ranking.csv")
    assert len(table) == 10
    assert table["batch"].tolist() == [1] * 3 + [2] * 3 + [0] * 4
    assert (run.path / "next" / "next.svg").is_file()
    assert set(pd.read_csv(run.path / "next" / "curves.csv")["order"]) >= {"random", "oracle"}
    assert run.json("next/next")["model"] == "ridge"


def test_measured_candidates_are_listed_and_left_out(run: RunFolder, tmp_path: Path) -> None:
    file, targets = tmp_path / "asked.txt", tmp_path / "targets.txt"
    file.write_text("drug001\ndrug001=0.5\ndrug002=2\n", encoding="utf-8")
    targets.write_text("drug002=1.5\n", encoding="utf-8")
    found = next_experiments(run, str(file), NextOptions(batch=1, targets=targets, repeats=0))
    assert [c.label for c in found.ranking.left_out] == ["drug001"]
    assert found.ranking.batches[0][0].label == "drug002=2"
    assert any("Left out, as they are measured already: drug001." in sentence for sentence in found.sentences)


def test_wrong_input_is_one_sentence(run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, costs, empty = (tmp_path / name for name in ("asked.txt", "costs.csv", "empty.txt"))
    empty.touch()
    file.write_text("drug001=2\ndrug001=2\n", encoding="utf-8")
    costs.write_text("name,cost\n" + "".join(f"drug{i:03d},{i - 2}\n" for i in range(1, 9)), encoding="utf-8")
    asked = {
        "--seed is -1": ["pairs", "--seed", "-1"],
        "has no model 'cellbox'": ["pairs", "--model", "cellbox"],
        "drug001=2 is named more than once": [str(file)],
        "cost of drug001 is -1": ["pairs", "--costs", str(costs)],
        "asked for: 11, but there are 10": ["pairs", "--batch", "11"],
        "names no condition": [str(empty)],
        "no file nothing.txt: correct the path given to --targets": ["pairs", "--targets", "nothing.txt"],
        "say pairs, singles, doses": ["everything"],
        "leaves no singles untested": ["singles"],
        "--repeats is 1": ["pairs", "--repeats", "1"],
    }
    for told, arguments in asked.items():
        assert main(["design", "next", str(run.path), *arguments]) == 2
        assert told in capsys.readouterr().err


def test_unknown_names_are_told(run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "asked.txt").write_text("drug01\n", encoding="utf-8")
    with pytest.raises(UserError, match="'drug01' in 'drug01' is not a perturbation that was learnt from"):
        next_experiments(run, str(tmp_path / "asked.txt"))


def test_more_candidates_than_can_be_ranked_are_refused(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("semimech.runs.next.MOST", 27)
    with pytest.raises(UserError, match="There are 28 pairs of 8 perturbations, more than the 27"):
        next_experiments(run, "pairs", NextOptions(repeats=0))
