"""Components: declared, kept in a file, and what is unknown is not taken for zero."""

from pathlib import Path

import numpy as np
import pytest
from tests.design.screens import law_screen, uneven_layout

from semimech.design.components import NAMES, declared, read_components
from semimech.design.estimate import components_of
from semimech.support.errors import UserError


def test_kept_in_a_file(tmp_path: Path) -> None:
    found = components_of(law_screen(uneven_layout(arms=3), features=4))
    found.save(tmp_path / "components.json")
    again = read_components(tmp_path / "components.json")
    assert again.features == found.features
    assert again.unidentified == found.unidentified
    for name in NAMES:
        assert getattr(again, name) == pytest.approx(getattr(found, name), rel=1e-5, nan_ok=True)
    assert set(again.intervals) == set(found.intervals)
    assert again.pooled.iloc[:, 1:].to_numpy() == pytest.approx(found.pooled.iloc[:, 1:].to_numpy(), nan_ok=True)
    assert again.table().shape == found.table().shape == (4, 13)


def test_unknown_until_declared() -> None:
    found = components_of(law_screen(uneven_layout(arms=3), features=4))
    with pytest.raises(UserError, match="guide is unknown"):
        found.value("guide")
    told = found.declare(guide=0.1, efficiency=0.7, batch=None)
    assert told.value("guide") == 0.1
    assert told.value("efficiency") == 0.7
    assert told.value("batch") == found.value("batch")
    assert np.array_equal(told.guide, np.full(4, 0.1))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cell": -1.0}, "cell is -1"),
        ({"cell": 0.0}, "cells always vary"),
        ({"cell": 1.0, "efficiency": 0.0}, "efficiency is 0"),
        ({"cell": 1.0, "batch": float("nan")}, "batch is nan"),
    ],
)
def test_wrong_declarations(given: dict[str, float], words: str) -> None:
    with pytest.raises(UserError, match=words):
        declared(**given)


@pytest.mark.parametrize("text", ["", "[]", '{"format": "other"}', '{"format": "semimech design components"}'])
def test_wrong_files(text: str, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"file\.json"):
        read_components(path)
    with pytest.raises(UserError, match="There is no file"):
        read_components(tmp_path / "other.json")
