"""Effects of seen perturbations in closed form: estimates, their noise, and the choice between them."""

from semimech.models.effects.estimator import EffectEstimator
from semimech.models.effects.fitted import FittedEffects
from semimech.models.effects.noise import Noise, noise_of

__all__ = ["EffectEstimator", "FittedEffects", "Noise", "noise_of"]
