"""A table of bioactivities made from declared laws, sources and noise, with the truth beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from semimech.audit.fingerprints import morgan, tanimoto
from semimech.audit.partitions import similarity_clusters
from semimech.audit.synthetic.experiment import BioactivityExperiment, Measurement
from semimech.audit.synthetic.library import library
from semimech.audit.synthetic.mechanisms import drawn_effects, drawn_mechanisms, names, paired_effects
from semimech.audit.synthetic.sources import drawn_sources
from semimech.audit.table import MIN_SERIES, SOURCE_FILE, Bioactivities
from semimech.support.errors import UserError, listed
from semimech.support.files import replacing

RADIUS, BITS = 3, 1024
LABELS = ("assay", "document", "source", "year")


@dataclass(frozen=True, eq=False)
class SimulatedBioactivities:
    """A table and what made it.

    in_series: mask of the series. mechanism: number of each compound's mechanism, from 0. effects: of each Morgan bit
    (radius 3, 1,024) that varies, in each mechanism. law: p of each compound by the law of its mechanism alone. shift:
    that of its assay. exact: p as it would have been measured without bounds.
    """

    table: Bioactivities
    in_series: np.ndarray
    mechanism: np.ndarray
    effects: pd.DataFrame
    law: np.ndarray
    shift: np.ndarray
    exact: np.ndarray

    def write(self, path: Path) -> None:
        """The table as CSV: smiles, IC50 in nM with unit and relation, labels, mechanism, series (in or out)."""
        with replacing(path) as beside:
            self.table.measurements.drop(columns=SOURCE_FILE).to_csv(beside, index=False)


def simulate_bioactivities(
    experiment: BioactivityExperiment | None = None, structures: Sequence[str] | None = None
) -> SimulatedBioactivities:
    """A table of bioactivities with known mechanisms, effects, shifts of assays, handwriting and noise.

    `structures`: SMILES to be used in place of the library's. Everything follows from the seed of the experiment.
    Raises UserError for too few or repeated structures, and for a series that the first mechanism cannot fill.

    >>> made = simulate_bioactivities()
    >>> len(made.table), made.effects.shape[1], int(made.in_series.sum())
    (400, 1, 100)
    """
    plan = experiment or BioactivityExperiment()
    rng = np.random.default_rng(plan.seed)
    smiles = _structures(plan, structures, rng)
    bits = morgan(smiles, RADIUS, BITS)
    blocks = similarity_clusters(bits, min(plan.structures.blocks, len(smiles) // 4), plan.seed)
    mechanism = drawn_mechanisms(blocks, plan.laws, rng)
    effects = drawn_effects(bits, mechanism, plan.laws, rng)
    law = _law(bits, mechanism, effects, plan, rng)
    in_series = _series(bits, mechanism, plan, rng)
    own = in_series & (rng.random(len(smiles)) < plan.series.apart)
    labels, shift = drawn_sources(bits, own, plan.sources, rng)
    exact = law + shift + _noise(labels["assay"], plan.measurement, rng)
    value, relation = _bounded(exact, plan.measurement.censored)
    labels["mechanism"] = np.array(names(plan.laws.mechanisms))[mechanism]
    table = _table(plan.name, smiles, value, relation, labels, in_series)
    return SimulatedBioactivities(table, in_series, mechanism, effects, law, shift, exact)


def _structures(plan: BioactivityExperiment, structures: Sequence[str] | None, rng: np.random.Generator) -> list[str]:
    if structures is None:
        wanted = plan.structures
        return library(wanted.count, wanted.scaffolds, rng, wanted.families, wanted.kept)
    smiles = list(structures)
    repeated = [one for one, count in pd.Series(smiles).value_counts().items() if count > 1]
    if repeated:
        raise UserError(f"Structures are given more than once ({listed(repeated)}): give each once.")
    if len(smiles) < 2 * MIN_SERIES:
        raise UserError(f"{len(smiles)} structures are too few to simulate a table of: give at least {2 * MIN_SERIES}.")
    return smiles


def _law(
    bits: np.ndarray,
    mechanism: np.ndarray,
    effects: pd.DataFrame,
    plan: BioactivityExperiment,
    rng: np.random.Generator,
) -> np.ndarray:
    """p of each compound by its mechanism's law."""
    own = bits[:, effects.index] @ effects.to_numpy()
    offsets = rng.normal(0, plan.laws.offset, plan.laws.mechanisms)
    sums = own[np.arange(len(bits)), mechanism] + offsets[mechanism]
    return plan.laws.mean + sums - sums.mean() + paired_effects(bits, effects, plan.laws.pairs, rng)


def _series(
    bits: np.ndarray, mechanism: np.ndarray, plan: BioactivityExperiment, rng: np.random.Generator
) -> np.ndarray:
    """The compounds of the first mechanism nearest to one of them."""
    first = np.flatnonzero(mechanism == 0)
    if len(first) < plan.series.count:
        raise UserError(
            f"The first mechanism has {len(first)} compounds, the section [series] asks for {plan.series.count}: ask "
            "for fewer, for fewer mechanisms, or for more structures."
        )
    lead = rng.choice(first)
    mask = np.zeros(len(mechanism), bool)
    near = tanimoto(bits[[lead]], bits[first])[0]
    mask[first[np.argsort(-near, kind="stable")[: plan.series.count]]] = True
    return mask


def _noise(assay: pd.Series, measurement: Measurement, rng: np.random.Generator) -> np.ndarray:
    number = pd.factorize(assay)[0]
    sizes = measurement.noise * np.exp(rng.normal(0, measurement.uneven, number.max() + 1))
    if not measurement.tails:
        return np.asarray(rng.normal(size=len(number)) * sizes[number])
    unit = rng.standard_t(measurement.tails, len(number)) / np.sqrt(measurement.tails / (measurement.tails - 2))
    return np.asarray(unit * sizes[number])


def _bounded(exact: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Values and relations: the weakest share is only known to be weaker than the limit of the assays."""
    limit = np.quantile(exact, share) if share else -np.inf
    return np.maximum(exact, limit), np.where(exact < limit, "<", "=")


def _table(
    name: str, smiles: list[str], value: np.ndarray, relation: np.ndarray, labels: pd.DataFrame, in_series: np.ndarray
) -> Bioactivities:
    rows = np.arange(1, len(smiles) + 1)
    compounds = pd.DataFrame({"smiles": smiles, "p_activity": value, "relation": relation, "spread": np.nan})
    compounds = compounds.assign(rows=[(int(row),) for row in rows], **{name: labels[name] for name in labels})
    # The bound on a concentration is the opposite bound on p.
    measurements = pd.DataFrame(
        {
            "smiles": smiles,
            "IC50": 10 ** (9 - value),
            "unit": "nM",
            "relation": np.where(relation == "<", ">", "="),
            **{name: labels[name] for name in labels},
            "series": np.where(in_series, "in", "out"),
            SOURCE_FILE: name,
        },
        index=pd.Index(rows - 1, name="compound"),
    )
    rejected = pd.DataFrame(columns=["row", "file", "row_in_file", "smiles", "reason"])
    columns = {"smiles": "smiles", "activity": "IC50", "unit": "unit", "relation": "relation"}
    columns |= {label: label for label in labels}
    return Bioactivities(name, compounds, rejected, measurements, columns)
