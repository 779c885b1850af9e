"""Half of the test rows predicts the other half, where there are enough of them."""

import numpy as np
import pytest

from semimech.data.screen import Screen
from semimech.data.splits import split_screen
from semimech.evaluate.ceiling import ceiling_of
from semimech.evaluate.reference import reference_of
from semimech.evaluate.scores import SCORES
from semimech.models.baselines import ConditionMean


def test_single_rows_have_no_ceiling_but_a_reason(table: Screen) -> None:
    ceiling = ceiling_of(table, split_screen(table, "conditions")[0])
    assert not ceiling.values
    assert not ceiling.spearman_brown
    assert "fewer than 4 test rows" in ceiling.reason


def test_the_ceiling_of_cells_has_every_score(cells: Screen) -> None:
    split = split_screen(cells, "cells")[0]
    ceiling = ceiling_of(cells, split, repeats=3)
    assert ceiling.reason == ""
    provides = reference_of(cells, split).provides
    assert set(ceiling.values) == {card.name for card in SCORES if card.needs in provides}
    assert ceiling_of(cells, split, repeats=3) == ceiling
    assert ceiling_of(cells, split, repeats=3, seed=1) != ceiling


def test_spearman_brown_predicts_what_more_rows_reach(cells: Screen) -> None:
    """The stepped-up ceiling is the correlation of effects from twice the rows."""
    split = split_screen(cells, "cells")[0]
    ceiling = ceiling_of(cells, split)
    raw, stepped = ceiling.values["pearson"], ceiling.spearman_brown["pearson"]
    assert stepped == pytest.approx(2 * raw / (1 + raw))
    reference = reference_of(cells, split)
    own = ConditionMean().fit(cells, split).predict(reference.conditions).mean
    card = next(card for card in SCORES if card.name == "pearson")
    whole = float(card.reduce(card.summarise(reference, own).sum(0)))
    assert raw < whole
    assert whole == pytest.approx(stepped, abs=0.05)
    assert set(ceiling.spearman_brown) <= {card.name for card in SCORES if card.is_correlation}


def test_pure_noise_has_a_ceiling_of_nothing(cells: Screen) -> None:
    from dataclasses import replace

    noise = np.random.default_rng(0).poisson(5.0, cells.shape).astype(np.float32)
    split = split_screen(cells, "cells")[0]
    ceiling = ceiling_of(replace(cells, responses=noise, _effects={}), split, repeats=5)
    assert abs(ceiling.values["pearson"]) < 0.15
    assert ceiling.values["nmse"] > 1.5
