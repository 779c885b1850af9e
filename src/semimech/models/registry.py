"""Every model by name: the baselines that are always fitted, and the models to be judged beside them."""

from __future__ import annotations

from semimech.models.base import Estimator
from semimech.models.baselines import BASELINES
from semimech.models.cellbox import CellBox, CellBoxWithoutNetwork

MODELS: tuple[Estimator, ...] = (CellBox(), CellBoxWithoutNetwork())

__all__ = ["BASELINES", "MODELS"]
