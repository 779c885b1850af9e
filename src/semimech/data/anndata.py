"""Screen to AnnData and back, nothing lost; the names of the parts are in `semimech.support.keys`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.network import Network
from semimech.data.screen import Screen
from semimech.support import keys
from semimech.support.errors import UserError
from semimech.support.files import replacing

if TYPE_CHECKING:
    from anndata import AnnData


def to_anndata(screen: Screen) -> AnnData:
    """The screen as AnnData: responses in X, design in obsm, the rest in uns; backed responses are read whole.

    >>> adata = to_anndata(screen)  # doctest: +SKIP
    >>> adata.obs["perturbation"].value_counts()  # doctest: +SKIP
    """
    from anndata import AnnData

    responses = screen.responses[:] if screen.is_backed else screen.responses
    obs = screen.obs.copy()
    if keys.LABEL not in obs:
        labels = np.array([condition.label for condition in screen.conditions], dtype=object)
        obs[keys.LABEL] = pd.Categorical(labels[screen.condition_codes])
    return AnnData(
        X=responses,
        obs=obs,
        var=screen.features.copy(),
        obsm={keys.DESIGN: screen.design},
        uns={keys.SECTION: _section(screen, keys.LABEL not in screen.obs)},
    )


def from_anndata(adata: AnnData) -> Screen:
    """The screen that `to_anndata` made; UserError for any other AnnData (give those to `read_screen`)."""
    if keys.SECTION not in adata.uns or keys.DESIGN not in adata.obsm:
        raise UserError("This AnnData was not made from a Screen: give it to read_screen, which knows other dialects.")
    return decode(adata.X, adata.obs, adata.var, adata.uns[keys.SECTION], adata.obsm[keys.DESIGN])


def write_h5ad(screen: Screen, path: Path) -> None:
    """Write the screen as h5ad, whole or not at all."""
    adata = to_anndata(screen)
    types = {}
    for column in adata.obs:
        values = adata.obs[column]
        if not _fits_hdf5(values):
            types[column] = str(values.dtype)
            adata.obs[column] = values.astype(str).astype(object)
    adata.uns[keys.SECTION][keys.COLUMN_TYPES] = json.dumps(types)
    with replacing(Path(path)) as beside:
        adata.write_h5ad(beside, compression="gzip", convert_strings_to_categoricals=False)


def decode(responses: Any, obs: pd.DataFrame, var: pd.DataFrame, section: Mapping[str, Any], design: Any) -> Screen:
    """The screen of the parts that `to_anndata` or `write_h5ad` wrote; UserError where a part is damaged."""
    try:
        version = int(section[keys.VERSION])
        if version > keys.FORMAT_VERSION:
            raise UserError(
                f"The file was written by a newer semimech (format {version}, this one reads {keys.FORMAT_VERSION}): "
                "pip install --upgrade semimech."
            )
        perturbations = tuple(Perturbation(**item) for item in json.loads(str(section[keys.PERTURBATIONS])))
        types = json.loads(str(section.get(keys.COLUMN_TYPES, "{}")))
        obs = obs.astype(types)
        if bool(section[keys.LABEL_ADDED]):
            obs = obs.drop(columns=keys.LABEL, errors="ignore")
        return Screen(
            _by_rows(responses),
            sp.csr_array(design),
            perturbations,
            var.copy(),
            obs.copy(),
            str(section[keys.SCALE]),  # type: ignore[arg-type]
            str(section[keys.NAME]),
            _truth(section.get(keys.TRUTH)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"The part {error} of uns['{keys.SECTION}'] is missing or damaged: write the file again."
        ) from error


def _by_rows(responses: Any) -> Any:
    if sp.issparse(responses):
        return responses if responses.format == "csr" else sp.csr_array(responses)
    return responses


def _section(screen: Screen, label_added: bool) -> dict[str, Any]:
    items = [
        {
            "name": p.name,
            "kind": p.kind,
            "targets": dict(p.targets),
            "dose_unit": p.dose_unit,
            "pathways": list(p.pathways),
        }
        for p in screen.perturbations
    ]
    section: dict[str, Any] = {
        keys.VERSION: keys.FORMAT_VERSION,
        keys.NAME: screen.name,
        keys.SCALE: screen.scale,
        keys.PERTURBATIONS: json.dumps(items),
        keys.LABEL_ADDED: label_added,
    }
    if screen.truth is not None:
        truth = screen.truth
        section[keys.TRUTH] = {
            keys.NODES: np.array(truth.nodes, dtype=object),
            keys.ROLES: np.array(truth.roles, dtype=object),
            keys.EDGES: truth.edges.set_axis(truth.edges.index.astype(str)),
        }
    return section


def _truth(parts: Mapping[str, Any] | None) -> Network | None:
    if parts is None:
        return None
    return Network(tuple(map(str, parts[keys.NODES])), parts[keys.EDGES], tuple(map(str, parts[keys.ROLES])))


def _fits_hdf5(values: pd.Series) -> bool:
    """Numbers, truth values, categories and plain text can be written as they are."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return True
    if values.dtype == object:
        return bool(values.map(lambda value: isinstance(value, str)).all())
    return values.dtype.kind in "fiub"
