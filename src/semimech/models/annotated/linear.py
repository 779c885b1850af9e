"""The law without network and saturation, in closed form: where its settings are chosen and its fit begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, NamedTuple

import numpy as np

from semimech.data.condition import Condition
from semimech.models.knowledge import Knowledge, Mixture

Kick = Literal["dose", "tanh"]
KICKS: tuple[Kick, Kick] = ("dose", "tanh")


class Setting(NamedTuple):
    """What inner folds choose before there is a network: a and b of Phi, the penalty of Z, the dose of the kick."""

    mixture: Mixture
    mixed_ridge: float
    kick: Kick


class Fold(NamedTuple):
    """Responses to fit and to validate on: values, held_values, held_weights rows x nodes; weights (rows,)."""

    values: np.ndarray
    weights: np.ndarray
    held_values: np.ndarray
    held_weights: np.ndarray


class Linear(NamedTuple):
    """mixed: Z, columns of Phi x nodes. kick: g (nodes,). typical: the kick of a node that was never a target."""

    mixed: np.ndarray
    kick: np.ndarray
    typical: float


@dataclass(frozen=True, eq=False)
class LinearLaw:
    """x = t Phi Z + g * kick for the rows of a problem: ridge with a kick on the annotated targets.

    strengths: rows x perturbations, tanh(dose). kicks: the signed targets times tanh(dose) or the dose, rows x nodes.
    """

    knowledge: Knowledge
    strengths: np.ndarray
    kicks: Mapping[Kick, np.ndarray]
    kick_prior: float

    @classmethod
    def of(
        cls, knowledge: Knowledge, conditions: Sequence[Condition], columns: np.ndarray, rows: int, prior: float
    ) -> LinearLaw:
        """For the conditions, padded with zeros to `rows`; `columns` are the features that are nodes."""
        padding = ((0, rows - len(conditions)), (0, 0))
        strengths = {kind: np.pad(strengths_of(knowledge, conditions, kind), padding) for kind in KICKS}
        targets = knowledge.targets[:, columns]
        return cls(knowledge, strengths["tanh"], {kind: strengths[kind] @ targets for kind in KICKS}, prior)

    def mixed(self, setting: Setting) -> np.ndarray:
        """sum_d t_d Phi_d (rows x columns)."""
        return self.strengths @ self.knowledge.columns(setting.mixture)

    def fit(self, values: np.ndarray, weights: np.ndarray, setting: Setting) -> Linear:
        """Minimise sum w (values - t Phi Z - g kick)^2 + lambda |Z|^2 + l_g |g - typical|^2.

        Z is eliminated first: with R the ridge's residual operator, g_j needs only kick_j' R kick_j and
        kick_j' R values_j. typical is the precision-weighted mean over targets (empirical Bayes), not below 0: the
        annotation gives the sign.
        """
        root = np.sqrt(weights)[:, None]
        columns, kick, response = root * self.mixed(setting), root * self.kicks[setting.kick], root * values
        solve = np.linalg.solve(columns.T @ columns + setting.mixed_ridge * np.eye(columns.shape[1]), columns.T)
        hit = np.flatnonzero(kick.any(0))
        left = kick[:, hit] - columns @ (solve @ kick[:, hit])
        precision, along = (left * kick[:, hit]).sum(0), (left * response[:, hit]).sum(0)
        share = precision / (precision + self.kick_prior)
        typical = 0.0
        if share.sum() > 1e-9:
            typical = max(float((share * along / np.maximum(precision, 1e-12)).sum() / share.sum()), 0.0)
        gains = np.full(values.shape[1], typical)
        gains[hit] = (along + self.kick_prior * typical) / (precision + self.kick_prior)
        return Linear(solve @ (response - kick * gains), gains, typical)

    def predict(self, fitted: Linear, setting: Setting) -> np.ndarray:
        """Responses of all rows (rows x nodes)."""
        return self.mixed(setting) @ fitted.mixed + self.kicks[setting.kick] * fitted.kick

    def choose(self, folds: Sequence[Fold], settings: Sequence[Setting]) -> Setting:
        """The setting of the least squared error over the folds; the first where there are none."""
        error = np.zeros(len(settings))
        for fold in folds:
            for i, setting in enumerate(settings):
                gap = self.predict(self.fit(fold.values, fold.weights, setting), setting) - fold.held_values
                error[i] += (fold.held_weights * gap**2).sum()
        return settings[int(error.argmin())]


def strengths_of(knowledge: Knowledge, conditions: Sequence[Condition], kind: Kick) -> np.ndarray:
    """Strength of each perturbation: tanh(dose), or the dose as it is (conditions x perturbations)."""
    return knowledge.strengths(conditions, saturated=kind == "tanh")


def settings_of(mixtures: Sequence[Mixture], ridges: Sequence[float], kicks: Sequence[Kick]) -> list[Setting]:
    """Every combination."""
    return [Setting(*each) for each in product(mixtures, ridges, kicks)]
