"""The table of perturbations keeps the targets."""

from pathlib import Path

from semimech.runs.folder import RunFolder
from semimech.runs.perturbations import perturbations_table, targets_of
from semimech.simulate.demo import simulate_demo


def test_targets_are_read_back_from_the_file(tmp_path: Path) -> None:
    screen = simulate_demo(replicates=1)
    run = RunFolder(tmp_path)
    run.write_table("perturbations", perturbations_table(screen))
    assert targets_of(run.table("perturbations")) == {p.name: dict(p.targets) for p in screen.perturbations}
    assert any(p.targets for p in screen.perturbations)


def test_a_perturbation_without_targets_has_none() -> None:
    table = perturbations_table(simulate_demo(replicates=1)).assign(targets="")
    assert not any(targets_of(table).values())
