"""Which cells are sampled, of which batch, and which of them were really edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import design_matrix
from semimech.data.protocol import Protocol
from semimech.simulate.allotment import Allotment
from semimech.simulate.arms import Alternative, Arm, alternatives
from semimech.simulate.courses import Courses
from semimech.simulate.perturbations import Action
from semimech.support import keys


@dataclass(frozen=True)
class Choice:
    """The cells of an arm in one batch: what they may have gone through, as numbers of histories."""

    arm: Arm
    batch: int
    ways: tuple[Alternative, ...]
    histories: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a screen: their design (rows x perturbations), obs, and for each the batch, history, and time."""

    design: sp.csr_array
    obs: pd.DataFrame
    batch: np.ndarray
    history: np.ndarray
    time: np.ndarray


def choices_of(
    arms: Sequence[Arm], actions: Sequence[Action], batches: int, differ: bool
) -> tuple[list[Choice], list[Protocol], np.ndarray]:
    """(choices, distinct histories, the batch of each); where batches do not differ, they share their histories."""
    by_name = {action.perturbation.name: action for action in actions}
    numbers: dict[tuple[object, int], int] = {}
    histories: list[Protocol] = []
    choices = []
    for arm in arms:
        ways = alternatives(arm, by_name)
        for batch in range(batches):
            found = []
            for way in ways:
                key = (way.history.phases, batch if differ else 0)
                if key not in numbers:
                    numbers[key] = len(histories)
                    histories.append(way.history)
                found.append(numbers[key])
            choices.append(Choice(arm, batch, ways, tuple(found)))
    return choices, histories, np.array([batch for _, batch in numbers])


def sample_rows(
    choices: Sequence[Choice],
    courses: Courses,
    actions: Sequence[Action],
    allotment: Allotment,
    random: np.random.Generator,
) -> Rows:
    """Draw the cells of every choice at each time, as many as are allotted; what has grown is found more often.

    P(way) ~ share exp(log growth).
    """
    names = [action.perturbation.name for action in actions]
    at = {float(time): k for k, time in enumerate(courses.times)}
    parts, designs = [], []
    for choice in choices:
        for time in choice.arm.times:
            condition = choice.arm.condition(time)
            count = allotment.cells.get((choice.batch, choice.arm.label), 0)
            growth = courses.log_growth[list(choice.histories), at[float(np.float32(time))]]
            weight = np.array([way.share for way in choice.ways]) * np.exp(growth - growth.max())
            drawn = random.choice(len(choice.ways), count, p=weight / weight.sum())
            parts.append(_part(choice, time, drawn))
            designs.append((design_matrix((condition,), names), count))
    table = pd.concat(parts, ignore_index=True)
    design = sp.vstack([sp.csr_array(np.repeat(row, count, 0)) for row, count in designs], format="csr")
    obs = _obs(table, allotment.batches).set_axis([f"row{k + 1}" for k in range(len(table))])
    return Rows(sp.csr_array(design), obs, *(table[c].to_numpy() for c in ("number", "history", "time")))


def _part(choice: Choice, time: float, drawn: np.ndarray) -> pd.DataFrame:
    edited = np.array(["+".join(way.edited) for way in choice.ways], dtype=object)
    return pd.DataFrame(
        {
            "number": choice.batch,
            "history": np.array(choice.histories)[drawn],
            "time": float(time),
            "medium": choice.arm.protocol.until(time).phases[-1].medium,
            "context": choice.arm.context,
            "order": choice.arm.order(time),
            keys.TRUE_EDITED: edited[drawn],
        }
    )


def _obs(table: pd.DataFrame, batches: Sequence[str]) -> pd.DataFrame:
    """The columns that a screen knows; medium, context and order only where there are some."""
    columns: Mapping[str, pd.Series] = {
        "batch": table["number"].map(dict(enumerate(batches))),
        "time": table["time"],
        **{name: table[name] for name in ("medium", "context", "order") if table[name].any()},
        keys.TRUE_EDITED: table[keys.TRUE_EDITED],
    }
    obs = pd.DataFrame(columns)
    words = [name for name in obs if name != "time"]
    return obs.astype(dict.fromkeys(words, "category"))
