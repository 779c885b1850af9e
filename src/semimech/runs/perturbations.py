"""The perturbations of a screen as the table perturbations.csv of its run."""

from __future__ import annotations

import re

import pandas as pd

from semimech.data.screen import Screen

TARGET = re.compile(r"(.+?):([+-][0-9.e+-]+)(?:;|$)")


def perturbations_table(screen: Screen) -> pd.DataFrame:
    """A row for each perturbation: name, kind, targets (AKT:-1;MEK:-1), default_dose, dose_unit."""
    doses = screen.default_doses
    rows = [
        (p.name, p.kind, ";".join(f"{name}:{sign:+g}" for name, sign in p.targets.items()), doses[p.name], p.dose_unit)
        for p in screen.perturbations
    ]
    return pd.DataFrame(rows, columns=["name", "kind", "targets", "default_dose", "dose_unit"])


def targets_of(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """The targets of each perturbation of such a table, with their signs; a target's name may hold ';' and ':'."""
    return {
        name: {target: float(sign) for target, sign in TARGET.findall(targets)}
        for name, targets in zip(table["name"], table["targets"], strict=True)
    }
