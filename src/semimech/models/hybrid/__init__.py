"""Hybrid: an additive ridge, and a mechanistic model of what it leaves."""

from semimech.models.hybrid.estimator import Hybrid
from semimech.models.hybrid.fitted import FittedHybrid

__all__ = ["FittedHybrid", "Hybrid"]
