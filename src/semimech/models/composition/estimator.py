"""Combinations from singles by the simplest rule that fits what the training rows tell of composition."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from semimech.data.effects import effects_of
from semimech.data.scored import scored_entries
from semimech.data.screen import Screen
from semimech.data.splits import Split
from semimech.models.composition.fitted import FittedComposition
from semimech.models.composition.rules import RULES, Rule, RuleName, candidates
from semimech.models.composition.validation import Training, best_rule, cases_of, standard_errors, unperturbed
from semimech.models.scm import LinearSCM
from semimech.models.scm.targets import held_columns
from semimech.support.errors import UserError
from semimech.support.progress import Monitor, silent


@dataclass(frozen=True)
class Composition:
    """effect(A + B) = rule(effect(A), effect(B)), the rule chosen by inner validation, held targets at their level.

    The candidates (see `Rule`) are tried on combinations in training, each made of its singles. Where there is none,
    a full dose is predicted as two half doses of the same perturbation: two knock-downs must make a knock-out. Where
    neither exists the rule is 'dominant', and said to be by default. Single perturbations, and parts that were never
    given alone, come from the linear SCM. `rule` takes one rule without choosing, at `threshold` standard errors.
    Raises UserError for an unknown rule.
    """

    rule: RuleName | None = None
    threshold: float = 0.0
    name: ClassVar[str] = "composition"
    is_baseline: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.rule is not None and self.rule not in RULES:
            raise UserError(f"The composition's rule '{self.rule}' is unknown: use one of {', '.join(RULES)}.")
        if self.threshold < 0:
            raise UserError(f"The composition's threshold is {self.threshold}: give at least 0.")

    def fit(self, screen: Screen, split: Split, *, seed: int = 0, monitor: Monitor = silent) -> FittedComposition:
        """Choose the rule on training rows, and keep the singles."""
        effects = effects_of(screen, split.train)
        network = LinearSCM()
        fitted = network.fit(screen, split, seed=seed)
        noise = standard_errors(screen, split, effects)
        counted = scored_entries(screen, effects.conditions)
        offset = unperturbed(screen, split, effects, noise, counted)
        effects = replace(effects, values=(effects.values - offset).astype(np.float32))
        control = np.zeros(len(offset)) if screen.scale == "log-ratio" else effects.control_mean + offset
        if self.rule is not None:
            told, rule, error = "", Rule(self.rule, self.threshold), float("nan")
        else:
            told, cases = cases_of(Training(screen, split, effects, noise, counted, offset), network, seed)
            rule, error = (
                best_rule(cases, candidates(bool(noise.any())), control) if cases else (Rule("dominant"), float("nan"))
            )
        alone = [i for i, condition in enumerate(effects.conditions) if not condition.is_combination]
        return FittedComposition(
            features=effects.features,
            singles=tuple(effects.conditions[i] for i in alone),
            values=effects.values[alone].astype(float),
            noise=noise[alone],
            control=control,
            offset=offset,
            columns=held_columns(screen),
            rule=rule,
            told=told,
            error=error,
            network_model=fitted,
        )
