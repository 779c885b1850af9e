"""A whole audit of one series: every part made once and kept in a folder, then what the parts say together.

config.json           options, series, files and their SHA-256, versions, when it was begun
check.json, compounds.csv, rejected.csv            facts, findings, what was used, what was not and why
graph.json, graph.toml                             which effects are identified, by adjusting for what; the graph
focus.json, surface.csv, neighbours.csv, repeats/  scores by number of outsiders; the outsiders, nearest first
conflict.json, conflict.csv, carriers.csv          features that point opposite ways, compounds that carry them
confounding.json, confounding.csv                  chemistry beside the place of measurement, by split
mechanisms.json, mechanisms.csv, mechanism_*.csv   laws of structure of their own: how many, of which compounds
verdict.json          the answers: may I pool, with what, how good am I, what cannot be told
figures/ and report.html
A part that the table does not allow is kept as the sentence that says why.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from semimech.audit.carriers import carriers_of
from semimech.audit.causal.graph import as_toml
from semimech.audit.check import check_bioactivities
from semimech.audit.conflict_audit import audit_conflict
from semimech.audit.conflict_words import conflict_sentences
from semimech.audit.confounding import confounding_of
from semimech.audit.confounding_words import confounding_sentences
from semimech.audit.focus.of_table import focus, require_thresholds
from semimech.audit.mechanisms import find_mechanisms
from semimech.audit.mechanisms.given import default_labels
from semimech.audit.neighbours import neighbours_of
from semimech.audit.table import Bioactivities
from semimech.runs.audit_graph import as_measured, questions_of
from semimech.runs.audit_mechanisms import keep_mechanisms
from semimech.runs.audit_options import AuditOptions
from semimech.runs.audit_verdict import verdict_of
from semimech.runs.folder import RunFolder
from semimech.support.errors import UserError
from semimech.support.files import write_text
from semimech.support.machine import PACKAGES, cores, versions
from semimech.support.progress import Monitor, Steps, silent

DRAWN = 12
CHEMISTRY = ("rdkit", "scikit-learn")
KIND = "audit"
MEASURING = ("focus", "conflict", "confounding")


@dataclass(frozen=True, eq=False)
class Task:
    """What every part is made of: the folder, the table, the mask of the series, the options."""

    run: RunFolder
    table: Bioactivities
    in_series: np.ndarray
    options: AuditOptions


def run_audit(
    table: Bioactivities,
    in_series: np.ndarray,
    out: Path | str,
    options: AuditOptions | None = None,
    *,
    series: str = "",
    provenance: Mapping[str, Any] | None = None,
    monitor: Monitor = silent,
) -> RunFolder:
    """Do every part of the audit of a series (mask) and keep it under `out`; what is there is not made again.

    `series` says in words which compounds the series are, `provenance` where the table came from. Raises UserError
    where the folder is of another audit, a threshold cannot be judged, and neither focus, conflict nor confounding can
    be made.
    """
    task = Task(RunFolder(Path(out)), table, in_series, options or AuditOptions())
    if task.options.thresholds:
        require_thresholds(table, in_series, task.options.focus()["thresholds"])
    _begin(task, series, dict(provenance or {}))
    steps = Steps(monitor, len(PARTS) + 1)
    for name in PARTS:
        _made(task, name, steps.begin(name))
    refused = [task.run.json(name).get("refused", "") for name in MEASURING]
    if all(refused):
        raise UserError(refused[0])
    task.run.write_json("verdict", verdict_of(task.run))
    return task.run


def _begin(task: Task, series: str, provenance: dict[str, Any]) -> None:
    """Write what is known before the first part, or make sure that it is the same audit that goes on."""
    config = {
        "kind": KIND,
        "name": task.table.name,
        "series": series,
        "options": task.options.as_dict(),
        "data": {**provenance, "rows": len(task.table.measurements), "compounds": len(task.table)},
    }
    run = task.run
    run.remove_unfinished()
    if (run.path / "config.json").is_file():
        before = run.json("config")
        for part, value in json.loads(json.dumps(config)).items():
            if before.get(part) != value:
                raise UserError(
                    f"{run.path} was begun with another {part}: give another --out to begin a new audit, or the same "
                    "command to go on."
                )
    elif run.path.is_dir() and any(run.path.iterdir()):
        raise UserError(f"{run.path} is there already and holds no audit: give another --out.")
    else:
        facts = {"versions": versions((*PACKAGES, *CHEMISTRY)), "machine": {"cores": cores()}}
        run.write_json("config", config | facts | {"begun": time.strftime("%F %T %z")})


def _made(task: Task, name: str, monitor: Monitor) -> None:
    """Make a part unless it is there; its JSON is written last, so that it says that the part is whole."""
    if (task.run.path / f"{name}.json").is_file():
        return
    try:
        record = PARTS[name](task, monitor)
    except UserError as error:
        record = {"refused": str(error)}
    task.run.write_json(name, record)


def _check(task: Task, monitor: Monitor) -> dict[str, Any]:
    table = task.table
    task.run.write_table("compounds", table.compounds.assign(in_series=task.in_series))
    task.run.write_table("rejected", table.rejected)
    return check_bioactivities(table, task.in_series).as_dict()


def _graph(task: Task, monitor: Monitor) -> dict[str, Any]:
    graph = task.options.causal_graph()
    if task.options.graph is None:
        graph = as_measured(graph, task.table)
    write_text(task.run.path / "graph.toml", as_toml(graph))
    return questions_of(graph, task.options)


def _focus(task: Task, monitor: Monitor) -> dict[str, Any]:
    near = neighbours_of(task.table, task.in_series, task.options.ordering)
    task.run.write_table("neighbours", near.reset_index())
    learner, keywords = task.options.chosen_learner(), task.options.focus()
    folder = task.run.path / "repeats"
    found = focus(task.table, task.in_series, learner, folder=folder, monitor=monitor, **keywords)
    task.run.write_table("surface", found.curves)
    return found.as_dict()


def _conflict(task: Task, monitor: Monitor) -> dict[str, Any]:
    audit = audit_conflict(task.table, task.in_series, task.options.conflict(), monitor=monitor)
    table = audit.table()
    found = table.index[table["class"].isin(("conflict", "reversal"))]
    carriers = [carriers_of(audit, feature) for feature in found[:DRAWN]]
    if carriers:
        task.run.write_table("carriers", pd.concat(carriers))
    task.run.write_table("conflict", table.reset_index())
    readings = {"alone": audit.overall, "within assays": audit.within, "beside one law": audit.beside}
    counts = {name: {family: one.counts() for family, one in of.items()} for name, of in readings.items()}
    return {"sentences": conflict_sentences(audit), "counts": counts, "found": len(found)}


def _confounding(task: Task, monitor: Monitor) -> dict[str, Any]:
    options = task.options
    found = confounding_of(task.table, task.in_series, options.confounding(), seed=options.seed, monitor=monitor)
    task.run.write_table("confounding", found.scores.reset_index())
    return {"sentences": confounding_sentences(found), "missing": list(found.missing), "levels": list(found.levels)}


def _mechanisms(task: Task, monitor: Monitor) -> dict[str, Any]:
    labels = default_labels(task.table, task.in_series)
    return keep_mechanisms(
        task.run, find_mechanisms(task.table, labels=labels, seed=task.options.seed, monitor=monitor)
    )


PARTS: Mapping[str, Callable[[Task, Monitor], dict[str, Any]]] = {
    "check": _check,
    "graph": _graph,
    "focus": _focus,
    "conflict": _conflict,
    "confounding": _confounding,
    "mechanisms": _mechanisms,
}
