"""Make the report of an audit from its folder: one page that needs nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from markupsafe import Markup

from semimech.report.audit_figures import audit_figures
from semimech.report.audit_tables import (
    conflict_tables,
    confounding_tables,
    filled,
    focus_tables,
    mechanism_tables,
    table_of,
)
from semimech.report.page import placed, resource, template
from semimech.runs.folder import RunFolder
from semimech.support.files import write_text

REJECTED = 200
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
        **focus_tables(run),
        **conflict_tables(run),
        **confounding_tables(run),
        **mechanism_tables(run),
        **_provenance(run),
    )
    path = out or run.path / "report.html"
    write_text(path, page)
    return path


def _data(run: RunFolder) -> dict[str, Any]:
    check, rejected = run.json("check"), filled(run.table("rejected"))
    shown = table_of(
        f"The first {min(len(rejected), REJECTED):,}; all are in rejected.csv",
        list(rejected.columns),
        rejected.head(REJECTED).to_numpy().tolist(),
        len(rejected.columns),
    )
    return {
        "facts": check["facts"],
        "findings": check["findings"],
        "rejected": shown if len(rejected) else None,
        "n_rejected": f"{len(rejected):,}",
        "questions": run.json("graph")["questions"],
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
