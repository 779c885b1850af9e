"""What the parts of an audit say together: may I pool, with what, how good am I really, what cannot be told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from semimech.audit.confounding_words import percent
from semimech.audit.focus.readings import FIXED, RANKING, RECALIBRATED, REGRESSION
from semimech.runs.audit_graph import WITHIN
from semimech.runs.audit_mechanisms import NUMBERS
from semimech.runs.folder import RunFolder

APART = ("assay", "document", "time", "cluster", "scaffold")
GROUPS = ("document", "assay", "source")
NAMED = 3
SCORED = {
    RANKING: "ranking (area under the ROC curve)",
    REGRESSION: "concordance with measured activities",
}
YES, NEAREST, NO, NO_MATTER = (
    "Yes, all of it",
    "Yes, but the nearest compounds only",
    "No",
    "It makes no difference that these data can show",
)


def verdict_of(run: RunFolder) -> dict[str, Any]:
    """The four answers as {question, said}, and the answer to the first in a few words."""
    focus, confounding = run.json("focus"), run.json("confounding")
    whole = {one["reading"]: one for one in focus.get("gains", ()) if one["threshold"] is None}
    answer = pooling_answer(whole[leading_reading(whole)]) if whole else "Not measured"
    answers = {
        "May I pool?": _pooling(answer, whole, focus),
        "With what?": _partners(run, answer, whole, focus),
        "How good am I really?": _quality(run, confounding, whole),
        "What cannot be told?": _untold(run, focus),
    }
    return {"answer": answer, "paragraph": [{"question": q, "said": " ".join(said)} for q, said in answers.items()]}


def leading_reading(whole: dict[str, Any]) -> str:
    """The reading that decides: the ranking, or the regression where no ranking was scored."""
    return RANKING if whole[RANKING]["pooling"]["mean"] is not None else REGRESSION


def pooling_answer(gain: dict[str, Any]) -> str:
    """What the 95 % intervals of one reading say: `focus` = A(N*) - A(all), `transfer` = A(N*) - A(0)."""
    low = {name: gain[name]["low"] or 0.0 for name in ("focus", "transfer", "pooling")}
    harms = low["focus"] > 0 or (gain["pooling"]["high"] or 0.0) < 0
    if low["pooling"] > 0 and not harms:
        return YES
    if low["transfer"] > 0:
        return NEAREST
    return NO if harms else NO_MATTER


def _pooling(answer: str, whole: dict[str, Any], focus: dict[str, Any]) -> list[str]:
    if not whole:
        return [f"The focus could not be measured: {focus['refused']}"]
    leading = leading_reading(whole)
    one = whole[leading]
    said = [
        f"{answer}: the {SCORED[leading]} of held-out compounds of the series is {_between(one['none'])} when learnt "
        f"from the series alone and {_between(one['all'])} with all {focus['outsiders']:,} compounds from outside, a "
        f"change of {_between(one['pooling'], '+')} (95 % intervals)."
    ]
    other = whole[REGRESSION]
    if leading == RANKING and other["pooling"]["mean"] is not None and pooling_answer(other) != answer:
        second = pooling_answer(other)
        said.append(
            f"By {SCORED[REGRESSION]} the answer is another ({second[0].lower()}{second[1:]}): "
            f"{_between(other['pooling'], '+')} with all."
        )
    fixed, own = whole[FIXED], whole[RECALIBRATED]
    if fixed["pooling"]["mean"] is not None:
        said.append(
            f"Balanced accuracy at the fixed cut-off 0.5 changes by {_between(fixed['pooling'], '+')}, at a cut-off "
            f"chosen anew by {_between(own['pooling'], '+')}."
        )
    return said


def _partners(run: RunFolder, answer: str, whole: dict[str, Any], focus: dict[str, Any]) -> list[str]:
    if not whole:
        return ["Not measured."]
    one = whole[leading_reading(whole)]
    best = int(one["best"] or 0)
    gained = f"{_between(one['chosen'])}, {_between(one['transfer'], '+')} against the series alone and "
    gained += f"{_between(one['focus'], '+')} against all"
    if not best:
        return [f"With nothing: most halvings choose N* = 0 outsiders ({gained})."]
    named = _origins(run.table("neighbours").head(best))
    advice = {YES: "With all of it", NEAREST: "With these", NO: "With none", NO_MATTER: "With any or none"}[answer]
    return [
        f"{advice}: N* = {best:,} nearest outsiders of {focus['outsiders']:,} (median choice of the training halves) "
        f"give {gained}{named}."
    ]


def _origins(near: pd.DataFrame) -> str:
    """Where the nearest outsiders come from, in words."""
    name = next((group for group in GROUPS if group in near and near[group].notna().any()), None)
    if name is None:
        return ""
    counts = near[name].value_counts()
    shown = ", ".join(f"{label} ({count:,})" for label, count in counts.head(NAMED).items())
    return f"; they come from {len(counts):,} {name}s, most from {shown}"


def _quality(run: RunFolder, confounding: dict[str, Any], whole: dict[str, Any]) -> list[str]:
    if "refused" in confounding:
        return [f"The place of measurement cannot be held against chemistry: {confounding['refused']}"]
    scores = run.table("confounding")
    of = "series" if (scores["compounds"] == "series").any() else "all"
    table = scores[scores["compounds"] == of].set_index("split")
    what = "your series" if of == "series" else "all compounds"
    said = []
    apart = next((name for name in APART if name in table.index), None)
    if apart is not None:
        held = "the latest years are" if apart == "time" else f"each {apart} is"
        said.append(
            f"Chemistry explains {percent(table, apart, 'chemistry')} of the variance in {what} where {held} held out "
            f"whole; source alone {percent(table, apart, 'source_only')}."
        )
    if "random" in table.index:
        said.append(
            f"A random split would have said {percent(table, 'random', 'chemistry')}, of which a model that sees only "
            f"{', '.join(confounding['levels'])} and no structure gets {percent(table, 'random', 'source_only')}."
        )
    return said


def _untold(run: RunFolder, focus: dict[str, Any]) -> list[str]:
    return [
        *_unidentified(run.json("graph")["questions"]),
        *_control(focus),
        *_law(run.json("conflict")),
        *_mechanisms(run),
    ]


def _unidentified(questions: list[dict[str, Any]]) -> Iterator[str]:
    """The effects that the graph leaves open, and what the series alone would give."""
    within = next(one for one in questions if one["where"] == WITHIN)
    for one in questions:
        if one["identified"] or one is within:
            continue
        why = f"{one['unmeasured']} is neither measured nor held fixed" if one["unmeasured"] else "a path stays open"
        said = f"{one['effect'][0].upper()}{one['effect'][1:]} does not follow from the pooled data: {why}"
        if not within["identified"]:
            yield f"{said}; nor does it within the series."
            continue
        adjusted = f", adjusted for {within['adjust_words']}" if within["adjust_words"] else ""
        yield f"{said}; it follows only within the series, if that fixes it{adjusted}."


def _control(focus: dict[str, Any]) -> Iterator[str]:
    control = focus.get("control")
    if control is not None and not control["enough"]:
        yield control["said"]
    elif "refused" not in focus and control is None:
        yield "No column tells the assays: mechanism and assay cannot be told apart in these data."


def _law(conflict: dict[str, Any]) -> Iterator[str]:
    """Whether anything is left of the conflicts beside one law of structure."""
    alone, beside = (conflict.get("counts", {}).get(name, {}).get("bits") for name in ("alone", "beside one law"))
    if alone and beside and alone["conflict"] and not beside["conflict"]:
        yield (
            f"{alone['conflict']} of {alone['features']} bits point opposite ways in the series and outside, but none "
            "does beside one law of the whole structure: they alone show no other mechanism."
        )


def _mechanisms(run: RunFolder) -> Iterator[str]:
    record = run.json("mechanisms")
    if "refused" in record:
        yield f"Whether there is more than one mechanism was not asked: {record['refused']}"
        return
    last = run.table(NUMBERS).to_dict("records")[-1]
    enough = record["found"] == 1
    said = "One law of structure is enough" if enough else f"{record['found']} laws of structure are told apart"
    more = f" (one more changes the log-density of held-out compounds by {last['gain']:+.3f} each, "
    more += f"standard error {last['error']:.3f})"
    yield f"{said}{'' if last['taken'] else more}; what a law is in the protein these data do not say."
    known = record["labels"]
    if known is not None:
        yield (
            f"A law of its own for each of {' and '.join(known['names'])} changes the log-density of held-out "
            f"compounds by {known['gain']:+.3f} (standard error {known['error']:.3f}, p = {known['p']:.2g})."
        )


def _between(part: dict[str, Any], sign: str = "") -> str:
    """`0.839 [0.790, 0.880]`."""
    if part["mean"] is None:
        return "not known"
    return f"{part['mean']:{sign}.3f} [{part['low']:{sign}.3f}, {part['high']:{sign}.3f}]"
