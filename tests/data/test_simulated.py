"""Blocks on disk are the matrix they are cut from, and a failure leaves what was there."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from semimech.data.condition import Perturbation
from semimech.data.readers import ReadOptions, read_screen
from semimech.data.screen import Screen
from semimech.data.simulated import Block, Truth, read_truth, write_simulated
from semimech.support.errors import UserError

NAMES = list("xyz")
TRUTH = Truth(
    {"seed": 3, "topology": {"nodes": 3}},
    pd.DataFrame({"decay": [1.0, 2.0, 3.0]}, index=NAMES),
    np.arange(6, dtype=np.float32).reshape(2, 3),
    pd.DataFrame({"history": ["24 h", "24 h with a"], "time": [24.0, 24.0], "batch": ["all", "all"]}),
    pd.DataFrame({"batch 1": [1.0, 0.9, 1.2]}, index=NAMES),
)


def header(scale, rows=11):
    return Screen(
        sp.csr_array((rows, 3), dtype=np.float32),
        sp.csr_array((np.arange(rows)[:, None] % 2).astype(np.float32)),
        (Perturbation("a"),),
        pd.DataFrame(index=NAMES),
        pd.DataFrame({"batch": "one"}, index=[f"r{k}" for k in range(rows)]),
        scale,
    )


def values(rows=11):
    return np.random.default_rng(0).poisson(0.8, (rows, 3)).astype(np.float32)


@pytest.mark.parametrize("is_sparse", [True, False])
@pytest.mark.parametrize("backed", [True, False])
def test_blocks_are_read_back_as_one_matrix(tmp_path, is_sparse, backed):
    path, whole = tmp_path / "s.h5ad", values()
    parts = [whole[:4], whole[4:8], whole[8:]]
    blocks = [Block(sp.csr_array(part) if is_sparse else part, part + 1) for part in parts]
    write_simulated(header("counts"), blocks, TRUTH, path)
    screen = read_screen(path, ReadOptions(backed=backed))
    found = screen.responses[:]
    np.testing.assert_array_equal(found.toarray() if is_sparse else found, whole)
    assert sp.issparse(found) == is_sparse
    import anndata

    np.testing.assert_array_equal(anndata.read_h5ad(path).layers["semimech_clean"], whole + 1)


def test_the_truth_comes_back(tmp_path):
    path = tmp_path / "s.h5ad"
    write_simulated(header("log-ratio"), [Block(values())], TRUTH, path)
    again = read_truth(path)
    assert again.declaration == TRUTH.declaration
    np.testing.assert_array_equal(again.states, TRUTH.states)
    for name in ("constants", "courses", "batch_factors"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(TRUTH, name), check_index_type=False)


def test_a_failure_on_the_way_leaves_what_was_there(tmp_path):
    path = tmp_path / "s.h5ad"
    path.write_text("what was there")

    def broken():
        yield Block(values(4))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_simulated(header("counts"), broken(), TRUTH, path)
    assert path.read_text() == "what was there"
    assert [each.name for each in tmp_path.iterdir()] == ["s.h5ad"]


def test_other_files_have_no_truth(tmp_path):
    from semimech.data.anndata import write_h5ad

    write_h5ad(header("counts"), tmp_path / "other.h5ad")
    with pytest.raises(UserError, match=r"truth of other\.h5ad is unknown"):
        read_truth(tmp_path / "other.h5ad")
    with pytest.raises(UserError, match="no file"):
        read_truth(tmp_path / "nothing.h5ad")
