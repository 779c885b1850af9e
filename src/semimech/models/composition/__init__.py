"""Combinations from their parts, by the rule that inner validation favours."""

from semimech.models.composition.estimator import Composition
from semimech.models.composition.fitted import FittedComposition
from semimech.models.composition.rules import Rule

__all__ = ["Composition", "FittedComposition", "Rule"]
