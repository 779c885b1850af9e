"""The recovery suite: the ten BEELINE topologies and random networks from simulated time courses.

Run: python -m benchmarks.recovery; it writes benchmarks/recovery.md. The fits are kept in --fits FILE as they are
made, and those already in it are not made again; --minutes 0 writes the page of these alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pandas as pd
from benchmarks._page import heading, parser_of, table
from scipy import stats

from semimech.cli.progress import progress_bar
from semimech.runs.recovery import FALSE_SHARE, Case, beeline_cases, random_cases
from semimech.runs.recovery_suite import Setting, run_suite, summary

SEEDS = range(5)
SAMPLES = (5, 1, 0)
NOISES = (0.01, 0.001, 0.1)
QUIET = ("HSC", "VSC")  # measured at noise .001 by Ji et al., the others at .01
CORRELATION = {"HSC": 0.99, "VSC": 0.99, "GSD": 0.89, "LL": 0.97, "LI": 1.0, "CY": 1.0, "BF": 0.95}
AUPRC_BAR, BF_BAR, SECONDS_BAR = 0.97, 0.99, 60.0


def main() -> None:
    parser = parser_of(__doc__, __file__)
    parser.add_argument("--fits", type=Path, default=Path(__file__).with_suffix(".csv"))
    parser.add_argument("--minutes", type=float, default=None)
    arguments = parser.parse_args()
    asked = settings([*beeline_cases(arguments.data / "beeline"), *random_cases(2)])
    with progress_bar("recovery") as monitor:
        found = run_suite(asked, SEEDS, arguments.fits, minutes=arguments.minutes, monitor=monitor)
    left = [each for each in asked if not each.of(found, SEEDS, found[0].steps)]
    arguments.out.write_text("\n".join(page(summary(found), left)), encoding="utf-8")


def settings(cases: list[Case]) -> list[Setting]:
    """The noise of Ji et al. first, with five samples, one and none; then the others."""
    by_name = {case.name: case for case in cases}
    more = replace(by_name["HSC"], name="HSC, 40 conditions", conditions=40)
    usual = [(case, 0.001 if case.name in QUIET else 0.01) for case in (*cases, more)]
    first = [Setting(case, noise, samples) for samples in SAMPLES for case, noise in usual]
    others = [
        Setting(case, noise, samples) for samples in SAMPLES for noise in NOISES for case, at in usual if noise != at
    ]
    return [*first, *others]


def page(rows: pd.DataFrame, left: list[Setting]) -> list[str]:
    usual = rows["noise"].eq(rows["network"].isin(QUIET).map({True: 0.001, False: 0.01}))
    main_rows = rows[usual & (rows["samples"] == 5)]
    return [
        *heading("Recovery of known networks from time courses", "recovery"),
        "Seconds are by the clock, on a machine that did other work at the same time. Data: dx/dt = s tanh(W x - "
        "mu) - x from x = 0, Ji et al. 2021; 1 to 3 nodes are pushed in each condition, each as often as the others, "
        "with Latin-hypercube doses; samples are equally spaced on (0, 20]; additive noise. Fitted: W and s, from "
        "W = 0, by 2,000 steps of Adam on the profile likelihood through 4th-order Runge-Kutta with a Laplace prior of "
        "scale 1 / 1.5 on W: one value for all, chosen on three of these networks (TF, BFC, HSC) with other seeds of "
        "the data than those reported; on the others nothing was chosen. Self-loops are fitted and "
        "counted where the truth has some. Edges are ranked by |W|. Medians over 5 seeds, fitted together; "
        "seconds are of one fit's share, with compilation. Signs: share of all true edges with the right sign.",
        "",
        "Multiple shooting is used where the field that was fitted to whole courses has a saddle at the start; its "
        "test r predicts each sample from the one before. Wrong edges: those called at q < .1 (the most doubtful of "
        "Wald's test by curvature, Wald's test by the scatter between conditions and the likelihood ratio of a fit "
        "without the edge, at the maximum of the likelihood; by shooting also of whole courses from the same field; "
        "Benjamini-Hochberg) over all seeds, with the 95 % interval of their share. These tests were chosen on TF, "
        "BFC, HSC and, for shooting and several attractors, BF, all with other seeds of the data than those reported.",
        "",
        "## Five samples, noise .01 (HSC, VSC: .001), as in Ji et al.",
        "",
        *shown(main_rows),
        *verdicts(main_rows),
        *(line for samples in SAMPLES for line in others(rows.drop(main_rows.index), samples)),
        "## Are the q-values calibrated?",
        "",
        *calibration(rows),
        *([f"Not measured in this run: {len(left)} settings ({words(left)})."] if left else []),
        "",
    ]


def words(left: list[Setting]) -> str:
    counts = Counter(f"{each.samples} samples at noise {each.noise:g}" for each in left)
    return "; ".join(f"{what}: {count} networks" for what, count in counts.items())


def others(rows: pd.DataFrame, samples: int) -> list[str]:
    some = rows[rows["samples"] == samples].sort_values(["noise"], kind="stable")
    title = {5: "Five samples, other noise", 1: "One sample, at 20", 0: "The steady state only"}[samples]
    return [f"## {title}", "", *shown(some)] if len(some) else []


def calibration(rows: pd.DataFrame) -> list[str]:
    """Wrong edges among those called at q < .1, pooled over networks and seeds, beside what is promised."""
    cells = []
    for (samples, noise, mode), part in rows.groupby(["samples", "noise", "mode"]):
        called, wrong = int(part["called"].sum()), int(part["wrong"].sum())
        if called:
            promised = float((FALSE_SHARE * (1 - part["base_rate"]) * part["called"]).sum()) / called
            interval = stats.binomtest(wrong, called).proportion_ci()
            said = "within" if promised >= interval.low else "too many wrong"
            said = "fewer wrong than promised" if promised > interval.high else said
            share = f"{wrong / called:.3f} [{interval.low:.3f}, {interval.high:.3f}]"
            cells.append(
                [str(samples), f"{noise:g}", mode, f"{len(part)}", str(called), share, f"{promised:.3f}", said]
            )
    columns = ["samples", "noise", "fit", "networks", "called", "share wrong", "promised"]
    return [
        "Benjamini-Hochberg at q = .1 promises .1 times the share of pairs without an edge.",
        "",
        *table([*columns, "the promise is"], cells),
    ]


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
