"""Screens of two drugs with controls at several times, which rest or move."""

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Condition, Perturbation
from semimech.data.screen import Screen

GENES, TIMES = 3, (0.0, 6.0, 12.0, 24.0)
EFFECTS = np.array([[-1.0, 0.5, 0.0], [0.0, 1.0, -0.8]])
DRIFT = np.array([1.5, 0.0, -1.0])
SINGLES = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.4, 0.0), (0.0, 0.4))
PAIR = [Condition((("a", 1.0), ("b", 1.0)), f"time {time:g}") for time in TIMES]
EXPECTED = EFFECTS.sum(0) * (1 - np.exp(-np.array(TIMES) / 6))[:, None]


def screen(
    drift: float, cells: int = 20, times: tuple[float, ...] = TIMES, designs: tuple[tuple[float, float], ...] = SINGLES
) -> Screen:
    """Two drugs at two doses in two batches that are shifted; effects and drift approach their ends within hours."""
    random = np.random.default_rng(1)
    rows, values = [], []
    for batch in range(2):
        for doses in designs:
            for time in times if doses == (0.0, 0.0) else TIMES[1:]:
                mean = (np.array(doses) @ EFFECTS + drift * DRIFT) * (1 - np.exp(-time / 6)) + 3 + 0.5 * batch
                values.append(mean + 0.2 * random.standard_normal((cells, GENES)))
                rows += [(*doses, str(batch), time)] * cells
    obs = pd.DataFrame(rows, columns=["a", "b", "batch", "time"], index=[f"cell {i}" for i in range(len(rows))])
    return Screen(
        np.concatenate(values).astype(np.float32),
        sp.csr_array(obs[["a", "b"]].to_numpy()),
        tuple(Perturbation(name, "drug", {}) for name in ("a", "b")),
        pd.DataFrame(index=[f"G{i}" for i in range(GENES)]),
        obs[["batch", "time"]],
        "log-normalised",
    )
