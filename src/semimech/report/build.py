"""Make the report of a run from its folder: figures, words and tables on one page that needs nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from semimech.evaluate.coverage import INTERVAL_SCORES
from semimech.evaluate.scores import SCORES
from semimech.evaluate.strength import strongest_first
from semimech.report.effects import effect_rows
from semimech.report.figures import draw_all, recoveries
from semimech.report.interactions import interaction_rows
from semimech.report.page import placed, resource, template
from semimech.report.reading import ReportData, card_of
from semimech.report.term import term_of
from semimech.report.unseen import unseen_combinations
from semimech.report.words import count, direction, duration, interval, memory, number, ordered, score_row
from semimech.runs.folder import RunFolder, slug
from semimech.runs.published import BESIDE
from semimech.support.files import write_text

EDGES_LISTED = 20
LEVELS = {"holds": "ok", "violated": "wrong", "cannot be tested": "doubtful"}
# Both families side by side: what the literature reports, and what cannot be had from the mean response alone.
MAIN = ("pearson", "pearson-conditions", "nmse", "centred-pearson", "pds", "nmse-corrected", "de-recall", "e-distance")


def build_report(run: RunFolder, out: Path | None = None) -> Path:
    """Write `report.html` in the run folder (or to `out`) and `figures/*.svg, *.png`; gives the page's path.

    Everything comes from the run folder. What a run does not have (a network, learning curves, a ceiling, a known
    truth) is left out with a word. Raises UserError where the run is not finished.
    """
    data = ReportData(run)
    figures = [placed(run.path, drawn) for drawn in draw_all(data)]
    page = template("template.html.j2").render(**_content(data), figures=figures)
    path = out or run.path / "report.html"
    write_text(path, page)
    return path


def _content(data: ReportData) -> dict[str, Any]:
    """Everything on the page but the figures."""
    verdict, truth, term = data.verdict, recoveries(data), term_of(data)
    titles = {
        "data": "Data",
        "assumptions": "Assumptions",
        "scores": "Scores",
        **({"steady-state": "Untreated cells"} if term else {}),
        "learning": "Fitting",
        "network": "Network",
    }
    titles |= {"recovery": "Recovery"} if truth else {}
    effects, interactions = effect_rows(data), interaction_rows(data)
    titles |= {"effects": "Effects"} if effects else {}
    titles |= {"interactions": "Interactions"} if interactions else {}
    titles |= {"predictions": "Predictions", "provenance": "Provenance"}
    return {
        "style": Markup(resource("style.css")),
        "title": data.config["screen"]["name"],
        "begun": data.config.get("begun", ""),
        "headline": verdict["headline"],
        "sentences": [text for text in verdict["sentences"] if text not in verdict["headline"]],
        "sections": [{"id": name, "title": title} for name, title in titles.items()],
        "facts": data.findings.get("facts", {}),
        "findings": [finding | {"text": finding["sentence"]} for finding in data.findings.get("findings", ())],
        "assumptions": list(_assumptions(data)),
        "splits": [_split(data, split) for split in data.splits],
        "cards": [card for card in SCORES if card.name in set(data.scores["score"])] + list(INTERVAL_SCORES),
        **_dropped(data),
        "published": list(_published(data)),
        "term": term,
        "solved": [*data.fit_sentences, *_solved(data), *_rates(data)],
        "networks": list(_networks(data)),
        "edge_sentences": data.run.edge_sentences(),
        "recoveries": [_recovery_row(one) for one in truth],
        "effects": effects,
        "interactions": interactions,
        "unseen": unseen_combinations(data),
        "provenance": _provenance(data),
        "versions": data.config["versions"],
        "options": json.dumps(_without_paths(data.config["options"]), indent=1, ensure_ascii=False),
    }


def _assumptions(data: ReportData) -> Iterator[dict[str, str]]:
    """The verdicts in words, with statistic, what it must exceed, and p where there are any."""
    for found in data.assumptions:
        numbers = ""
        if found["p"] is not None:
            numbers = f"{number(found['value'])} ({number(found['critical'])}), p = {found['p']:.2g}"
        words = {name: found[name] for name in ("assumption", "verdict", "why", "consequence", "statistic")}
        yield words | {"numbers": numbers, "level": LEVELS[found["verdict"]]}


def _split(data: ReportData, split: str) -> dict[str, Any]:
    """The tables of one split."""
    about, scores = data.described(split), data.scores[data.scores["split"] == split]
    names = [card.name for card in SCORES if card.name in set(scores["score"])]
    names.sort(key=lambda name: name != data.primary.name)
    whole = {name: _rows(scores[scores["score"] == name]) for name in names}
    for row in (row for rows in whole.values() for row in rows):
        row["model"] = _label(data, row["model"])
    others = [row for name in names[1:] if name in MAIN for row in whole[name] if not row["is_baseline"]]
    primary = whole.get(data.primary.name, [])
    folds = int(scores["n_folds"].max())
    rests = f"Held out: {about['holds_out']}. It asks for {about['asks']}. " if about["asks"] else ""
    return {
        "id": f"split-{slug(split)}",
        "name": split,
        "words": f"{rests}{folds} fold{'s' if folds > 1 else ''}, {count(scores['n_conditions'].max())} conditions.",
        "primary_title": data.primary.title,
        "direction": direction(data.primary),
        "primary": primary,
        "others": others,
        "whole": [row for rows in whole.values() for row in rows],
        "intervals": [_interval_row(data, row) for row in _by_split(data.intervals, split).to_dict("records")],
        "no_ceiling": data.verdict.get("ceilings", {}).get(split, ""),
    }


def _by_split(table: pd.DataFrame, split: str) -> pd.DataFrame:
    """Models before baselines, as they come."""
    return table[table["split"] == split].sort_values("is_baseline", kind="stable")


def _label(data: ReportData, model: str) -> str:
    """The name of a model, marked where it was trained as published."""
    return f"{model} (as published)" if model in data.as_published else model


def _interval_row(data: ReportData, row: dict[str, Any]) -> dict[str, Any]:
    """One line of the table of intervals, every cell as text."""
    return {
        "model": _label(data, row["model"]),
        "is_baseline": bool(row["is_baseline"]),
        "level": number(row["level"]),
        "coverage": number(row["coverage"]),
        "interval": interval(row["lower"], row["upper"]),
        "width": number(row["width"]),
        "n": count(row["n_conditions"]),
    }


def _rows(rows: pd.DataFrame) -> list[dict[str, Any]]:
    card = card_of(str(rows["score"].iloc[0]))
    return [score_row(row, card) for row in ordered(rows, card).to_dict("records")]


def _dropped(data: ReportData) -> dict[str, Any]:
    table = data.run.table("dropped").fillna("")
    return {"dropped_columns": list(table.columns), "dropped": table.astype(str).to_numpy().tolist()}


def _published(data: ReportData) -> Iterator[dict[str, str]]:
    """Scores by the published protocol, means over folds and seeds, models trained as published before the baseline."""
    table = data.published
    if table.empty:
        return
    means = table.groupby("model", sort=False)[["published", "held_out"]].mean()
    for model in sorted(means.index, key=lambda name: name == BESIDE):
        one, other = means.loc[model, "published"], means.loc[model, "held_out"]
        difference = number(one - other, sign=True)
        yield {
            "model": _label(data, str(model)),
            "published": number(one),
            "held_out": number(other),
            "difference": difference,
        }


def _solved(data: ReportData) -> Iterator[str]:
    """In words: whether each model's equations were solved for all that was held out."""
    for model in dict.fromkeys(data.scores.loc[~data.scores["is_baseline"].astype(bool), "model"]):
        made, wrong = data.failures(model)
        if not wrong:
            yield f"{model}: no warning in solving for its {made:,} held-out predictions (conditions, folds and seeds)."
        else:
            named = "; ".join(f"{label}: {status}" for label, status in wrong[:5])
            yield f"{model}: {len(wrong):,} of {made:,} held-out predictions have a warning, among them {named}."


def _rates(data: ReportData) -> Iterator[str]:
    """In words: for how many nodes the courses tell production and decay apart."""
    for file in sorted((data.run.path / "rates").glob("*.csv")):
        table = data.run.table(f"rates/{file.stem}")
        eps, alpha = (int(table[f"{name}_identified"].sum()) for name in ("eps", "alpha"))
        yield (
            f"{file.stem}: of {len(table):,} nodes the data tell eps of {eps:,} and alpha of {alpha:,}, "
            f"with a standard error below half of the value (rates/{file.name})."
        )


def _networks(data: ReportData) -> Iterator[dict[str, Any]]:
    """The strongest edges of each network, and how many there are."""
    for model in data.run.networks():
        network = data.network(model)
        if network is None:
            continue
        edges = network.edges[network.edges["weight"] != 0]
        words = f"{model}: {len(network.nodes):,} nodes, {len(edges):,} edges with a weight that is not zero"
        if "stability" in edges:
            stable = int((edges["stability"] >= 0.5).sum())
            words += f", {stable:,} of them with that sign in at least half of the resamples"
        listed = strongest_first(edges).head(EDGES_LISTED)
        evidence = [name for name in edges.columns if name not in ("source", "target", "weight")]
        rows = [
            {
                "source": edge["source"],
                "target": edge["target"],
                "weight": number(edge["weight"], sign=True),
                "evidence": [_cell(edge[name]) for name in evidence],
            }
            for edge in listed.to_dict("records")
        ]
        titles = [name.replace("_", " ") for name in evidence]
        yield {"model": model, "words": f"{words}.", "edges": rows, "evidence": titles}


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value) if isinstance(value, float) else str(value)


def _recovery_row(one: Any) -> dict[str, str]:
    return {
        "name": one.name,
        "auprc": number(one.auprc),
        "base_rate": number(one.base_rate),
        "found": count(one.found),
        "edges": count(one.edges),
        "listed": f"{one.listed:,} of {one.pairs:,}",
        "signs": number(one.sign_accuracy),
    }


def _without_paths(options: dict[str, Any]) -> dict[str, Any]:
    """The options with the bare name of every edge table: the page is made to be sent."""
    shown = {name: _without_paths(value) if isinstance(value, dict) else value for name, value in options.items()}
    return shown | ({"prior": Path(options["prior"]).name} if options.get("prior") else {})


def _provenance(data: ReportData) -> dict[str, str]:
    config, verdict = data.config, data.verdict
    source, machine, options = config.get("provenance", {}), config.get("machine", {}), config["options"]
    rows, features = config["screen"]["rows"], config["screen"]["features"]
    found = {
        "data": Path(source.get("source", "")).name,
        "SHA-256": source.get("sha256", ""),
        "size": f"{rows:,} rows, {features:,} features, {config['screen']['scale']}",
        "first seed": str(options.get("seed", "")),
        "begun": config.get("begun", ""),
        "time taken": duration(data.elapsed),
        "peak memory": memory(verdict.get("peak_memory_bytes")),
        "device": f"{machine.get('device', '')}, {machine.get('cores', '?')} cores",
        "advice": machine.get("advice") or "",
    }
    return {label: text for label, text in found.items() if text}
