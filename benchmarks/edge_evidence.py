"""Do q-values of edges mean what they say? Random networks with a known truth, knocked out or drugged.

Run: python -m benchmarks.edge_evidence; it writes benchmarks/edge_evidence.md. For every setting fresh networks are
drawn, a screen of each is simulated, every edge is tested by `evaluate.evidence`, and the share of false ones among
the edges called at q <= .05, .1, .2 is averaged over the networks. None of them was seen when the test was built.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from benchmarks._page import heading, parser_of, table
from benchmarks._random_screens import EDGES, GAIN, NODES, Setting, simulate
from scipy.stats import t as student

from semimech.data.effects import effects_of
from semimech.data.qvalues import q_values
from semimech.data.readers import read_screen
from semimech.data.screen import Screen
from semimech.evaluate.bootstrap import dirichlet_weights, interval
from semimech.evaluate.evidence import edge_evidence
from semimech.simulate.demo import simulate_demo

LEVELS = (0.05, 0.1, 0.2)
NOISES = (0.03, 0.1, 0.3)
SEED = 2000


@dataclass(frozen=True)
class Tally:
    """Of one network: share of false edges and of true edges found at each level, and share that is identifiable."""

    false: np.ndarray
    found: np.ndarray
    identifiable: float


Method = Callable[[Screen], tuple[np.ndarray, np.ndarray]]


def main() -> None:
    parser = parser_of(__doc__, __file__)
    parser.add_argument("--truths", type=int, default=60)
    parser.add_argument("--fewer", type=int, default=30, help="networks where an assumption is broken")
    options = parser.parse_args()
    begun = time.perf_counter()
    lines = [*heading("Evidence of edges", "edge_evidence"), *calibration(options.truths), *naive(options.fewer)]
    lines += [*broken(options.fewer), *screens(options.data)]
    lines += [f"The whole page took {time.perf_counter() - begun:.0f} s of one core.", ""]
    options.out.write_text("\n".join(lines), encoding="utf-8")


def calibration(truths: int) -> list[str]:
    """Empirical false discovery rate and power over kinds of screens, numbers of conditions and noise."""
    designs = [
        ("knock-outs", NODES, 0), ("knock-outs", NODES, 20), ("knock-outs", NODES, 60),
        ("knock-outs in cells", NODES, 20),
        ("drugs", 14, 30), ("drugs", 30, 0), ("drugs", 30, 20), ("drugs", 30, 60),
    ]  # fmt: skip
    rows, inside, every = [], 0, {noise: list[Tally]() for noise in NOISES}
    for kind, singles, pairs in designs:
        for noise in NOISES:
            tallies = repeated(Setting(kind, singles, pairs, noise), truths, by_evidence)
            every[noise] += tallies
            cells, within = rates(tallies)
            inside += within
            rows.append([kind, f"{singles} + {pairs}", f"{noise:g}", *cells])
            print(rows[-1], flush=True)
    pooled = []
    for noise, tallies in every.items():
        cells, _ = rates(tallies)
        pooled.append([f"{noise:g}", str(len(tallies)), *cells])
    columns = ["identifiable", *(f"false at q <= {level:g}" for level in LEVELS), "found at .05 / .1 / .2"]
    return [
        "## False discovery rate and power",
        "",
        f"{truths} random networks a row, of {NODES} nodes with {EDGES} edges into each, x = s tanh(W x + u), largest "
        f"singular value {GAIN}; 4 rows a condition. Knock-outs hold x = -1; a drug pushes one or two nodes by up to "
        "2.5 (saturating them). Conditions: singles + random pairs. Noise: sd of a row's error over the sd of all "
        "effects. In cells: log-normalised, 2 batches, controls shared by all conditions, correlated noise, 40 rows a "
        "condition of sqrt(10) times the noise. False: share of false edges among those called, mean over networks "
        "(0 where none is called) with its 95 % interval (Bayesian bootstrap over networks); bold where that interval "
        "leaves out the nominal level. Found: share of all true edges, identifiable or not. The networks and the noise "
        "of each row are its own, and none was seen when the test was built.",
        "",
        *table(["screen", "conditions", "noise", *columns], rows),
        f"The nominal level is within the 95 % interval in {inside} of {len(rows) * len(LEVELS)} cases; "
        f"{0.95 * len(rows) * len(LEVELS):.0f} are to be expected of exact calibration. Over all screens:",
        "",
        *table(["noise", "networks", *columns], pooled),
    ]


def naive(truths: int) -> list[str]:
    """The same screens by tests that do not know of noise in the sources, or of other sources at all."""
    methods = {
        "this test": by_evidence,
        "least squares, sources taken as exact": by_least_squares,
        "pair by pair, against permuted responses": by_pairs,
    }
    rows = []
    for noise in NOISES:
        for name, method in methods.items():
            cells, _ = rates(repeated(Setting("knock-outs", NODES, 60, noise), truths, method))
            rows.append([f"{noise:g}", name, *cells[1:]])
    return [
        "## What permuted responses or exact regressors would say",
        "",
        f"Knock-outs, {NODES} + 60 conditions, {truths} networks. Permuting responses gives the distribution of "
        "a correlation where nothing is related (for one pair it is that of t, which is used here): indirect effects "
        "are related, and pass. Least squares over all sources knows of them, but not of the noise in the sources, "
        "which hands part of one source's effect to its neighbours.",
        "",
        *table(["noise", "test", *(f"false at q <= {level:g}" for level in LEVELS), "found at .05 / .1 / .2"], rows),
    ]


def broken(truths: int) -> list[str]:
    """What the test does where its assumptions do not hold."""
    base = Setting("drugs", 30, 20, 0.1)
    cases = {
        "none": base,
        "3 of 20 nodes are not measured": replace(base, hidden=3),
        "1 of 10 drugs has a further target that is not told": replace(base, off_target=0.1),
    }
    rows = [[name, *rates(repeated(setting, truths, by_evidence))[0]] for name, setting in cases.items()]
    return [
        "## Where an assumption is broken",
        "",
        f"Drugs, 30 + 20 conditions, noise .1, {truths} networks. q-values hold where every node that passes effects "
        "on is measured and every direct target is told; a drug known to act on a node that is not measured is left "
        "out. An edge through a node that nobody measured counts as false here.",
        "",
        *table(
            ["broken", "identifiable", *(f"false at q <= {level:g}" for level in LEVELS), "found at .05 / .1 / .2"],
            rows,
        ),
    ]


def screens(folder: Path) -> list[str]:
    """What is said of the demo and of real screens."""
    found = {
        "demo": simulate_demo(),
        "sk-mel-133": read_screen(folder / "sk-mel-133"),
        "papalexi2021": read_screen(folder / "papalexi2021" / "papalexi2021.h5ad"),
        "dixit2016": read_screen(folder / "dixit2016" / "dixit2016.csv.gz"),
    }
    lines = ["## Screens", ""]
    for name, screen in found.items():
        begun = time.perf_counter()
        words = " ".join(edge_evidence(screen).sentences)
        lines += [f"- `{name}` ({time.perf_counter() - begun:.1f} s): {words}"]
    return [*lines, ""]


def repeated(setting: Setting, truths: int, method: Method) -> list[Tally]:
    return [tally(setting, number, method) for number in range(truths)]


def tally(setting: Setting, number: int, method: Method) -> Tally:
    screen = simulate(setting, np.random.default_rng([SEED, number, *setting.key]))
    q_value, identifiable = method(screen)
    if screen.truth is None:
        raise ValueError("a simulated screen has a truth")
    true = screen.truth.matrix() != 0
    false, found = [], []
    for level in LEVELS:
        called = q_value <= level
        false.append((called & ~true).sum() / max(called.sum(), 1))
        found.append((called & true).sum() / true.sum())
    return Tally(np.array(false), np.array(found), identifiable.sum() / (len(true) * (len(true) - 1)))


def rates(tallies: Sequence[Tally]) -> tuple[list[str], int]:
    """Cells of a table: share identifiable, false discovery rates with intervals, power; how many hold the nominal."""
    weights = dirichlet_weights(len(tallies), 4000, 0) / len(tallies)
    cells, within = [f"{np.mean([one.identifiable for one in tallies]):.2f}"], 0
    for number, level in enumerate(LEVELS):
        shares = np.array([one.false[number] for one in tallies])
        lower, upper = interval(weights @ shares)
        holds = lower <= level <= upper
        within += holds
        text = f"{shares.mean():.3f} [{lower:.3f}, {upper:.3f}]"
        cells.append(text if holds else f"**{text}**")
    cells.append(" / ".join(f"{share:.2f}" for share in np.mean([one.found for one in tallies], 0)))
    return cells, within


def by_evidence(screen: Screen) -> tuple[np.ndarray, np.ndarray]:
    found = edge_evidence(screen)
    return found.q_value, found.identifiable


def by_least_squares(screen: Screen) -> tuple[np.ndarray, np.ndarray]:
    """t tests of the ordinary regression of each node on all others, over the conditions that do not target it."""
    p_value = np.full((NODES, NODES), np.nan)
    for target, y, x, others in _regressions(screen):
        inverse = np.linalg.inv(x.T @ x)
        weights = inverse @ (x.T @ y)
        freedom = len(y) - len(others)
        left = y - x @ weights
        error = np.sqrt(np.diag(inverse) * (left @ left) / freedom)
        p_value[target, others] = 2 * student.sf(np.abs(weights) / error, freedom)
    return q_values(p_value), np.isfinite(p_value)


def by_pairs(screen: Screen) -> tuple[np.ndarray, np.ndarray]:
    """Tests of the correlation of each pair, over the conditions that do not target the second."""
    p_value = np.full((NODES, NODES), np.nan)
    for target, y, x, others in _regressions(screen):
        r = np.array([np.corrcoef(y, column)[0, 1] for column in x.T])
        freedom = len(y) - 2
        p_value[target, others] = 2 * student.sf(np.abs(r) * np.sqrt(freedom / (1 - r**2)), freedom)
    return q_values(p_value), np.isfinite(p_value)


def _regressions(screen: Screen) -> list[tuple[int, np.ndarray, np.ndarray, np.ndarray]]:
    """(target, y, X, sources) of each node."""
    effects = effects_of(screen, np.arange(screen.shape[0]))
    targets = {p.name: {screen.feature_names.index(name) for name in p.targets} for p in screen.perturbations}
    values = effects.values.astype(float)
    found = []
    for target in range(values.shape[1]):
        free = [i for i, c in enumerate(effects.conditions) if all(target not in targets[name] for name in c.names)]
        others = np.delete(np.arange(values.shape[1]), target)
        found.append((target, values[free, target], values[np.ix_(free, others)], others))
    return found


if __name__ == "__main__":
    main()
