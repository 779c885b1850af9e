"""Small circuits with a name, as they are drawn: `A -> B` activates, `A -| B` represses."""

from __future__ import annotations

import pandas as pd

from semimech.data.network import Network

# After Alon 2007, doi:10.1038/nrg2102; the switch of Gardner et al. 2000, doi:10.1038/35002131; the repressilator of
# Elowitz and Leibler 2000, doi:10.1038/35002125.
MOTIFS = {
    "cascade": "A -> B, B -> C, C -> D",
    "feed-forward": "A -> B, A -> C, B -> C",
    "incoherent-feed-forward": "A -> B, A -> C, B -| C",
    "negative-feedback": "A -> B, B -> C, C -| A",
    "positive-feedback": "A -> B, B -> A, B -> C",
    "toggle-switch": "A -| B, B -| A, A -> C, B -> D",
    "repressilator": "A -| B, B -| C, C -| A",
    "bi-fan": "A -> C, A -> D, B -> C, B -> D",
    "single-input": "A -> B, A -> C, A -> D, A -> A",
    "dense-overlap": "A -> D, A -> E, B -> D, B -| E, B -> F, C -> E, C -> F",
}


def motif(name: str, copies: int = 1) -> Network:
    """The circuit, weights +1 and -1; several copies stand side by side, their nodes numbered A1, B1, ..., A2, ...

    >>> motif("toggle-switch").edges["weight"].tolist()
    [-1.0, -1.0, 1.0, 1.0]
    """
    drawn = [edge.split() for edge in MOTIFS[name].split(", ")]
    suffixes = [""] if copies == 1 else [str(k + 1) for k in range(copies)]
    rows = [(a + k, b + k, -1.0 if arrow == "-|" else 1.0) for k in suffixes for a, arrow, b in drawn]
    nodes = sorted({node for source, _, target in drawn for node in (source, target)})
    edges = pd.DataFrame(rows, columns=["source", "target", "weight"])
    return Network(tuple(node + k for k in suffixes for node in nodes), edges)
