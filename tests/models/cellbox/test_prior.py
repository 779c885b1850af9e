"""Which edges a table makes cheaper, what it is told to be wrong with, and that a right table helps."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.models.cellbox.screens import NODES, drug_screen

from semimech.data.screen import Screen
from semimech.data.splits import split_screen
from semimech.models.cellbox import CellBox, CellBoxWithPrior, CellBoxWithShuffledPrior
from semimech.models.cellbox.prior import EdgePrior, prior_of
from semimech.models.storage import load_fitted, save_fitted
from semimech.support.errors import UserError

TRUE = ("A,E,1", "B,E,1", "E,F,-1", "C,G,1", "F,H,1", "H,growth,1", "G,growth,-1")


def table(folder: Path, *rows: str, header: str = "source,target,weight") -> str:
    file = folder / "edges.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return str(file)


@pytest.fixture(scope="module")
def screen() -> Screen:
    return drug_screen(noise=0.1)


def read(screen: Screen, file: str) -> EdgePrior:
    return prior_of(file, CellBox().problem(screen, split_screen(screen, "combinations")[0]).nodes)


def test_named_edges_are_cheaper_by_their_weight_and_sign(screen, tmp_path) -> None:
    prior = read(screen, table(tmp_path, "A,E,2", "E,F,-1", "H,growth,-2", "A,elsewhere,9", "A,A,5", "B,C,0"))
    assert prior.words == "3 edges of edges.csv's 6 join nodes here"
    assert prior.confidence.shape == (9, 8)
    assert prior.confidence[4, 0] == 1
    assert prior.confidence[5, 4] == 0.5
    relative = prior.relative(0.1)
    np.testing.assert_allclose([side[4, 0] for side in relative], [0.1, 10], rtol=1e-5)
    np.testing.assert_allclose([side[5, 4] for side in relative], [10, 1], rtol=1e-5)
    np.testing.assert_allclose([side[8, 7] for side in relative], [10, 0.1], rtol=1e-5)
    np.testing.assert_allclose([side[2, 1] for side in relative], [10, 10], rtol=1e-5)
    for side in prior.relative(1.0):
        np.testing.assert_array_equal(side, 1)


def test_a_table_without_negative_weights_says_nothing_of_signs(screen, tmp_path) -> None:
    prior = read(screen, table(tmp_path, "A,E", "E,F", header="source,target"))
    assert (prior.sign == 0).all()
    assert all(side[5, 4] == pytest.approx(0.1) for side in prior.relative(0.1))


def test_shuffling_keeps_the_edges_and_moves_their_names(screen, tmp_path) -> None:
    prior = read(screen, table(tmp_path, *TRUE))
    other = prior.shuffled(1)
    assert sorted(prior.confidence[:8].sum(0)) == sorted(other.confidence[:8].sum(0))
    assert sorted(prior.confidence[:8].sum(1)) == sorted(other.confidence[:8].sum(1))
    assert sorted(prior.sign.ravel()) == sorted(other.sign.ravel())
    assert (np.diag(other.confidence[:8]) == 0).all()
    assert (other.confidence != prior.confidence).any()
    np.testing.assert_array_equal(other.confidence, prior.shuffled(1).confidence)
    assert (prior.shuffled(2).confidence != other.confidence).any()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (("TP53,MDM2,1", "dA,A,1", "growth,A,1", "B,B,1"), "No edge of edges.csv joins two nodes of the screen"),
        (("A,E,1", "A,E,-1"), "gives the edge A -> E both signs"),
    ],
)
def test_a_table_of_no_use_is_refused(screen, tmp_path, rows, words) -> None:
    with pytest.raises(UserError, match=words):
        read(screen, table(tmp_path, *rows))


def test_a_model_that_needs_a_table_says_so(screen) -> None:
    with pytest.raises(UserError, match="cellbox-prior needs a table of edges: give --prior EDGES"):
        CellBoxWithPrior().fit(screen, split_screen(screen, "combinations")[0])


@pytest.mark.parametrize(("option", "value"), [("prior_factor", (0.0,)), ("prior_factor", ()), ("prior_names", "x")])
def test_wrong_options_are_refused(option, value) -> None:
    with pytest.raises(UserError, match=option):
        CellBox(**{option: value})


def test_the_network_holds_the_edges_that_the_table_names(screen, tmp_path) -> None:
    """All edges found under a strong prior carry the sign of the table, and more of them are named than without."""
    quick = CellBoxWithPrior(
        prior=table(tmp_path, *TRUE), prior_factor=(0.1,), sparsity=(3e-3,), input_share=(0.0,), input_ridge=(0.1,),
        steps=150, members=2, folds=1,
    )  # fmt: skip
    split = split_screen(screen, "combinations")[0]
    named = {tuple(row.split(",")[:2]) for row in TRUE}

    def found(model: CellBox) -> tuple[float, set[tuple[str, str]]]:
        edges = model.fit(screen, split).network().edges
        edges = edges[edges["source"].isin(NODES)]
        pairs = set(zip(edges["source"], edges["target"], strict=True))
        return len(pairs & named) / len(pairs), pairs

    share, pairs = found(quick)
    assert len(pairs & named) >= 5
    assert share > 1.5 * found(replace(quick, prior_factor=(1.0,)))[0]


def test_what_was_made_of_the_table_is_said_and_kept(screen, tmp_path) -> None:
    quick = CellBoxWithShuffledPrior(
        prior=table(tmp_path, *TRUE), prior_factor=(1.0, 0.1), sparsity=(1e-3,), input_share=(0.0,),
        input_ridge=(0.1,), steps=40, members=1, folds=2,
    )  # fmt: skip
    fitted = quick.fit(screen, split_screen(screen, "combinations")[0])
    assert fitted.penalties[3] in (1.0, 0.1)
    assert "7 edges of edges.csv's 7 join nodes here, node names shuffled" in fitted.prior
    save_fitted(fitted, tmp_path / "model")
    loaded = load_fitted(tmp_path / "model")
    condition = screen.conditions[-1]
    assert loaded.predict([condition]).rests_on[0].endswith(fitted.prior)
