"""Which effects may have come through a gene that rises."""

import numpy as np

from semimech.models.direct.clamps import Clamps
from semimech.models.direct.rises import may_be_indirect


def test_an_effect_smaller_than_a_rise_may_be_indirect() -> None:
    levels = np.diag([-3.0, -2.0, -3.0])
    values = np.array([[-3.0, 2.0, 0.0, 0.5], [0.0, -2.0, -1.0, 0.9], [0.0, 0.1, -3.0, 2.5]])
    clamps = Clamps(tuple("abcd"), ("molecule",) * 4, tuple("abc"), np.arange(3), levels, values, np.full((3, 4), 0.2))
    # Without a, b rises by 2: what happens to d may come through b, what happens to b does not come through itself.
    expected = np.zeros((4, 3), bool)
    expected[[0, 2, 3], 0] = [False, True, True]
    expected[np.abs(values.T) == 0] |= True
    found = may_be_indirect(clamps, 0.5)
    np.testing.assert_array_equal(found, expected | (values.T == 0))
    assert not may_be_indirect(clamps, 0.1)[3, 0]
