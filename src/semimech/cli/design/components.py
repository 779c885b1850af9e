"""`semimech design components`: where the variance of a screen comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from semimech.cli.output import OutFolder
from semimech.data.options import ReadOptions

if TYPE_CHECKING:
    from semimech.design.components import Components

MEANING = {
    "cell": "of a cell about its group; more cells reduce it",
    "batch": "of the level of a batch; controls of the same batch cancel it",
    "interaction": "of an effect between batches; only more batches reduce it",
    "guide": "of an effect between guides of one perturbation; only more guides reduce it",
    "perturbation": "of the effects themselves: what there is to be found",
}


def components(
    data: Path,
    *,
    guide: str | None = None,
    seed: int = 0,
    out: OutFolder | None = None,
    format: Literal["text", "json"] = "text",  # noqa: A002 - the option's name on the command line
    read: Annotated[ReadOptions, Parameter(name="*")] = ReadOptions(),  # noqa: B008 - frozen
) -> None:
    """Tell the variance of cells, batches, perturbation x batch and guides apart, with 95 % intervals.

    Parameters
    ----------
    data
        CellBox folder, h5ad, or table with one row a cell or condition; or demo, the built-in simulated screen.
    guide
        Column with the guide of each cell.
    seed
        Draws the cells that tell the share of edited ones.
    out
        Folder for components.json, which planning reads, the variances of every feature as CSV, and pictures.
    format
        Words for reading, or JSON for programs.
    """
    from semimech.cli.source import read_source
    from semimech.design.estimate import components_of

    screen, _ = read_source(data, read)
    found = components_of(screen, guide, seed=seed)
    written = _written(found, out) if out is not None else []
    if format == "json":
        import json

        from semimech.support.files import without_nan

        said = {"pooled": found.pooled.to_dict("records"), "efficiency": found.efficiency}
        said |= {"efficiency_bounds": list(found.efficiency_bounds)}
        print(json.dumps(without_nan({**said, "unidentified": dict(found.unidentified)}), indent=1, ensure_ascii=False))
        return
    _show(screen.name, found)
    for path in written:
        print(f"written  {path}")


def _written(found: Components, out: Path) -> list[Path]:
    from semimech.plot.components import pooled_picture, scatter_picture
    from semimech.plot.style import save
    from semimech.support.files import replacing

    paths = [out / "components.json", out / "components.csv"]
    found.save(paths[0])
    with replacing(paths[1]) as beside:
        found.table().to_csv(beside)
    for stem, picture in (("components", pooled_picture(found)), ("features", scatter_picture(found))):
        if picture is not None:
            save(picture, out / stem)
            paths += [out / f"{stem}.{kind}" for kind in ("svg", "png")]
    return paths


def _show(name: str, found: Components) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from semimech.support.errors import listed

    console = Console(highlight=False)
    console.print(Text(name, style="bold"))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="cyan")
    table.add_column("component", no_wrap=True)
    table.add_column("variance", no_wrap=True, justify="right")
    table.add_column("95 % interval", no_wrap=True, justify="right")
    table.add_column("", overflow="fold")
    for row in found.pooled.itertuples():
        why = found.unidentified.get(str(row.component))
        numbers = ("-", "-") if why else (f"{row.variance:.3g}", f"{row.lower:.3g} to {row.upper:.3g}")
        words = f"unknown: {why}" if why else MEANING[str(row.component)]
        table.add_row(str(row.component), *numbers, Text(words, style="yellow" if why else "dim"))
    console.print(table)
    if found.counting == found.counting:
        twice = found.depths.set_index("depth").at[2.0, "cell"]
        share = f"counting molecules gives {found.counting:.0%} of the variance of a cell"
        console.print(f"{share}; twice the depth would make that {twice:.3g}")
    why = found.unidentified.get("efficiency")
    if why:
        console.print(f"edited share of labelled cells: unknown: {why}", markup=False)
        return
    low, high = found.efficiency_bounds
    each = listed(f"{row.perturbation} {row.efficiency:.0%}" for row in found.efficiencies.itertuples())
    share = f"{found.efficiency:.0%} ({low:.0%} to {high:.0%}; {each})"
    words = f"edited share of labelled cells, where effects are clear enough to tell (others may be lower): {share}"
    console.print(words, markup=False)
