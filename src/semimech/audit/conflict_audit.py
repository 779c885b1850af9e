"""The audit of conflict for a table and a series: bits and descriptors, alone, within assays, beside one law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from semimech.audit.conflict import CLASSES, Conflict, classified, conflict_of, varying
from semimech.audit.descriptors import descriptors
from semimech.audit.feature_effects import Correction
from semimech.audit.fingerprints import morgan, tanimoto
from semimech.audit.one_law import LARGEST, Components, components_of, effects_beside_law
from semimech.audit.substructures import fragments
from semimech.audit.table import Bioactivities, checked_series, numbered, require_measured
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, silent

Family = Literal["bits", "descriptors"]
Stratum = Literal["series", "outside"]
NAMED_CARRIERS = 300
TOLD = ["effect_series", "q_series", "effect_outside", "q_outside", "q_difference", "class"]


@dataclass(frozen=True, kw_only=True)
class ConflictOptions:
    """What is compared, and when a difference counts."""

    features: tuple[Family, ...] = ("bits", "descriptors")
    """Families of features, each corrected for its own number: bits (Morgan), descriptors."""

    radius: int = 3
    """Radius of the Morgan fingerprint in bonds."""

    bits: int = 1024
    """Length of the Morgan fingerprint; a shorter one lets more environments share a bit."""

    level: float = 0.05
    """Level of significance, after correction."""

    correction: Correction = "bh"
    """Multiple testing: bh, by (false discovery rate), holm, bonferroni (any false finding)."""

    varies: float = 0.05
    """Share of compounds, in the series and outside, that a feature's commonest value must leave."""

    bounds: bool = True
    """Take bounds at their limit; otherwise leave those compounds out."""

    def __post_init__(self) -> None:
        wrong = set(self.features) - set(get_args(Family))
        if wrong or not self.features:
            raise UserError(f"--features must be of {', '.join(get_args(Family))}.")
        for name, value, low, high in (("level", self.level, 0, 1), ("varies", self.varies, 0, 0.5)):
            if not low < value < high:
                raise UserError(f"--{name} {value} must lie between {low} and {high}.")
        if self.radius < 1 or not 16 <= self.bits <= 65_536:
            raise UserError("--radius must be at least 1 and --bits from 16 to 65,536.")


@dataclass(frozen=True, eq=False)
class ConflictAudit:
    """What each family of features says alone, within assays (where there are any), and beside one law of structure.

    compounds: those compared, with smiles, p_activity and in_series. features: compounds x features of each family.
    """

    overall: dict[Family, Conflict]
    within: dict[Family, Conflict]
    beside: dict[Family, Conflict]
    components: Components
    compounds: pd.DataFrame
    features: dict[Family, pd.DataFrame]
    options: ConflictOptions

    def table(self) -> pd.DataFrame:
        """All features, conflicts first, then the most significant.

        `_within` are effects and classes within assays, `_beside` those beside one law; fragment_ is the commonest
        fragment (SMILES) that sets a conflicting or reversed bit in the series and outside.
        """
        parts = []
        for family, conflict in self.overall.items():
            part = conflict.features.assign(family=family)
            for reading, name in ((self.within, "within"), (self.beside, "beside")):
                if family in reading:
                    part = part.join(reading[family].features[TOLD], rsuffix=f"_{name}")
            parts.append(part)
        table = pd.concat(parts)
        for stratum in ("series", "outside"):
            table[f"fragment_{stratum}"] = [
                self.fragments(feature, stratum)[0][0] if family == "bits" and said in CLASSES[:2] else ""
                for feature, family, said in zip(table.index, table["family"], table["class"])
            ]
        rank = table["class"].map({name: i for i, name in enumerate(CLASSES)})
        return table.iloc[np.lexsort((table[["q_series", "q_outside"]].max(axis=1), rank))]

    def fragments(self, feature: str, stratum: Stratum) -> list[tuple[str, int]]:
        """The fragments (SMILES) that set a bit such as "bit 19" in a stratum, with their carriers, commonest first."""
        inside = self.compounds["in_series"].to_numpy(bool)
        of = inside if stratum == "series" else ~inside
        carriers = self.compounds["smiles"][(self.features["bits"][feature].to_numpy() != 0) & of]
        return fragments(list(carriers[:NAMED_CARRIERS]), bit_of(feature), self.options.radius, self.options.bits)


def bit_of(feature: str) -> int:
    """The number of a bit from its name.

    >>> bit_of("bit 19")
    19
    """
    return int(feature.removeprefix("bit "))


def audit_conflict(
    table: Bioactivities,
    in_series: np.ndarray,
    options: ConflictOptions | None = None,
    *,
    monitor: Monitor = silent,
) -> ConflictAudit:
    """Compare the effects of features in the series (mask) with those outside; see `conflict_of`.

    >>> audit = audit_conflict(table, table.series("document", "CHEMBL3638978"))  # doctest: +SKIP
    >>> audit.table()  # doctest: +SKIP
    """
    options = options or ConflictOptions()
    compounds = table.compounds.assign(in_series=in_series)
    if not options.bounds:
        compounds = compounds[compounds["relation"] == "="]
    mask, p = compounds["in_series"].to_numpy(bool), compounds["p_activity"].to_numpy(float)
    checked_series(mask, "without bounds" if not options.bounds else "")
    require_measured(compounds, mask)
    features = {family: _features(family, list(compounds["smiles"]), options, monitor) for family in options.features}
    monitor("effects", 0, 1)
    chosen = (options.level, options.correction, options.varies)
    assays = numbered(compounds["assay"]) if "assay" in compounds else None
    overall, within = (
        {family: conflict_of(x, p, mask, groups, *chosen) for family, x in features.items()} if wanted else {}
        for groups, wanted in ((None, True), (assays, assays is not None))
    )
    monitor("one law of the structure", 0, 1)
    components, beside = _beside(list(compounds["smiles"]), features, p, mask, assays, options)
    shown = compounds[["smiles", "p_activity", "in_series"]]
    return ConflictAudit(overall, within, beside, components, shown, features, options)


def _beside(
    smiles: list[str],
    features: dict[Family, pd.DataFrame],
    p: np.ndarray,
    mask: np.ndarray,
    assays: np.ndarray | None,
    options: ConflictOptions,
) -> tuple[Components, dict[Family, Conflict]]:
    """The reading beside one law; where compounds are very many, of the series and a random sample of the others."""
    rows = _sample(mask)
    found = morgan([smiles[row] for row in rows], options.radius, options.bits)
    similarity, mask, p = tanimoto(found, found), mask[rows], p[rows]
    assays = None if assays is None else assays[rows]
    components = components_of(p, mask, similarity, assays)
    covariance = components.covariance(similarity, assays)
    beside = {}
    for family, every in features.items():
        kept, x = varying(every.iloc[rows], mask, options.varies)
        effects, p_difference = effects_beside_law(x, p, mask, covariance)
        beside[family] = classified(
            every.iloc[rows][kept], mask, effects, p_difference, options.level, options.correction
        )
    return components, beside


def _sample(mask: np.ndarray) -> np.ndarray:
    """At most 5,000 compounds, half of them of the series where it has so many."""
    rng = np.random.default_rng(0)
    inside, outside = rng.permutation(np.flatnonzero(mask)), rng.permutation(np.flatnonzero(~mask))
    inside = inside[: max(LARGEST // 2, LARGEST - len(outside))]
    return np.sort(np.concatenate([inside, outside[: LARGEST - len(inside)]]))


def _features(family: Family, smiles: list[str], options: ConflictOptions, monitor: Monitor) -> pd.DataFrame:
    if family == "descriptors":
        return descriptors(smiles, monitor)
    found = morgan(smiles, options.radius, options.bits, monitor)
    return pd.DataFrame(found, columns=[f"bit {i}" for i in range(options.bits)])
