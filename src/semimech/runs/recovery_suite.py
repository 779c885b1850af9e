"""Many settings of the recovery suite, one after another: kept as they are made, and summarised."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd
from scipy import stats

from semimech.runs.recovery import Case, Found, recover
from semimech.support.errors import UserError
from semimech.support.files import write_text
from semimech.support.progress import Monitor, part_of, silent

MEDIANS = ("correlation", "auprc", "base_rate", "signs", "test_r", "seconds")


@dataclass(frozen=True, eq=False)
class Setting:
    """A case at one noise and number of samples (0: the steady state)."""

    case: Case
    noise: float
    samples: int

    @property
    def label(self) -> str:
        """The setting in words."""
        return f"{self.case.name}, noise {self.noise:g}, {self.samples} samples"

    def of(self, found: Iterable[Found], seeds: Sequence[int], steps: int) -> list[Found]:
        """Its fits among those found."""
        what = (self.case.name, self.case.conditions, self.noise, self.samples, steps)
        same = [each for each in found if (each.network, each.conditions, each.noise, each.samples, each.steps) == what]
        return [each for each in same if each.seed in seeds]


def run_suite(
    settings: Sequence[Setting],
    seeds: Sequence[int],
    kept: Path,
    *,
    steps: int = 2000,
    minutes: float | None = None,
    monitor: Monitor = silent,
) -> list[Found]:
    """All fits of the settings, each seed of each; the file `kept` grows setting by setting.

    Those that it holds already are not made again, so that an interrupted suite goes on where it was. After `minutes`
    no other setting is begun. Raises UserError where `kept` is some other file.
    """
    found = read_found(kept)
    begun = time.monotonic()
    for number, setting in enumerate(settings):
        told = part_of(monitor, setting.label, number, len(settings))
        if len(setting.of(found, seeds, steps)) == len(seeds):
            continue
        if minutes is not None and time.monotonic() - begun >= 60 * minutes:
            break
        before = setting.of(found, seeds, steps)
        found = [each for each in found if each not in before]
        found += recover(setting.case, setting.noise, setting.samples, seeds, steps=steps, monitor=told)
        write_text(kept, pd.DataFrame([asdict(each) for each in found]).to_csv(index=False))
    return [each for setting in settings for each in setting.of(found, seeds, steps)]


def read_found(path: Path) -> list[Found]:
    """The fits in a file that `run_suite` wrote, none where there is none. Raises UserError for some other file."""
    if not path.is_file():
        return []
    names = [field.name for field in fields(Found)]
    try:
        table = pd.read_csv(path)
    except (ValueError, UnicodeError):
        table = pd.DataFrame()
    if sorted(table.columns) != sorted(names):
        raise UserError(f"{path} does not hold fits of the recovery suite: give another name, or take it away.")
    return [Found(**{str(name): value for name, value in row.items()}) for row in table.to_dict("records")]


def summary(found: Iterable[Found]) -> pd.DataFrame:
    """One row for each network, noise and number of samples: medians over seeds, and the share of wrong edges called.

    fdr_low, fdr_high: exact 95 % interval of the share of wrong edges among those called (Clopper and Pearson 1934).
    """
    table = pd.DataFrame([asdict(each) for each in found])
    rows = []
    for (network, noise, samples), part in table.groupby(["network", "noise", "samples"], sort=False):
        row: dict[str, Any] = {"network": network, "noise": noise, "samples": samples, "seeds": len(part)}
        row |= {"conditions": int(part["conditions"].iloc[0]), "mode": "/".join(sorted(set(part["mode"])))}
        row |= {name: float(part[name].median()) for name in MEDIANS}
        row |= {"worst_auprc": float(part["auprc"].min()), "called": int(part["called"].sum())}
        row["wrong"] = int(part["wrong"].sum())
        interval = stats.binomtest(row["wrong"], max(row["called"], 1)).proportion_ci()
        rows.append(row | {"fdr_low": interval.low, "fdr_high": interval.high})
    return pd.DataFrame(rows)
