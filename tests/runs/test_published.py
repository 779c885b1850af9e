"""Scores by the published protocol are kept for models trained as published, and for no others."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.effects import effects_of
from semimech.data.screen import Screen
from semimech.data.splits import split_screen
from semimech.models.baselines.lookup import ConditionMean
from semimech.runs.folder import RunFolder
from semimech.runs.published import keep_published, read_published


def test_both_scores_of_every_fold_are_kept(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    counts = random.poisson(3, (240, 30)).astype(np.float32)
    design = sp.csr_array(np.eye(4)[np.arange(240) % 4][:, 1:])
    obs = pd.DataFrame(index=[f"c{i}" for i in range(240)])
    genes = pd.DataFrame(index=[f"G{i}" for i in range(30)])
    screen = Screen(counts, design, tuple(Perturbation(p) for p in "ABC"), genes, obs, "counts")
    made = []
    for split in split_screen(screen, "cells", partitions=2):
        mean = ConditionMean().fit(screen, split).predict(effects_of(screen, split.test).conditions)
        made += [(split, name, 0, mean) for name in ("gpo-vae", "condition-mean", "sams-vae")]
    run = RunFolder(tmp_path)
    keep_published(run, screen, (), made)
    assert read_published(run).empty
    keep_published(run, screen, ("gpo-vae",), made)
    table = read_published(run)
    assert sorted(table["model"]) == ["condition-mean", "condition-mean", "gpo-vae", "gpo-vae"]
    assert table["published"].min() > 0.6
    assert table["held_out"].abs().max() < 0.4
    assert table["published"].iloc[0] == pytest.approx(table["published"].iloc[1])
