"""Screens of Gaussian cells in which single assumptions are violated."""

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.screen import Screen

GENES = 12
NAMES = ("A", "B")


def planted(rows, shifts, seed=0):
    """A log-ratio screen. rows: (given, batch, time, medium, order, number); shifts: added to the mean of each."""
    random = np.random.default_rng(seed)
    labels = [row[:5] for row in rows for _ in range(row[5])]
    mean = np.concatenate([np.broadcast_to(shift, (row[5], GENES)) for row, shift in zip(rows, shifts, strict=True)])
    values = mean + random.standard_normal((len(labels), GENES))
    design = np.array([[float(name in label[0].split("+")) for name in NAMES] for label in labels])
    obs = pd.DataFrame(labels, columns=["given", "batch", "time", "medium", "order"])
    obs = obs.set_axis([f"cell {i}" for i in range(len(obs))]).drop(columns="given")
    perturbations = tuple(Perturbation(name, "knock-out") for name in NAMES)
    features = pd.DataFrame(index=[f"G{j}" for j in range(GENES)])
    return Screen(values.astype(np.float32), sp.csr_array(design), perturbations, features, obs, "log-ratio")


def controls_at(drift=0.0, medium=0.0, batches=("1", "2"), number=40):
    """Controls at two times in two media in each batch, with a shift in every gene."""
    rows, shifts = [], []
    for k, batch in enumerate(batches):
        for time in (0, 24):
            for name in ("m0", "m1"):
                rows.append(("", batch, time, name, None, number))
                shifts.append(0.5 * k + drift * (time > 0) + medium * (name == "m1"))
    return planted(rows, shifts)


def edited(shift=4.0, unedited=0.0, second=0.0, interaction=0.0, number=100):
    """Controls, A and B in two batches; both move half of the genes, a fraction not at all, half also the other genes.

    interaction: what A adds to gene 2 in the second batch.
    """
    rows, shifts = [], []
    for k, batch in enumerate(("1", "2")):
        for name in ("", "A", "B"):
            moved = np.zeros((number, GENES))
            if name:
                moved[:, : GENES // 2] = shift / np.sqrt(GENES // 2)
                moved[: int(unedited * number)] = 0.0
                moved[::2, GENES // 2 :] += second / np.sqrt(GENES // 2)
            if name == "A":
                moved[:, 2] += interaction * k
            rows.append((name, batch, 0, "m0", None, number))
            shifts.append(moved + 0.3 * k)
    return planted(rows, shifts)


def ordered(shift=0.0, batches=("1", "2"), number=30):
    """A and B in both orders in every batch."""
    rows = [("A+B", batch, 0, "m0", order, number) for batch in batches for order in ("A>B", "B>A")]
    return planted(rows, [shift * (row[4] == "B>A") for row in rows])
