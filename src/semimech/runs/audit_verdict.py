"""What the parts of an audit say together: may I pool, with what, how good am I really, what cannot be told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from semimech.audit.confounding_words import percent
from semimech.runs.audit_graph import WITHIN
from semimech.runs.audit_mechanisms import NUMBERS
from semimech.runs.audit_pooling import pooling_of
from semimech.runs.folder import RunFolder

APART = ("assay", "document", "time", "cluster", "scaffold")


def verdict_of(run: RunFolder) -> dict[str, Any]:
    """The four answers as {question, said}, and the answer to the first in a few words."""
    answer, pooling, partners = pooling_of(run)
    answers = {
        "May I pool?": pooling,
        "With what?": partners,
        "How good am I really?": _quality(run),
        "What cannot be told?": _untold(run),
    }
    return {"answer": answer, "paragraph": [{"question": q, "said": " ".join(said)} for q, said in answers.items()]}


def _quality(run: RunFolder) -> list[str]:
    confounding = run.json("confounding")
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
            f"A random split would have said {percent(table, 'random', 'chemistry')}, but there a model that sees only "
            f"{', '.join(confounding['levels'])} and no structure gets {percent(table, 'random', 'source_only')}."
        )
    return said


def _untold(run: RunFolder) -> list[str]:
    return [
        *_unidentified(run.json("graph")["questions"]),
        *_control(run.json("focus")),
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
