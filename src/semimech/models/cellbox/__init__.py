"""CellBox: options, what a fit becomes, and the parts they are made of."""

from semimech.models.cellbox.estimator import CellBox
from semimech.models.cellbox.fitted import FittedCellBox
from semimech.models.cellbox.nodes import NodeMap
from semimech.models.cellbox.variants import CellBoxWithoutNetwork, CellBoxWithPrior, CellBoxWithShuffledPrior

__all__ = [
    "CellBox",
    "CellBoxWithPrior",
    "CellBoxWithShuffledPrior",
    "CellBoxWithoutNetwork",
    "FittedCellBox",
    "NodeMap",
]
