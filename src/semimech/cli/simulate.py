"""`semimech simulate`: a screen with a known truth, from one declaration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from semimech.cli.output import OutFile
from semimech.support.errors import UserError
from semimech.support.progress import Steps


def simulate(
    config: Path,
    *,
    out: Annotated[OutFile, Parameter(name=("--out", "-o"))],
    seed: int | None = None,
) -> None:
    """Simulate a screen with a known truth: network, kinetics, protocols, perturbations, design and measurement.

    Parameters
    ----------
    config
        TOML file that declares the experiment; docs/simulate.md lists its sections.
    out
        h5ad to write; it holds the truth too, and `semimech check` and `semimech run` read it.
    seed
        Replaces the seed of the file.
    """
    from semimech.cli.progress import progress_bar
    from semimech.simulate.build import simulate as simulate_experiment
    from semimech.simulate.experiment import read_experiment

    if out.suffix != ".h5ad":
        raise UserError(f"{out} does not end in .h5ad: give a name such as screen.h5ad to --out.")
    experiment = read_experiment(config, seed)
    try:
        with progress_bar(f"simulate {experiment.name}") as bar:
            steps = Steps(bar, 2)
            simulation = simulate_experiment(experiment, steps.begin("cells"))
            simulation.write(out, steps.begin("values"))
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"{out} was not written.") from None
    screen = simulation.header
    rows, features = screen.shape
    print(
        f"{experiment.name}: {rows:,} rows x {features:,} features, {len(screen.conditions):,} conditions, "
        f"{len(simulation.law.network.edges):,} edges\nwritten  {out}"
    )
