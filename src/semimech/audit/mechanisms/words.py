"""What the search for mechanisms found, in sentences."""

from __future__ import annotations

import pandas as pd

from semimech.audit.mechanisms.find import Mechanisms
from semimech.audit.mechanisms.labels import Known


def mechanism_sentences(found: Mechanisms) -> list[str]:
    """How many mechanisms, by what evidence; how stable they are; what known labels say."""
    said = [_number(found)]
    if found.shown > 1:
        said += [_described(found), _stable(found)]
    if found.known is not None:
        said += _labelled(found.known, found)
    if len(found.compounds) > found.compounds["fitted"].sum():
        said.append(
            f"{found.compounds['fitted'].sum():,} of {len(found.compounds):,} compounds were fitted; the others have "
            "the mechanism of their neighbours."
        )
    return said


def _number(found: Mechanisms) -> str:
    last = found.numbers.iloc[-1]
    if found.found == 1:
        if len(found.numbers) == 1:
            return "Only one mechanism was allowed for."
        if found.favoured > 1:
            return (
                f"One mechanism is kept: {found.favoured} laws of structure change the log-density of held-out "
                f"compounds by {_gain(found.numbers.loc[found.favoured])} each, but other compounds make them up "
                "in resamples (adjusted Rand index below 0.2), so that no mechanism can be named."
            )
        return (
            f"One mechanism is enough: a second law of structure changes the log-density of held-out compounds by "
            f"{_gain(last)} each, beside one law and shifts between assays. These data give no evidence of more."
        )
    taken = found.numbers[found.numbers["taken"]].iloc[-1]
    more = ""
    if not last["taken"]:
        more = f"; one more changes it by {_gain(last)}"
    return (
        f"{found.found} mechanisms: the last one taken changes the log-density of held-out compounds by {_gain(taken)} "
        f"each{more}. A mechanism is a law of structure of its own, with the shifts between assays taken off; what it "
        "is in the protein these data do not say."
    )


def _gain(row: pd.Series) -> str:
    return f"{row['gain']:+.3f} (standard error {row['error']:.3f}, {_p(row['p'])})"


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def _described(found: Mechanisms) -> str:
    groups = found.compounds.groupby("mechanism")["p_activity"].agg(["size", "median"])
    parts = [f"{row['size']:,.0f} compounds (median p {row['median']:.1f})" for _, row in groups.iterrows()]
    asked = "" if found.shown == found.found else f"Shown are {found.shown}, as asked for, not as found. "
    return f"{asked}They hold {', '.join(parts)}."


def _stable(found: Mechanisms) -> str:
    switching = int(found.compounds["switches"].sum())
    return (
        f"In {len(found.indices)} resamples of 80% of the compounds the same mechanisms come back with an adjusted "
        f"Rand index of {found.indices.mean():.2f} (1 the same, 0 chance); {switching:,} compounds switch, having the "
        "same mechanism in fewer than two thirds of the resamples."
    )


def _labelled(known: Known, found: Mechanisms) -> list[str]:
    names = ", ".join(known.names)
    if known.p <= found.level:
        verdict = "a law of its own for each label predicts better"
    else:
        verdict = "these data give no evidence that the labels have laws of their own"
    said = [
        f"The labels ({names}) as mechanisms change the log-density of held-out compounds by {known.gain:+.3f} "
        f"(standard error {known.error:.3f}, {_p(known.p)}): {verdict}."
    ]
    if found.shown > 1:
        said.append(
            f"The mechanisms agree with the labels by an adjusted Rand index of {known.agreement:.2f} "
            f"({_p(known.p_agreement)} by permutation); as many clusters of similar structures by "
            f"{known.structure:.2f}."
        )
    return said
