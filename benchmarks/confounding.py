"""Akt inhibitors: how much of a score is the molecule, and how much the place it was measured in, under every split.

python -m benchmarks.confounding [--data FOLDER] [--seeds 5] [--out benchmarks/confounding.md]
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from benchmarks._page import heading, paragraph, parser_of, table

from semimech.audit import Bioactivities, read_bioactivities
from semimech.audit.confounding import Confounding, confounding_of
from semimech.audit.confounding_words import confounding_sentences
from semimech.audit.partitions import PARTITIONS

ENDS = ("", "_low", "_high")


def main() -> None:
    """Write the page."""
    parser = parser_of(__doc__, __file__)
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    folder: Path = arguments.data / "akt"
    akt = read_bioactivities([folder / f"{name}.csv.gz" for name in ("series", "outside")])
    mask = akt.series("inout", "in")
    alone = dataclasses.replace(akt, compounds=akt.compounds[mask].reset_index(drop=True))
    started = time.process_time()
    pooled = [confounding_of(akt, mask, seed=seed) for seed in range(arguments.seeds)]
    within = [confounding_of(alone, seed=seed) for seed in range(arguments.seeds)]
    lines = heading("Chemistry or source? Akt inhibitors", "confounding") + about(akt, alone, arguments.seeds)
    for title, found, which in (
        ("All compounds", pooled, "all"),
        ("The series, learnt from all", pooled, "series"),
        ("The series, learnt from the series alone", within, "all"),
    ):
        lines += section(title, found, which)
    lines += ["## In words", "", *(line for said in confounding_sentences(pooled[0]) for line in paragraph(said))]
    lines += paragraph(f"Made in {time.process_time() - started:.0f} s of one core.")
    arguments.out.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def about(akt: Bioactivities, alone: Bioactivities, seeds: int) -> list[str]:
    """What is compared, and how."""
    sizes = ", ".join(f"{akt.compounds[name].nunique():,} {name}s" for name in ("assay", "document", "source"))
    own = alone.compounds["assay"].value_counts()
    return paragraph(
        f"{len(akt):,} inhibitors of Akt (ChEMBL) of {sizes}; {len(alone)} of them are one allosteric series, of "
        f"{len(own)} assays, the largest with {own.iloc[0]}. Chemistry is ridge on Tanimoto similarity to landmarks, "
        "source sees assay, document, source and year and nothing of the molecule, both is chemistry on what the "
        f"source leaves. Five folds (time: the latest fifth), {seeds} seeds of folds and landmarks: each number is the "
        "mean over seeds, its 95 % interval the mean over seeds of bootstraps over documents (over compounds where "
        "there are fewer than 8 documents and assays), sd that of chemistry's R2 over seeds. Scores are R2 against the "
        "mean of training; below 0, that mean is better."
    )


def section(title: str, found: list[Confounding], which: str) -> list[str]:
    """Three tables of a set of compounds: variance explained, adjusted for the assay, leakage."""
    scores = pd.concat([one.scores.xs(which, level="compounds") for one in found], keys=range(len(found)))
    splits = [how for how in PARTITIONS if how in scores.index.get_level_values("split")]
    mean, spread = scores.groupby("split").mean(), scores.groupby("split")["r2_chemistry"].std()
    models = ("chemistry", "source_only", "both", "chemistry_less_source", "both_less_source")
    lines = [f"## {title}", ""]
    lines += table(
        ("split", "judged", "chemistry", "source", "both", "chemistry - source", "both - source", "sd"),
        [
            [how, f"{mean.loc[how, 'n']:,.0f}", *(interval(mean.loc[how], f"r2_{name}") for name in models),
             f"{spread[how]:.3f}"]
            for how in splits
        ],
    )  # fmt: skip
    lines += paragraph(
        "Adjusted for the assay: pairs of one assay in the right order (0.5 by chance), and the variance within assays "
        "that chemistry explains."
    )
    lines += table(
        ("split", "pairs: chemistry", "pairs: source", "pairs: both", "variance within assays", "correlation within"),
        rows(mean, splits, ("ranking_chemistry", "ranking_source_only", "ranking_both", "r2_within_assay",
                            "within_chemistry")),
    )  # fmt: skip
    lines += paragraph(
        "Leakage: what training shares with the test compounds (shares of compounds). Chemistry predicts the source "
        "where the nearest training compound's label is right more often than a random one's."
    )
    leaks = ("similarity", "shared_assay", "shared_document", "nearest_assay", "chance_assay", "nearest_document",
             "chance_document")  # fmt: skip
    names = ("nearest similarity", "assay in training", "document in training", "neighbour's assay", "by chance",
             "neighbour's document", "by chance")  # fmt: skip
    lines += table(("split", *names), rows(mean, splits, leaks))
    missing = found[0].missing
    return lines + (paragraph(f"The table cannot be split by {', '.join(missing)}.") if missing else [])


def rows(mean: pd.DataFrame, splits: list[str], names: tuple[str, ...]) -> list[list[str]]:
    """A row for each split, "-" where a score is not known."""
    said: Callable[[float], str] = lambda value: "-" if pd.isna(value) else f"{value:.2f}"  # noqa: E731
    return [
        [how, *(interval(mean.loc[how], name) if f"{name}_low" in mean else said(mean.loc[how].get(name, float("nan")))
                for name in names)]
        for how in splits
    ]  # fmt: skip


def interval(row: pd.Series, name: str) -> str:
    """A score with its interval."""
    value, low, high = (row[f"{name}{end}"] for end in ENDS)
    return f"{value:.2f} [{low:.2f}, {high:.2f}]"


if __name__ == "__main__":
    main()
