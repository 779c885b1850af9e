"""`semimech benchmark recovery`: how well networks of known truth are found from simulated time courses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from semimech.cli.output import OutFile
from semimech.support.errors import UserError, listed

if TYPE_CHECKING:
    from semimech.runs.recovery import Case

SUFFIX = ".csv"


def benchmark(
    suite: Literal["recovery"],
    topologies: Path | None = None,
    *,
    networks: tuple[str, ...] = (),
    random: int = 2,
    seeds: int = 5,
    samples: tuple[int, ...] = (5, 1, 0),
    noise: tuple[float, ...] = (0.001, 0.01, 0.1),
    steps: int = 2000,
    minutes: float | None = None,
    out: OutFile = Path("recovery.csv"),
) -> None:
    """Simulate time courses of known networks, fit them, and compare what was found with the truth.

    Parameters
    ----------
    suite
        The suite: recovery.
    topologies
        Folder with BEELINE's ten topologies (CSV, a row for each target); random networks only where not given.
    networks
        Only these networks, such as HSC; all where not given.
    random
        Random networks of 10 nodes.
    seeds
        Simulated data sets of each network and setting.
    samples
        Times on (0, 20]; 0 for the steady state only.
    noise
        Sd of the measurement noise.
    steps
        Steps of the fit.
    minutes
        After so many minutes no other setting is begun; without a limit where not given.
    out
        CSV of all fits, written setting by setting; those that it holds already are not made again. A line for each
        setting is printed.
    """
    from semimech.cli.interrupt import stopping
    from semimech.cli.progress import progress_bar
    from semimech.runs.recovery import beeline_cases, random_cases
    from semimech.runs.recovery_suite import Setting, run_suite, summary

    if out.suffix != SUFFIX:
        raise UserError(f"{out} does not end in {SUFFIX}: give a name such as recovery.csv to --out.")
    for option, value, least in (("seeds", seeds, 1), ("steps", steps, 1), ("random", random, 0)):
        if value < least:
            raise UserError(f"--{option} is {value}: give at least {least}.")
    if not samples or min(samples) < 0 or not noise or not min(noise) >= 0:
        raise UserError("--samples and --noise need at least one number each, none below 0.")
    cases = [*(beeline_cases(topologies) if topologies else []), *random_cases(random)]
    cases = _named(cases, networks)
    settings = [Setting(case, level, count) for case in cases for count in samples for level in noise]
    with progress_bar("recovery") as bar, stopping(bar) as monitor:
        found = run_suite(settings, range(seeds), out, steps=steps, minutes=minutes, monitor=monitor)
    if not found:
        raise UserError(f"No fit was made within {minutes:g} minutes: give more to --minutes.")
    print(summary(found).to_string(index=False, float_format=lambda value: f"{value:.3f}"))
    left = len(settings) - len({(each.network, each.noise, each.samples) for each in found})
    if left:
        print(f"{left} of {len(settings)} settings are left: the same command goes on with them.")
    print(f"All fits: {out}")


def _named(cases: list[Case], names: tuple[str, ...]) -> list[Case]:
    have = [case.name for case in cases]
    unknown = [name for name in names if name not in have]
    if unknown or not cases:
        what = f"There is no network {listed(unknown)}" if unknown else "There is no network"
        raise UserError(f"{what}: choose of {listed(have, 20)}." if have else f"{what}: give a folder of topologies.")
    return [case for case in cases if not names or case.name in names]
