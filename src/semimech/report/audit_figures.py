"""The figures of the report of an audit, each with its title and what it shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from semimech.audit.causal import read_graph
from semimech.plot.causal import causal_picture
from semimech.plot.confounding import scores_by_split
from semimech.plot.focus import focus_curves, focus_surface
from semimech.plot.mechanisms import effect_bars
from semimech.report.page import Drawn
from semimech.runs.audit_mechanisms import kept_mechanisms
from semimech.runs.folder import RunFolder, slug


def audit_figures(run: RunFolder) -> Iterator[Drawn]:
    """Every figure of an audit, in the order of the page; a part that was not made has none."""
    asked = run.json("graph")
    adjust = [one["adjust_for"][0] for one in asked["questions"] if one["adjust_for"]]
    graph = read_graph(run.path / "graph.toml")
    yield Drawn(
        "graph",
        "graph",
        "What depends on what",
        "Arrows go from cause to effect. "
        + " ".join(f"{one.name}: {one.meaning}{'' if one.observed else ' (not measured)'}." for one in graph.variables),
        causal_picture(graph, asked["causes"], asked["outcome"], adjust[0] if adjust else ()),
    )
    focus = run.json("focus")
    if "refused" not in focus:
        yield from _focus_figures(run, focus)
    if "refused" not in run.json("confounding"):
        yield Drawn(
            "confounding",
            "confounding",
            "Scores by the way compounds are held out",
            "The strictest splits stand below. Where source alone does as well as chemistry on a random split, that "
            "split says nothing of chemistry. Values below -1 are drawn at -1.",
            scores_by_split(run.table("confounding")),
        )
    if "refused" not in run.json("mechanisms"):
        yield Drawn(
            "mechanisms",
            "mechanisms",
            "What the same fragments do by the law of each mechanism",
            "The fragments whose effects differ most, named by the commonest one that sets the bit.",
            effect_bars(kept_mechanisms(run)),
        )


def _focus_figures(run: RunFolder, focus: dict[str, Any]) -> Iterator[Drawn]:
    table = run.table("surface")
    best = {
        one["reading"]: one["best"] for one in focus["gains"] if one["threshold"] is None and one["best"] is not None
    }
    theory = np.array(focus["theory"]["fitted"]) if focus["theory"] else None
    for outside, rows in table.groupby("outside", sort=False):
        whole = outside == "all"
        what = "all outsiders" if whole else f"outsiders of the {outside} alone"
        yield Drawn(
            "focus",
            "curves" if whole else f"curves-{slug(str(outside))}",
            f"The focus curve, four readings side by side: {what}",
            "Where only the fixed threshold falls, outsiders move the cut-off and not the order of the compounds. "
            + ("Dotted: the theory of a mean of n compounds of the series and N biased ones." if whole else ""),
            focus_curves(rows, best if whole else {}, theory if whole else None),
        )
    if table["threshold"].notna().any():
        yield Drawn(
            "focus",
            "surface",
            "The focus surface: change of each score from no outsiders, by threshold",
            "Blue is better than without outsiders, vermilion worse; one scale for the three readings.",
            focus_surface(table[table["outside"] == "all"]),
        )
