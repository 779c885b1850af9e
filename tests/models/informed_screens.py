"""A screen of drugs in two pathways whose targets are known, from a saturating law with a small network."""

import numpy as np
import pandas as pd
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.screen import Screen

NODES = tuple(f"n{i}" for i in range(10))
DRUGS = tuple("ABCDEF")


def informed_screen(noise: float = 0.05, annotated: bool = True, inputs: bool = False) -> Screen:
    """All singles and pairs of six inhibitors given at doses of -1 and -.6; two nodes are phenotypes.

    A, B, C share the pathway 'one', D, E the pathway 'two'; drug k inhibits node k, and F only that. With `inputs`
    the activity of A is a feature of role input.
    """
    random = np.random.default_rng(11)
    singles = np.concatenate([-np.eye(6), -0.6 * np.eye(6)])
    pairs = np.array([singles[i] + singles[6 + j] for i in range(6) for j in range(6) if i < j])
    design = np.concatenate([singles, pairs])
    network = np.where(random.random((10, 10)) < 0.15, random.normal(size=(10, 10)) * 0.3, 0)
    np.fill_diagonal(network, 0)
    network[:, 8:] = 0
    direct = np.zeros((6, 10))
    direct[:3] += random.normal(size=10) * 0.5
    direct[3:5] += random.normal(size=10) * 0.5
    direct -= np.eye(6, 10) * 1.5
    response = np.zeros((len(design), 10))
    for _ in range(100):
        response = 2 * np.tanh((response @ network.T + np.tanh(-design) @ direct) / 2)
    response += noise * random.normal(size=response.shape)
    names, roles = list(NODES), ["molecule"] * 8 + ["phenotype"] * 2
    if inputs:
        response, names, roles = np.c_[response, np.tanh(design[:, 0])], [*names, "A"], [*roles, "input"]
    pathways = {"A": ("one",), "B": ("one",), "C": ("one",), "D": ("two",), "E": ("two",), "F": ()}
    drugs = tuple(
        Perturbation(name, "drug", {NODES[i]: -1.0}, pathways=pathways[name])
        if annotated
        else Perturbation(name, "drug")
        for i, name in enumerate(DRUGS)
    )
    features = pd.DataFrame({"role": roles}, index=names)
    obs = pd.DataFrame(index=[f"row {i}" for i in range(len(design))])
    return Screen(response, sp.csr_array(design), drugs, features, obs, "log-ratio")
