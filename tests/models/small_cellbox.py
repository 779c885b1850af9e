"""A CellBox fit made by hand."""

import numpy as np

from semimech.data.condition import Condition
from semimech.models.cellbox.fitted import FittedCellBox
from semimech.models.cellbox.nodes import NodeMap

CONDITIONS = (Condition((("drug", 0.7),)), Condition((("KO", 1.0), ("drug", 1.0))))


def small_cellbox():
    """Three molecules, one of them held by a knock-out, a phenotype, and a drug that nobody measured."""
    random = np.random.default_rng(0)
    nodes = NodeMap(
        features=("P", "A", "B", "C"),
        roles=("phenotype", "molecule", "molecule", "molecule"),
        molecules=np.array([1, 2, 3]),
        readouts=np.array([0]),
        inputs=("drug",),
        input_features=np.array([-1]),
        clamped=("KO",),
        clamp_targets=np.array([1]),
        clamp_levels=np.array([-0.8], np.float32),
        measured=("KO",),
    )
    arrays = [0.4 * random.normal(size=shape).astype(np.float32) for shape in ((1, 3, 3), (1, 3, 1), (1, 1, 3))]
    gain, none = np.full((1, 4), 0.9, np.float32), np.zeros(0)
    rest = (gain, (), 0, none, none)
    return FittedCellBox(0, "tanh", 1, False, 0.9, nodes, CONDITIONS, *arrays, *rest)
