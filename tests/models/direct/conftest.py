import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.screen import Screen


@pytest.fixture(scope="session")
def counts() -> Screen:
    """a -> b -> c in log rates, d alone; a, b and e are knocked out, e is not measured and lowers d; 60 other genes."""
    random = np.random.default_rng(0)
    names = ["a", "b", "c", "d", *(f"x{i}" for i in range(60))]
    given = np.repeat([-1, 0, 1, 2], [300, 100, 100, 100])
    logs = np.zeros((len(given), len(names)))
    logs[given == 0, :3] = [-3.0, -1.5, -0.75]
    logs[given == 1, 1:3] = [-3.0, -1.5]
    logs[given == 2, 3] = -1.0
    rates = np.exp(logs + random.normal(size=len(names)))
    mean = 3_000 * rates / rates.sum(1, keepdims=True)
    rows = np.flatnonzero(given >= 0)
    design = sp.csr_array((np.ones(len(rows)), (rows, given[rows])), shape=(len(given), 3))
    kinds = [Perturbation("a", "knock-out", {"a": -1.0}), Perturbation("b", "knock-out", {"b": -1.0})]
    return Screen(
        responses=sp.csr_array(random.poisson(mean).astype(np.float32)),
        design=design,
        perturbations=(*kinds, Perturbation("e", "knock-out", {})),
        features=pd.DataFrame({"role": "molecule"}, index=names),
        obs=pd.DataFrame(index=[f"cell {i}" for i in range(len(given))]),
        scale="counts",
    )
