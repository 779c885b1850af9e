"""Make the report of an audit from its folder: one page that needs nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from semimech.plot.mechanisms import typical_compounds
from semimech.plot.molecules import feature_picture
from semimech.report.audit_figures import audit_figures
from semimech.report.page import embedded, placed, resource, template
from semimech.report.words import count, interval, number
from semimech.runs.audit_mechanisms import NUMBERS, kept_mechanisms
from semimech.runs.folder import RunFolder, slug
from semimech.support.files import write_text

LISTED, REJECTED, MOLECULES, TYPICAL = 12, 200, 780, 1040
READINGS = "The four readings and the squared error, without outsiders, with N* and with all"
SECTIONS = {
    "data": "Data",
    "graph": "Causal graph",
    "focus": "Focus",
    "conflict": "Conflict",
    "confounding": "Confounding",
    "mechanisms": "Mechanisms",
    "provenance": "Provenance",
}


def build_audit_report(run: RunFolder, out: Path | None = None) -> Path:
    """Write `report.html` in the folder of the audit (or to `out`) and `figures/`; gives the page's path.

    Everything comes from the folder. Raises UserError where the audit is not finished.
    """
    verdict = run.json("verdict")
    page = template("audit.html.j2").render(
        style=Markup(resource("style.css")),
        paragraph=verdict["paragraph"],
        sections=[{"id": name, "title": title} for name, title in SECTIONS.items()],
        figures=[placed(run.path, drawn) for drawn in audit_figures(run)],
        **_data(run),
        **_focus(run),
        **_conflict(run),
        **_confounding(run),
        **_mechanisms(run),
        **_provenance(run),
    )
    path = out or run.path / "report.html"
    write_text(path, page)
    return path


def _listing(caption: str, names: Sequence[str], rows: Sequence[Sequence[object]], words: int = 1) -> dict[str, Any]:
    """A table of the page; the first `words` columns are text, a pair is a value with its interval."""
    cells = [[cell if isinstance(cell, tuple) else str(cell) for cell in row] for row in rows]
    return {"caption": caption, "names": list(names), "rows": cells, "words": words}


def _filled(table: pd.DataFrame, blank: str = "") -> pd.DataFrame:
    """The table with text for what is missing."""
    return table.astype(object).where(table.notna(), blank)


def _part(run: RunFolder, name: str) -> dict[str, Any]:
    record = run.json(name)
    return {"refused": record.get("refused", ""), "sentences": record.get("sentences", [])}


def _data(run: RunFolder) -> dict[str, Any]:
    check, rejected = run.json("check"), _filled(run.table("rejected"))
    listing = _listing(
        f"The first {min(len(rejected), REJECTED):,}; all are in rejected.csv",
        list(rejected.columns),
        rejected.head(REJECTED).to_numpy().tolist(),
        len(rejected.columns),
    )
    return {
        "facts": check["facts"],
        "findings": check["findings"],
        "rejected": listing if len(rejected) else None,
        "n_rejected": f"{len(rejected):,}",
        "questions": run.json("graph")["questions"],
    }


def _focus(run: RunFolder) -> dict[str, Any]:
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
        "focus": _part(run, "focus"),
        "readings": _listing(READINGS, names, rows) if rows else None,
        "halvings": record.get("halvings", ""),
        "learner": record.get("learner", ""),
        "neighbours": _neighbours(run) if rows else None,
    }


def _estimate(part: dict[str, Any], sign: bool = False) -> tuple[str, str]:
    return number(part["mean"], sign), interval(part["low"], part["high"], sign)


def _neighbours(run: RunFolder) -> dict[str, Any]:
    table = run.table("neighbours").head(LISTED)
    if "year" in table:
        table["year"] = table["year"].map("{:.0f}".format, na_action="ignore")
    named = [column for column in ("assay", "document", "year") if column in table]
    rows = [
        [row["rank"], row["smiles"], *(row[name] for name in named)]
        + [f"{row['relation'].replace('=', '')}{row['p_activity']:.2f}"]
        + [f"{row[name]:.2f}" for name in ("mean_similarity", "largest_similarity")]
        for row in _filled(table).to_dict("records")
    ]
    names = ("rank", "structure", *named, "p", "mean similarity", "largest similarity")
    return _listing("The outsiders nearest to the series", names, rows, 2 + len(named))


def _conflict(run: RunFolder) -> dict[str, Any]:
    part = _part(run, "conflict")
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
        for row in _filled(found.head(LISTED), "–").to_dict("records")
    ]
    caption = f"The {len(rows)} most significant of {len(found)} conflicts and reversals"
    return {
        "conflict": part,
        "features": _listing(caption, names, rows, 2) if rows else None,
        "molecules": list(_molecules(run, found)) if rows else [],
    }


def _fragments(row: dict[Any, Any]) -> str:
    return " | ".join(dict.fromkeys(row[f"fragment_{stratum}"] for stratum in ("series", "outside")))


def _molecules(run: RunFolder, found: pd.DataFrame) -> Iterator[dict[str, Any]]:
    of = found.set_index("feature")
    for feature, carriers in _filled(run.table("carriers")).groupby("feature", sort=False):
        picture = feature_picture(carriers)
        write_text(run.path / "figures" / f"{slug(str(feature))}.svg", picture)
        row = of.loc[feature]
        yield {
            "title": f"{feature}: {row['class']}",
            "image": embedded(picture.encode(), "svg+xml", str(feature), MOLECULES),
            "caption": f"Effect on p {number(float(row['effect_series']), True)} in the series (above) and "
            f"{number(float(row['effect_outside']), True)} outside (below); carriers by falling activity.",
        }


def _confounding(run: RunFolder) -> dict[str, Any]:
    part = _part(run, "confounding")
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
        + [(number(row[name]), interval(row[f"{name}_low"], row[f"{name}_high"])) for name in models]
        + [number(row[column]) for column in shown]
        for row in table.to_dict("records")
    ]
    names = ("split", "compounds", "n", *models.values(), *shown.values())
    return {
        "confounding": part,
        "scores": _listing("R² on held-out compounds, by split", names, rows, 2),
        "levels": ", ".join(run.json("confounding")["levels"]),
    }


def _mechanisms(run: RunFolder) -> dict[str, Any]:
    part = _part(run, "mechanisms")
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
        "tried": _listing("Log-density of held-out compounds by the number of mechanisms", names, rows),
        "typical": embedded(picture.encode(), "svg+xml", "typical compounds", TYPICAL),
    }


def _provenance(run: RunFolder) -> dict[str, Any]:
    config = run.json("config")
    data = config["data"]
    told = {file["name"]: f"SHA-256 {file['sha256']}" for file in data.get("files", ())}
    return {
        "title": config["name"],
        "series": config["series"],
        "begun": config["begun"],
        "provenance": told | {"rows": f"{data['rows']:,}", "compounds": f"{data['compounds']:,}"},
        "options": json.dumps(config["options"] | {"read": data.get("read", {})}, indent=1, ensure_ascii=False),
        "versions": config["versions"],
    }
