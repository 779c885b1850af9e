"""d-separation: which variables tell nothing about which others, once some are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from semimech.audit.causal.graph import CausalGraph

UP, DOWN = "up", "down"


def d_separated(graph: CausalGraph, first: Iterable[str], second: Iterable[str], given: Iterable[str]) -> bool:
    """Whether every path between the two sets of variables is blocked by `given`.

    A path is blocked by a chain or fork whose middle is given, or by a collider of which neither the middle nor any
    effect of it is given (Pearl, Causality, 2nd ed., definition 1.2.3).

    >>> from semimech.audit.causal.graph import BIOACTIVITY
    >>> d_separated(BIOACTIVITY, {"C"}, {"E"}, {"S"}), d_separated(BIOACTIVITY, {"C"}, {"E"}, {"S", "A"})
    (True, False)
    """
    return open_path(graph, first, second, given) is None


def open_path(
    graph: CausalGraph, first: Iterable[str], second: Iterable[str], given: Iterable[str]
) -> tuple[str, ...] | None:
    """A shortest walk that `given` leaves open between the two sets, such as ("C <-", "S ->", "E"); None if none is.

    Raises UserError for a name that is no variable of the graph.
    """
    first, second, given = frozenset(first), frozenset(second), frozenset(given)
    graph.require((*first, *second, *given), "in a question")
    opened = given | graph.ancestors(given)
    queue = [(name, UP) for name in sorted(first - given)]
    came: dict[tuple[str, str], tuple[str, str] | None] = dict.fromkeys(queue)
    for state in queue:
        name, direction = state
        if name in second:
            return _told(state, came)
        # A ball that came up from an effect may go anywhere; one that came down from a cause bounces at a collider.
        onward = []
        if name not in given:
            onward += [(child, DOWN) for child in sorted(graph.children[name])]
        if (direction == UP and name not in given) or (direction == DOWN and name in opened):
            onward += [(parent, UP) for parent in sorted(graph.parents[name])]
        for step in onward:
            if step not in came:
                came[step] = state
                queue.append(step)
    return None


def _told(state: tuple[str, str], came: Mapping[tuple[str, str], tuple[str, str] | None]) -> tuple[str, ...]:
    words = [state[0]]
    while (before := came[state]) is not None:
        words.append(f"{before[0]} {'<-' if state[1] == UP else '->'}")
        state = before
    return tuple(reversed(words))
