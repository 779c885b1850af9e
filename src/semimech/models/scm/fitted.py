"""What a linear interventional SCM becomes: states with targets held, and a network with its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from semimech.data.condition import GENETIC, Condition, Perturbation
from semimech.data.network import Network
from semimech.models.base import Prediction, what_it_rests_on
from semimech.models.jackknife import jackknife_interval
from semimech.models.scm.law import Law
from semimech.models.scm.targets import expected_slopes, rows_that_hold

SAID = 0.05  # influence of a relative from which it is named


@dataclass(frozen=True, eq=False)
class FittedSCM:
    """dx = B dx + w; the training effects stand for B (see `Law`).

    effects: training conditions x features, then rows of what features of cells vary together. columns: for each
    perturbation the features it holds. slopes: for those seen the own shift per unit dose; shifts: own shifts that
    were given. inputs: perturbations x features, the direct inputs of those seen. factor: share kept of the answers
    for unseen targets; floor: squared norm below which such an answer, or what relatives add, is no change; error,
    kin_error: squared error of the network, and of relatives, on targets left out of training, as shares of no
    change. relatives: the perturbation behind each row of `unexplained` (relatives x features); kin_weights:
    perturbations and then features x relatives. network_nodes: features in the network.
    """

    features: tuple[str, ...]
    perturbations: tuple[str, ...]
    conditions: tuple[Condition, ...]
    effects: np.ndarray
    control_mean: np.ndarray
    columns: Mapping[str, tuple[int, ...]]
    slopes: Mapping[str, np.ndarray]
    shifts: Mapping[str, float]
    penalty: float
    inputs: np.ndarray
    factor: float
    floor: float
    error: float
    kin_error: float
    relatives: tuple[str, ...]
    kin_weights: np.ndarray
    unexplained: np.ndarray
    network_nodes: np.ndarray
    folds: int
    seed: int

    def predict(self, conditions: Sequence[Condition]) -> Prediction:
        """Effects of the conditions; the name of a feature asks for the knock-out of that feature.

        Rows that rest on an unseen target say at which level it is held; one of which nothing is known is no change.
        """
        conditions = tuple(conditions)
        mean = np.zeros((len(conditions), len(self.features)))
        words = []
        for row, condition in enumerate(conditions):
            mean[row], said = self._answer(condition)
            words.append(said)
        return Prediction(conditions, self.features, mean, rests_on=tuple(words))

    def knowing(self, perturbations: Sequence[Perturbation]) -> FittedSCM:
        """The same, told of perturbations of genes that are not in the screen: their measured targets are held."""
        new = [p for p in perturbations if p.name not in self.perturbations]
        held = {
            p.name: tuple(self.features.index(t) for t in p.targets if t in self.features and p.kind in GENETIC)
            for p in new
        }
        kin = [self.kin_weights[self._place[self.features[held[p.name][0]]]] if held[p.name] else
               np.zeros(len(self.relatives)) for p in new]  # fmt: skip
        split = len(self.perturbations)
        return replace(
            self,
            perturbations=(*self.perturbations, *held),
            columns={**self.columns, **held},
            inputs=np.concatenate([self.inputs, np.zeros((len(new), len(self.features)))]),
            kin_weights=np.vstack([self.kin_weights[:split], *kin, self.kin_weights[split:]]),
        )

    def network(self) -> Network:
        """B among the kept nodes, with what leaving out one perturbation at a time does to it.

        stability: share of the refits that agree on the sign; lower, upper: 90 % interval by the jackknife;
        perturbed: 1 where the source was itself perturbed in training, else the edge rests on association alone;
        deviation: what perturbing the source alone did to the target, in sd of the target over conditions, direct or
        not (0 where it was not perturbed).
        """
        nodes = self.network_nodes
        weights = self._law.matrix(nodes)
        refits = np.stack([law.matrix(nodes) for law in self._refits()] or [weights])
        lower, upper = jackknife_interval(weights, refits)
        perturbed = np.isin(nodes, self._law.targeted).astype(float)
        evidence = {
            "deviation": np.where(weights != 0, self._deviations(nodes), 0.0),
            "stability": (np.sign(refits) == np.sign(weights)).mean(0) * (weights != 0),
            "lower": lower,
            "upper": upper,
            "perturbed": np.where(weights != 0, perturbed[None, :], 0.0),
        }
        return Network.from_matrix(weights, [self.features[j] for j in nodes], (), evidence)

    @cached_property
    def _law(self) -> Law:
        return Law(self.effects, rows_that_hold(self.conditions, self.columns), self.penalty)

    def _deviations(self, nodes: np.ndarray) -> np.ndarray:
        """Sum over the conditions with the source alone of the target's effect, over its sd ([target, source])."""
        values = self.effects[: len(self.conditions), nodes]
        spread = values.std(0)
        found = np.zeros((len(nodes), len(nodes)))
        for place, j in enumerate(nodes):
            alone = [i for i in self._law.own.get(int(j), ()) if not self.conditions[i].is_combination]
            found[:, place] = np.divide(values[alone].sum(0), spread, out=np.zeros(len(nodes)), where=spread > 0)
        return found

    def _refits(self) -> list[Law]:
        """The law without each perturbation in turn (without several together where there are more than folds)."""
        names = sorted({name for condition in self.conditions for name in condition.names})
        order = np.random.default_rng([self.seed, 977]).permutation(len(names))
        fold_of = {names[k]: i % self.folds for i, k in enumerate(order)}
        laws = []
        for fold in range(min(self.folds, len(names))):
            kept = [i for i, c in enumerate(self.conditions) if not any(fold_of[name] == fold for name in c.names)]
            if kept:
                rows = rows_that_hold([self.conditions[i] for i in kept], self.columns)
                of_cells = range(len(self.conditions), len(self.effects))
                laws.append(Law(self.effects[[*kept, *of_cells]], rows, self.penalty))
        return laws

    @cached_property
    def _known(self) -> set[str]:
        return {name for condition in self.conditions for name in condition.names}

    @cached_property
    def _place(self) -> dict[str, int]:
        names = (*self.perturbations, *self.features)
        return {name: i for i, name in reversed(list(enumerate(names)))}

    def _answer(self, condition: Condition) -> tuple[np.ndarray, str]:
        """Effect of one condition, and in words what it rests on."""
        unseen = [name for name in condition.names if name not in self._known]
        if not unseen:
            return self._state(condition.doses), what_it_rests_on(condition, self.conditions)
        seen = tuple((name, dose) for name, dose in condition.doses if name in self._known)
        base, (columns, levels) = self._state(seen), self._held(condition.doses)
        added = self._state(condition.doses) - base
        added[columns] = 0
        small = self._is_noise(added)
        state = base if small else base + self.factor * added
        words = [f"{' and '.join(name for name, _ in seen)} in training"] if seen else []
        for name in unseen:
            passed, said = self._from_relatives(name)
            state = state + passed
            words += [self._said_of(name, small), *said]
        state[columns] = levels
        return state, "; ".join(words)

    def _is_noise(self, added: np.ndarray) -> bool:
        """Is it too small to be told from the noise of a measured effect."""
        return float(added @ added) < self.floor

    def _state(self, doses: Sequence[tuple[str, float]]) -> np.ndarray:
        """The state with all targets held and the direct inputs of what was seen."""
        drive = np.zeros(len(self.features))
        for name, dose in doses:
            if name in self._known:
                drive += np.tanh(dose) * self.inputs[self.perturbations.index(name)]
        return self._law.solve(*self._held(doses), drive)

    def _held(self, doses: Sequence[tuple[str, float]]) -> tuple[np.ndarray, np.ndarray]:
        """Held columns and their levels; where two perturbations hold one feature, the larger shift counts."""
        levels: dict[int, float] = {}
        for name, dose in doses:
            for j, slope in zip(self._columns_of(name), self._slopes_of(name), strict=True):
                if abs(slope * dose) >= abs(levels.get(j, 0.0)):
                    levels[j] = float(slope * dose)
        return np.array(list(levels), int), np.array(list(levels.values()))

    def _columns_of(self, name: str) -> tuple[int, ...]:
        if name in self.columns:
            return tuple(self.columns[name])
        return (self.features.index(name),) if name in self.features else ()

    def _slopes_of(self, name: str) -> np.ndarray:
        columns = self._columns_of(name)
        if name in self.shifts:
            return np.full(len(columns), self.shifts[name])
        if name in self.slopes:
            return self.slopes[name]
        return expected_slopes(dict(self.slopes), self.columns, self.control_mean, columns)

    def _said_of(self, name: str, small: bool) -> str:
        """In words: how the network answers for a perturbation never seen."""
        columns = self._columns_of(name)
        if not columns:
            return f"no training data with {name}, and its target is not measured"
        if self.factor == 0:
            return f"no change for {name}: inner validation found no skill on targets left out"
        if small:
            return f"no change for {name} but in its target: what the network answers is within the noise of an effect"
        source = "given" if name in self.shifts else "expected"
        levels = " and ".join(f"{self.features[j]} held at its {source} shift of {slope:.2f}" for j, slope in
                              zip(columns, self._slopes_of(name), strict=True))  # fmt: skip
        return (
            f"no training data with {name}: {levels} in the network of {len(self._known)} other perturbations, "
            f"{self.factor:.2f} of it (error on targets left out {self.error:.2f} of no change)"
        )

    def _from_relatives(self, name: str) -> tuple[np.ndarray, list[str]]:
        """What the relatives of an unseen perturbation pass on, and in words which."""
        if not self.relatives or name not in self._place:
            return np.zeros(len(self.features)), []
        weights = self.kin_weights[self._place[name]]
        passed = weights @ self.unexplained
        if self._is_noise(passed):
            return np.zeros(len(self.features)), []
        strong = [k for k in np.argsort(-np.abs(weights)) if abs(weights[k]) >= SAID][:3]
        named = " and ".join(f"{weights[k]:.2f} of {self.relatives[k]}" for k in strong)
        return passed, [f"with what is unexplained in its relatives: {named}"] if named else []
