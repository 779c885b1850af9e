"""Mechanisms of the Akt inhibitors: how many laws of structure, and whether the allosteric ones have one of their own.

python -m benchmarks.akt_mechanisms [--data FOLDER] [--out benchmarks/akt_mechanisms.md]
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarks._page import heading, paragraph, parser_of, table

from semimech.audit import Bioactivities, read_bioactivities
from semimech.audit.mechanisms import MechanismOptions, find_mechanisms, mechanism_sentences
from semimech.audit.mechanisms.given import motif_labels

SEEDS = 2
MOTIFS = {
    "1-(aryl)cyclobutylamine": "NC1(c2ccccc2)CCC1",
    "N-(benzyl)piperidinyl benzimidazolone": "O=c1[nH]c2ccccc2n1C1CCN(Cc2ccccc2)CC1",
}


def main() -> None:
    """Write the page."""
    arguments = parser_of(__doc__, __file__).parse_args()
    folder: Path = arguments.data / "akt"
    akt = read_bioactivities([folder / f"{name}.csv.gz" for name in ("series", "outside")])
    lines = heading("Mechanisms: Akt inhibitors", "akt_mechanisms")
    lines += paragraph(
        "One allosteric series of 300 compounds and 2,242 other inhibitors of Akt (ChEMBL), 232 documents. Gains are "
        "of the log-density of a compound of a held-out document, in nats, beside one law and shifts between "
        "assays, the mean of three divisions into folds; p is one-sided, by the differences between documents."
    )
    lines += numbers(akt)
    lines += labels(akt)
    lines += two(akt)
    arguments.out.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def numbers(akt: Bioactivities) -> list[str]:
    """The search for a number, for several seeds of folds and starts."""
    rows = []
    for seed in range(SEEDS):
        start = time.process_time()
        found = find_mechanisms(akt, seed=seed, options=MechanismOptions(largest=3, resamples=4))
        seconds = time.process_time() - start
        for count, row in found.numbers.iloc[1:].iterrows():
            cells = (f"{row['gain']:+.3f}", f"{row['error']:.3f}", f"{row['p']:.3f}", "yes" if row["taken"] else "no")
            rows.append([f"{seed}", f"{count}", *cells, f"{found.found}", f"{seconds:.0f}"])
    columns = ("seed", "tried", "gain", "standard error", "p", "taken", "mechanisms found", "CPU seconds")
    return ["## How many", "", *table(columns, rows)]


def labels(akt: Bioactivities) -> list[str]:
    """Known classes as mechanisms."""
    series = pd.Series(np.where(akt.series("inout", "in"), "series", "outside"))
    given = {"the series": series, **{name: motif_labels(akt, smarts) for name, smarts in MOTIFS.items()}}
    motifs = [motif_labels(akt, smarts) == "with" for smarts in MOTIFS.values()]
    given["series or a motif"] = pd.Series(np.where((series == "series") | motifs[0] | motifs[1], "with", "without"))
    rows = []
    for name, label in given.items():
        known = [
            find_mechanisms(akt, labels=label, seed=seed, options=MechanismOptions(largest=1)).known
            for seed in range(SEEDS)
        ]
        cells = [f"{one.gain:+.3f} ± {one.error:.3f} (p = {one.p:.3f})" for one in known if one]
        rows.append([name, f"{label.isin(('series', 'with')).sum():,}", *cells])
    lines = ["## Allosteric compounds as a mechanism of their own", ""]
    lines += paragraph(
        "The motifs are those of MK-2206 and ARQ 092 (1-aryl-cyclobutylamine) and of Akti-1/2 (piperidinyl "
        "benzimidazolone), which also stand outside the series."
    )
    return [*lines, *table(("label", "compounds", *(f"gain, seed {seed}" for seed in range(SEEDS))), rows)]


def two(akt: Bioactivities) -> list[str]:
    """Two mechanisms as asked for, whatever the data say."""
    series = np.where(akt.series("inout", "in"), "series", "outside")
    found = find_mechanisms(akt, labels=series, options=MechanismOptions(count=2))
    said = [line for sentence in mechanism_sentences(found) for line in paragraph(sentence)]
    return ["## Two, as asked for", "", *said]


if __name__ == "__main__":
    main()
