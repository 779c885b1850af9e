"""The table of perturbations keeps the targets."""

from dataclasses import replace
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


def test_names_of_targets_may_hold_the_signs_between_them() -> None:
    screen = simulate_demo(replicates=1)
    first, *others = screen.perturbations
    odd = replace(first, targets={"HLA;A": -1.0, "x:+y": 0.5, "B": 1e-7})
    table = perturbations_table(replace(screen, perturbations=(odd, *others), _effects={}))
    assert targets_of(table)[first.name] == {"HLA;A": -1.0, "x:+y": 0.5, "B": 1e-7}
