"""How a file is to be read, where the reader's own guess is not wanted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path
from typing import get_args

from semimech.data.condition import Kind
from semimech.data.scale import Scale
from semimech.support.errors import UserError

NONE = "none"


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """Every guess of the readers, to be overruled; the same in Python, in a TOML section and on the command line.

    Columns are columns of obs (h5ad) or of the table; 'none' says that there is no such column.
    """

    dialect: str | None = None
    """Convention of the labels: scperturb, gears, perturbench, arc or generic."""

    label: str | None = None
    """Column that says which perturbation each row got."""

    control: tuple[str, ...] = ()
    """Label of control rows; repeat for several; 'none' says that there are no controls."""

    separator: str | None = None
    """Text between the perturbations of a combination; 'none' never splits a label."""

    dose: str | None = None
    """Column of doses; a combination has one dose for all, or one for each, separated like the labels."""

    batch: str | None = None
    """Column of batches; effects are measured against the controls of the same batch."""

    replicate: str | None = None
    """Column of replicates."""

    time: str | None = None
    """Column of times after the perturbation."""

    medium: str | None = None
    """Column of media or stimuli."""

    context: str | None = None
    """Column of cell lines or cell types."""

    describe: tuple[str, ...] = ()
    """Column of numbers in a table that describes rows and is no feature; repeat for several; 'none' for no column."""

    scale: Scale | None = None
    """Scale of the values: raw counts, log1p of normalised counts, or log-ratio to untreated."""

    layer: str | None = None
    """Layer of the h5ad to read; 'X' is the main matrix."""

    gene_names: str | None = None
    """Column of var with the feature names; 'index' is var's own index."""

    kind: Kind | None = None
    """What the perturbations are."""

    names: Path | None = None
    """File with one node name a line (CellBox folder)."""

    annotations: Path | None = None
    """TOML file with roles of features, and targets, pathways, kinds and units of perturbations; or a CSV of these."""

    targets: str | None = None
    """Column with the targets of each row's perturbation and their signs, as STAT3:-1;STAT5:-1."""

    pathways: str | None = None
    """Column with the pathways of each row's perturbation, as MAPK;PI3K."""

    keep: str | None = None
    """Rows to keep, as a query on the columns, such as "top_frac > 0.8"."""

    backed: bool | None = None
    """Leave an h5ad on disk and read it block by block; the default above 500 MB."""

    def __post_init__(self) -> None:
        for name, allowed in (("scale", get_args(Scale)), ("kind", get_args(Kind))):
            value = getattr(self, name)
            if value is not None and value not in allowed:
                raise UserError(f"The {name} '{value}' is unknown: use one of {', '.join(allowed)}.")
        for name in ("control", "describe"):
            value = getattr(self, name)
            object.__setattr__(self, name, (value,) if isinstance(value, str) else tuple(value))

    def refuse_all_but(self, allowed: Collection[str], source: str) -> None:
        """Raise UserError for an option that was given but says nothing about such a source."""
        default = ReadOptions()
        for field in fields(self):
            if field.name not in allowed and getattr(self, field.name) != getattr(default, field.name):
                raise UserError(f"--{field.name.replace('_', '-')} says nothing about {source}: leave it out.")
