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
        exec(compile(block, "CONTRIBUTING.md", "exec"), names)
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


def test_the_score_is_what_a_plain_mean_says(named: dict[str, Any]) -> None:
    from semimech.evaluate.reference import reference_of

    screen = simulate_demo()
    (split,) = split_screen(screen, "combinations")
    reference = reference_of(screen, split)
    predicted = reference.observed * np.where(np.arange(reference.observed.shape[1]) % 2, 1, -1)
    card = named["SIGN"]
    value = card.reduce(card.summarise(reference, predicted).sum(0))
    assert value == pytest.approx(np.mean((predicted * reference.observed > 0)[reference.scored]))


def test_the_dialect_is_read(named: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from semimech.data.readers import dialects, read

    monkeypatch.setattr(dialects, "DIALECTS", (named["MINE"], *dialects.DIALECTS))
    labels = ["empty", "empty", "GATA1", "GATA1", "SPI1", "SPI1", "GATA1--SPI1", "GATA1--SPI1"]
    rows = "".join(f"c{i},{label},{i % 3},{i % 2}\n" for i, label in enumerate(labels))
    (tmp_path / "cells.csv").write_text("cell,guide,GATA1,SPI1\n" + rows)
    reading = read(tmp_path / "cells.csv")
    assert "mine" in reading.dialect
    assert sorted(condition.label for condition in reading.screen.conditions) == [
        "GATA1",
        "GATA1+SPI1",
        "SPI1",
        "control",
    ]
