"""`semimech audit graph`: what the causal graph says can be told from the data, and by adjusting for what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from semimech.cli.output import OutFile


def graph(
    file: Path | None = None,
    *,
    causes: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = ("C", "M"),
    outcome: str = "Y",
    fixed: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (),
    out: Annotated[OutFile | None, Parameter(name=("--out", "-o"))] = None,
) -> None:
    """Say whether the effect of the causes on the outcome is identified, and by adjusting for what.

    Parameters
    ----------
    file
        TOML file of the graph; the graph of a table of bioactivities where not given.
    causes
        Variables that are set together, such as C (structure) under one M (mechanism).
    outcome
        The variable that is predicted.
    fixed
        Variables that do not vary in the data at hand, such as the mechanism within a series.
    out
        TOML file to write the graph to, to be edited.
    """
    from semimech.audit.causal import BIOACTIVITY, identify, read_graph
    from semimech.audit.causal.graph import as_toml
    from semimech.support.files import write_text

    asked = BIOACTIVITY if file is None else read_graph(file)
    for one in asked.variables:
        hidden = "" if one.observed else "  (not measured)"
        arrows = f"<- {', '.join(one.causes)}" if one.causes else ""
        print(f"{one.name:<4} {arrows:<14} {one.meaning}{hidden}")
    print(identify(asked, causes, outcome, fixed=fixed).sentence)
    if out is not None:
        write_text(out, as_toml(asked))
        print(f"written  {out}")
