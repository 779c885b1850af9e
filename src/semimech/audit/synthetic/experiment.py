"""Everything a simulated table of bioactivities needs, in one place: the same in TOML and in Python."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from semimech.support.errors import UserError
from semimech.support.files import read_toml
from semimech.support.options import require_within, with_options

MANY = float("inf")


@dataclass(frozen=True)
class Structures:
    """Section [structures]: `count` structures on `scaffolds` scaffolds of the library.

    Each is of one of `families`, of whose lead structure it has every substituent with the probability `kept`.
    blocks: clusters of similar structures; whole blocks belong to a mechanism.
    """

    count: int = 400
    scaffolds: int = 4
    families: int = 20
    kept: float = 0.5
    blocks: int = 16

    def __post_init__(self) -> None:
        limits = {
            "count": (self.count, 40.0, 1e6),
            "scaffolds": (self.scaffolds, 1.0, 9.0),
            "kept": (self.kept, 0, 0.95),
        }
        limits |= {"families": (self.families, 1.0, 1e4), "blocks": (self.blocks, 1.0, self.count / 4)}
        require_within("section [structures]", limits)


@dataclass(frozen=True)
class Laws:
    """Section [laws]: p = mean + effects of features (Morgan bits), a law for each mechanism.

    active: share of the features that vary which have an effect, the same in every mechanism, of sd `effect`. opposed:
    share of the features whose effects in the first mechanism and in the others lie `delta` apart, half of it above 0
    and half below. offset: sd of the mechanisms' means. pairs: sd of what pairs of active features add (as many pairs
    as active features), the same everywhere: a law that is not a sum. mixed: share of compounds whose mechanism has
    nothing to do with their structure.
    """

    mechanisms: int = 1
    active: float = 0.1
    effect: float = 0.4
    opposed: float = 0.1
    delta: float = 1.0
    offset: float = 0.0
    pairs: float = 0.0
    mixed: float = 0.0
    mean: float = 6.5

    def __post_init__(self) -> None:
        shares = {name: (getattr(self, name), 0.0, 1.0) for name in ("active", "opposed", "mixed")}
        sizes = {name: (getattr(self, name), 0.0, MANY) for name in ("effect", "delta", "offset", "pairs")}
        require_within("section [laws]", {"mechanisms": (self.mechanisms, 1.0, 20.0), **shares, **sizes})


@dataclass(frozen=True)
class Sources:
    """Section [sources]: who measured what.

    documents: papers; each has `assays` assays, one year and one of `laboratories`. handwriting: a document takes a
    compound with odds exp(handwriting * similarity to its lead compound / that of the nearest lead); 0, documents are
    drawn at random, 10, each keeps to its substructures. shift: sd of the assays' shifts of p; lasting: share of its
    variance that is of the whole document.
    """

    documents: int = 12
    assays: int = 2
    laboratories: int = 3
    handwriting: float = 8.0
    shift: float = 0.5
    lasting: float = 0.5

    def __post_init__(self) -> None:
        counts = {name: (getattr(self, name), 1.0, 1e5) for name in ("documents", "assays", "laboratories")}
        sizes = {name: (getattr(self, name), 0.0, MANY) for name in ("handwriting", "shift")}
        require_within("section [sources]", {**counts, **sizes, "lasting": (self.lasting, 0.0, 1.0)})


@dataclass(frozen=True)
class Series:
    """Section [series]: `count` compounds of the first mechanism, nearest to one of them drawn at random.

    apart: share of them that were measured in a document of their own (0.6 of Akt's allosteric series).
    """

    count: int = 100
    apart: float = 0.5

    def __post_init__(self) -> None:
        require_within("section [series]", {"count": (self.count, 0.0, 1e6), "apart": (self.apart, 0.0, 1.0)})


@dataclass(frozen=True)
class Measurement:
    """Section [measurement]: noise of sd `noise`, normal (tails = 0) or Student's with so many degrees of freedom.

    uneven: sd of the logarithm of the assays' noise. censored: share of the weakest compounds of which only a bound is
    known (p <).
    """

    noise: float = 0.5
    tails: float = 0.0
    uneven: float = 0.0
    censored: float = 0.0

    def __post_init__(self) -> None:
        sizes = {"noise": (self.noise, 0.0, MANY), "uneven": (self.uneven, 0.0, 2.0)}
        require_within("section [measurement]", {**sizes, "censored": (self.censored, 0.0, 0.9)})
        if self.tails and self.tails <= 2:
            raise UserError("tails of the section [measurement] must be above 2 (or 0 for normal noise).")


@dataclass(frozen=True)
class BioactivityExperiment:
    """A simulated table of bioactivities: structures, laws, sources, series, measurement."""

    name: str = "simulated"
    seed: int = 0
    structures: Structures = field(default_factory=Structures)
    laws: Laws = field(default_factory=Laws)
    sources: Sources = field(default_factory=Sources)
    series: Series = field(default_factory=Series)
    measurement: Measurement = field(default_factory=Measurement)


def read_experiment(source: Path | str | Mapping[str, Any]) -> BioactivityExperiment:
    """The experiment of a TOML file, or of a mapping of the same shape.

    Raises UserError naming section and option where the declaration is wrong.

    >>> read_experiment({"laws": {"mechanisms": 2, "delta": 1.5}}).laws.delta
    1.5
    """
    named = isinstance(source, Mapping)
    content = source if isinstance(source, Mapping) else read_toml(Path(source).expanduser(), "simulation file")
    owner = "declaration" if named else f"file {source}"
    plain, default = {}, BioactivityExperiment()
    sections = [f.name for f in dataclasses.fields(default) if dataclasses.is_dataclass(getattr(default, f.name))]
    for name, part in content.items():
        if name not in sections:
            plain[name] = part
        elif not isinstance(part, Mapping):
            raise UserError(f"The part {name} of the {owner} is {part!r}: write a section [{name}] with its options.")
    made = {name: with_options(getattr(default, name), content.get(name, {}), f"section [{name}]") for name in sections}
    found = dataclasses.replace(with_options(default, plain, owner), **made)
    if found.seed < 0:
        raise UserError(f"The seed of the {owner} is {found.seed}: give a whole number of at least 0.")
    return found
