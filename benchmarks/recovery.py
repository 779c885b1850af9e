"""The recovery suite: the ten BEELINE topologies and random networks from simulated time courses.

Run: python -m benchmarks.recovery; it writes benchmarks/recovery.md. With --fits FILE the fits are kept there as
they are made, and those already in it are not made again; --no-more writes the page of these alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd
from benchmarks._page import heading, parser_of, table
from scipy import stats

from semimech.runs.recovery import FALSE_SHARE, Case, Found, beeline_cases, random_cases, recover, summary

SEEDS = range(5)
NOISES = (0.01, 0.001, 0.1)
QUIET = ("HSC", "VSC")  # measured at noise .001 by Ji et al., the others at .01
CORRELATION = {"HSC": 0.99, "VSC": 0.99, "GSD": 0.89, "LL": 0.97, "LI": 1.0, "CY": 1.0, "BF": 0.95}
AUPRC_BAR, BF_BAR, SECONDS_BAR = 0.97, 0.99, 60.0


def main() -> None:
    parser = parser_of(__doc__, __file__)
    parser.add_argument("--fits", type=Path, default=None)
    parser.add_argument("--no-more", action="store_true")
    arguments = parser.parse_args()
    cases = [*beeline_cases(arguments.data / "beeline"), *random_cases(2)]
    kept = pd.read_csv(arguments.fits) if arguments.fits and arguments.fits.is_file() else pd.DataFrame()
    found = [Found(**row) for row in kept.to_dict("records")]
    for case, noise, samples in settings(cases):
        if not arguments.no_more and not among(found, case, noise, samples):
            found += recover(case, noise, samples, SEEDS)
            print(summary(found).iloc[-1].to_dict(), flush=True)
            if arguments.fits:
                pd.DataFrame([asdict(each) for each in found]).to_csv(arguments.fits, index=False)
    left = [each for each in settings(cases) if not among(found, *each)]
    arguments.out.write_text("\n".join(page(summary(found), left)), encoding="utf-8")


def among(found: list[Found], case: Case, noise: float, samples: int) -> bool:
    return any((each.network, each.noise, each.samples) == (case.name, noise, samples) for each in found)


def settings(cases: list[Case]) -> Iterator[tuple[Case, float, int]]:
    """The noise of Ji et al. first, then the others, then fewer samples."""
    by_name = {case.name: case for case in cases}
    more = replace(by_name["HSC"], name="HSC, 40 conditions", conditions=40)
    usual = [(case, 0.001 if case.name in QUIET else 0.01) for case in (*cases, more)]
    yield from ((case, noise, 5) for case, noise in usual)
    yield from ((case, noise, samples) for samples in (1, 0) for case, noise in usual)
    yield from ((case, noise, 5) for noise in NOISES for case, at in usual if noise != at)


def page(rows: pd.DataFrame, left: list[tuple[Case, float, int]]) -> list[str]:
    usual = rows["noise"].eq(rows["network"].isin(QUIET).map({True: 0.001, False: 0.01}))
    main_rows = rows[usual & (rows["samples"] == 5)]
    return [
        *heading("Recovery of known networks from time courses", "recovery"),
        "Seconds are by the clock, on a machine that did other work at the same time. Data: dx/dt = s tanh(W x - "
        "mu) - x from x = 0, Ji et al. 2021; 1 to 3 nodes are pushed in each condition, each as often as the others, "
        "with Latin-hypercube doses; samples are equally spaced on (0, 20]; additive noise. Fitted: W and s, from "
        "W = 0, by 2,000 steps of Adam on the profile likelihood through 4th-order Runge-Kutta with a Laplace prior of "
        "scale 1 / 1.5 on W (chosen with seeds that are not reported; the same everywhere). Self-loops are fitted and "
        "counted where the truth has some. Edges are ranked by |W|. Medians over 5 seeds, fitted as one `vmap`; "
        "seconds are of one fit's share, with compilation.",
        "",
        "Multiple shooting is used where the field that was fitted to whole courses has a saddle at the start; its "
        "test r predicts each sample from the one before. Wrong edges: those called at q < .1 (Wald tests at the "
        "maximum of the likelihood, Benjamini-Hochberg) over all seeds, with the 95 % interval of their share.",
        "",
        "## Five samples, noise .01 (HSC, VSC: .001), as in Ji et al.",
        "",
        *shown(main_rows),
        *verdicts(main_rows),
        "## Other noise, fewer samples (0: the steady state only)",
        "",
        *shown(rows.drop(main_rows.index)),
        *([f"Not measured in this run: {len(left)} settings ({words(left)})."] if left else []),
        "",
    ]


def words(left: list[tuple[Case, float, int]]) -> str:
    counts = Counter(f"{samples} samples at noise {noise:g}" for _, noise, samples in left)
    return "; ".join(f"{what}: {count} networks" for what, count in counts.items())


def shown(rows: pd.DataFrame) -> list[str]:
    columns = ["network", "noise", "samples", "conditions", "fit", "weights r", "AUPRC", "worst", "chance", "signs"]
    cells = [
        [
            row.network,
            f"{row.noise:g}",
            str(row.samples),
            str(row.conditions),
            row.mode,
            f"{row.correlation:.3f}",
            f"{row.auprc:.3f}",
            f"{row.worst_auprc:.3f}",
            f"{row.base_rate:.2f}",
            f"{row.signs:.2f}",
            f"{row.test_r:.3f}",
            f"{row.wrong} of {row.called} [{row.fdr_low:.2f}, {row.fdr_high:.2f}]",
            f"{row.seconds:.1f}",
        ]
        for row in rows.itertuples()
    ]
    return table([*columns, "test r", "wrong at q < .1", "s"], cells)


def verdicts(rows: pd.DataFrame) -> list[str]:
    """Each bar, reached or not."""
    lines = []
    for row in rows.itertuples():
        bar = BF_BAR if row.network == "BF" else AUPRC_BAR
        if row.network.startswith("random") or row.network == "HSC":
            continue
        lines.append(f"- {row.network}: AUPRC {row.auprc:.3f}, bar {bar}: {word(row.auprc >= bar)}.")
    for row in rows[rows["network"].isin(CORRELATION)].itertuples():
        bar = CORRELATION[row.network]
        met = round(row.correlation, 2) >= bar
        lines.append(f"- {row.network}: correlation of weights {row.correlation:.3f}, asked {bar}: {word(met)}.")
    slow = rows["seconds"].max()
    lines.append(f"- Every fit under {SECONDS_BAR:.0f} s: the slowest {slow:.0f} s: {word(slow < SECONDS_BAR)}.")
    calm = rows[rows["mode"] == "whole"]
    wrong, called = int(calm["wrong"].sum()), int(calm["called"].sum())
    expected = float((FALSE_SHARE * (1 - calm["base_rate"]) * calm["called"]).sum())
    interval = stats.binomtest(wrong, called).proportion_ci()
    met = interval.low <= expected / called <= interval.high
    lines.append(
        f"- Wrong among all edges called by fits of whole courses: {wrong} of {called}, 95 % interval "
        f"[{interval.low:.3f}, {interval.high:.3f}]. Benjamini-Hochberg at q = .1 promises .1 times the share of pairs "
        f"without an edge, here {expected / called:.3f} ({expected:.0f} edges): {'within' if met else 'NOT within'}."
    )
    return [*lines, ""]


def word(met: bool) -> str:
    return "reached" if met else "NOT reached"


if __name__ == "__main__":
    main()
