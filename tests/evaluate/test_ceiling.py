"""Half of the test rows predicts the other half, where there are enough of them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.effects import effects_of
from semimech.data.screen import Screen
from semimech.data.splits import Split, split_screen
from semimech.evaluate.ceiling import ceiling_of
from semimech.evaluate.reference import reference_of
from semimech.evaluate.scores import SCORES
from semimech.models.baselines import ConditionMean


def test_single_rows_have_no_ceiling_but_a_reason(table: Screen) -> None:
    ceiling = ceiling_of(table, split_screen(table, "conditions")[0])
    assert not ceiling.values
    assert not ceiling.stepped
    assert "fewer than 2 test rows" in ceiling.reason


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
    raw, stepped = ceiling.values["pearson"], ceiling.stepped["pearson"]
    assert stepped == pytest.approx(2 * raw / (1 + raw))
    reference = reference_of(cells, split)
    own = ConditionMean().fit(cells, split).predict(reference.conditions).mean
    card = next(card for card in SCORES if card.name == "pearson")
    whole = float(card.reduce(card.summarise(reference, own).sum(0)))
    assert raw < whole
    assert whole == pytest.approx(stepped, abs=0.05)
    assert set(ceiling.stepped) <= {card.name for card in SCORES if card.step != "none"}


def test_pure_noise_has_a_ceiling_of_nothing(cells: Screen) -> None:
    noise = np.random.default_rng(0).poisson(5.0, cells.shape).astype(np.float32)
    split = split_screen(cells, "cells")[0]
    ceiling = ceiling_of(replace(cells, responses=noise, _effects={}), split, repeats=5)
    assert abs(ceiling.values["pearson"]) < 0.15
    assert ceiling.values["nmse"] > 1.5


@pytest.fixture(scope="module")
def stepped_and_fresh() -> dict[str, tuple[float, float]]:
    """For each score that can be stepped: its ceiling, and what a second sample of as many rows really scores."""
    perturbations, per, genes = 12, 16, 80
    label = np.tile(np.repeat(np.arange(perturbations + 1), per), 2)
    treated = np.flatnonzero(label)
    found: dict[str, list[tuple[float, float]]] = {}
    for seed in range(6):
        random = np.random.default_rng(seed)
        truth = np.vstack([np.zeros(genes), 0.5 * random.normal(size=(perturbations, genes))])
        first, second = truth[label] + random.normal(size=(2, len(label), genes))
        screen = Screen(
            first,
            sp.csr_array((np.ones(len(treated)), (treated, label[treated] - 1)), shape=(len(label), perturbations)),
            tuple(Perturbation(f"p{i}", "drug") for i in range(perturbations)),
            pd.DataFrame(index=[f"g{j}" for j in range(genes)]),
            pd.DataFrame(index=[f"c{i}" for i in range(len(label))]),
            "log-normalised",
        )
        split = Split("cells", "all", 0, *np.split(np.arange(len(label)), 2))
        ceiling, reference = ceiling_of(screen, split), reference_of(screen, split)
        again = effects_of(replace(screen, responses=second, _effects={}), split.test).values
        for name, value in ceiling.stepped.items():
            card = next(card for card in SCORES if card.name == name)
            assert card.sign * value > card.sign * ceiling.values[name]
            found.setdefault(name, []).append((value, float(card.reduce(card.summarise(reference, again).sum(0)))))
    return {name: tuple(np.mean(pairs, 0)) for name, pairs in found.items()}


@pytest.mark.parametrize(
    "score",
    ["pearson", "pearson-conditions", "cosine", "centred-pearson", "centred-pearson-conditions",
     "nmse", "mse", "nmse-corrected"],
)  # fmt: skip
def test_the_stepped_ceiling_is_the_score_of_a_second_sample_of_as_many_rows(
    score: str, stepped_and_fresh: dict[str, tuple[float, float]]
) -> None:
    stepped, fresh = stepped_and_fresh[score]
    assert stepped == pytest.approx(fresh, rel=0.07)


def test_a_half_without_control_rows_gives_a_reason(cells: Screen) -> None:
    split = split_screen(cells, "cells")[0]
    control = split.test[cells.is_control[split.test]]
    lonely = replace(split, test=np.setdiff1d(split.test, control[1:]))
    assert reference_of(cells, lonely).conditions
    ceiling = ceiling_of(cells, lonely)
    assert ceiling.reason == "too few control rows to halve"
    assert not ceiling.values


def test_of_two_replicates_each_predicts_the_other() -> None:
    """On the rows that have a replicate; a condition with a single row is left out."""
    random = np.random.default_rng(6)
    perturbations, genes = 30, 50
    label = np.r_[np.tile(np.arange(perturbations), 2), perturbations]
    responses = random.normal(size=(perturbations + 1, genes))[label] + 0.7 * random.normal(size=(len(label), genes))
    screen = Screen(
        responses,
        sp.csr_array((np.ones(len(label)), (np.arange(len(label)), label)), shape=(len(label), perturbations + 1)),
        tuple(Perturbation(f"p{i}", "drug") for i in range(perturbations + 1)),
        pd.DataFrame(index=[f"g{j}" for j in range(genes)]),
        pd.DataFrame(index=[f"r{i}" for i in range(len(label))]),
        "log-ratio",
    )
    ceiling = ceiling_of(screen, Split("conditions", "all", 0, np.arange(4), np.arange(len(label))))
    first, second = responses[:perturbations], responses[perturbations:-1]
    assert ceiling.reason == ""
    assert ceiling.values["pearson"] == pytest.approx(np.corrcoef(first.ravel(), second.ravel())[0, 1], abs=1e-3)
    assert ceiling.values["mse"] == pytest.approx(np.mean((first - second) ** 2), rel=1e-4)
    assert ceiling.stepped["mse"] == pytest.approx(0.49, rel=0.07)  # two means of two rows: 2 x .7^2 / 2
    assert ceiling.stepped["nmse"] == pytest.approx(0.49 / (1 + 0.49 / 2), rel=0.1)
