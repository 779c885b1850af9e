"""A run on disk: every file written whole, every file readable without semimech, nothing pickled.

config.json           options, seeds, versions, machine, device, data path and SHA-256, splits and their folds
findings.json         what `check` found: facts and findings
interactions.csv      pairs against their singles: synergy, weights, what neither explains (where pairs were measured)
published.csv         scores by the published protocol beside held-out ones (where a model was trained with compat)
assumptions.json, assumptions/<name>.csv   what models assume: verdicts, and what their pictures show
perturbations.csv     name, kind, targets, default dose
effects.h5ad          observed effects of all conditions (all rows): X, layers['standard_error'], obs doses
observed/<split>/<fold>.h5ad                       the reference effects of the fold's test conditions
predictions/<split>/<fold>__<model>__<seed>.h5ad   one model's prediction for them
history/<model>.csv   step, train_error, validation_error of the final fit
rates/<model>.csv     node, eps and alpha with their standard errors, for CellBox fitted to time courses
latent/<model>.csv, latent/<model>.json   effects of perturbations in a latent space; words about the fit
elapsed.json          seconds that the run has taken so far, all its processes together
scores.csv, pairs.csv, intervals.csv, conditions.csv, features.csv, dropped.csv, verdict.json   the judge's words and
                      tables; pairs.csv has the differences between models
steady_state.json, steady_state.csv    the steady-state term, its strength, and what it changes (with --steady-state)
models/<model>/       the model fitted on all rows: model.json and equinox leaves
evidence.json         how far the effects tell edges apart, in words
networks/<model>.csv, <model>.nodes.csv   source, target, weight, evidence; name, role  (truth.csv where known)
figures/*.svg, *.png and report.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from semimech.data.network import Network
from semimech.support.errors import UserError
from semimech.support.files import read_json, write_json, write_text

NAME_COLUMNS = (
    "name", "source", "target", "targets", "split", "fold", "model", "other", "best_baseline", "condition", "feature",
    "group", "dose_unit", "a", "b", "dominant", "perturbation", "latent",
)  # fmt: skip


def slug(text: str) -> str:
    """A file name for a fold or model: letters, digits, '-', '.'; everything else becomes '_'.

    Texts that would share a name (TGFα and TGFβ) are told apart by the beginning of their SHA-256.
    """
    name = re.sub(r"[^A-Za-z0-9.-]+", "_", text).strip("_.")
    if name and name == text.replace(" ", "_") and "_" not in text:
        return name
    return f"{name or 'x'}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class RunFolder:
    """Reads and writes the parts of one run; `path` is the folder."""

    path: Path

    @classmethod
    def open(cls, path: Path | str) -> RunFolder:
        """An existing run; UserError where the folder is not one."""
        path = Path(path)
        if not (path / "config.json").is_file():
            raise UserError(f"{path} is not a run folder (no config.json in it): give the folder that 'run' wrote.")
        return cls(path)

    @property
    def is_complete(self) -> bool:
        """The run came to its end."""
        return (self.path / "verdict.json").is_file()

    def json(self, name: str) -> Any:
        """A JSON part: config, findings or verdict."""
        return read_json(self._existing(f"{name}.json"))

    def write_json(self, name: str, value: Any) -> None:
        """Write a JSON part whole."""
        write_json(self.path / f"{name}.json", value)

    def table(self, name: str) -> pd.DataFrame:
        """A CSV part, such as scores or conditions; an empty table is fine."""
        # Converters, because a gene may be called NA or 1.
        return pd.read_csv(self._existing(f"{name}.csv"), converters=dict.fromkeys(NAME_COLUMNS, str))

    def write_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a CSV part whole."""
        write_text(self.path / f"{name}.csv", table.to_csv(index=False))

    def network(self, model: str) -> Network | None:
        """The network of a model ('truth' for the generating one), or None."""
        file = self.path / "networks" / f"{slug(model)}.csv"
        if not file.is_file():
            return None
        nodes = self.table(f"networks/{slug(model)}.nodes")
        return Network(tuple(nodes["name"]), self.table(f"networks/{slug(model)}"), tuple(nodes["role"]))

    def write_network(self, model: str, network: Network) -> None:
        """Write a network and its nodes."""
        nodes = pd.DataFrame({"name": network.nodes, "role": network.roles})
        self.write_table(f"networks/{slug(model)}.nodes", nodes)
        self.write_table(f"networks/{slug(model)}", network.edges)

    def networks(self) -> tuple[str, ...]:
        """The models that have a network, the truth not among them."""
        found = (self.path / "networks").glob("*.nodes.csv")
        return tuple(sorted({file.name.removesuffix(".nodes.csv") for file in found} - {"truth"}))

    def edge_sentences(self) -> tuple[str, ...]:
        """In words: how far effects tell edges apart, and how strong an edge must be to be found; () if not known."""
        file = self.path / "evidence.json"
        return tuple(read_json(file)["sentences"]) if file.is_file() else ()

    def models(self) -> tuple[str, ...]:
        """The models fitted on all rows."""
        return tuple(sorted(file.parent.name for file in (self.path / "models").glob("*/model.json")))

    def prediction_file(self, split: str, fold: str, model: str, seed: int) -> Path:
        """Where one model's prediction for one fold is kept."""
        return self.path / "predictions" / slug(split) / f"{slug(fold)}__{slug(model)}__{seed}.h5ad"

    def observed_file(self, split: str, fold: str) -> Path:
        """Where the reference effects of one fold are kept."""
        return self.path / "observed" / slug(split) / f"{slug(fold)}.h5ad"

    def predictions(self, split: str) -> Iterator[tuple[str, str, int, Path]]:
        """(fold, model, seed, file) of every prediction kept for a split."""
        described = next(part for part in self.json("config")["splits"] if part["name"] == split)
        folds = {slug(part["fold"]): part["fold"] for part in described["folds"]}
        for file in sorted((self.path / "predictions" / slug(split)).glob("[!.]*.h5ad")):
            fold, model, seed = file.stem.rsplit("__", 2)
            yield folds[fold], model, int(seed), file

    def remove_unfinished(self) -> None:
        """Remove the files beside their place that a killed process left behind."""
        for file in self.path.rglob(".*"):
            if file.is_file():
                file.unlink()

    def _existing(self, name: str) -> Path:
        file = self.path / name
        if not file.is_file():
            raise UserError(
                f"{self.path} has no {name}: the run is not finished; go on with 'semimech run --resume', or with the "
                "same 'semimech audit run' again."
            )
        return file
