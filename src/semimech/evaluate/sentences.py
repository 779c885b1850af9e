"""The verdict in plain words: does any model beat the best baseline?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from semimech.data.screen import Scale

HELD_OUT = {
    "cells": "held-out cells",
    "conditions": "held-out conditions",
    "combinations": "held-out combinations",
    "leave-one-out": "combinations with a held-out partner",
    "leave-one-out-complete": "a perturbation never seen, one at a time",
    "perturbations": "perturbations never seen",
    "context": "a held-out context",
    "time": "a held-out time",
    "dose": "held-out doses",
}
CALLED = {
    "no-change": "predicting no change",
    "mean-response": "the mean response",
    "condition-mean": "the condition's own mean",
    "condition-mean-shrunk": "the condition's own shrunken mean",
    "nearest": "the nearest training condition",
    "additive": "the sum of the single effects",
    "ridge": "ridge on the doses",
    "kernel2": "degree-2 kernel ridge on the doses",
    "observational": "regression among control cells",
}
# Models that may be told of an edge table, and the ends of their names with it, and with its names shuffled.
TOLD, PRIOR, SHUFFLED = ("cellbox", "gpo-vae"), "-prior", "-shuffled-prior"
# The end of the name of a model that has no edges between nodes, and is else the model so called.
NESTED = "-no-network"
# The end of the name of a model with lambda = 0 that is else the model so called, with a steady-state term.
NO_TERM = "-no-term"
FLIPPED = {"better": "worse", "worse": "better"}
SYMBOLS = {"pearson": "r", "nmse": "NMSE", "centred-pearson": "centred r"}


def primary_score(scale: Scale) -> str:
    """The score the verdict rests on: pooled r for condition-level log-ratios, NMSE for cells."""
    return "pearson" if scale == "log-ratio" else "nmse"


def number(value: float) -> str:
    """.938, -1.20, 'none': three digits after the point below 10, no zero before it."""
    if not np.isfinite(value):
        return "none"
    text = f"{value:.3f}" if abs(value) < 10 else f"{value:.3g}"
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


def sentences_of(table: pd.DataFrame, primary: str, ceilings: Mapping[str, str]) -> tuple[str, ...]:
    """One sentence for each model and split, models in the order of their value; baselines speak where alone."""
    said = []
    for split, part in table[table["score"] == primary].groupby("split", sort=False):
        models = part[~part["is_baseline"]].sort_values("value", ascending=primary == "nmse", kind="stable")
        for _, row in models.iterrows():
            said.append(_of_model(str(split), row, table, primary, ceilings.get(str(split), "")))
        if models.empty:
            said.append(_of_baselines(str(split), part, primary))
    return tuple(said)


def _of_model(split: str, row: pd.Series, table: pd.DataFrame, primary: str, why_none: str) -> str:
    symbol = SYMBOLS[primary]
    opening = f"On {held_out(split)}, {row['model']} reaches {symbol} = {_with_interval(row)}"
    if row["best_baseline"]:
        best = CALLED.get(row["best_baseline"], row["best_baseline"])
        opening += f"; {best} {number(row['best_baseline_value'])}: {_verdict(row, best)}"
    return f"{opening}.{_beyond(split, row, table, primary)}{_ceiling(row, symbol, why_none)}"


def _with_interval(row: pd.Series) -> str:
    if not np.isfinite(row["lower"]):
        return number(row["value"])
    return f"{number(row['value'])} [{number(row['lower'])}, {number(row['upper'])}]"


def _verdict(row: pd.Series, best: str) -> str:
    if row["verdict"] == "better":
        return f"better than every baseline, {_by(row)}"
    if row["verdict"] == "worse":
        return f"worse than this baseline, {_by(row)}: use {best}"
    if row["verdict"] == "equal":
        return f"the simple model does as well, use {best}"
    return f"it cannot be told apart from {best} with {_conditions(row)}{_gap(row)}"


def _conditions(row: pd.Series) -> str:
    n = int(row["n_conditions"])
    return f"{n:,} condition{'' if n == 1 else 's'}"


def _gap(row: pd.Series) -> str:
    """A difference that may be of either sign, where its interval is known."""
    if not np.isfinite(row["difference_lower"]):
        return ""
    ends = f"[{number(row['difference_lower'])}, {number(row['difference_upper'])}]"
    return f" (better by {number(row['difference'])} {ends})"


def _by(row: pd.Series) -> str:
    """The size of a difference whose interval lies on one side of zero."""
    ends = sorted([abs(row["difference_lower"]), abs(row["difference_upper"])])
    return f"by {number(abs(row['difference']))} [{number(ends[0])}, {number(ends[1])}]"


def _beyond(split: str, row: pd.Series, table: pd.DataFrame, primary: str) -> str:
    """For cells, what is left beyond the response that all perturbations share."""
    if primary != "nmse":
        return ""
    mine = (table["split"] == split) & (table["model"] == row["model"]) & (table["score"] == "centred-pearson")
    found = table[mine]
    nothing = " An NMSE of 1 is what predicting no change gets: it has learnt nothing." if row["value"] >= 1 else ""
    return nothing + "".join(f" Beyond the mean response, r = {_with_interval(r)}." for _, r in found.iterrows())


def _ceiling(row: pd.Series, symbol: str, why_none: str) -> str:
    if np.isfinite(row["ceiling_stepped"]):
        return f" The ceiling, as many rows measured again, is {symbol} = {number(row['ceiling_stepped'])}."
    if np.isfinite(row["ceiling"]):
        return " The two halves of the test rows do not agree: no ceiling can be told."
    return f" No ceiling: {why_none}." if why_none else ""


def _of_baselines(split: str, part: pd.DataFrame, primary: str) -> str:
    order = part.sort_values("value", ascending=primary == "nmse", kind="stable")
    best = order.iloc[0]
    called = CALLED.get(best["model"], best["model"])
    return (
        f"On {held_out(split)}, no model was judged beside the baselines; the best of them, {called}, reaches "
        f"{SYMBOLS[primary]} = {_with_interval(best)}."
    )


def pair_sentences(pairs: pd.DataFrame, primary: str) -> tuple[str, ...]:
    """One sentence for every two models and split: does what sets them apart matter for the prediction?

    What an edge table is worth takes one sentence for each split and model told of it; what the internal network adds,
    one for each model.
    """
    said = []
    pairs = pairs[pairs["score"] == primary]
    for model in TOLD:
        told = pairs[["model", "other"]].isin([model, model + PRIOR, model + SHUFFLED]).all(axis=1)
        for split, part in pairs[told].groupby("split", sort=False):
            against = [_against(part, model + PRIOR, other) for other in (model, model + SHUFFLED)]
            if all(row is not None for row in against):
                said.append(_of_prior(str(split), "" if model == TOLD[0] else f" of {model}", *against))
                pairs = pairs[~(told.reindex(pairs.index) & (pairs["split"] == split))]
    for _, row in pairs.iterrows():
        opening = f"On {held_out(row['split'])}, {row['model']} and {row['other']}"
        whole = min(row["model"], row["other"], key=len)
        nested, no_term = (_against(row.to_frame().T, whole, whole + end) for end in (NESTED, NO_TERM))
        if nested is not None and nested["verdict"]:
            said.append(_of_network(nested))
        elif no_term is not None and no_term["verdict"]:
            said.append(_of_term(no_term))
        elif row["verdict"] == "equal":
            said.append(f"{opening} do equally well: what sets them apart is not needed to predict these data.")
        elif row["verdict"] == "not told apart":
            said.append(f"{opening} cannot be told apart with {_conditions(row)}{_gap(row)}.")
        elif row["verdict"]:
            first, second = (row["model"], row["other"])[:: 1 if row["verdict"] == "better" else -1]
            said.append(f"{opening} differ: {first} is better than {second}, {_by(row)}.")
    return tuple(said)


def _against(pairs: pd.DataFrame, model: str, other: str) -> pd.Series | None:
    """The comparison of a model to another, whichever of the two stands first."""
    for _, row in pairs.iterrows():
        if (row["model"], row["other"]) == (model, other):
            return row
        if (row["model"], row["other"]) == (other, model):
            turned = row.copy()
            turned["model"], turned["other"], turned["difference"] = model, other, -row["difference"]
            turned["difference_lower"], turned["difference_upper"] = -row["difference_upper"], -row["difference_lower"]
            turned["verdict"] = FLIPPED.get(row["verdict"], row["verdict"])
            return turned
    return None


def _of_network(row: pd.Series) -> str:
    """What the edges between nodes add to a model: the difference to the same model without them."""
    end = {
        "better": "it helps to predict these data",
        "equal": "it is not needed to predict these data",
        "worse": "it does harm",
    }.get(row["verdict"], f"whether it helps cannot be told with {_conditions(row)}")
    return (
        f"On {held_out(row['split'])}, the internal network of {row['model']} changes the score by {_signed(row)} "
        f"against the same model without it (positive is better): {end}."
    )


def _of_term(row: pd.Series) -> str:
    """What the steady-state term, or controls as data, add to a model: the difference to the same model without."""
    gain = f"little gain, within what {_conditions(row)} can tell"
    end = {"better": "it helps to predict these data", "worse": "it does harm"}.get(row["verdict"], gain)
    return (
        f"On {held_out(row['split'])}, what {row['model']} is told of untreated cells changes the score by "
        f"{_signed(row)} against the same model with lambda = 0 (positive is better): {end}."
    )


def _of_prior(split: str, of: str, none: pd.Series, shuffled: pd.Series) -> str:
    """What knowing the edges of the table is worth, against no table and against one of shuffled names."""
    if none["verdict"] == "better":
        is_real = shuffled["verdict"] == "better"
        end = "what the table says helps" if is_real else "it helps, but which edges it names is not shown to matter"
    elif none["verdict"] == "not told apart":
        end = f"whether it helps cannot be told with {_conditions(none)}"
    else:
        end = "it does harm" if none["verdict"] == "worse" else "it does not help to predict these data"
    return (
        f"On {held_out(split)}, the edge prior{of} changes the score by {_signed(none)}, and by {_signed(shuffled)} "
        f"against the same edges under shuffled names (positive is better): {end}."
    )


def _signed(row: pd.Series) -> str:
    ends = f" [{number(row['difference_lower'])}, {number(row['difference_upper'])}]"
    return number(row["difference"]) + (ends if np.isfinite(row["difference_lower"]) else "")


def headline(table: pd.DataFrame, primary: str, sentences: tuple[str, ...]) -> str:
    """The verdict over all splits first, then the sentence on the best model of the first split."""
    models = table[(table["score"] == primary) & ~table["is_baseline"]]
    if models.empty:
        return sentences[0]
    won = models[models["verdict"] == "better"]
    splits = list(dict.fromkeys(models["split"]))
    if won.empty:
        unsure = (models["verdict"] == "not told apart").any()
        verdict = f"No model {'is shown to beat' if unsure else 'beats'} the best baseline."
    elif set(won["split"]) == set(splits):
        verdict = f"{_winners(won)} the best baseline" + (" on every split." if len(splits) > 1 else ".")
    else:
        where = " and ".join(held_out(split) for split in dict.fromkeys(won["split"]))
        verdict = f"{_winners(won)} the best baseline on {where}; on the other splits no model does."
    return f"{verdict} {sentences[0]}"


def _winners(won: pd.DataFrame) -> str:
    names = list(dict.fromkeys(won["model"]))
    return f"{names[0]} beats" if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]} beat"


def held_out(split: str) -> str:
    """What a split holds out, in words."""
    return HELD_OUT.get(split, f"the split '{split}'")
