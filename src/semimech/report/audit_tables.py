"""The tables of the report of an audit, every cell as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from semimech.plot.mechanisms import typical_compounds
from semimech.plot.molecules import feature_picture
from semimech.report.page import embedded
from semimech.report.words import count, interval, number
from semimech.runs.audit_mechanisms import NUMBERS, kept_mechanisms
from semimech.runs.folder import RunFolder, slug
from semimech.support.files import write_text

LISTED, MOLECULES, TYPICAL = 12, 780, 1040
READINGS = "The four readings and the squared error, without outsiders, with N* and with all"


def table_of(caption: str, names: Sequence[str], rows: Sequence[Sequence[object]], words: int = 1) -> dict[str, Any]:
    """A table of the page; the first `words` columns are text, a pair is a value with its interval."""
    cells = [[cell if isinstance(cell, tuple) else str(cell) for cell in row] for row in rows]
    return {"caption": caption, "names": list(names), "rows": cells, "words": words}


def filled(table: pd.DataFrame, blank: str = "") -> pd.DataFrame:
    """The table with text for what is missing."""
    return table.astype(object).where(table.notna(), blank)


def said_of(run: RunFolder, name: str) -> dict[str, Any]:
    """The sentences of a part, or why it was not made."""
    record = run.json(name)
    return {"refused": record.get("refused", ""), "sentences": record.get("sentences", [])}


def focus_tables(run: RunFolder) -> dict[str, Any]:
    """The readings side by side, and the nearest outsiders."""
    record = run.json("focus")
    whole = [one for one in record.get("gains", ()) if one["threshold"] is None and one["none"]["mean"] is not None]
    scores, changes = ("none", "chosen", "all"), ("focus", "transfer", "pooling")
    rows = [
        [one["reading"], *(_estimate(one[name]) for name in scores), count(one["best"])]
        + [_estimate(one[name], True) for name in changes]
        for one in whole
    ]
    names = ("reading", "none", "N*", "all", "median N*", "N* less all", "N* less none", "all less none")
    return {
        "focus": said_of(run, "focus"),
        "readings": table_of(READINGS, names, rows) if rows else None,
        "halvings": record.get("halvings", ""),
        "learner": record.get("learner", ""),
        "neighbours": _neighbours(run) if rows else None,
    }


def _estimate(part: dict[str, Any], sign: bool = False) -> tuple[str, str]:
    return number(part["mean"], sign, 1.0), interval(part["low"], part["high"], sign, 1.0)


def _neighbours(run: RunFolder) -> dict[str, Any]:
    table = run.table("neighbours").head(LISTED)
    if "year" in table:
        table["year"] = table["year"].map("{:.0f}".format, na_action="ignore")
    named = [column for column in ("assay", "document", "year") if column in table]
    rows = [
        [row["rank"], row["smiles"], *(row[name] for name in named)]
        + [f"{row['relation'].replace('=', '')}{row['p_activity']:.2f}"]
        + [f"{row[name]:.2f}" for name in ("mean_similarity", "largest_similarity")]
        for row in filled(table).to_dict("records")
    ]
    names = ("rank", "structure", *named, "p", "mean similarity", "largest similarity")
    return table_of("The outsiders nearest to the series", names, rows, 2 + len(named))


def conflict_tables(run: RunFolder) -> dict[str, Any]:
    """The conflicts and reversals, and the molecules that carry them."""
    part = said_of(run, "conflict")
    if part["refused"]:
        return {"conflict": part, "features": None, "molecules": []}
    table = run.table("conflict")
    found = table[table["class"].isin(("conflict", "reversal"))]
    names = ("feature", "class", "series", "outside", "pooled", "within assays", "beside one law", "fragments")
    strata = ("series", "outside", "pooled")
    rows = [
        [row["feature"], row["class"]]
        + [number(row[f"effect_{name}"], True) for name in strata]
        + [row.get("class_within", "–"), row["class_beside"], _fragments(row)]
        for row in filled(found.head(LISTED), "–").to_dict("records")
    ]
    caption = f"The {len(rows)} most significant of {len(found)} conflicts and reversals"
    return {
        "conflict": part,
        "features": table_of(caption, names, rows, 2) if rows else None,
        "molecules": list(_molecules(run, found)) if rows else [],
    }


def _fragments(row: dict[Any, Any]) -> str:
    return " | ".join(dict.fromkeys(row[f"fragment_{stratum}"] for stratum in ("series", "outside")))


def _molecules(run: RunFolder, found: pd.DataFrame) -> Iterator[dict[str, Any]]:
    of = found.set_index("feature")
    for feature, carriers in filled(run.table("carriers")).groupby("feature", sort=False):
        picture = feature_picture(carriers)
        write_text(run.path / "figures" / f"{slug(str(feature))}.svg", picture)
        row = of.loc[feature]
        yield {
            "title": f"{feature}: {row['class']}",
            "image": embedded(picture.encode(), "svg+xml", str(feature), MOLECULES),
            "caption": f"Effect on p {number(float(row['effect_series']), True)} in the series (above), "
            f"{number(float(row['effect_outside']), True)} outside (below) and "
            f"{number(float(row['effect_pooled']), True)} pooled; carriers by falling activity.",
        }


def confounding_tables(run: RunFolder) -> dict[str, Any]:
    """The scores by split."""
    part = said_of(run, "confounding")
    if part["refused"]:
        return {"confounding": part, "scores": None, "levels": ""}
    table = run.table("confounding")
    models = {"r2_chemistry": "chemistry", "r2_source_only": "source", "r2_both": "both"}
    others = {
        "r2_within_assay": "within assays",
        "ranking_chemistry": "ranking",
        "similarity": "nearest",
        "nearest_assay": "same assay",
    }
    shown = {column: title for column, title in others.items() if column in table}
    rows = [
        [row["split"], row["compounds"], count(row["n"])]
        + [(number(row[name]), interval(row[f"{name}_low"], row[f"{name}_high"], beside=1.0)) for name in models]
        + [number(row[column]) for column in shown]
        for row in table.to_dict("records")
    ]
    names = ("split", "compounds", "n", *models.values(), *shown.values())
    return {
        "confounding": part,
        "scores": table_of("R² on held-out compounds, by split", names, rows, 2),
        "levels": ", ".join(run.json("confounding")["levels"]),
    }


def mechanism_tables(run: RunFolder) -> dict[str, Any]:
    """The numbers of mechanisms that were tried, and typical compounds."""
    part = said_of(run, "mechanisms")
    if part["refused"]:
        return {"mechanisms": part, "tried": None, "typical": ""}
    rows = [
        [
            count(row["mechanisms"]),
            number(row["log_density"]),
            *(number(row[name], name == "gain") for name in ("gain", "error", "p")),
            "yes" if row["taken"] else "no",
        ]
        for row in run.table(NUMBERS).to_dict("records")
    ]
    names = ("mechanisms", "log-density", "gain", "standard error", "p", "taken")
    picture = typical_compounds(kept_mechanisms(run))
    write_text(run.path / "figures" / "mechanism_compounds.svg", picture)
    return {
        "mechanisms": part,
        "tried": table_of("Log-density of held-out compounds by the number of mechanisms", names, rows),
        "typical": embedded(picture.encode(), "svg+xml", "typical compounds", TYPICAL),
    }
