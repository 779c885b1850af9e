"""From a pilot to a planned screen and back, through the command line, and how large its errors are then."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from semimech.cli import main
from semimech.data.effects import effects_of
from semimech.data.readers import read_screen
from semimech.support.files import write_text

ARMS = tuple(f"G{number:02d}" for number in range(1, 13))
PILOT = f"""
name = "pilot"
seed = 3
[topology]
nodes = 60
edges = 2.0
[[perturbations]]
kind = "knock-down"
nodes = {list(ARMS)}
[[phase]]
duration = 48
medium = "animal"
[medium.animal]
environment = 0.25
[sampling]
batches = 8
rows = 40
control_rows = 140
[measurement]
library_size = 4000
batch_spread = 0.15
"""
REQUEST = f"""
name = "after the pilot"
[components]
guide = 0.0
efficiency = 1.0
[batches]
number = 8
cells = 600
[costs]
cell = 1
batch = 150
budget = 4000
[perturbations]
names = {list(ARMS)}
[target]
effect = 0.3
power = 0.8
[simulation]
like = "pilot.toml"
"""


@dataclass(frozen=True, eq=False)
class Round:
    """promised: mean variance of an effect by the plan. found: that between copies of the planned screen. said: the
    mean square of the standard errors of one planned screen by `effects_of`, to which the interaction is unknown.
    cells: the promised variance without the interaction.
    """

    sentences: list[str]
    promised: float
    cells: float
    found: float
    said: float
    components: pd.DataFrame


def run_round(folder: Path, copies: int = 8) -> Round:
    """simulate the pilot, its components, the plan, the planned screen; then copies of it in batches of their own."""
    write_text(folder / "pilot.toml", PILOT)
    write_text(folder / "next.toml", REQUEST)
    plan = folder / "plan"
    commands = (
        ("simulate", "pilot.toml", "-o", "pilot.h5ad"),
        ("design", "components", "pilot.h5ad", "--out", "components"),
        ("design", "plan", "next.toml", "--components", "components/components.json", "--out", "plan"),
        ("simulate", "plan/simulation.toml", "-o", "planned.h5ad"),
    )
    for command in commands:
        named = [str(folder / word) if "." in word or word in ("components", "plan") else word for word in command]
        _done([*command[:2], *named[2:]] if command[0] == "design" else [command[0], *named[1:]])
    arms, comparison = pd.read_csv(plan / "perturbations.csv"), pd.read_csv(plan / "comparison.csv")
    promised = float((arms["standard_error"] ** 2).mean())
    cells = promised * (1 - float(comparison["interaction with the batch"].iloc[0]))
    screen = read_screen(folder / "planned.h5ad")
    said = effects_of(screen, np.arange(screen.shape[0])).standard_errors
    found = _between(plan, folder, copies)
    from semimech.support.files import read_json

    components = pd.DataFrame(read_json(folder / "components" / "components.json")["pooled"])
    return Round(
        read_json(plan / "plan.json")["sentences"], promised, cells, found, float((said**2).mean()), components
    )


def _done(command: list[str]) -> None:
    if main(command):
        raise SystemExit(f"{' '.join(command)} failed")


def _between(plan: Path, folder: Path, copies: int) -> float:
    """Variance of effects between copies of the layout, mean over arms and genes."""
    layout = pd.read_csv(plan / "layout.csv")
    whole = [layout.assign(batch=f"copy {copy}, " + layout["batch"]) for copy in range(copies)]
    pd.concat(whole).to_csv(plan / "layout.csv", index=False)
    _done(["simulate", str(plan / "simulation.toml"), "-o", str(folder / "copies.h5ad")])
    layout.to_csv(plan / "layout.csv", index=False)
    screen = read_screen(folder / "copies.h5ad")
    owner = screen.obs["batch"].astype(str).str.split(",").str[0].to_numpy()
    effects = [effects_of(screen, np.flatnonzero(owner == f"copy {copy}")).values for copy in range(copies)]
    return float(np.var(effects, axis=0, ddof=1).mean())
