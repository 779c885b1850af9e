"""Is the variance that the error analysis predicts the one that effects have? Law, contrasts, counts and replicates.

Run: python -m benchmarks.design_error [--out FILE]; it writes benchmarks/design_error.md.
Effects are measured by the package's own `effects_of`; "pooled" is the same on the screen without its batch column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from benchmarks._common import write_table
from benchmarks._design_counts import Counted, counted
from benchmarks._design_grid import ALLOCATIONS, LAWS, Setting, errors, layout_for, measured, predicted, settings
from benchmarks._design_replicates import replicates_section
from benchmarks._page import heading, paragraph, parser_of, table
from scipy import stats

from semimech.design.components import Components, declared
from semimech.design.contrasts import Reference, combination_variance, contrast_variance, pair_combinations, weights_of
from semimech.design.drawn import draw_screen
from semimech.design.layout import Layout
from semimech.design.power import expected_correlation, power, power_at_fdr

REFERENCES: tuple[Reference, ...] = ("same batch", "pooled", "none")
TOLERANCE = 0.1
SHOWN = 0.45  # the effect whose power is compared
MANY, FEW = (400, 8), (20, 160)  # features and repeats; whether a cell is edited is common to its features


@dataclass(frozen=True)
class Row:
    """One setting of the grid and the ratio of the empirical to the predicted variance, mean over arms."""

    setting: Setting
    reference: Reference
    ratio: float


def grid() -> list[Row]:
    """All settings and references in which every arm can be measured."""
    found = []
    for number, setting in enumerate(settings()):
        for reference in REFERENCES:
            expected = predicted(setting, reference)
            if np.isfinite(expected).all():
                size = MANY if setting.law.efficiency == 1 else FEW
                square = errors(setting, reference, *size, seed=number) ** 2
                found.append(Row(setting, reference, float(square.mean() / expected.mean())))
    return found


def grid_section(rows: Sequence[Row]) -> list[str]:
    """Ratios by allocation and by law."""
    lines = ["## Rows drawn from the law", ""]
    ratios = np.array([row.ratio for row in rows])
    lines += paragraph(
        f"{len(rows)} settings: 2 to 8 batches, 2 to 12 arms, {len(ALLOCATIONS)} allocations, {len(LAWS)} laws, three "
        f"references. {_within(ratios)} Smallest ratio {ratios.min():.3f}, largest {ratios.max():.3f}."
    )
    groups = [(name, [row.ratio for row in rows if row.setting.name[1] == name]) for name in ALLOCATIONS]
    groups += [(name, [row.ratio for row in rows if row.setting.name[2] == name]) for name in LAWS]
    groups += [(f"reference: {name}", [row.ratio for row in rows if row.reference == name]) for name in REFERENCES]
    return lines + table(("", "settings", "median ratio", "least", "largest"), [_spread(*group) for group in groups])


def counts_section(rows: Sequence[Counted]) -> list[str]:
    """The simulator's screens of counts."""
    ratios = np.array([row.ratio for row in rows])
    known = np.array([row.empirical / row.known for row in rows])
    lines = ["## Screens of counts from the simulator", ""]
    lines += paragraph(
        "`semimech simulate`: 200 genes of a random network, 10 knock-downs (all edited, or 60 %), batch factors of "
        "every gene (sd of the logarithm .1 or .3), 1,500 or 6,000 counts a cell. Components are those of four batches "
        "(`components_of`); variances of effects are measured between three groups of four other batches, thinned to "
        f"the layout. {len(rows)} settings. {_within(ratios)} "
        f"Smallest ratio {ratios.min():.3f}, largest {ratios.max():.3f}. With the components of all sixteen batches in "
        f"the place of the pilot's: {int((np.abs(known - 1) <= TOLERANCE).sum())} of {len(rows)}, {known.min():.3f} to "
        f"{known.max():.3f}; the difference is what four batches do not know of tau^2 and sigma^2."
    )
    layouts = list(dict.fromkeys((row.layout, row.reference) for row in rows))
    shown = [
        _spread(
            f"{layout}, {reference}", [row.ratio for row in rows if (row.layout, row.reference) == (layout, reference)]
        )
        for layout, reference in layouts
    ]
    return lines + table(("layout and reference", "settings", "median ratio", "least", "largest"), shown)


def bias_section() -> list[str]:
    """Controls that stand in one batch, and arms in the others."""
    law = declared(cell=0.5, batch=0.05, interaction=0.0)
    lines = ["## Controls missing from batches", ""]
    lines += paragraph(
        "8 perturbations in batches 2 to 4, two or three in each, all controls in batch 1; sigma^2 = .5, tau^2 = .05, "
        "effects of 0. Against "
        "controls of the same batch nothing can be measured, and `effects_of` leaves all of them out. Against the "
        "controls of the other batch every effect has the difference of two batches in it: an error of sqrt(2 tau^2) = "
        ".316 that more cells do not reduce, that no standard error counting cells knows of, and that perturbations of "
        "one batch share, so that they look alike."
    )
    rows = []
    for size in (10, 100, 1_000):
        member = np.arange(8) % 3 + 1
        cells = np.where(np.arange(4)[:, None] == member, size, 0)
        layout = Layout(tuple("1234"), tuple("abcdefgh"), cells, [8 * size // 3, 0, 0, 0])
        found = np.concatenate(
            [
                measured(draw_screen(layout, law, np.zeros((8, 100)), seed=seed), "pooled", layout)
                for seed in range(12 if size < 1_000 else 4)
            ],
            1,
        )
        expected = contrast_variance(layout, law, "pooled")
        alone = contrast_variance(layout, law.declare(batch=0.0), "pooled")
        alike = np.corrcoef(found)
        same = np.equal.outer(member, member) & ~np.eye(8, dtype=bool)
        rows.append(
            (
                f"{size:,}",
                f"{np.sqrt((found**2).mean()):.3f}",
                f"{np.sqrt(expected.mean()):.3f}",
                f"{np.sqrt(alone.mean()):.3f}",
                f"{alike[same].mean():.2f}",
                f"{alike[~same & ~np.eye(8, dtype=bool)].mean():.2f}",
            )
        )
    columns = (
        "cells of each perturbation", "rms error", "predicted", "by counting cells", "correlation, same batch",
        "correlation, other batch",
    )  # fmt: skip
    return lines + table(columns, rows)


def contrast_section() -> list[str]:
    """Pairs, times, best weights, power and recovery."""
    lines = ["## Other contrasts, power and recovery", ""]
    law = declared(cell=0.5, batch=0.05, interaction=0.02)
    layout = layout_for("uneven", 4, 6)
    course = layout_for("uneven", 2, 3).at_times(("24 h", "48 h"))
    later = np.concatenate([-np.eye(3), np.eye(3)], 1)
    pairs = pair_combinations(layout, [("p2", "p0", "p1"), ("p5", "p3", "p4")])
    rows = [
        _compared("interaction of a pair, p_ab - p_a - p_b", _sums(layout, law, pairs),
                  combination_variance(layout, law, pairs)),
        _compared("difference between two times", _sums(course, law, later), combination_variance(course, law, later)),
        _compared("inverse-variance weights", _weighted(layout, law), contrast_variance(layout, law, weights="best")),
    ]  # fmt: skip
    lines += table(("contrast", "predicted variance", "empirical", "ratio"), rows)
    setting = Setting(("", "", ""), layout, law)
    noise = errors(setting, "same batch", 400, 10)
    variance = contrast_variance(layout, law)[:, None]
    found = np.abs(noise + SHOWN) > 1.959964 * np.sqrt(variance)
    signal = np.random.default_rng(1).normal(0, 0.3, noise.shape)
    seen = [[np.corrcoef(s, s + e)[0, 1] for s, e in zip(*parts)] for parts in zip(signal, noise)]
    hit, expected_hit = _at_fdr(noise, variance)
    shown = [
        (f"power at 5 %, effect {SHOWN:g}", f"{power(SHOWN, variance).mean():.3f}", f"{found.mean():.3f}"),
        (f"share of the 10 % true effects ({SHOWN:g}) found at an FDR of 10 %", f"{expected_hit:.3f}", f"{hit:.3f}"),
        ("Pearson correlation with the truth, effects of sd .3", f"{expected_correlation(0.09, variance).mean():.3f}",
         f"{np.mean(seen):.3f}"),
    ]  # fmt: skip
    return lines + table(("", "predicted", "empirical"), shown)


def _sums(layout: Layout, law: Components, coefficients: np.ndarray) -> np.ndarray:
    noise = errors(Setting(("", "", ""), layout, law), "same batch", 400, 10)
    return np.einsum("kp,rpf->rkf", coefficients, noise)


def _weighted(layout: Layout, law: Components) -> np.ndarray:
    """Effects with inverse-variance weights, from the means of cells."""
    weights, _ = weights_of(layout, "same batch", "best", law)
    found = []
    for seed in range(10):
        zero = np.zeros((len(layout.arms), 400))
        screen = draw_screen(layout, law, zero, features=400, seed=seed)
        batch = screen.obs["batch"].to_numpy()
        arm = np.where(screen.is_control, -1, screen.design.toarray().argmax(1))
        effect = np.zeros_like(zero)
        for b, name in enumerate(layout.batches):
            control = screen.responses[(batch == name) & (arm < 0)].mean(0)
            for p in range(len(layout.arms)):
                effect[p] += weights[b, p] * (screen.responses[(batch == name) & (arm == p)].mean(0) - control)
        found.append(effect)
    return np.array(found)


def _at_fdr(noise: np.ndarray, variance: np.ndarray) -> tuple[float, float]:
    """Share of true effects that Benjamini and Hochberg's rule finds, and the one that is expected."""
    random = np.random.default_rng(2)
    true = random.random(noise.shape) < 0.1
    p = 2 * stats.norm.sf(np.abs(noise + SHOWN * true) / np.sqrt(variance))
    called = np.array([[stats.false_discovery_control(one) <= 0.1 for one in arm] for arm in p])
    expected, _ = power_at_fdr(np.array([SHOWN]), variance[:, 0], 0.1, 0.1)
    return float(called[true].mean()), float(expected.mean())


def _compared(name: str, found: np.ndarray, expected: np.ndarray) -> tuple[str, str, str, str]:
    empirical = float((found**2).mean())
    return name, f"{expected.mean():.4f}", f"{empirical:.4f}", f"{empirical / expected.mean():.3f}"


def _within(ratios: np.ndarray) -> str:
    inside = int((np.abs(ratios - 1) <= TOLERANCE).sum())
    word = "" if inside == len(ratios) else " (the others NOT)"
    return f"The empirical variance lies within 10 % of the predicted one in {inside} of them{word}."


def _spread(name: str, ratios: Sequence[float]) -> tuple[str, ...]:
    values = np.array(ratios)
    numbers = (f"{value:.3f}" for value in (np.median(values), values.min(), values.max()))
    return (name, str(len(values)), *numbers)


def main() -> None:
    options = parser_of(__doc__, __file__).parse_args()
    lines = heading("Predicted and empirical variance of effects", "design_error")
    lines += paragraph(
        "What [docs/design.md](../docs/design.md) says of the variance of an effect, against screens. A ratio is the "
        "empirical variance over the predicted one, mean over the arms of a setting."
    )
    for section in (
        lambda: grid_section(grid()),
        lambda: counts_section(list(counted())),
        bias_section,
        contrast_section,
        lambda: replicates_section(options.data),
    ):
        lines += section()
        write_table(str(options.out), lines)
        print("\n".join(lines[-3:]), flush=True)


if __name__ == "__main__":
    main()
