"""Write a network in the formats asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from semimech.data.network import Network
from semimech.export.cytoscape import to_cyjs
from semimech.export.graphml import to_graphml
from semimech.export.table import long_table
from semimech.support.files import write_text

Format = Literal["csv", "graphml", "cyjs"]
FORMATS: tuple[Format, ...] = ("csv", "graphml", "cyjs")


def write_network(network: Network, folder: Path, name: str, formats: tuple[Format, ...] = FORMATS) -> tuple[Path, ...]:
    """Write `network` as `folder/name.csv`, `.graphml` and `.cyjs`, each whole or not at all; gives the paths."""
    written = []
    for kind in formats:
        if kind == "csv":
            text = long_table(network).to_csv(index=False)
        else:
            text = (to_graphml if kind == "graphml" else to_cyjs)(network, name)
        path = Path(folder) / f"{name}.{kind}"
        write_text(path, text)
        written.append(path)
    return tuple(written)
