"""What the causal graph says of a table and a series: which effects follow from the data, by adjusting for what."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from semimech.audit.causal import CausalGraph, identify
from semimech.audit.table import Bioactivities
from semimech.runs.audit_options import AuditOptions

POOLED, WITHIN = "all compounds", "within the series"
COLUMNS = {"M": "mechanism", "E": "assay"}


def as_measured(graph: CausalGraph, table: Bioactivities) -> CausalGraph:
    """The graph of bioactivities with mechanism and assay observed where the table has a column of them."""
    has = {name: column in table.compounds for name, column in COLUMNS.items()}
    return CausalGraph(tuple(replace(one, observed=has.get(one.name, one.observed)) for one in graph.variables))


def questions_of(graph: CausalGraph, options: AuditOptions) -> dict[str, Any]:
    """The joint effect of the causes as the data are and within the series, and that of the first cause alone."""
    asked = (
        (POOLED, options.causes, ()),
        (WITHIN, options.causes, options.fixed),
        (POOLED, options.causes[:1], ()),
    )
    questions = [_answered(graph, where, causes, options.outcome, fixed) for where, causes, fixed in asked]
    return {"causes": list(options.causes), "outcome": options.outcome, "questions": questions}


def _answered(
    graph: CausalGraph, where: str, causes: Collection[str], outcome: str, fixed: Collection[str]
) -> dict[str, Any]:
    found = identify(graph, causes, outcome, fixed=fixed)
    return {
        "where": where,
        "identified": found.identified,
        "adjust_for": [sorted(one) for one in found.adjust_for],
        "effect": f"the effect of {_named(graph, causes)} on {_named(graph, (outcome,))}",
        "unmeasured": _named(graph, found.unmeasured),
        "adjust_words": ", or for ".join(_named(graph, sorted(one)) for one in found.adjust_for if one),
        "said": found.sentence,
    }


def _named(graph: CausalGraph, names: Collection[str]) -> str:
    """`structure (C) and mechanism (M)`."""
    meaning = {one.name: one.meaning.partition(":")[0] for one in graph.variables}
    return " and ".join(f"{meaning[name]} ({name})" if meaning[name] else name for name in names)
