"""The baselines: always fitted on the same split as the models, so that no score stands alone."""

from __future__ import annotations

from semimech.models.base import Estimator
from semimech.models.baselines.fitted import Kernel, Linear, Table
from semimech.models.baselines.informed import MeanDrug, PathwayKernel, Similarity, TargetImputation
from semimech.models.baselines.lookup import Additive, ConditionMean, Nearest, ShrunkConditionMean
from semimech.models.baselines.means import MeanResponse, NoChange
from semimech.models.baselines.observational import Observational
from semimech.models.baselines.ridge import Kernel2, Ridge

BASELINES: tuple[Estimator, ...] = (
    NoChange(),
    MeanResponse(),
    ConditionMean(),
    ShrunkConditionMean(),
    Nearest(),
    Additive(),
    Ridge(),
    Kernel2(),
    Observational(),
    MeanDrug(),
    PathwayKernel(),
    TargetImputation(),
)

__all__ = [
    "Additive",
    "BASELINES",
    "ConditionMean",
    "Kernel",
    "Kernel2",
    "Linear",
    "MeanDrug",
    "MeanResponse",
    "Nearest",
    "NoChange",
    "Observational",
    "PathwayKernel",
    "Ridge",
    "ShrunkConditionMean",
    "Similarity",
    "Table",
    "TargetImputation",
]
