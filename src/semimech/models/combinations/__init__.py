"""Combinations of any number of perturbations from what was measured of them, alone and together."""

from semimech.models.combinations.bilinear import Bilinear
from semimech.models.combinations.counts import CountCurves
from semimech.models.combinations.estimator import Combinations
from semimech.models.combinations.fitted import FittedCombinations
from semimech.models.combinations.law import Law, Settings

__all__ = ["Bilinear", "Combinations", "CountCurves", "FittedCombinations", "Law", "Settings"]
