"""`semimech scores`: every score with its equation, so that no number in a report needs guessing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from semimech.evaluate.coverage import IntervalCard
    from semimech.evaluate.scores import ScoreCard


def scores(*, format: Literal["text", "json"] = "text") -> None:  # noqa: A002 - the option's name on the command line
    """List the scores with their equations.

    Parameters
    ----------
    format
        Words for reading, or JSON for programs.
    """
    from semimech.evaluate.coverage import INTERVAL_SCORES
    from semimech.evaluate.scores import SCORES

    cards: tuple[ScoreCard | IntervalCard, ...] = (*SCORES, *INTERVAL_SCORES)
    if format == "json":
        print(json.dumps([card_facts(card) for card in cards], indent=1, ensure_ascii=False))
    else:
        print("\n\n".join(as_text(card) for card in cards))


def card_facts(card: ScoreCard | IntervalCard) -> dict[str, Any]:
    """What a score card says of itself, as JSON values."""
    return {
        "name": card.name,
        "title": card.title,
        "family": card.family,
        "equation": card.equation,
        "best": card.best,
        "higher_is_better": card.higher_is_better,
        "needs": card.needs,
        "reference": card.reference,
    }


def as_text(card: ScoreCard | IntervalCard) -> str:
    """A score card as aligned lines."""
    better = {True: "higher is better", False: "lower is better", None: "no verdict"}[card.higher_is_better]
    return "\n".join(
        [
            f"{card.name}: {card.title}",
            f"  family     {card.family}",
            f"  equation   {card.equation}",
            f"  best       {card.best} ({better})",
            f"  needs      {card.needs}",
            f"  reference  {card.reference}",
        ]
    )
