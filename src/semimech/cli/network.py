"""`semimech network`: the network of a run, for the eyes and for other programs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from semimech.cli.output import OutFolder
from semimech.support.errors import UserError

if TYPE_CHECKING:
    from semimech.data.network import Network
    from semimech.runs.folder import RunFolder

SHOWN = 12
SAID = {"drive": "drive {:+.2g}", "stability": "in {:.0%}", "q_value": "q {:.2g}"}


def network(
    run: Path,
    *,
    model: str | None = None,
    format: Literal["csv", "graphml", "cyjs", "all"] = "all",  # noqa: A002 - the option's name on the command line
    out: OutFolder | None = None,
    min_stability: float = 0.5,
) -> None:
    """Write the network of a run as a table, GraphML and Cytoscape JSON, the edges ranked as in the report.

    Parameters
    ----------
    run
        The folder that `semimech run` wrote.
    model
        The model whose network is wanted; needed only where the run has several.
    format
        One format, or all of them.
    out
        Folder to write to; the folder "export" of the run if not given.
    min_stability
        Keep the edges found with the same sign in at least this share of the resamples (0 to 1).
    """
    from semimech.export.table import stable_edges
    from semimech.export.write import FORMATS, write_network
    from semimech.report.reading import ReportData
    from semimech.runs.folder import RunFolder

    if not 0 <= min_stability <= 1:
        raise UserError(f"--min-stability is {min_stability:g}: give a share between 0 and 1.")
    folder = RunFolder.open(run)
    name = chosen_model(folder, model)
    whole = ReportData(folder).network(name)
    if whole is None:
        raise UserError(f"The run {run} has no network of {name}: correct the name given to --model.")
    kept = stable_edges(whole, min_stability)
    written = write_network(kept, out or folder.path / "export", name, FORMATS if format == "all" else (format,))
    print(_as_text(kept, name, min_stability))
    for sentence in folder.edge_sentences():
        print(sentence)
    print("\n".join(f"written  {path}" for path in written))


def chosen_model(run: RunFolder, model: str | None) -> str:
    """The slug of the model whose network is meant; UserError where it cannot be told."""
    from semimech.runs.folder import slug

    have = run.networks()
    if not have:
        raise UserError(f"The run {run.path} has no network: its models have none, or it is not finished.")
    if model is None and len(have) == 1:
        return have[0]
    # The generating network of a simulated screen can be asked for by name; it is no model.
    if model is None or slug(model) not in (*have, "truth"):
        wrong = "" if model is None else f", none of '{model}'"
        raise UserError(f"The run has the networks of {', '.join(have)}{wrong}: choose one with --model.")
    return slug(model)


def _as_text(network: Network, name: str, min_stability: float) -> str:
    from semimech.evaluate.strength import strongest_first

    edges, size = network.edges, len(network.edges)
    lines = [f"{name}: {len(network.nodes):,} nodes, {size:,} edges"]
    if "stability" in edges:
        lines[0] += f" found with the same sign in at least {min_stability:.0%} of the resamples"
    for edge in strongest_first(edges).head(SHOWN).to_dict("records"):
        evidence = "".join(
            f"  {words.format(edge[name])}" for name, words in SAID.items() if not math.isnan(edge.get(name, math.nan))
        )
        lines.append(f"  {edge['weight']:+7.3f}{evidence}  {edge['source']} -> {edge['target']}")
    if size > SHOWN:
        lines.append(f"  ... and {size - SHOWN:,} weaker edges")
    return "\n".join(lines)
