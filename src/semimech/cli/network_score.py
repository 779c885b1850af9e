"""`semimech network-score`: a network, or a table of edges, on the interventions of a screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from semimech.cli.output import OutFolder
from semimech.data.options import ReadOptions
from semimech.support.errors import UserError

if TYPE_CHECKING:
    from semimech.data.network import Network
    from semimech.evaluate.interventions import NetworkScore


def network_score(
    data: Path,
    edges: Path,
    *,
    model: str | None = None,
    known: tuple[Path, ...] = (),
    undirected: bool = False,
    top: int = 1_000,
    level: float = 0.05,
    hops: int = 4,
    compat: Literal["none", "causalbench"] = "none",
    seed: int = 0,
    out: OutFolder | None = None,
    format: Literal["text", "json"] = "text",  # noqa: A002 - the option's name on the command line
    read: Annotated[ReadOptions, Parameter(name="*")] = ReadOptions(),  # noqa: B008 - frozen
) -> None:
    """Test the edges of a network on cells in which their sources were perturbed, beside orders that need no network.

    Parameters
    ----------
    data
        CellBox folder, h5ad, or table with one row a cell; or demo, the built-in simulated screen.
    edges
        A run folder, or a table of edges (CSV, TSV, Parquet) with source, target and perhaps weight (or score), by
        which they rank.
    model
        The model of the run whose network is wanted; needed only where the run has several.
    known
        Tables of known pairs: OmniPath, TRRUST, JSON of target sets, or any table with source and target.
    undirected
        Count a known pair in either direction.
    top
        How many of the best edges are judged, beside all of them.
    level
        False discovery rate at which a pair is true.
    hops
        A pair that the network joins by at most so many edges is no omission; 0: by any number.
    compat
        causalbench: true at p < .05 uncorrected, and 500 omissions sampled, as published.
    seed
        Which half of the cells is tested, and which omissions are sampled.
    out
        Folder for edges.csv, pairs.csv, curves.csv, score.json and the picture.
    format
        Words for reading, or JSON for programs.
    """
    from semimech.cli.progress import progress_bar
    from semimech.cli.source import read_source
    from semimech.data.readers.known_pairs import read_known_pairs
    from semimech.evaluate.interventions import Rules, score_network

    if top < 1:
        raise UserError("--top must be at least 1: correct the option.")
    if not 0 < level < 1 or hops < 0:
        raise UserError("--level must lie between 0 and 1, and --hops must not be negative: correct the option.")
    tables = [read_known_pairs(path, directed=False if undirected else None) for path in known]
    network, name = _network_of(edges, model)
    screen, _ = read_source(data, read)
    rules = Rules(level, hops or None, compat == "causalbench", seed)
    with progress_bar(f"network-score {data.name}") as monitor:
        score = score_network(
            screen, network, name=name, rules=rules, known=tables, top=top, seed=seed, monitor=monitor
        )
    written = _written(score, out) if out is not None else []
    if format == "json":
        import json

        from semimech.support.files import without_nan

        print(json.dumps(without_nan(score.as_dict()), indent=1, ensure_ascii=False))
        return
    print(_as_text(score, seen=edges.is_dir()))
    print("\n".join(f"written  {path}" for path in written))


def _network_of(path: Path, model: str | None) -> tuple[Network, str]:
    """The network and its name, from a run folder or a table."""
    from semimech.data.network import SCORE, Network
    from semimech.data.readers.edges import read_edges
    from semimech.evaluate.strength import DRIVE, STABILITY

    if path.is_dir():
        from semimech.cli.network import chosen_model
        from semimech.report.reading import ReportData
        from semimech.runs.folder import RunFolder

        folder = RunFolder.open(path)
        name = chosen_model(folder, model)
        network = ReportData(folder).network(name)
        if network is None:
            raise UserError(f"The run {path} has no network of {name}: correct the name given to --model.")
        return network, name
    if model is not None:
        raise UserError(
            "--model chooses among the networks of a run folder, and a table of edges has one: leave it out."
        )
    table = read_edges(path, also=(SCORE, DRIVE, STABILITY))
    table = table[table["source"] != table["target"]]
    nodes = tuple(dict.fromkeys((*table["source"], *table["target"])))
    return Network(nodes, table), path.name.split(".")[0]


def _written(score: NetworkScore, out: Path) -> list[Path]:
    import pandas as pd

    from semimech.plot.interventions import intervention_curves
    from semimech.plot.style import save
    from semimech.support.files import write_json, write_text

    table = score.table
    row, column = table.tested.nonzero()
    pairs = {"source": [table.sources[i] for i in row], "target": [table.genes[j] for j in column]}
    pairs |= {name: getattr(table, name)[row, column] for name in ("wasserstein", "p_value", "q_value", "shift")}
    for name, frame in (("edges", score.edges), ("pairs", pd.DataFrame(pairs)), ("curves", score.curves)):
        write_text(out / f"{name}.csv", frame.to_csv(index=False))
    write_json(out / "score.json", score.as_dict())
    save(intervention_curves(score.curves, score.rankings), out / "curves")
    names = ("edges.csv", "pairs.csv", "curves.csv", "score.json", "curves.svg", "curves.png")
    return [out / name for name in names]


def _as_text(score: NetworkScore, *, seen: bool) -> str:
    rules = "CausalBench's rules: p < .05 uncorrected" if score.rules.compat else f"true at q <= {score.rules.level:g}"
    lines = [f"{score.name} ({rules})", f"  {'':<24}{'edges':>8}{'Wasserstein':>13}{'precision':>11}{'omitted':>9}"]
    for row in score.matched.to_dict("records"):
        omitted = (
            "-" if row["false_omission_rate"] != row["false_omission_rate"] else f"{row['false_omission_rate']:.3f}"
        )
        numbers = f"{row['edges']:>8,}{row['wasserstein']:>13.4f}{row['precision']:>11.3f}{omitted:>9}"
        lines.append(f"  {row['ranking'][:23]:<24}{numbers}")
    said = list(score.sentences)
    if seen:
        said.append("The run's network was fitted on all rows, those it is judged on here among them.")
    return "\n".join([*lines, *said])
