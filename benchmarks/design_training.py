"""What training gains from knowing the batches: effects against controls of the same batch, mini-batches within one.

Run: python -m benchmarks.design_training [--out FILE]; it writes benchmarks/design_training.md.
Screens of counts with batch factors of every gene; each perturbation stands in two of four batches. The same cells are
given once with their batches and once without, where nothing but the batch column differs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy.sparse as sp
from benchmarks._common import write_table
from benchmarks._count_screens import drawn, expected, sparse_logs
from benchmarks._page import heading, paragraph, parser_of, table

from semimech.data.condition import Condition, Perturbation
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.base import Estimator
from semimech.models.baselines.lookup import ConditionMean
from semimech.models.effects import EffectEstimator
from semimech.models.vae import SamsVAE

PERTURBATIONS, BATCHES, GENES = 12, 4, 100
CELLS, CONTROLS = 40, 60  # of a perturbation in each of its batches, of controls in each batch
SPREADS = (0.0, 0.1, 0.3)
SEEDS, VAE_SEEDS = 8, 3
MODELS: dict[str, tuple[Callable[[], Estimator], int, tuple[float, ...]]] = {
    "effects as measured": (ConditionMean, SEEDS, SPREADS),
    "effects": (EffectEstimator, SEEDS, SPREADS),
    "SAMS-VAE without its closed form": (lambda: SamsVAE(epochs=40, rate=5e-3, offset=False), VAE_SEEDS, (0.0, 0.3)),
}


@dataclass(frozen=True, eq=False)
class Batched:
    """A screen of counts and the true effects of its perturbations, mean over the batches in which they stand."""

    screen: Screen
    conditions: tuple[Condition, ...]
    truth: np.ndarray


def batched_screen(seed: int, spread: float) -> Batched:
    """Private effects on a fifth of the genes; `spread` is the sd of the logarithm of a gene's factor in a batch."""
    random = np.random.default_rng([seed, 17])
    base, dispersion = random.normal(size=GENES), 0.2 * np.exp(0.5 * random.normal(size=GENES))
    change = np.vstack([np.zeros(GENES), sparse_logs(random, PERTURBATIONS, GENES, share=0.2, size=0.4)])
    factor = spread * random.normal(size=(BATCHES, GENES))
    rates = np.exp(base + factor[:, None] + change)  # batches x arms x genes, the controls first
    rates /= rates.sum(2, keepdims=True)
    stands = (np.arange(BATCHES)[:, None] - np.arange(PERTURBATIONS)) % BATCHES < 2
    numbers = np.concatenate([np.full((BATCHES, 1), CONTROLS), CELLS * stands], 1)
    batch, arm = (np.repeat(place, numbers.ravel()) for place in np.indices(numbers.shape).reshape(2, -1))
    names = tuple(f"p{number:02d}" for number in range(PERTURBATIONS))
    screen = Screen(
        drawn(random, rates[batch, arm], dispersion),
        sp.csr_array(np.equal.outer(arm, np.arange(1, PERTURBATIONS + 1)).astype(float)),
        tuple(Perturbation(name, "knock-out") for name in names),
        pd.DataFrame(index=[f"g{number:03d}" for number in range(GENES)]),
        pd.DataFrame({"batch": [f"batch {b + 1}" for b in batch]}, index=[f"cell {i + 1}" for i in range(len(batch))]),
        "counts",
        "batched",
    )
    levels = expected(np.log(rates).reshape(-1, GENES), dispersion).reshape(rates.shape)
    effects = levels[:, 1:] - levels[:, :1]
    truth = (stands[:, :, None] * effects).sum(0) / stands.sum(0)[:, None]
    return Batched(screen, tuple(Condition(((name, 1.0),)) for name in names), truth)


def scored(made: Batched, screen: Screen, model: Estimator, seed: int) -> tuple[float, float]:
    """Root mean square error of predicted effects over the rms effect, and mean Pearson correlation with the truth."""
    rows = np.arange(screen.shape[0])
    fitted = model.fit(screen, Split("all", "all", seed, rows, rows[:0]), seed=seed)
    mean = fitted.predict(made.conditions).mean
    error = np.sqrt(((mean - made.truth) ** 2).mean() / (made.truth**2).mean())
    return float(error), float(np.mean([np.corrcoef(*pair)[0, 1] for pair in zip(mean, made.truth)]))


def compared(name: str, spread: float) -> list[str]:
    """A row of the page: error and correlation with and without batches, and the ratio of errors with its interval."""
    make, seeds, _ = MODELS[name]
    found = []
    for seed in range(seeds):
        made = batched_screen(seed, spread)
        blind = replace(made.screen, obs=made.screen.obs.drop(columns="batch"), _effects={})
        found.append([scored(made, screen, make(), seed) for screen in (made.screen, blind)])
    values = np.array(found)  # seeds x (with, without) x (error, correlation)
    ratio = np.log(values[:, 1, 0] / values[:, 0, 0])
    half = 2 * ratio.std(ddof=1) / np.sqrt(seeds)
    low, middle, high = np.exp([ratio.mean() - half, ratio.mean(), ratio.mean() + half])
    error, correlation = (values[:, :, k].mean(0) for k in (0, 1))
    return [
        name,
        f"{spread:g}",
        str(seeds),
        *(f"{number:.3f}" for number in (*error, *correlation)),
        f"{middle:.2f} [{low:.2f}, {high:.2f}]",
    ]


def main() -> None:
    options = parser_of(__doc__, __file__).parse_args()
    top = heading("Training with and without batches", "design_training")
    top += paragraph(
        f"{PERTURBATIONS} knock-outs, each in two of {BATCHES} batches ({CELLS} cells in each), {CONTROLS} control "
        f"cells a batch, {GENES} genes; `spread` is the sd of the logarithm of a gene's factor in a batch. With "
        "batches, effects are taken against controls of the same batch, and mini-batches of the VAE are of one batch "
        "with its controls and begin from its rates; these are the defaults. Without, controls are pooled and "
        "mini-batches mixed: only the batch column is left out. Error: root mean square error of the predicted effects "
        "over the rms of the true ones. The last column is the error without batches over that with them, mean of "
        "screens and two standard errors. The VAE is taken without its closed form, which is that of `effects`, so "
        "that its mini-batches teach it everything; it shrinks effects, so that its errors are large, and its "
        "correlations say more."
    )
    columns = (
        "model", "spread", "screens", "error, batches", "error, none", "r, batches", "r, none", "error without / with",
    )  # fmt: skip
    rows = []
    for name in MODELS:
        for spread in MODELS[name][2]:
            rows.append(compared(name, spread))
            write_table(str(options.out), [*top, *table(columns, rows)])
            print(rows[-1], flush=True)


if __name__ == "__main__":
    main()
