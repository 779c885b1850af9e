"""Whether to pool, and with what, by the focus of an audit."""

from __future__ import annotations

from typing import Any

import pandas as pd

from semimech.audit.focus.readings import FIXED, RANKING, RECALIBRATED, REGRESSION
from semimech.runs.folder import RunFolder

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
UNKNOWN = "Not measured"
NO_SCORE = "in no halving have both halves enough compounds on both sides of a threshold."


def pooling_of(run: RunFolder) -> tuple[str, list[str], list[str]]:
    """The answer in a few words, and in sentences whether to pool and with what."""
    focus = run.json("focus")
    whole = {one["reading"]: one for one in focus.get("gains", ()) if one["threshold"] is None}
    leading = leading_reading(whole)
    if leading is None:
        said = f"The focus could not be measured: {focus.get('refused', NO_SCORE)}"
        return UNKNOWN, [said], [f"{UNKNOWN}."]
    answer = pooling_answer(whole[leading])
    return answer, _pooling(answer, whole, leading, focus), _partners(run, answer, whole[leading], focus)


def leading_reading(whole: dict[str, Any]) -> str | None:
    """The reading that decides: the ranking, or the regression where no ranking was scored; None without either."""
    scored = (name for name in (RANKING, REGRESSION) if name in whole and whole[name]["pooling"]["mean"] is not None)
    return next(scored, None)


def pooling_answer(gain: dict[str, Any]) -> str:
    """What the 95 % intervals of one reading say: `focus` = A(N*) - A(all), `transfer` = A(N*) - A(0)."""
    low = {name: gain[name]["low"] or 0.0 for name in ("focus", "transfer", "pooling")}
    harms = low["focus"] > 0 or (gain["pooling"]["high"] or 0.0) < 0
    if low["pooling"] > 0 and not harms:
        return YES
    if low["transfer"] > 0:
        return NEAREST
    return NO if harms else NO_MATTER


def _pooling(answer: str, whole: dict[str, Any], leading: str, focus: dict[str, Any]) -> list[str]:
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


def _partners(run: RunFolder, answer: str, one: dict[str, Any], focus: dict[str, Any]) -> list[str]:
    best = int(one["best"] or 0)
    gained = f"{_between(one['chosen'])}, {_between(one['transfer'], '+')} against the series alone and "
    gained += f"{_between(one['focus'], '+')} against all"
    if not best:
        advice = "With all of it, although" if answer == YES else "With nothing:"
        return [f"{advice} most halvings choose N* = 0 outsiders ({gained})."]
    named = _origins(run.table("neighbours").head(best))
    advice = {
        YES: "With all of it",
        NEAREST: "With these",
        NO: "With none",
        NO_MATTER: "No choice is shown to be better than another",
    }[answer]
    return [
        f"{advice}: N* = {best:,} nearest outsiders of {focus['outsiders']:,} (median choice of the training halves) "
        f"give {gained}{named}."
    ]


def _origins(near: pd.DataFrame) -> str:
    """Where the nearest outsiders come from, in words."""
    told = {group: near[group].replace("", None).dropna() for group in GROUPS if group in near}
    name = next((group for group, labels in told.items() if len(labels)), None)
    if name is None:
        return ""
    counts = told[name].value_counts()
    shown = ", ".join(f"{label} ({count:,})" for label, count in counts.head(NAMED).items())
    return f"; they come from {len(counts):,} {name}{'s' if len(counts) > 1 else ''}, most from {shown}"


def _between(part: dict[str, Any], sign: str = "") -> str:
    """`0.839 [0.790, 0.880]`."""
    if part["mean"] is None:
        return "not known"
    if part["low"] is None:
        return f"{part['mean']:{sign}.3f} (of one halving, without an interval)"
    return f"{part['mean']:{sign}.3f} [{part['low']:{sign}.3f}, {part['high']:{sign}.3f}]"
