"""A structural causal model as JSON: equations in words and numbers, and the check of its interventions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from semimech.models.structural import Answer, StructuralModel
from semimech.support.files import write_json


def write_structural(model: StructuralModel, answers: Sequence[Answer], path: Path) -> None:
    """Write equations, parameters and what each intervention does, whole or not at all."""
    write_json(path, described(model, answers))


def described(model: StructuralModel, answers: Sequence[Answer]) -> dict[str, Any]:
    """Plain values: law, nodes with equations and parents, edges, and interventions with their check."""
    equations = [
        {
            "node": node,
            "equation": model.equation(node),
            "parents": list(model.parents(node)),
            "exogenous": node in model.exogenous,
            "gain": float(model.gain[i]),
            "inside": float(model.inside[i]),
            "outside": float(model.outside[i]),
            "rate": float(model.rates[i]),
        }
        for i, node in enumerate(model.nodes)
    ]
    edges = [
        {"source": model.nodes[j], "target": model.nodes[i], "weight": float(model.weights[i, j])}
        for i, j in zip(*np.nonzero(model.weights), strict=True)
    ]
    return {
        "law": "x_i = gain_i phi(sum_j weight_ij x_j + inside_i) + outside_i; do(x_i = v) puts x_i = v in its place",
        "dynamics": "dx_i/dt = rate_i (right-hand side - x_i)",
        "phi": model.activation,
        "power": model.power,
        "contraction": model.contraction,
        "valid": all(answer.is_valid for answer in answers),
        "equations": equations,
        "edges": edges,
        "interventions": [_intervention(model, answer) for answer in answers],
    }


def _intervention(model: StructuralModel, answer: Answer) -> dict[str, Any]:
    values = dict(zip(model.nodes, answer.values.tolist(), strict=True)) if answer.is_valid else None
    return {
        "do": dict(answer.levels),
        "valid": answer.is_valid,
        "status": answer.status,
        "equilibria": answer.equilibria,
        "leading_eigenvalue": answer.leading,
        "values": values,
    }
