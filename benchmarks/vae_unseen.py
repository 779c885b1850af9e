"""Perturbation VAEs asked for knock-outs of genes never perturbed, and what a table of edges is worth to them.

Run: python -m benchmarks.vae_unseen; it writes benchmarks/vae_unseen.md. Three in ten of the perturbations are held out
with all of their cells, and their controls are not those of training. Every setting is chosen within training.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from benchmarks._network_screens import CountSetting, simulate_counts
from benchmarks._page import heading, parser_of, table
from benchmarks.screen_network import auprc, paired
from benchmarks.seen_effects import Estimates, scores
from benchmarks.unseen_target import omnipath
from benchmarks.vae import against

from semimech.data.condition import Condition
from semimech.data.options import ReadOptions
from semimech.data.readers import read_screen
from semimech.data.screen import Screen
from semimech.data.splits import split_screen
from semimech.evaluate.reference import Reference, reference_of
from semimech.models.base import Estimator, Fitted
from semimech.models.baselines.means import MeanResponse, NoChange
from semimech.models.baselines.observational import Observational
from semimech.models.baselines.ridge import Ridge
from semimech.models.scm import LinearSCM
from semimech.models.vae import GpoVAE, SamsVAE
from semimech.models.vae.estimator import GpoVAEWithPrior, GpoVAEWithShuffledPrior

SEEDS, FIRST = 5, 7_000
NOTHING, GIVEN, SHUFFLED = "no change", "gpo-vae, edges told", "gpo-vae, edges shuffled"

Part = tuple[Reference, Estimates]


def main() -> None:
    parser = parser_of(__doc__, __file__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    arguments = parser.parse_args()
    text = heading("Perturbation VAEs: genes never perturbed", "vae_unseen") + introduction(arguments.seeds)
    with tempfile.TemporaryDirectory() as folder:
        edges = omnipath(arguments.data, Path(folder))
        cells = arguments.data / "papalexi2021" / "papalexi2021.h5ad"
        screen = read_screen(cells, ReadOptions(keep="top_frac > 0.8"))
        for section in (lambda: real(screen, arguments.seeds, edges), lambda: simulated(arguments.seeds, Path(folder))):
            text += section()
            arguments.out.write_text("\n".join(text), encoding="utf-8")
            print("\n".join(text[-14:]), flush=True)


def introduction(seeds: int) -> list[str]:
    return [
        f"{seeds} seeds, each with other perturbations held out. r: Pearson over all entries that count (what a "
        "knock-out does to its own gene does not), and by condition. NMSE: squared error as a share of that of no "
        "change, freed of the noise of the reference; 1 says that nothing was learnt; means over seeds. Better: how "
        "much smaller the NMSE is than that of no change, sums over all seeds, with a 95 % interval by a bootstrap "
        "over conditions. Rests on: the source that perturbations left out of training favour, over the held-out ones.",
        "",
    ]


def models_of(edges: Path, with_scm: bool) -> dict[str, Callable[[], Estimator]]:
    found: dict[str, Callable[[], Estimator]] = {
        NOTHING: NoChange,
        "mean response": MeanResponse,
        "observational": Observational,
        "ridge": Ridge,
    }
    if with_scm:
        found |= {"scm": LinearSCM, "scm and relatives": lambda: LinearSCM(edges=str(edges))}
    return found | {
        "sams-vae": SamsVAE,
        "gpo-vae": GpoVAE,
        GIVEN: lambda: GpoVAEWithPrior(prior=str(edges)),
        SHUFFLED: lambda: GpoVAEWithShuffledPrior(prior=str(edges)),
    }


def real(screen: Screen, seeds: int, edges: Path) -> list[str]:
    """papalexi2021, edges of OmniPath."""
    begun = time.process_time()
    parts, sources, _ = asked([screen] * seeds, models_of(edges, with_scm=True))
    return [
        f"## papalexi2021: {screen.shape[0]:,} cells, {screen.shape[1]} genes, 25 knock-outs",
        "",
        "Edges: the post-translational ones of OmniPath.",
        "",
        *table(["model", "r", "r by condition", "NMSE", "better", "rests on"], rows_of(parts, sources)),
        worth(parts),
        "",
        f"{time.process_time() - begun:.0f} s of one core.",
        "",
    ]


def simulated(seeds: int, folder: Path) -> list[str]:
    """Counts of knock-outs in networks of known truth, told their true edges."""
    begun = time.process_time()
    edges = folder / "true_edges.csv"
    screens = [simulate_counts(CountSetting("linear", 30), FIRST + seed) for seed in range(seeds)]
    parts, sources, recovered = asked(screens, models_of(edges, with_scm=False), edges)
    names = [name for name in recovered if len(recovered[name]) == seeds]
    difference = np.array(recovered[GIVEN]) - np.array(recovered[SHUFFLED])
    return [
        "## Simulated networks, told the true edges",
        "",
        "Counts of 80 knock-outs among 100 genes, a linear law, 30 cells each (as in "
        "[screen_network.md](screen_network.md)). The table holds the true edges with their signs; shuffled, the names "
        "of its nodes are permuted.",
        "",
        *table(["model", "r", "r by condition", "NMSE", "better", "rests on"], rows_of(parts, sources)),
        worth(parts),
        "",
        *table(["network W", "AUPRC"], [[name, f"{np.mean(recovered[name]):.3f}"] for name in names]),
        f"AUPRC with the edges told less that with them shuffled: {difference.mean():+.3f} {paired(difference)}.",
        "",
        f"{time.process_time() - begun:.0f} s of one core.",
        "",
    ]


def asked(
    screens: Sequence[Screen], models: dict[str, Callable[[], Estimator]], edges: Path | None = None
) -> tuple[list[Part], dict[str, Counter[str]], dict[str, list[float]]]:
    """Predictions of held-out knock-outs, what they rest on, and how well networks are found where there is a truth."""
    parts: list[Part] = []
    sources: dict[str, Counter[str]] = {name: Counter() for name in models}
    recovered: dict[str, list[float]] = {name: [] for name in models}
    for seed, screen in enumerate(screens):
        if edges is not None:
            assert screen.truth is not None
            screen.truth.edges[["source", "target", "weight"]].to_csv(edges, index=False)
        split = split_screen(screen, "perturbations", seed=seed)[0]
        reference = reference_of(screen, split)
        found: Estimates = {}
        for name, model in models.items():
            fitted = model().fit(screen, split, seed=seed)
            found[name], words = answers(fitted, reference.conditions)
            sources[name].update(words)
            network = fitted.network() if screen.truth is not None else None
            if network is not None:
                recovered[name].append(auprc(network, screen)[0])
        parts.append((reference, found))
        print(seed, {name: f"{np.abs(values).mean():.4f}" for name, values in found.items()}, flush=True)
    return parts, sources, recovered


def answers(fitted: Fitted, conditions: tuple[Condition, ...]) -> tuple[np.ndarray, list[str]]:
    prediction = fitted.predict(conditions)
    return prediction.mean, [words.split("; ")[-1].split(", ", 1)[-1] for words in prediction.rests_on]


def rows_of(parts: Sequence[Part], sources: dict[str, Counter[str]]) -> list[list[str]]:
    rows = []
    for name in parts[0][1]:
        kept = ", ".join(f"{words} ({times})" for words, times in sources[name].most_common(3))
        values = [value.replace("nan", "–") for value in scores(parts, name)]
        rows.append([name, *values, against(parts, name, NOTHING), kept if "vae" in name else ""])
    return rows


def worth(parts: Sequence[Part]) -> str:
    return f"NMSE with the edges told, less than with them shuffled by: {against(parts, GIVEN, SHUFFLED)}."


if __name__ == "__main__":
    main()
