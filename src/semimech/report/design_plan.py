"""The page of a plan: what to do in words, tables and pictures, in one file that needs nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from semimech.design.planner.judged import SOURCES
from semimech.design.planner.plan import Plan
from semimech.design.planner.tables import arm_table, batch_table, gene_classes
from semimech.design.planner.words import sentences_of
from semimech.plot.design_plan import batches_picture, curve_picture, sources_picture
from semimech.report.page import Drawn, placed, resource, template
from semimech.report.words import count, number
from semimech.support.files import write_text

ROWS = 25  # of a table on the page; the whole is in its CSV file
CURVE = "Every point of the line is the best layout for its cost; dots cost what the plan costs."
SOURCES_OF = "Bars have the length of the variance beside the plan's, for as many cells in the same batches."
BATCHES = "Controls below, the perturbations on top of them."
COMPONENTS = {
    "cell": "of a cell about its group",
    "batch": "of the level of a batch",
    "interaction": "of an effect between batches",
    "guide": "of an effect between guides",
}


def build_plan_report(plan: Plan, curve: pd.DataFrame, folder: Path) -> Path:
    """Write report.html and figures/*.svg, *.png in the folder of a plan; gives the page's path."""
    drawn = (
        Drawn("cost", "curve", "What more or less money buys", CURVE, curve_picture(plan, curve)),
        Drawn("sources", "sources", "Where the variance comes from", SOURCES_OF, sources_picture(plan)),
        Drawn("batches", "batches", "The cells of each batch", BATCHES, batches_picture(plan)),
    )
    figures = {one.name: placed(folder, one) for one in drawn}
    page = template("design_plan.html.j2").render(**_content(plan, curve), figures=figures)
    path = folder / "report.html"
    write_text(path, page)
    return path


def _content(plan: Plan, curve: pd.DataFrame) -> dict[str, Any]:
    first, *others = sentences_of(plan)
    comparison = plan.comparison()
    used = [source for source in SOURCES if (comparison[source] > 5e-4).any()]
    components = plan.request.components
    return {
        "style": Markup(resource("style.css")),
        "title": plan.request.name,
        "headline": first,
        "sentences": others,
        "components": [(name, number(components.value(name)), words) for name, words in COMPONENTS.items()],
        "comparison": _table(comparison[["layout", "variance", "power", *used]].round(4)),
        "batches": _table(batch_table(plan)),
        "arms": _table(arm_table(plan)),
        "genes": _table(gene_classes(plan)),
        "curve": _table(curve.round({"power": 4})),
    }


def _table(table: pd.DataFrame) -> dict[str, Any]:
    """Heads and rows as text, and how many rows were left out."""
    rows = [[_cell(value) for value in row] for row in table.head(ROWS).itertuples(index=False)]
    heads = [str(column).replace("_", " ") for column in table]
    return {"heads": heads, "rows": rows, "left": max(len(table) - ROWS, 0)}


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, float):
        return count(value)
    return f"{value:,.0f}" if 1000 <= value < np.inf else number(float(value))
