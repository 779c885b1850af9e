"""Does a steady-state term help neural fields of time courses, and where does it harm?

Run: python -m benchmarks.steady_state_loss; it writes benchmarks/steady_state_loss.md. A neural field with a relaxation
part is fitted to single perturbations of simulated networks and asked for all their pairs. Its options were set on
networks 0 to 3, which are none of those reported.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from benchmarks._drift_screens import DRUGS, LATE, TIMES, Drawn, Setting, draw
from benchmarks._page import heading, parser_of, table
from scipy import stats

from semimech.models.dynamics.law import NeuralLaw
from semimech.models.dynamics.learning import courses_of, stacked
from semimech.models.dynamics.objective import CourseObjective
from semimech.models.dynamics.steady_state import StateCourses, SteadyStateObjective, with_untreated
from semimech.models.dynamics.strength import FALLBACK, chosen_strengths, fit_states
from semimech.numerics.trajectory import Method

FIRST = 100  # truths before it served to set the options
COURSE = CourseObjective(NeuralLaw(), Method(steps=2))
MEDIUM = 0.7
OBJECTIVES = {form: SteadyStateObjective(COURSE, form) for form in ("trajectory", "field")}
RESTING = [Setting(kind, n, noise) for kind in ("dose", "clamp") for n in (4, 8) for noise in (0.1, 0.3)]
MOVING = [Setting(kind, 8, noise, MEDIUM) for kind in ("dose", "clamp") for noise in (0.1, 0.3)]


class Way(NamedTuple):
    """How the field is fitted. strength: lambda n; None: chosen on conditions left out."""

    form: str = "trajectory"
    strength: float | None = 0.0
    hard: bool = False
    controls: bool = False


PLAIN = Way()
WAYS: dict[bool, dict[str, Way]] = {
    False: {
        "lambda chosen": Way(strength=None),
        "trajectory, 3/n": Way(strength=FALLBACK),
        "field, 3/n": Way("field", FALLBACK),
        "hard": Way(hard=True),
        "controls as data": Way(controls=True),
    },
    True: {
        "controls as data": Way(controls=True),
        "**wrong:** trajectory, 3/n": Way(strength=FALLBACK),
        "**wrong:** field, 3/n": Way("field", FALLBACK),
        "**wrong:** hard": Way(hard=True),
        "**wrong:** lambda chosen": Way(strength=None),
    },
}


def main() -> None:
    parser = parser_of(__doc__, __file__)
    parser.add_argument("--truths", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    begun = time.perf_counter()
    lines = heading("The steady-state loss", "steady_state_loss") + introduction(options.truths, options.seeds)
    for title, settings in (("Untreated cells rest", RESTING), ("A new medium moves untreated cells", MOVING)):
        rows = []
        for setting in settings:
            found = measured(setting, options.truths, options.seeds)
            rows += described(setting, found)
            print("\n".join(map(str, rows[-len(found) :])), flush=True)
        columns = ["screen", "fit", "error", "ratio to plain", "spread", "late", "late ratio"]
        lines += [f"## {title}", "", *table(columns, rows)]
    lines.append(f"The whole page took {time.perf_counter() - begun:.0f} s.")
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


def introduction(truths: int, seeds: int) -> list[str]:
    return [
        f"{truths} networks of 12 genes, {seeds} seeds of noise and start each. Fitted: n single perturbations at 5",
        f"times (dose: {DRUGS} drugs, for n = 8 at two doses; clamp: n knock-outs). Asked: all pairs of them at those",
        "times (error), and the singles at twice the last time (late). Errors are root mean squares against the",
        "noise-free states, in sd of the effects, without clamped genes; noise in the same unit. Ratios are geometric",
        "means, with the 95 % t interval over networks, paired by network and seed. Spread: sd of the error over",
        f"seeds, as a ratio to that of plain training. A new medium adds Gaussians of sd {MEDIUM:g} to the push on",
        "each gene as the perturbation is given. Additive: sum of the measured effects. Persistence: the last value.",
        "Lambda chosen: the largest of 0, 1, 3, 10, 30 over n within a standard error of the best on conditions left",
        "out, 3/n where none can be. Wrong: what `semimech run` refuses, for the controls are seen to move.",
        "",
    ]


def measured(setting: Setting, truths: int, seeds: int) -> dict[str, np.ndarray]:
    """(truths, seeds, 2) root mean square errors on pairs and late, of every way and the simple rules."""
    keys = [(truth, seed) for truth in range(FIRST, FIRST + truths) for seed in range(seeds)]
    drawn = [draw(setting, truth, seed) for truth, seed in keys]
    starts = [1000 * truth + seed for truth, seed in keys]
    ways = {"plain": PLAIN, **WAYS[setting.medium > 0]}
    found = {name: _errors(drawn, _predicted(way, drawn, starts)) for name, way in ways.items()}
    found["additive, persistence"] = _errors(drawn, [_simple(each, setting) for each in drawn])
    return {name: errors.reshape(truths, seeds, 2) for name, errors in found.items()}


def _member(way: Way, drawn: Drawn, asked: bool) -> StateCourses:
    """What is fitted: the singles; or what is asked: all conditions at all times."""
    n, last = (len(drawn.activity), None) if asked else (len(drawn.single), -1)
    observed = np.concatenate([drawn.observed, np.full_like(drawn.pair, np.nan)])[:n, :last]
    courses = courses_of(
        np.r_[TIMES, LATE][:last],
        observed,
        activity=drawn.activity[:n],
        held=drawn.held[:n],
        level=drawn.level[:n],
        weights=np.repeat(1 - drawn.held[:n, None], observed.shape[1], 1),
    )
    untreated = drawn.observed_untreated[:last] if way.controls else None
    return with_untreated(courses, untreated, strength=(way.strength or 0) / len(drawn.single), hard=way.hard)


def _predicted(way: Way, drawn: Sequence[Drawn], seeds: Sequence[int]) -> np.ndarray:
    """Singles, then pairs, at all times (members x conditions x times x nodes)."""
    objective = OBJECTIVES[way.form]
    members = [_member(way, each, False) for each in drawn]
    if way.strength is None:
        chosen = chosen_strengths(objective, members, seeds).strengths
        values, counts = np.unique(np.round(chosen * len(drawn[0].single), 3), return_counts=True)
        print("lambda n chosen:", dict(zip(values.tolist(), counts.tolist(), strict=True)), flush=True)
        members = [m._replace(strength=m.strength * 0 + float(value)) for m, value in zip(members, chosen, strict=True)]
    fitted = fit_states(objective, members, seeds).last
    return np.asarray(objective.predict(fitted, stacked([_member(way, each, True) for each in drawn])))[:, 1:]


def _simple(drawn: Drawn, setting: Setting) -> np.ndarray:
    """Pairs by adding measured effects; late singles by the last value measured."""
    control = drawn.observed_untreated if setting.medium else np.zeros_like(drawn.untreated)
    effects = drawn.observed[: drawn.members.shape[1]] - control
    pairs = control + np.einsum("kp,ptx->ktx", drawn.members, effects)
    singles = np.concatenate([drawn.observed[:, :-1], drawn.observed[:, -2:-1]], 1)
    return np.concatenate([singles, pairs])


def _errors(drawn: Sequence[Drawn], predicted: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
    rows = []
    for truth, values in zip(drawn, predicted, strict=True):
        n = len(truth.single)
        free = truth.held == 0
        missed = (values - np.concatenate([truth.single, truth.pair])) ** 2
        pairs, late = missed[n:, :-1].mean(1)[free[n:]], missed[:n, -1][free[:n]]
        rows.append((pairs.mean() ** 0.5, late.mean() ** 0.5))
    return np.array(rows)


def described(setting: Setting, found: Mapping[str, np.ndarray]) -> list[list[str]]:
    name = f"{setting.acting}, n = {setting.conditions}, noise {setting.noise:g}"
    plain = found["plain"]
    rows = []
    for way, errors in found.items():
        cells = [name, way, f"{errors[..., 0].mean():.3f}"]
        late = f"{errors[..., 1].mean():.3f}"
        if way == "plain":
            rows.append([*cells, "1", "1", late, "1"])
            continue
        spread = errors[..., 0].std(1, ddof=1).mean() / plain[..., 0].std(1, ddof=1).mean()
        ratios = [ratio(errors[..., k], plain[..., k]) for k in range(2)]
        rows.append([*cells, ratios[0], f"{spread:.2f}", late, ratios[1]])
    return rows


def ratio(errors: np.ndarray, plain: np.ndarray) -> str:
    """Geometric mean of the ratio over all pairs, with the 95 % t interval over truths."""
    logs = np.log(errors / plain).mean(1)
    half = stats.t.ppf(0.975, len(logs) - 1) * logs.std(ddof=1) / len(logs) ** 0.5
    low, middle, high = np.exp(logs.mean() + half * np.array([-1, 0, 1]))
    return f"{middle:.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    main()
