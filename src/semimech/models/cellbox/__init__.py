"""CellBox: options, what a fit becomes, and the parts they are made of."""

from semimech.models.cellbox.estimator import CellBox, CellBoxWithoutNetwork
from semimech.models.cellbox.fitted import FittedCellBox
from semimech.models.cellbox.nodes import NodeMap

__all__ = ["CellBox", "CellBoxWithoutNetwork", "FittedCellBox", "NodeMap"]
