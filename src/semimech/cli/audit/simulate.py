"""`semimech audit simulate`: a table of bioactivities with a known truth, from one declaration."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from semimech.cli.output import OutFile
from semimech.support.errors import UserError


def simulate(
    config: Path | None = None,
    *,
    out: Annotated[OutFile, Parameter(name=("--out", "-o"))],
    structures: Path | None = None,
    seed: int | None = None,
) -> None:
    """Simulate a table of bioactivities with known mechanisms, shifts of assays, handwriting and noise.

    Parameters
    ----------
    config
        TOML file with the sections structures, laws, sources, series, measurement (docs/audit.md); defaults without.
    out
        CSV to write; the other commands of semimech audit read it.
    structures
        Text file of SMILES, one to a line, to be used in place of the built-in library.
    seed
        Replaces the seed of the file.
    """
    from semimech.audit.synthetic.experiment import BioactivityExperiment, read_experiment
    from semimech.audit.synthetic.simulation import simulate_bioactivities

    if out.suffix != ".csv":
        raise UserError(f"{out} does not end in .csv: give a name such as table.csv to --out.")
    if seed is not None and seed < 0:
        raise UserError(f"--seed is {seed}: give a whole number of at least 0.")
    plan = read_experiment(config) if config is not None else BioactivityExperiment()
    if seed is not None:
        plan = dataclasses.replace(plan, seed=seed)
    made = simulate_bioactivities(plan, _read(structures) if structures is not None else None)
    made.write(out)
    plural = "" if plan.laws.mechanisms == 1 else "s"
    bounds = int((made.table.compounds["relation"] != "=").sum())
    print(
        f"{plan.name}: {len(made.table):,} compounds, {int(made.in_series.sum()):,} of them in the series, "
        f"{plan.laws.mechanisms} mechanism{plural}, {made.table.compounds['assay'].nunique()} assays, "
        f"{bounds:,} bounds\n"
        f"written  {out}"
    )


def _read(path: Path) -> list[str]:
    """Canonical SMILES of a text file; UserError with the lines that cannot be read."""
    from semimech.audit.molecules import standardised
    from semimech.support.errors import listed

    try:
        lines = [line.split()[0] if line.split() else "" for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError):
        raise UserError(f"{path} cannot be read: give a text file of SMILES, one to a line.") from None
    found = standardised(lines, "parent")
    bad = [number for number, reason in enumerate(found["reason"], start=1) if reason]
    if bad:
        raise UserError(f"{len(bad)} lines of {path} hold no structure (lines {listed(bad)}): correct them.")
    return list(dict.fromkeys(found["smiles"]))
