"""What CONTRIBUTING.md says can be added is added as it says, and works."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from semimech.data.effects import effects_of
from semimech.data.splits import split_screen
from semimech.simulate.demo import simulate_demo


@pytest.fixture(scope="module")
def named() -> dict[str, Any]:
    """The names that the page's code blocks define, run in their order."""
    page = (Path(__file__).resolve().parent.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": "contributing"}
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(compile(block, "CONTRIBUTING.md", "exec"), names)  # noqa: S102 - our own page
    return names


def test_the_model_fits_and_predicts(named: dict[str, Any]) -> None:
    from semimech.models.base import Estimator, Fitted

    screen = simulate_demo()
    (split,) = split_screen(screen, "combinations")
    model = named["HalfMean"](share=0.25)
    fitted = model.fit(screen, split)
    assert isinstance(model, Estimator)
    assert isinstance(fitted, Fitted)
    prediction = fitted.predict(screen.conditions[1:4])
    expected = 0.25 * effects_of(screen, split.train).values.mean(0)
    np.testing.assert_allclose(prediction.mean, np.tile(expected, (3, 1)), rtol=1e-6)
