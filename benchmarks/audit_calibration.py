"""How often each verdict of the audit is given where nothing is there, and how often where something is.

    python -m benchmarks.audit_calibration [--nulls 200] [--powered 10] [--keep FILE] [--out FILE]

All tables are simulated (`semimech audit simulate`), 300 compounds with a series of 100.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks._audit_verdicts import (
    HELPS,
    Verdicts,
    conflict_verdicts,
    confounding_verdicts,
    focus_verdicts,
    mechanism_verdicts,
)
from benchmarks._page import heading, paragraph, parser_of, table
from scipy import stats

from semimech.audit.synthetic import (
    BioactivityExperiment,
    Laws,
    Measurement,
    SimulatedBioactivities,
    Sources,
    Structures,
    simulate_bioactivities,
)

PLAIN = BioactivityExperiment(structures=Structures(count=300))
HARD = replace(
    PLAIN,
    laws=Laws(pairs=0.3),
    sources=Sources(shift=1.0),
    measurement=Measurement(tails=3.0, uneven=0.4, censored=0.1),
)
NOTHING = replace(PLAIN, laws=Laws(active=0.0), sources=Sources(shift=0.0))
DELTAS = (0.5, 1.0, 1.5, 2.0)
EFFECTS = (0.05, 0.1, 0.2, 0.4)
MANY, THREE = 900, 66
FIRST_OF_POWER = 50_000
HELPS_USELESS = f"{HELPS}, of useless outsiders"


def main() -> None:
    """Write the page."""
    parser = parser_of(__doc__, __file__)
    parser.add_argument("--nulls", type=int, default=200)
    parser.add_argument("--powered", type=int, default=10)
    parser.add_argument("--keep", type=Path, help="file of finished tables, from which an interrupted run goes on")
    chosen = parser.parse_args()
    start = time.perf_counter()
    lines = heading("Calibration of the audit's verdicts", "audit_calibration")
    lines += paragraph(
        "Simulated tables of 300 compounds from 13 documents with two assays each, handwriting, a series of 100; level "
        "0.05. Focus: kernel learner, 20 halvings, threshold at the median of the series. Mechanisms: one division "
        "into folds, where the command takes the mean of three, unless three are named."
    )
    done = Done(chosen.keep)
    lines += false_alarms(done, chosen.nulls)
    lines += power(done, chosen.powered)
    if not chosen.keep:
        lines += paragraph(f"It took {(time.perf_counter() - start) / 60:.0f} minutes by the clock.")
    chosen.out.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


class Done:
    """The verdicts of tables that were finished, kept in a file where one is named."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path and path.exists() else []
        self.known: dict[str, Verdicts] = {one["table"]: one["verdicts"] for one in map(json.loads, lines)}

    def over(
        self,
        name: str,
        plan: BioactivityExperiment,
        seeds: Iterable[int],
        verdicts: Callable[[SimulatedBioactivities, int], Verdicts],
    ) -> list[Verdicts]:
        """The verdicts of a table for each seed; `name` tells the plans apart."""
        found = []
        for seed in seeds:
            key = f"{name}/{seed}"
            if key not in self.known:
                self.known[key] = verdicts(simulate_bioactivities(replace(plan, seed=seed)), seed)
                if self.path:
                    with self.path.open("a", encoding="utf-8") as file:
                        file.write(json.dumps({"table": key, "verdicts": self.known[key]}) + "\n")
            found.append(self.known[key])
        return found


def false_alarms(done: Done, nulls: int) -> list[str]:
    """The rate of each verdict where it is wrong, with its 95 % interval (Clopper and Pearson)."""
    plain = done.over("one law", PLAIN, range(nulls), of_one_law)
    nothing = done.over("nothing", NOTHING, range(nulls), confounding_verdicts)
    hard = done.over("hard", HARD, range(nulls // 2), of_one_law)
    three = done.over("three divisions", PLAIN, range(THREE), of_three_divisions)
    helps = [{HELPS_USELESS: one.pop(HELPS_USELESS)} for one in [dict(one) for one in plain]]
    plain, hard = ([{k: v for k, v in one.items() if k != HELPS_USELESS} for one in found] for found in (plain, hard))
    rows = rates("one law", plain) + rates("one law, hard", hard)
    rows += rates(f"one law, three divisions ({THREE} tables)", three)
    rows += rates("useless outsiders", helps) + rates("nothing", nothing)
    said = paragraph(
        f"Each over {nulls} tables, hard ones over {nulls // 2}. One law: one law of structure everywhere, shifts "
        "between assays of sd 0.5, normal noise; hard: shifts of sd 1, Student's noise of 3 degrees of freedom whose "
        "size differs between assays, pairs of bits that add to p (sd 0.3), a tenth bounds; useless outsiders: their "
        "values shuffled; nothing: neither structure nor assay has an effect."
    )
    columns = ("truth", "verdict", "false alarms", "95 % interval", "may be 5 % or less")
    after = paragraph(
        "Alone, a conflict is no verdict on mechanisms and is not calibrated as one: where one law of many features "
        "holds everywhere, other features go with a bit in the series than outside, so that its effect alone differs. "
        "Within assays much less of that is left; beside one law, none. The focus verdicts and the number of "
        "mechanisms are given less often than they might be."
    )
    return ["## False alarms", "", *said, *table(columns, rows), *after]


def power(done: Done, powered: int) -> list[str]:
    """The share of tables where each verdict is given, over the size of what is there."""
    lines = ["## Power", ""]
    lines += paragraph(
        f"Share of {powered} tables each. Two mechanisms: a tenth of the bits has effects delta apart in the first "
        "(that of the series) and the second, the others the same effects (sd 0.4) in both."
    )
    two = {delta: replace(PLAIN, laws=Laws(mechanisms=2, delta=delta)) for delta in DELTAS}
    lines += curve(done, "delta", "two mechanisms", two, powered, of_one_law)
    lines += paragraph(
        "The focus curve of so small a series hardly ever says that pooling blurs: its intervals are for another "
        "sample of compounds, and a quarter of the outsiders are of the mechanism of the series."
    )
    fewer = max(powered // 2, 2)
    lines += paragraph(f"The same with {MANY} compounds, verdicts on mechanisms alone, {fewer} tables each:")
    larger = {d: replace(plan, structures=replace(plan.structures, count=MANY)) for d, plan in two.items()}
    lines += curve(done, "delta", f"two mechanisms of {MANY}", larger, fewer, mechanism_verdicts)
    lines += paragraph("Confounding: one law with effects of this sd and no shift between assays,")
    laws = {size: replace(NOTHING, laws=Laws(effect=size)) for size in EFFECTS}
    lines += curve(done, "effect", "a law", laws, powered, confounding_verdicts)
    lines += paragraph("and no law, with shifts between assays of this sd and no handwriting:")
    shifts = {size: replace(NOTHING, sources=Sources(shift=size, handwriting=0.0)) for size in EFFECTS}
    return [*lines, *curve(done, "shift", "shifts", shifts, powered, confounding_verdicts)]


def of_one_law(made: SimulatedBioactivities, seed: int) -> Verdicts:
    """All verdicts that one law everywhere makes false, and that pooling helps where outsiders teach nothing."""
    focus = focus_verdicts(made, seed=seed)
    del focus[HELPS]
    useless = focus_verdicts(made, useless=True, seed=seed)[HELPS]
    return conflict_verdicts(made) | focus | {HELPS_USELESS: useless} | mechanism_verdicts(made, seed)


def of_three_divisions(made: SimulatedBioactivities, seed: int) -> Verdicts:
    """The verdicts on mechanisms as the command gives them, of three divisions into folds."""
    return mechanism_verdicts(made, seed, divisions=3)


def rates(truth: str, found: list[Verdicts]) -> list[list[str]]:
    """A row for each verdict: how often it was given, and whether its rate may be 5 % or less."""
    rows = []
    for name in found[0]:
        alarms, count = sum(one[name] for one in found), len(found)
        interval = stats.binomtest(alarms, count).proportion_ci()
        verdict = "yes" if interval.low <= 0.05 else "NO"
        rows.append([truth, name, f"{alarms / count:.3f}", f"{interval.low:.3f} to {interval.high:.3f}", verdict])
    return rows


def curve(
    done: Done,
    what: str,
    name: str,
    plans: dict[float, BioactivityExperiment],
    powered: int,
    verdicts: Callable[[SimulatedBioactivities, int], Verdicts],
) -> list[str]:
    """A table of shares, a column for each size."""
    seeds = range(FIRST_OF_POWER, FIRST_OF_POWER + powered)
    found = {size: done.over(f"{name} {size:g}", plan, seeds, verdicts) for size, plan in plans.items()}
    names = [one for one in next(iter(found.values()))[0] if one != HELPS_USELESS]
    rows: Sequence[Sequence[str]] = [
        [name, *(f"{sum(one[name] for one in tables) / len(tables):.2f}" for tables in found.values())]
        for name in names
    ]
    return table((f"verdict, {what} =", *(f"{size:g}" for size in plans)), rows)


if __name__ == "__main__":
    main()
