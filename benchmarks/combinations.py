"""Pairs and triples from singles and other pairs, on counts whose law is known: `combinations` against baselines.

Run: python -m benchmarks.combinations; it writes benchmarks/combinations.md. No fit sees a cell of what is asked.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import numpy as np
from benchmarks._count_screens import Simulated, Truth, combinations_screen
from benchmarks._page import heading, parser_of, table

from semimech.data.condition import Condition
from semimech.data.readers import read_screen
from semimech.data.splits import Split, split_screen
from semimech.evaluate.bootstrap import dirichlet_weights, interval
from semimech.evaluate.reference import reference_of
from semimech.models.base import Estimator
from semimech.models.baselines import Additive, Kernel2, Ridge
from semimech.models.combinations import Combinations
from semimech.models.composition import Composition

SEEDS = 5
LEARNT = 60
DRAWS = 2_000
CHOSEN = "**combinations**"
MODELS: Mapping[str, Estimator] = {
    "additive": Additive(),
    "ridge": Ridge(),
    "kernel2": Kernel2(),
    "composition": Composition(),
    "combinations, effects added": Combinations(scale="effect"),
    "combinations, no bilinear term": Combinations(rank=0),
    CHOSEN: Combinations(),
}
SIMULATED_ONLY = ("combinations, effects added", "combinations, no bilinear term")
BARS = {"additive": 0.98, "bilinear": 0.92, "saturating": 0.95}
LEAST_GAIN = -0.005

Found = dict[str, np.ndarray]


def main() -> None:
    arguments = parser_of(__doc__, __file__).parse_args()
    text = [*heading("Combinations", "combinations"), *introduction()]
    text += drugs(arguments.data)
    for learnt in (LEARNT, 0):
        text += asked(learnt)
        arguments.out.write_text("\n".join(text), encoding="utf-8")


def introduction() -> list[str]:
    return [
        "Simulated counts: 20 perturbations, 500 genes, 60 cells of each condition, 800 control cells; "
        f"{SEEDS} screens of each law. A perturbation changes the log-rates of 30 % of the genes (sd .5). additive: "
        "log-rates add. bilinear: and (U_a * U_b) V of rank 4 on 30 % of the genes. saturating: tanh of the sum. "
        "private: the sum and, for each combination, random changes of 15 % of the genes that nothing can tell. r: "
        "Pearson of predicted with true effects (mean of log1p counts against control, without noise), all conditions "
        "and genes together; mean over screens. Gain in r over additive: paired, with a 95 % interval by a Bayesian "
        "bootstrap over screens. 60 pairs and 20 triples are asked for, never any of their cells in training.",
        "",
        "`combinations` has an advantage here that data do not give: the counts are negative binomial with rates that "
        "sum to 1, as it assumes, and the bilinear law has the rank that it takes.",
        "",
    ]


def drugs(data: Path) -> list[str]:
    """SK-MEL-133: pairs of drugs from singles, and with one drug's pairs held out."""
    screen = read_screen(data / "sk-mel-133")
    rows = []
    for name in ("combinations", "leave-one-out"):
        found: dict[str, list[np.ndarray]] = {model: [] for model in MODELS if model not in SIMULATED_ONLY}
        observed = []
        for split in split_screen(screen, name):
            reference = reference_of(screen, split)
            observed.append(np.where(reference.scored, reference.observed, np.nan))
            for model in found:
                predicted = MODELS[model].fit(screen, split).predict(reference.conditions).mean
                found[model].append(np.where(reference.scored, predicted, np.nan))
        seen = np.concatenate(observed)
        errors = {model: np.nansum((np.concatenate(v) - seen) ** 2, 1) for model, v in found.items()}
        size, weights = np.nansum(seen**2, 1), dirichlet_weights(len(seen), DRAWS, 0)
        for model, error in errors.items():
            counted = np.isfinite(seen)
            together = np.corrcoef(np.concatenate(found[model])[counted], seen[counted])[0, 1]
            gain = errors["additive"] - error
            low, high = interval((weights @ gain) / (weights @ size))
            told = "" if model == "additive" else f"{gain.sum() / size.sum():+.3f} [{low:+.3f}, {high:+.3f}]"
            rows.append([name, model, f"{together:.3f}", f"{error.sum() / size.sum():.3f}", told])
    print(rows, flush=True)
    return [
        "## SK-MEL-133: pairs of drugs, measured",
        "",
        "Log-ratios, one row a condition, so effects are added as they are. r and squared error (share of no change) "
        "over all held-out pairs; gain: less error than additive, with a 95 % interval by a Bayesian bootstrap over "
        "conditions.",
        "",
        *table(["held out", "model", "r", "error", "gain over additive"], rows),
    ]


def asked(learnt: int) -> list[str]:
    begun, rows, words = time.perf_counter(), [], []
    for law in get_args(Truth):
        pairs, triples = ({name: np.zeros(SEEDS) for name in MODELS} for _ in range(2))
        terms = []
        for seed in range(SEEDS):
            made = combinations_screen(seed, law)
            split, held = divided(made, learnt, seed)
            for name, estimator in MODELS.items():
                fitted = estimator.fit(made.screen, split, seed=seed)
                for found, size in ((pairs, 2), (triples, 3)):
                    conditions = [condition for condition in held if len(condition.names) == size]
                    found[name][seed] = r(fitted.predict(conditions).mean, made, conditions)
                if name == CHOSEN:
                    terms.append(f"{fitted.settings.gate:g}")  # type: ignore[attr-defined]
            print(law, learnt, seed, {name: round(float(found[seed]), 3) for name, found in pairs.items()}, flush=True)
        for name in MODELS:
            rows.append([law, name, *(part for found in (pairs, triples) for part in summary(found, name))])
        words.append(verdict(law, pairs, learnt) + f" Gates of the bilinear term: {', '.join(terms)}.")
    title = f"{learnt} pairs in training" if learnt else "No combination in training"
    return [
        f"## {title}",
        "",
        *table(["law", "model", "pairs, r", "gain over additive", "triples, r", "gain over additive"], rows),
        *(line for each in words for line in (each, "")),
        f"{time.perf_counter() - begun:.0f} s.",
        "",
    ]


def divided(made: Simulated, learnt: int, seed: int) -> tuple[Split, list[Condition]]:
    """All singles, the first pairs and half of the controls in training; other pairs and all triples are asked."""
    screen = made.screen
    pairs = [condition for condition in made.truth if len(condition.names) == 2]
    held = pairs[LEARNT:] + [condition for condition in made.truth if len(condition.names) == 3]
    kept = {condition for condition in made.truth if not condition.is_combination} | set(pairs[:learnt])
    mask = np.array([condition in kept for condition in screen.conditions])[screen.condition_codes]
    half = np.random.default_rng([seed, 3]).random(screen.shape[0]) < 0.5
    mask |= screen.is_control & half
    asked = np.isin(screen.condition_codes, [screen.conditions.index(condition) for condition in held])
    test = asked | (screen.is_control & ~half)
    return Split("combinations", "simulated", seed, np.flatnonzero(mask), np.flatnonzero(test)), held


def r(predicted: np.ndarray, made: Simulated, conditions: list[Condition]) -> float:
    truth = np.stack([made.truth[condition] for condition in conditions])
    return float(np.corrcoef(predicted.ravel(), truth.ravel())[0, 1])


def summary(found: Found, name: str) -> list[str]:
    gain = found[name] - found["additive"]
    low, high = interval(dirichlet_weights(SEEDS, DRAWS, 0) @ gain / SEEDS)
    told = "" if name == "additive" else f"{gain.mean():+.3f} [{low:+.3f}, {high:+.3f}]"
    return [f"{found[name].mean():.3f}", told]


def verdict(law: str, found: Found, learnt: int) -> str:
    mine, gain = found[CHOSEN].mean(), float((found[CHOSEN] - found["additive"]).min())
    safe = f"least gain over additive in a screen {gain:+.3f} (bar {LEAST_GAIN if learnt else 0:+.3f})"
    if not learnt or law not in BARS:
        return f"{law}: {safe}."
    return f"{law}: r {mine:.3f} (bar {BARS[law]}, {'reached' if mine >= BARS[law] else 'not reached'}), {safe}."


if __name__ == "__main__":
    main()
