"""How much of a score is chemistry, in sentences."""

from __future__ import annotations

import pandas as pd

from semimech.audit.confounding import Confounding

APART = ("assay", "document")
# So much more often than chance the nearest neighbour is of the same assay where chemistry predicts it.
TELLS = 0.2
NAMED = ("assay", "document", "source")


def confounding_sentences(found: Confounding) -> list[str]:
    """The score by split, the source-only score, what training shares with test, and what remains within assays."""
    said = []
    for which in dict.fromkeys(found.scores.index.get_level_values("compounds")):
        scores = found.scores.xs(which, level="compounds")
        of = "all compounds" if which == "all" else "the series"
        first = scores.index[0]
        said.append(
            f"Of {of}, on a {first} split chemistry explains {percent(scores, first, 'chemistry')} of the variance, "
            f"and a model that sees only {', '.join(found.levels)} {percent(scores, first, 'source_only')}: "
            f"{_against(scores.loc[first])}."
        )
        apart = next((name for name in APART if name in scores.index), None)
        if apart is not None and apart != first:
            said.append(
                f"Where each {apart} is held out whole, chemistry explains {percent(scores, apart, 'chemistry')}."
            )
        if pd.notna(scores.loc[first].get("ranking_chemistry")):
            said.append(
                f"Among held-out compounds of the same assay, chemistry puts "
                f"{scores.loc[first, 'ranking_chemistry']:.0%} of the pairs in the right order (50% by chance) and "
                f"explains {percent(scores, first, 'within_assay')} of the variance."
            )
    said += _leakage(found.scores.xs("all", level="compounds"))
    if found.unjudged:
        said.append("No compound of the series has a measured value, so the series is not scored apart.")
    if found.missing:
        said.append(f"The table cannot be split by {', '.join(found.missing)}.")
    return said


def percent(scores: pd.DataFrame, split: str, model: str) -> str:
    """The variance that a model explains on a split, with its interval: `69% (61% to 74%)`."""
    # + 0.0, so that nothing is written as -0%
    value, low, high = (round(float(scores.loc[split, f"r2_{model}{end}"]), 2) + 0.0 for end in ("", "_low", "_high"))
    return f"{value:.0%} ({low:.0%} to {high:.0%})"


def says_more(row: pd.Series) -> str:
    """Which explains more, "chemistry" or "source", if the intervals tell; "" where they do not.

    That of the difference must lie on one side of 0, and the better of the two must explain something at all: on
    held-out documents a source that misleads is worse than a chemistry that says nothing.
    """
    if row["r2_chemistry_less_source_low"] > 0 and row["r2_chemistry_low"] > 0:
        return "chemistry"
    if row["r2_chemistry_less_source_high"] < 0 and row["r2_source_only_low"] > 0:
        return "source"
    return ""


def _against(row: pd.Series) -> str:
    """Which of the two is better, if the intervals say so."""
    return {
        "chemistry": "chemistry says more than where a compound was measured",
        "source": "where a compound was measured says more than its chemistry",
        "": "the data do not tell chemistry from the place of measurement",
    }[says_more(row)]


def _leakage(scores: pd.DataFrame) -> list[str]:
    first = scores.iloc[0]
    name = next((name for name in NAMED if f"nearest_{name}" in scores), None)
    said = [
        f"On the {scores.index[0]} split the most similar training compound has a Tanimoto similarity of "
        f"{first['similarity']:.2f} (median)"
    ]
    if name is not None:
        same, chance = first[f"nearest_{name}"], first[f"chance_{name}"]
        told = f", so chemistry tells the {name}" if same > chance + TELLS else ""
        said[0] += f" and comes from the same {name} in {same:.0%} of cases ({chance:.0%} by chance){told}"
    return [f"{said[0]}."]
