"""The closed form against a loop over cells, and what it makes of pairs."""

import numpy as np
from tests.models.vae.screens import PERTURBED, cell_screen

from semimech.data.condition import Condition
from semimech.data.effects import effects_of
from semimech.models.vae.closed import closed_form, rates_of


def test_rates_are_those_of_a_loop() -> None:
    screen, _ = cell_screen()
    rows = np.arange(0, screen.shape[0], 2)
    rates = rates_of(screen, rows)
    counts = screen.responses.toarray().astype(float)
    control = [rows[screen.is_control[rows] & (screen.batches[rows] == b)] for b in range(2)]
    base = np.stack([(counts[c].sum(0) + 0.5) / counts[c].sum() for c in control])
    np.testing.assert_allclose(rates.base, np.log(base), rtol=1e-6)
    one = rows[screen.design[rows].toarray()[:, 2] > 0]
    rate = [counts[c].sum(0) / counts[c].sum() for c in control]
    expected = sum(counts[i].sum() * rate[screen.batches[i]] for i in one)
    change = np.log((counts[one].sum(0) + 0.5) / (expected + 0.5))
    row = effects_of(screen, rows).conditions.index(Condition(((PERTURBED[2], 1.0),)))
    kept = rates.offsets[row] / change
    assert ((kept > 0) & (kept <= 1)).all()
    assert np.abs(change[np.abs(change) > 1] - rates.offsets[row][np.abs(change) > 1]).max() < 0.3


def test_a_pair_never_given_is_the_product_of_rates() -> None:
    screen, planted = cell_screen(cells=150)
    closed = closed_form(screen, np.arange(screen.shape[0]), 0)
    pair = (Condition(((PERTURBED[2], 1.0), (PERTURBED[3], 1.0))),)
    design = closed.design(pair)
    np.testing.assert_array_equal(design, [[0, 0, 1, 1, 0]])
    np.testing.assert_allclose(closed.offset(pair, design)[0], closed.offsets[2] + closed.offsets[3], atol=0.05)
    predicted = closed.predict(pair, design)[0]
    assert np.corrcoef(predicted, planted[2] + planted[3])[0, 1] > 0.95
    theta = np.exp(np.median(closed.log_theta))
    assert 4 < theta < 14
