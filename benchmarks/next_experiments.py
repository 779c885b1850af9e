"""Learning curves of orders of measurement against random ones and an oracle, on simulated and real screens.

Run: python -m benchmarks.next_experiments; it writes benchmarks/next_experiments.md.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from benchmarks._next_cellbox import MEMBERS, cellbox_curves
from benchmarks._page import heading, paragraph, parser_of, table
from benchmarks.unseen_target import omnipath, papalexi

from semimech.data.effects import effects_of
from semimech.data.readers import read_screen
from semimech.data.scored import scored_entries
from semimech.data.screen import Screen
from semimech.design.next.check import PLURAL, Check, check_orders, difference
from semimech.design.next.learning import Curves, Division, Measured, learning_curves
from semimech.design.next.tables import features_of
from semimech.evaluate.bootstrap import dirichlet_weights, interval
from semimech.simulate.build import simulate_screen
from semimech.simulate.pairs import simulate_pairs

SCREENS, REPEATS, STEPS = 24, 40, 8
FIRST = 5  # conditions known at first, where measuring begins with nothing
Divide = Callable[[Measured, np.random.Generator], Division]


def main() -> None:
    parser = parser_of(__doc__, __file__)
    parser.add_argument("--add-targets", action="store_true", help="make the last section alone, added to the page")
    arguments = parser.parse_args()
    begun = time.perf_counter()
    if arguments.add_targets:
        text = [arguments.out.read_text(encoding="utf-8"), *targets(arguments.data)]
        text += [f"This section was made by a run of its own (`--add-targets`), {time.perf_counter() - begun:.0f} s."]
        arguments.out.write_text("\n".join(text) + "\n", encoding="utf-8")
        return
    text = heading("Next experiments", "next_experiments") + introduction()
    for part in parts(arguments.data):
        text += part
        print("\n".join(part), flush=True)
        whole = [*text, f"{time.perf_counter() - begun:.0f} s."]
        arguments.out.write_text("\n".join(whole) + "\n", encoding="utf-8")


def parts(data: Path) -> Iterator[list[str]]:
    yield ["## Simulated screens", ""]
    for name, screens in (("CellBox law", cellbox_screens), ("Hill law", hill_screens)):
        measured = [of_screen(screen) for screen in screens()]
        for how, divide in (("pairs, the singles known", after_singles), ("all conditions, five known", from_scratch)):
            yield section(f"{name}: {how}", independent(measured, divide))
    melanoma = read_screen(data / "sk-mel-133")
    yield ["## SK-MEL-133", ""]
    measured_melanoma = of_screen(melanoma)
    for how, divide in (("pairs, the singles known", after_singles), ("all conditions, five known", from_scratch)):
        yield section(how, divided(measured_melanoma, divide))
    yield cellbox_section(melanoma, measured_melanoma)
    yield targets(data)


def introduction() -> list[str]:
    return [
        *paragraph(
            "`semimech design next` ranks conditions that were not measured. Here they were: a third of the pairs "
            "is held back, the other conditions are measured in 8 batches in each order, and after each batch the "
            "Gaussian process of `semimech.design.next` predicts what is held back. Error: squared, as a share of "
            "no change. On the way: the mean error between the first and the last batch, against that of four "
            "random orders of the same conditions; negative is better. oracle: sees every measurement, held-back "
            "ones too, and takes at each step the condition that most lowers the very error that is counted; more "
            "than any order that must choose beforehand can hope for. As good as half: conditions measured when "
            "the error is that of random orders with half of them measured. Disagreement is that of refits of the "
            "Gaussian process, where nothing else is said."
        ),
        *paragraph(
            f"Simulated: {SCREENS} screens each, 95 % t intervals over screens. Real: {REPEATS} random thirds of "
            "one screen, which share their data: the variance is multiplied for that (Nadeau and Bengio 2003), so "
            "an interval is wide where only new data could make it narrow."
        ),
        *paragraph(
            "Read with care: that the spread of refits has the posterior variance added was settled on with eight "
            "of these simulated screens and SK-MEL-133 in sight (without it refits agree on perturbations that "
            "none of them has seen, and their order was 38 % worse than random where five conditions are known)."
        ),
    ]


def of_screen(screen: Screen, features: dict[str, np.ndarray] | None = None) -> Measured:
    effects = effects_of(screen, np.arange(screen.shape[0]))
    counted = scored_entries(screen, effects.conditions)
    kept = counted.any(0)
    return Measured(
        effects.conditions, effects.values[:, kept].astype(float), effects.counts, counted[:, kept], features
    )


def cellbox_screens() -> Iterator[Screen]:
    """All 66 pairs of 12 drugs on 12 nodes, a tenth of their variance beyond sums."""
    for seed in range(SCREENS):
        yield simulate_pairs(seed, nodes=12, pairs=66, non_additivity=0.1, noise=0.2)


def hill_screens() -> Iterator[Screen]:
    """All 66 pairs of 12 knock-downs of 24 genes, log-ratios."""
    for seed in range(SCREENS):
        yield simulate_screen(
            {
                "seed": seed,
                "topology": {"nodes": 24, "regulators": 18, "edges": 2.5},
                "perturbations": [{"kind": "knock-down", "count": 12, "strength": 0.9}],
                "design": {"kind": "factorial", "order": 2},
                "sampling": {"rows": 2, "batches": 2, "control_rows": 10},
                "measurement": {"scale": "log-ratio", "noise": 0.5},
            }
        )


def after_singles(measured: Measured, random: np.random.Generator) -> Division:
    pairs, others = _pairs(measured)
    drawn = random.permutation(pairs)
    return Division(others, drawn[len(drawn) // 3 :], drawn[: len(drawn) // 3])


def from_scratch(measured: Measured, random: np.random.Generator) -> Division:
    pairs, others = _pairs(measured)
    drawn = random.permutation(pairs)
    held = drawn[: len(drawn) // 3]
    left = random.permutation(np.r_[others, drawn[len(drawn) // 3 :]])
    return Division(left[:FIRST], left[FIRST:], held)


def _pairs(measured: Measured) -> tuple[np.ndarray, np.ndarray]:
    together = np.array([condition.is_combination for condition in measured.conditions])
    return np.flatnonzero(together), np.flatnonzero(~together)


def independent(measured: Sequence[Measured], divide: Divide) -> Curves:
    """One division of each screen."""
    found = [
        learning_curves(each, [divide(each, np.random.default_rng([seed, 1]))], steps=STEPS, seed=seed)
        for seed, each in enumerate(measured)
    ]
    errors = {order: np.concatenate([each.errors[order] for each in found]) for order in found[0].errors}
    return Curves(errors, found[0].numbers, 0.0)


def divided(measured: Measured, divide: Divide) -> Curves:
    """Many divisions of one screen."""
    divisions = [divide(measured, np.random.default_rng([seed, 2])) for seed in range(REPEATS)]
    return learning_curves(measured, divisions, steps=STEPS)


def section(title: str, curves: Curves) -> list[str]:
    check = Check("pairs", int(curves.numbers[-1]), curves)
    random = curves.errors["random"].mean(0)
    shown = np.linspace(0, len(random) - 1, 5).round().astype(int)
    half = float(np.interp(curves.numbers[-1] / 2, curves.numbers, random))
    rows = []
    for order, errors in curves.errors.items():
        mean = errors.mean(0)
        found = check.against_random(order)  # type: ignore[arg-type]
        told = ["", ""] if order == "random" else [str(found), found.verdict]
        rows.append([order, *(f"{mean[i]:.3f}" for i in shown), _reached(mean, curves.numbers, half), *told])
    columns = ["order", *(f"{curves.numbers[i]} measured" for i in shown), "as good as half", "on the way", "verdict"]
    return [f"### {title}", "", *table(columns, rows)]


def _reached(mean: np.ndarray, numbers: np.ndarray, level: float) -> str:
    """The number of measurements at which a curve first is at the level, between the steps by a straight line."""
    below = np.flatnonzero(mean <= level)
    if not below.size:
        return "never"
    i = int(below[0])
    if i == 0:
        return "0"
    share = (mean[i - 1] - level) / (mean[i - 1] - mean[i])
    return f"{numbers[i - 1] + share * (numbers[i] - numbers[i - 1]):.0f}"


def cellbox_section(screen: Screen, measured: Measured) -> list[str]:
    begun = time.perf_counter()
    curves = cellbox_curves(screen, measured, after_singles)
    apart = difference(*(curves.errors[order][:, 1:].mean(1) for order in ("disagreement", "random")), curves.ratio)
    rows = [[order, *(f"{error:.3f}" for error in errors.mean(0))] for order, errors in curves.errors.items()]
    return [
        "### Pairs, the singles known: disagreement of a CellBox ensemble, which is also what predicts",
        "",
        *table(["order", *(f"{number} measured" for number in curves.numbers)], rows),
        *paragraph(
            f"{MEMBERS} members, fitted anew to what is known after each batch; {len(curves.errors['random'])} "
            "repeats, one random order each; without the last batch, after which nothing is left to choose. "
            f"Disagreement against random on the way: {apart}, {apart.verdict}. {time.perf_counter() - begun:.0f} s."
        ),
    ]


def targets(data: Path) -> list[str]:
    """Papalexi: unseen targets, from relatives in OmniPath."""
    screen = papalexi(data)
    with tempfile.TemporaryDirectory() as folder:
        related = features_of(omnipath(data, Path(folder)), screen.perturbation_names)
    measured = of_screen(screen, related)
    check = check_orders(measured, "singles", repeats=REPEATS, steps=STEPS)
    assert check.curves is not None
    lines = ["## papalexi2021: targets never perturbed", "", *left_out(measured)]
    lines += section(f"{PLURAL['singles']}, four known, a third held back", check.curves)
    return [*lines, *paragraph("What `semimech design next` says of it: " + check.sentence("variance"))]


def left_out(measured: Measured) -> list[str]:
    """Every target predicted from all others, by what is known of it."""
    every = np.arange(len(measured.conditions))
    values = np.where(measured.counted, measured.values, 0.0)
    answers = {
        "no change": np.zeros_like(values),
        "mean of others": (values.sum(0) - values) / (len(values) - 1),
        "Gaussian process, nothing known of targets": replace(measured, features=None).surrogate(every).left_out(),
        "Gaussian process, relatives in OmniPath": measured.surrogate(every).left_out(),
    }
    errors = {name: ((answer - values) ** 2 * measured.counted).sum(1) for name, answer in answers.items()}
    size, weights = (values**2).sum(1), dirichlet_weights(len(values), 2000, 0)
    rows = []
    for name, error in errors.items():
        gain = (weights @ (error - errors["mean of others"])) / (weights @ size)
        told = (
            ""
            if name == "mean of others"
            else f"{gain.mean():+.3f} [{interval(gain)[0]:+.3f}, {interval(gain)[1]:+.3f}]"
        )
        rows.append([name, f"{error.sum() / size.sum():.3f}", told])
    return [
        *paragraph(
            f"{len(values)} targets, {values.shape[1]} genes, the target's own left out. Each target predicted from "
            "all others, its own shift not given; error as a share of no change, and its difference to the mean of the "
            "others with a 95 % interval by a Bayesian bootstrap over targets. That relatives in OmniPath help on "
            "these targets was known beforehand (benchmarks/unseen_target.md)."
        ),
        *table(["predicted by", "error", "against the mean of others"], rows),
    ]


if __name__ == "__main__":
    main()
